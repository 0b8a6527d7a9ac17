"""Draw the distribution of clips over machine types, IDs, splits and labels."""

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.clips import plot_clips
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_clips(
        inputs.read_table(snakemake.input.manifest), title_suffix=snakemake.params.title_suffix
    )
    style.save(figure, snakemake.output.figure)
