"""Put the completed manifests of all machine types together."""

import pathlib

from pygoodvibes.data import final_manifest
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    final_manifest.gather(
        snakemake.input.manifests,
        snakemake.input.coverages,
        unplaced=snakemake.input.unplaced,
        folder=snakemake.params.folder,
        manifest_path=pathlib.Path(snakemake.output.manifest),
        coverage_path=pathlib.Path(snakemake.output.coverage),
    )
