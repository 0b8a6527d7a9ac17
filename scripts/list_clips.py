"""List all clips of the data set, and the clips of each machine ID on their own."""

import pathlib

from pygoodvibes.data.list_clips import write_manifests
from pygoodvibes.workflow.job import logged, progress

with logged(snakemake.log, snakemake.input, snakemake.output):
    write_manifests(
        **snakemake.params.clips,
        manifest_path=pathlib.Path(snakemake.output.manifest),
        coverage_path=pathlib.Path(snakemake.output.coverage),
        ids_folder=pathlib.Path(snakemake.output.ids),
        threads=snakemake.threads,
        progress=progress,
    )
