"""Draw how one detector's scores are distributed for each machine ID."""

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.scores import plot_scores
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_scores(
        inputs.read_table(snakemake.input.scores),
        inputs.read_table(snakemake.input.metrics),
        detector=snakemake.params.detector,
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
