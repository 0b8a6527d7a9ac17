"""Bring the log-mel frames of a machine ID, computed elsewhere, into a mel cache."""

from pygoodvibes import mel_cache, precomputed
from pygoodvibes.job import logged
from pygoodvibes.paths import locate
from pygoodvibes.records import read_records

with logged(snakemake.log):
    frames = precomputed.mel_frames(
        read_records(snakemake.input.clips), locate(snakemake.params.folder)
    )
    mel_cache.write(snakemake.output.frames, snakemake.output.clips, frames)
