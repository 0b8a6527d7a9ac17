"""Evaluate all detectors on one machine ID."""

import json
import pathlib

from pygoodvibes import chosen, evaluation, vectors
from pygoodvibes.detection import read_scores
from pygoodvibes.job import logged
from pygoodvibes.records import read_records, write_records

with logged(snakemake.log):
    _, projection = vectors.load(snakemake.input.projection)
    clips = read_records(snakemake.input.clips)
    scores = read_scores(snakemake.input.scores)
    notes = json.loads(pathlib.Path(snakemake.input.notes).read_text())
    if snakemake.input.choice:
        choice = chosen.read(*snakemake.input.choice, clips[0]["id"])
        scores = {chosen.NAME: choice.scores, **scores}
        notes[chosen.NAME] = choice.notes
    document, rows = evaluation.evaluate_machine_id(
        clips,
        scores=scores,
        notes=notes,
        explained_variance=projection["explained_variance_ratio"],
        false_alarm_rates=snakemake.params.false_alarm_rates,
        threshold_method=snakemake.params.threshold_method,
        seed=snakemake.params.seed,
        **snakemake.params.evaluation,
    )
    pathlib.Path(snakemake.output.evaluation).write_text(json.dumps(document) + "\n")
    write_records(snakemake.output.scores, rows, evaluation.SCORE_COLUMNS)
