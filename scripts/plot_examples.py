"""Draw waveform and spectrogram of a normal and an anomalous clip of one machine type."""

from pygoodvibes.figures import style
from pygoodvibes.figures.examples import plot_examples_of

figure = plot_examples_of(
    snakemake.wildcards.machine,
    snakemake.params.ids,
    snakemake.input.mels,
    snakemake.input.clips,
    hop_length=snakemake.params.hop_length,
    fmin=snakemake.params.fmin,
    fmax=snakemake.params.fmax,
    data_folder=snakemake.params.data_folder,
    channel=snakemake.params.channel,
    title_suffix=snakemake.params.title_suffix,
)
style.save(figure, snakemake.output.figure)
