"""Compute the log-mel frames of all clips of a machine ID."""

from pygoodvibes import mel_cache
from pygoodvibes.job import logged
from pygoodvibes.paths import locate
from pygoodvibes.records import read_records

with logged(snakemake.log):
    frames = mel_cache.compute(
        read_records(snakemake.input.clips),
        locate(snakemake.params.folder),
        audio_settings=snakemake.params.audio,
        mel_settings=snakemake.params.mel,
    )
    mel_cache.write(snakemake.output.frames, snakemake.output.clips, frames)
