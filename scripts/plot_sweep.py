"""Draw sensitivity against specificity of every detector over its threshold settings."""

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.sweep import plot_sweep
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_sweep(
        inputs.read_table(snakemake.input.sweep),
        inputs.read_table(snakemake.input.metrics),
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
