"""Compare the detectors with each other, with intervals, in Markdown."""

import pathlib

from pygoodvibes.report.detector_comparison import compare_detectors
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    compare_detectors(
        scores=snakemake.input.scores,
        faults=[pathlib.Path(folder) / "faults.csv" for folder in snakemake.input.faults],
        lead=snakemake.input.three or None,
        output=snakemake.output.comparison,
        detectors=snakemake.params.detectors,
        max_fpr=snakemake.params.max_fpr,
        resamples=snakemake.params.bootstrap,
        confidence=snakemake.params.confidence,
        seed=snakemake.params.seed,
        data=snakemake.params.data,
        published=snakemake.params.published,
    )
