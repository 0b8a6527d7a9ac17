"""Gather the evaluations of all machine IDs into the tables that everything else reads."""

import pathlib

from pygoodvibes.evaluation.gather_metrics import write_metrics
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    write_metrics(
        coverage_path=snakemake.input.coverage,
        evaluations=snakemake.input.evaluations,
        scores=snakemake.input.scores,
        detectors=snakemake.params.detectors,
        confidence=snakemake.params.confidence,
        outputs={name: pathlib.Path(path) for name, path in snakemake.output.items()},
    )
