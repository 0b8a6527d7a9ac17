"""Fit the detectors on the training clips of a machine ID and score its clips with each.

What was fitted before is taken from the fits that are kept.
"""

import json

from pygoodvibes.audio import mel_cache
from pygoodvibes.data import supplemental_vectors
from pygoodvibes.detection import serialization
from pygoodvibes.detection.cost import write_cost
from pygoodvibes.detection.fit import detect_clips, import_libraries
from pygoodvibes.detection.result import write_scores
from pygoodvibes.embeddings import projection, vectors
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.workflow.checksums import earlier_results
from pygoodvibes.workflow.fit_store import FitStore
from pygoodvibes.workflow.job import logged, progress
from pygoodvibes.workflow.score_store import ScoreStore

with logged(snakemake.log, snakemake.input, snakemake.output):
    import_libraries(snakemake.params.detectors)
    # who chooses among the members of a detector asks for their scores
    scored = ScoreStore(earlier_results(), snakemake.params.code_of_scores)
    kept = FitStore(earlier_results(), snakemake.params.code_of_methods, scored.keep)
    embedded, _ = vectors.load(snakemake.input.embedding)
    domains = None
    if snakemake.input.clips:
        known = {(row["split"], row["clip"]): row for row in read_records(snakemake.input.clips)}
        places = zip(embedded.split, embedded.clip, strict=True)
        domains = [known[str(split), str(clip)]["domain"] for split, clip in places]
    recordings = snakemake.input.supplemental
    results = detect_clips(
        embedded,
        projection.load(snakemake.input.projection),
        snakemake.params.detectors,
        seed=snakemake.params.seed,
        scored_by=snakemake.params.scored_by,
        progress=progress,
        domains=domains,
        supplemental=supplemental_vectors.load(recordings[0]) if recordings else None,
        detect_with=kept.detect,
        cache=mel_cache.open_cache(*snakemake.input.mel) if snakemake.input.mel else None,
    )
    write_scores(snakemake.output.scores, embedded, results)
    estimators = {name: each.estimator for name, each in results.items()}
    left_out = serialization.save(snakemake.output.models, estimators)
    for name, reason in left_out.items():
        results[name].notes.append(reason)
    spent = {name: each.cost for name, each in results.items() if each.cost is not None}
    write_cost(snakemake.output.cost, spent)
    notes = {name: each.notes for name, each in results.items()}
    write_text(snakemake.output.notes, json.dumps(notes, indent=2) + "\n")
