"""List all clips of the data set, and the clips of each machine ID on their own."""

import pathlib

from pygoodvibes import listing
from pygoodvibes.job import logged

with logged(snakemake.log):
    listing.write_manifests(
        **snakemake.params.clips,
        manifest_path=pathlib.Path(snakemake.output.manifest),
        coverage_path=pathlib.Path(snakemake.output.coverage),
        ids_folder=pathlib.Path(snakemake.output.ids),
        threads=snakemake.threads,
    )
