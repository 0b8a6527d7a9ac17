"""The report for who runs the machines: one HTML page that needs nothing beside it.

Comes in: the tables of a run, its scores, the mel caches and the clips. Goes out: a page that says
which machines are watched well, how sure that is, and which clips to listen to first. Its pictures
and sounds are in it, it loads nothing, and it holds no date: the same data give the same bytes.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Iterable, Mapping, Sequence

import jinja2
import markupsafe
import yaml

from pygoodvibes.data.clip import name_of
from pygoodvibes.data.duplicates import is_copy
from pygoodvibes.data.manifest import of_clips
from pygoodvibes.evaluation.domains import DOMAINS
from pygoodvibes.report import domain_tables
from pygoodvibes.report.published import read_references
from pygoodvibes.report.run_tables import (
    averages_table,
    clips_table,
    machine_ids_table,
    thresholds_table,
)
from pygoodvibes.report.summary.clips import (
    Scored,
    data_uri,
    listen_first,
    picture,
    player,
    scored_clips,
    typical,
)
from pygoodvibes.report.summary.domains import NAMES, where_false_alarms_differ
from pygoodvibes.report.summary.inputs import (
    EvaluatedId,
    PageFiles,
    PageSettings,
    RunTables,
    read_tables,
)
from pygoodvibes.report.summary.machines import Machine, machines_of
from pygoodvibes.report.summary.sentences import answer, how_sure
from pygoodvibes.report.summary.verdicts import VERDICTS
from pygoodvibes.report.table import Table, percent
from pygoodvibes.report.words import count_of, number, of_hundred
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.language import ENGLISH, Language
from pygoodvibes.util.messages import message
from pygoodvibes.workflow.provenance import data_of, versions

LISTED = 20
"""Clips to listen to that are named at most."""

SHOWN = 6
"""Clips to listen to that come with picture and sound: the page stays below 5 MB."""

LEFT_OUT = 50
"""Clips left out that are named at most."""

ON_PAPER = {"machines_on_paper": 24, "pictures_on_paper": 4, "rows_on_paper": 4}
"""Machines, clips with a picture and rows of what was left out that four pages have room for."""

DETECTORS_A_TABLE = 3
"""Detectors beside each other in a table per machine ID: more don't fit on a sheet of paper."""


@dataclasses.dataclass(frozen=True)
class ToListenTo:
    """Test clips that should be listened to first.

    Attributes
    ----------
    clips : list of Scored
        In this order: those above their threshold, or if there are none, the closest to it.
    above, scored : int
        Test clips above their threshold, and all that have a score.
    """

    clips: list[Scored]
    above: int
    scored: int


def write_summary(files: PageFiles, settings: PageSettings, *, output: pathlib.Path) -> None:
    """Write the page from the files of a run."""
    tables = read_tables(files)
    machines = machines_of(tables.metrics, settings.detector, tables.manifest)
    unit = domain_tables.unit_in(tables.manifest)
    watched = {(machine.machine, machine.id) for machine in machines if machine.is_watched}
    ids = {evaluated.key: evaluated for evaluated in tables.machine_ids if evaluated.key in watched}
    to_listen_to = _to_listen_to(ids.values(), settings.detector, unit)
    language, confidence = files.language, settings.config["evaluation"]["confidence"]
    page = render(
        pathlib.Path(files.template),
        language,
        detector=settings.detector,
        planned=settings.planned,
        confidence=confidence,
        unit=unit,
        **_values_of_data(tables, settings),
        **_values_of_machines(machines, tables, settings),
        answer=[
            *answer(
                machines,
                planned=settings.planned,
                above=to_listen_to.above,
                scored=to_listen_to.scored,
            ),
            *where_false_alarms_differ(machines, confidence),
        ],
        **_values_of_clips(to_listen_to, ids, tables, settings, language),
        tables=[
            (language.say(table.title), markupsafe.Markup(table.html(language)))
            for table in _full_tables(tables, settings, unit)
        ],
        **_values_of_origin(tables, settings),
    )
    write_text(output, page)


def _to_listen_to(ids: Iterable[EvaluatedId], detector: str, unit: str) -> ToListenTo:
    """Choose the clips to listen to first, by their scores alone."""
    scored = [
        scored_clips(evaluated.document, evaluated.scores, detector, unit) for evaluated in ids
    ]
    alarms = [[clip for clip in clips if clip.alarm] for clips in scored]
    above = sum(map(len, alarms))
    return ToListenTo(
        clips=listen_first(alarms, LISTED) if above else listen_first(scored, SHOWN),
        above=above,
        scored=sum(map(len, scored)),
    )


def _values_of_data(tables: RunTables, settings: PageSettings) -> dict:
    """Return what the page says of the data: names, counts, and what was left out."""
    clips, left_out = of_clips(tables.manifest), tables.left_out
    return {
        "data": settings.data,
        "name": settings.config["dataset"]["name"],
        "synthetic": settings.source == "synthetic",
        "clips": len(clips),
        "hours": sum(float(row["seconds"] or 0) for row in clips) / 3600,
        "counts": {
            group: sum(int(row[group]) for row in tables.coverage)
            for group in ("train", "test_normal", "test_anomaly", "test_unknown")
        },
        "left_out": left_out[:LEFT_OUT],
        "n_left_out": len(left_out),
        "n_copies": sum(map(is_copy, left_out)),
        "incomplete": [row for row in tables.coverage if row["note"]],
    }


