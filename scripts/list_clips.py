"""List the clips of a machine type, and those of each machine ID on their own."""

import pathlib

from pygoodvibes.data.list_clips import write_manifests
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.workflow.job import logged, progress

with logged(snakemake.log, snakemake.input, snakemake.output):
    ids = pathlib.Path(snakemake.output.ids)
    # where no file tells a machine ID it stays empty
    ids.mkdir(parents=True, exist_ok=True)
    write_manifests(
        read_records(pathlib.Path(snakemake.input.found, f"{snakemake.params.machine}.csv")),
        **snakemake.params.clips,
        manifest_path=pathlib.Path(snakemake.output.manifest),
        coverage_path=pathlib.Path(snakemake.output.coverage),
        ids_folder=ids.parent,
        progress=progress,
    )
