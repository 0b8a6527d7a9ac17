"""Evaluate all detectors on one machine ID."""

import json
import pathlib

from pygoodvibes.choice.result import read_choice
from pygoodvibes.detection.result import read_scores
from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.embeddings import vectors
from pygoodvibes.evaluation.evaluate import evaluate_machine_id, score_columns
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    clips = read_records(snakemake.input.clips)
    scores = read_scores(snakemake.input.scores)
    notes = json.loads(pathlib.Path(snakemake.input.notes).read_text())
    if snakemake.input.choice:
        choice = read_choice(*snakemake.input.choice, clips[0]["id"])
        scores = {CHOICE: choice.scores, **scores}
        notes[CHOICE] = choice.notes
    document, rows = evaluate_machine_id(
        clips,
        scores=scores,
        notes=notes,
        explained_variance=vectors.load_array(
            snakemake.input.projection, "explained_variance_ratio"
        ),
        false_alarm_rates=snakemake.params.false_alarm_rates,
        threshold_method=snakemake.params.threshold_method,
        seed=snakemake.params.seed,
        **snakemake.params.evaluation,
    )
    write_text(snakemake.output.evaluation, json.dumps(document) + "\n")
    write_records(snakemake.output.scores, rows, score_columns(rows))