def _values_of_machines(
    machines: Sequence[Machine], tables: RunTables, settings: PageSettings
) -> dict:
    """Return what the page says of the machines: verdicts, metrics, and how sure they are."""
    evaluation = settings.config["evaluation"]
    return {
        "types": len({machine.machine for machine in machines}),
        "machines": machines,
        "verdicts": VERDICTS.values(),
        "headline": tables.headline,
        "sure": how_sure(
            machines,
            mean=tables.headline["auc"].get(settings.detector),
            planned=settings.planned,
            resamples=evaluation["bootstrap"],
            confidence=evaluation["confidence"],
            seed=settings.config["seed"],
            domain_auc=_auc_by_domain(tables, settings.detector),
        ),
    }


def _auc_by_domain(tables: RunTables, detector: str) -> dict[str, float | None] | None:
    """Return the mean AUC over machine types in each domain; None where there are no domains."""
    for row in tables.averages if domain_tables.has_domains(tables.averages) else ():
        if (row["detector"], row["over"], row["mean"]) == (detector, "types", "arithmetic"):
            return {domain: number(row[f"auc_{domain}"]) for domain in DOMAINS}
    return None


def _values_of_clips(
    to_listen_to: ToListenTo,
    ids: Mapping[tuple[str, str], EvaluatedId],
    tables: RunTables,
    settings: PageSettings,
    language: Language,
) -> dict:
    """Return what the page says of the clips to listen to; the first come with picture and sound.

    Machine IDs are given by machine type and ID.
    """
    usable = tables.usable
    return {
        "chosen": to_listen_to.clips,
        "above": to_listen_to.above,
        "scored": to_listen_to.scored,
        "shown": [
            _picture_and_sounds(clip, ids[clip.machine, clip.id], usable, settings, language)
            for clip in to_listen_to.clips[:SHOWN]
        ],
        "with_sound": settings.data_folder is not None,
    }


def _picture_and_sounds(
    clip: Scored,
    evaluated: EvaluatedId,
    usable: Mapping[tuple, Mapping],
    settings: PageSettings,
    language: Language,
) -> dict:
    """Return a clip with picture, words on it and sound, and the sound of a normal one.

    Rows of the manifest are given by machine type, ID, split and clip.
    """
    content, words = None, ""
    if evaluated.mel is not None:
        content, words = picture(
            clip,
            evaluated.mel,
            settings=settings.config["mel"],
            sample_rate=settings.config["audio"]["sample_rate"],
            data=settings.data,
            language=language,
        )
    normal = typical(evaluated.scores, settings.detector)
    sounds = {
        name: player(
            usable.get((*evaluated.key, *place)), settings.data_folder, settings.config["audio"]
        )
        for name, place in (("sound", ("test", clip.clip)), ("normal", ("train", normal)))
    }
    return {
        "alarm": clip,
        "picture": None if content is None else data_uri(content, "image/webp"),
        "words": words,
        **sounds,
    }


def _full_tables(tables: RunTables, settings: PageSettings, unit: str) -> list[Table]:
    """Return the tables of all detectors; those per machine ID a few detectors at a time."""
    references, data = read_references(settings.published), settings.data
    evaluation = settings.config["evaluation"]
    confidence, rates = evaluation["confidence"], settings.false_alarm_rates
    metrics, averages = tables.metrics, tables.averages
    domains = domain_tables.has_domains(metrics)
    result = [
        averages_table(averages, references, data=data, max_fpr=evaluation["max_fpr"], unit=unit)
    ]
    if domains:
        result.append(domain_tables.official_table(averages, data=data, confidence=confidence))
    for start in range(0, len(settings.detectors), DETECTORS_A_TABLE):
        some = settings.detectors[start : start + DETECTORS_A_TABLE]
        rows = [row for row in metrics if row["detector"] in some]
        published = references if start == 0 else []
        table = machine_ids_table(rows, published, data=data, confidence=confidence, unit=unit)
        title = message("{table}: {detectors}", table=table.title, detectors=", ".join(some))
        result.append(dataclasses.replace(table, title=title))
    if domains:
        result.append(domain_tables.domains_table(metrics, data=data, confidence=confidence))
    result.append(thresholds_table(metrics, data=data, false_alarm_rates=rates, unit=unit))
    if domains:
        result.append(domain_tables.decisions_table(metrics, data=data))
    result.append(clips_table(tables.coverage, tables.manifest, data=data))
    clips = domain_tables.clips_of_domains_table(tables.manifest, data=data)
    return result if clips is None else [*result, clips]


def _values_of_origin(tables: RunTables, settings: PageSettings) -> dict:
    """Return what the page says of where it comes from: config, clips and packages."""
    return {
        "settings": yaml.safe_dump(dict(settings.config), sort_keys=False, allow_unicode=True),
        "origin": data_of(tables.manifest),
        "versions": versions(),
        "seed": settings.config["seed"],
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def render(template: pathlib.Path, language: Language = ENGLISH, **values) -> str:
    """Fill a template in a language; every value is escaped, and a missing one is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": percent,
        "of_hundred": of_hundred,
        "number": language.number,
        "numbers": language.numbers,
    }
    return environment.get_template(template.name).render(
        say=lambda text, **named: language.say(message(text, **named)),
        language=language.code,
        count_of=count_of,
        name_of=name_of,
        domain_names=NAMES,
        **ON_PAPER,
        **values,
    )
