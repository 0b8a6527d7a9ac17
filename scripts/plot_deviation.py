"""Draw what the default detector heard in telling clips of a machine ID."""

from pygoodvibes.figures import style
from pygoodvibes.figures.deviation import plot_deviation_of
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_deviation_of(
        snakemake.params.machine,
        snakemake.params.id,
        mel=snakemake.input.mel,
        scores=snakemake.input.scores,
        detector=snakemake.params.detector,
        mel_settings=snakemake.params.mel,
        sample_rate=snakemake.params.sample_rate,
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
