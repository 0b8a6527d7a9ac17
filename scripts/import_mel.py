"""Bring the log-mel frames of a machine ID, computed elsewhere, into a mel cache."""

from pygoodvibes.audio import mel_cache
from pygoodvibes.data.sources.mel import mel_frames
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow import checksums
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output) as known:
    frames = mel_frames(read_records(snakemake.input.clips), locate(snakemake.params.folder))
    written = checksums.Running()
    mel_cache.write(snakemake.output.frames, snakemake.output.clips, frames, digest=written)
    known[snakemake.output.frames] = written.hexdigest()
