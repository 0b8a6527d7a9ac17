"""Draw waveform and spectrogram of a normal and an anomalous clip of one machine type."""

from pygoodvibes.figures import style
from pygoodvibes.figures.examples import plot_examples_of
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    figure = plot_examples_of(
        snakemake.params.machine,
        snakemake.params.ids,
        snakemake.input.mels,
        snakemake.input.clips,
        hop_length=snakemake.params.hop_length,
        fmin=snakemake.params.fmin,
        fmax=snakemake.params.fmax,
        htk=snakemake.params.htk,
        data_folder=snakemake.params.data_folder,
        audio=snakemake.params.audio,
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
