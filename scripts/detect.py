"""Fit one detector on the training clips of a machine ID and score its clips."""

import pathlib

from pygoodvibes import detection, models, vectors
from pygoodvibes.job import logged
from pygoodvibes.records import write_records

with logged(snakemake.log):
    embedded, _ = vectors.load(snakemake.input.embedding)
    projected, more = vectors.load(snakemake.input.projection)
    result = detection.detect_clips(
        embedded, projected, more, snakemake.params.detector, seed=snakemake.params.seed
    )
    write_records(snakemake.output[0], detection.score_records(embedded, result), detection.COLUMNS)
    models.save(snakemake.output[1], result.estimator)
    pathlib.Path(snakemake.output[2]).write_text("".join(f"{note}\n" for note in result.notes))
