"""The report for who runs the machines: one HTML page that needs nothing beside it.

Comes in: the tables of a run, its scores, the mel caches and the clips. Goes out: a page that says
which machines are watched well, how sure that is, and which clips to listen to first. Its pictures
and sounds are in it, it loads nothing, and it holds no date: the same data give the same bytes.
"""

import dataclasses
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence

import jinja2
import markupsafe
import yaml

from pygoodvibes.report.published import read_references
from pygoodvibes.report.run_tables import (
    averages_table,
    clips_table,
    machine_ids_table,
    thresholds_table,
)
from pygoodvibes.report.summary.clips import (
    data_uri,
    listen_first,
    picture,
    player,
    scored_clips,
    typical,
)
from pygoodvibes.report.summary.machines import machines_of
from pygoodvibes.report.summary.sentences import answer, how_sure
from pygoodvibes.report.summary.verdicts import VERDICTS
from pygoodvibes.report.table import Table, percent
from pygoodvibes.report.words import between, count_of, of_hundred
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.workflow.provenance import data_of, versions

LISTED = 20
"""Clips to listen to that are named at most."""

SHOWN = 6
"""Clips to listen to that come with picture and sound: the page stays below 5 MB."""


LEFT_OUT = 50
"""Clips left out that are named at most."""

DETECTORS_A_TABLE = 3
"""Detectors beside each other in a table per machine ID: more don't fit on a sheet of paper."""


def _tables(
    *,
    metrics: Sequence[Mapping],
    averages: Sequence[Mapping],
    coverage: Sequence[Mapping],
    manifest: Sequence[Mapping],
    detectors: Sequence[str],
    texts: Mapping,
) -> list[Table]:
    """Return the full tables; those per machine ID a few detectors at a time."""
    references = read_references(texts["published"])
    data = texts["data"]
    result = [averages_table(averages, references, data=data, max_fpr=texts["max_fpr"])]
    for start in range(0, len(detectors), DETECTORS_A_TABLE):
        some = detectors[start : start + DETECTORS_A_TABLE]
        rows = [row for row in metrics if row["detector"] in some]
        published = references if start == 0 else []
        table = machine_ids_table(rows, published, data=data, confidence=texts["confidence"])
        result.append(dataclasses.replace(table, title=f"{table.title}: {', '.join(some)}"))
    result.append(
        thresholds_table(metrics, data=data, false_alarm_rates=texts["false_alarm_rates"])
    )
    return [*result, clips_table(coverage, manifest, data=data)]


def write_summary(
    *,
    template: str,
    manifest: str,
    coverage: str,
    metrics: str,
    averages: str,
    headline: str,
    evaluations: Sequence[str],
    scores: Sequence[str],
    mels: Sequence[str],
    mel_clips: Sequence[str],
    detectors: Sequence[str],
    texts: Mapping,
    data_folder: str | None,
    config: Mapping,
    output: pathlib.Path,
) -> None:
    """Write the page.

    Parameters
    ----------
    template : str
        Jinja template of the page.
    manifest, coverage, metrics, averages, headline : str
        The files of the run; headline is metrics.json.
    evaluations, scores : sequence of str
        Documents and scores of the single machine IDs, in the same order.
    mels, mel_clips : sequence of str
        The two files of their mel caches, in the same order; empty if the data have none.
    detectors : sequence of str
        Names, in the order of the config; the page tells of the first.
    texts : mapping
        data, source, published, false_alarm_rates, max_fpr, confidence.
    data_folder : str, optional
        Folder that the clips' paths start from; None if there is no sound.
    config : mapping
        The whole config.
    output : pathlib.Path
        The HTML page.
    """
    detector = detectors[0]
    planned = texts["false_alarm_rates"][detector]
    manifest_rows, metrics_rows = read_records(manifest), read_records(metrics)
    coverage_rows = read_records(coverage)
    numbers = json.loads(pathlib.Path(headline).read_text(encoding="utf-8"))
    machines = machines_of(metrics_rows, detector)

    trained = {(each.machine, each.id) for each in machines if each.verdict.key != "unwatched"}
    documents, score_rows, caches, scored = {}, {}, {}, []
    for place, path in enumerate(evaluations):
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        key = document["machine"], document["id"]
        if key not in trained:
            continue
        documents[key] = document
        score_rows[key] = read_records(scores[place])
        scored.append(scored_clips(document, score_rows[key], detector))
        if mels:
            caches[key] = (mels[place], mel_clips[place])
    alarms = [[each for each in group if each.alarm] for group in scored]
    above = sum(map(len, alarms))
    chosen = listen_first(alarms, LISTED) if above else listen_first(scored, SHOWN)
    clips = {
        (row["machine"], row["id"], row["split"], row["clip"]): row
        for row in manifest_rows
        if row["status"] == "ok"
    }
    shown = []
    for alarm in chosen[:SHOWN]:
        key = alarm.machine, alarm.id
        entry = {"alarm": alarm, "picture": None, "words": ""}
        if key in caches:
            content, entry["words"] = picture(
                alarm,
                caches[key],
                settings=config["mel"],
                sample_rate=config["audio"]["sample_rate"],
                data=texts["data"],
            )
            entry["picture"] = data_uri(content, "image/webp")
        own = clips.get((*key, "test", alarm.clip))
        entry["sound"] = player(own, data_folder, config["audio"])
        normal = clips.get((*key, "train", typical(score_rows[key], detector)))
        entry["normal"] = player(normal, data_folder, config["audio"])
        shown.append(entry)

    left_out = [row for row in manifest_rows if row["status"] != "ok"]
    n_scored = sum(map(len, scored))
    full = _tables(
        metrics=metrics_rows,
        averages=read_records(averages),
        coverage=coverage_rows,
        manifest=manifest_rows,
        detectors=detectors,
        texts=texts,
    )
    evaluation = config["evaluation"]
    page = render(
        pathlib.Path(template),
        data=texts["data"],
        name=config["dataset"]["name"],
        synthetic=texts["source"] == "synthetic",
        detector=detector,
        answer=answer(machines, planned=planned, above=above, scored=n_scored),
        counts={
            key: sum(int(row[key]) for row in coverage_rows)
            for key in ("train", "test_normal", "test_anomaly", "test_unknown")
        },
        clips=len(manifest_rows),
        hours=sum(float(row["seconds"] or 0) for row in manifest_rows) / 3600,
        types=len({each.machine for each in machines}),
        machines=machines,
        verdicts=VERDICTS.values(),
        headline=numbers,
        sure=how_sure(
            machines,
            mean=numbers["auc"].get(detector),
            planned=planned,
            resamples=evaluation["bootstrap"],
            confidence=evaluation["confidence"],
            seed=config["seed"],
        ),
        confidence=evaluation["confidence"],
        planned=planned,
        shown=shown,
        chosen=chosen,
        above=above,
        scored=n_scored,
        left_out=left_out[:LEFT_OUT],
        n_left_out=len(left_out),
        with_sound=data_folder is not None,
        incomplete=[row for row in coverage_rows if row["note"]],
        tables=[(table.title, markupsafe.Markup(table.html())) for table in full],
        settings=yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True),
        origin=data_of(manifest_rows),
        versions=versions(),
        seed=config["seed"],
        python=".".join(map(str, sys.version_info[:3])),
    )
    output.write_text(page, encoding="utf-8")


def render(template: pathlib.Path, **values) -> str:
    """Fill a template; every value is escaped, and a missing one is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": percent, "of_hundred": of_hundred}
    return environment.get_template(template.name).render(
        between=between, count_of=count_of, **values
    )
