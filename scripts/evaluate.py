"""Evaluate all detectors on one machine ID, and write its official score files."""

import json
import pathlib

from pygoodvibes import evaluation, official, vectors
from pygoodvibes.detection import read_scores
from pygoodvibes.job import logged
from pygoodvibes.records import read_records, write_records

with logged(snakemake.log):
    names = list(snakemake.params.false_alarm_rates)
    _, projection = vectors.load(snakemake.input.projection)
    result = evaluation.evaluate_machine_id(
        read_records(snakemake.input.clips),
        scores=read_scores(snakemake.input.scores),
        notes=json.loads(pathlib.Path(snakemake.input.notes).read_text()),
        explained_variance=projection["explained_variance_ratio"],
        false_alarm_rates=snakemake.params.false_alarm_rates,
        threshold_method=snakemake.params.threshold_method,
        seed=snakemake.params.seed,
        **snakemake.params.evaluation,
    )
    pathlib.Path(snakemake.output.evaluation).write_text(json.dumps(result.document) + "\n")
    write_records(snakemake.output.scores, result.scores, evaluation.SCORE_COLUMNS)
    for name, scores, decisions in zip(
        names, snakemake.output.official_scores, snakemake.output.official_decisions, strict=True
    ):
        official.write(scores, result.test_scores(name))
        official.write(decisions, result.decisions[name])
