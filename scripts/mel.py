"""Compute the log-mel frames of all clips of a machine ID."""

from pygoodvibes.audio import mel_cache
from pygoodvibes.data import duplicates
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow import checksums
from pygoodvibes.workflow.job import logged, progress

with logged(snakemake.log, snakemake.input, snakemake.output) as known:
    rows = read_records(snakemake.input.clips)
    frames = mel_cache.compute(
        progress(rows, total=len(rows)),
        locate(snakemake.params.folder),
        audio_settings=snakemake.params.audio,
        mel_settings=snakemake.params.mel,
    )
    written = checksums.Running()
    mel_cache.write(
        snakemake.output.frames,
        snakemake.output.clips,
        frames,
        find_copies=duplicates.finder(snakemake.params.duplicates),
        digest=written,
    )
    known[snakemake.output.frames] = written.hexdigest()
