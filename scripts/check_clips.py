"""Complete the manifest by what only showed when clips were decoded."""

import pathlib

from pygoodvibes.data import final_manifest
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    final_manifest.complete(
        snakemake.input.manifest,
        snakemake.input.mel_clips,
        machine_ids=snakemake.params.machine_ids,
        supplemental=dict(
            zip(
                map(tuple, snakemake.params.with_supplemental),
                snakemake.input.supplemental,
                strict=True,
            )
        ),
        sample_rate=snakemake.params.audio["sample_rate"],
        completed_path=pathlib.Path(snakemake.output.manifest),
        coverage_path=pathlib.Path(snakemake.output.coverage),
    )
