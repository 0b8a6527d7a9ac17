"""Draw one ROC curve per detector for each machine type, with the zone that pAUC counts."""

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.roc import plot_roc
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_roc(
        inputs.read_table(snakemake.input.scores),
        inputs.read_table(snakemake.input.metrics),
        max_fpr=snakemake.params.max_fpr,
        year=snakemake.params.year,
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
