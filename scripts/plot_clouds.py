"""Draw the clips of all machine types as points of one common projection."""

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.clouds import plot_clouds
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    arrays = inputs.read_vectors(snakemake.input.points)
    figure = plot_clouds(
        inputs.points_table(arrays),
        explained_variance_ratio=arrays.get("explained_variance_ratio"),
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
