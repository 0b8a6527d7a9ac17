"""Fit all detectors on the training clips of a machine ID and score its clips with each."""

import json
import pathlib

from pygoodvibes import detection, mel_cache, metering, models, vectors
from pygoodvibes.job import logged

with logged(snakemake.log):
    embedded, _ = vectors.load(snakemake.input.embedding)
    projected, more = vectors.load(snakemake.input.projection)
    results = detection.detect_clips(
        embedded,
        projected,
        more,
        snakemake.params.detectors,
        seed=snakemake.params.seed,
        cache=mel_cache.open_cache(*snakemake.input.mel) if snakemake.input.mel else None,
    )
    detection.write_scores(snakemake.output.scores, embedded, results)
    models.save(snakemake.output.models, {name: each.estimator for name, each in results.items()})
    spent = {name: each.cost for name, each in results.items() if each.cost is not None}
    metering.write(snakemake.output.cost, spent)
    notes = {name: each.notes for name, each in results.items()}
    pathlib.Path(snakemake.output.notes).write_text(json.dumps(notes, indent=2) + "\n")
