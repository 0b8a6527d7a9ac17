"""Draw what a one-class SVM calls normal for one machine ID, over a grid of gamma and nu."""

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.ocsvm_contours import plot_ocsvm_contours_of
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_ocsvm_contours_of(
        inputs.read_vectors(snakemake.input.points),
        snakemake.params.gammas,
        snakemake.params.nus,
        machine=snakemake.params.machine,
        id=snakemake.params.id,
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
