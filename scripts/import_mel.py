"""Bring the log-mel frames of a machine ID, computed elsewhere, into a mel cache."""

from pygoodvibes.audio import mel_cache
from pygoodvibes.data.sources.mel import mel_frames
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    frames = mel_frames(read_records(snakemake.input.clips), locate(snakemake.params.folder))
    mel_cache.write(snakemake.output.frames, snakemake.output.clips, frames)
