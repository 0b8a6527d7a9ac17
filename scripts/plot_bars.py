"""Draw AUC and pAUC of every detector, per machine ID and per machine type."""

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.bars import plot_bars
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_bars(
        inputs.read_table(snakemake.input.metrics), title_suffix=snakemake.params.title_suffix
    )
    style.save(figure, snakemake.output.figure)
