"""Draw which machine IDs the test clips are taken for."""

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.representation import plot_representation
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_representation(
        inputs.read_table(snakemake.input.accuracies),
        inputs.read_table(snakemake.input.confusion),
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
