"""What the page is made of: files of a run and what the config says, read once.

Comes in: paths, and settings of the page. Goes out: the tables of the run as rows of text, and for
each machine ID with a model its evaluation, scores and mel cache.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence

from pygoodvibes.data.manifest import left_out as left_out_of
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.language import ENGLISH, Language, read_language


@dataclasses.dataclass(frozen=True)
class PageFiles:
    """The files that the page is made of.

    Attributes
    ----------
    template : path
        Jinja template of the page.
    manifest, coverage, metrics, averages, headline : path
        The files of the run; headline is metrics.json.
    evaluations, scores : sequence of path
        Documents and scores of the single machine IDs, in the same order.
    mels, mel_clips : sequence of path
        The two files of their mel caches, in the same order; empty if the data have none.
    catalog : path, optional
        The catalog of the page's language; none for English.
    """

    template: str | pathlib.Path
    manifest: str | pathlib.Path
    coverage: str | pathlib.Path
    metrics: str | pathlib.Path
    averages: str | pathlib.Path
    headline: str | pathlib.Path
    evaluations: Sequence[str | pathlib.Path]
    scores: Sequence[str | pathlib.Path]
    mels: Sequence[str | pathlib.Path]
    mel_clips: Sequence[str | pathlib.Path]
    catalog: str | pathlib.Path | None = None

    @property
    def language(self) -> Language:
        """Return the language of the page."""
        return read_language(pathlib.Path(self.catalog)) if self.catalog else ENGLISH


@dataclasses.dataclass(frozen=True)
class PageSettings:
    """What the page says of data and detectors, from the config.

    Attributes
    ----------
    detectors : sequence of str
        Names, in the order of the config; the page tells of the first.
    false_alarm_rates : mapping of detector to float
        Share of normal clips that each threshold is set to let through as false alarms.
    data, source : str
        Title of the data, and where they come from.
    published : str
        Whose published results to show, as in `pygoodvibes.report.published.read_references`.
    data_folder : str, optional
        Folder that the clips' paths start from; None if there is no sound.
    config : mapping
        The whole config.
    """

    detectors: Sequence[str]
    false_alarm_rates: Mapping[str, float]
    data: str
    source: str
    published: str
    data_folder: str | None
    config: Mapping

    @property
    def detector(self) -> str:
        """Return the detector that the page tells of."""
        return self.detectors[0]

    @property
    def planned(self) -> float:
        """Return the share of false alarms that its threshold is set to let through."""
        return self.false_alarm_rates[self.detector]


@dataclasses.dataclass(frozen=True)
class EvaluatedId:
    """A machine ID with its evaluation.

    Attributes
    ----------
    document : mapping
        From `pygoodvibes.evaluation.evaluate.evaluate_machine_id`.
    scores : sequence of mapping
        Its rows of scores.csv, values as text.
    mel : tuple of path, optional
        The two files of its mel cache.
    """

    document: Mapping
    scores: Sequence[Mapping]
    mel: tuple[str | pathlib.Path, str | pathlib.Path] | None

    @property
    def key(self) -> tuple[str, str]:
        """Return machine type and ID."""
        return self.document["machine"], self.document["id"]


@dataclasses.dataclass(frozen=True)
class RunTables:
    """The tables of a run, as rows of text.

    Attributes
    ----------
    manifest, coverage, metrics, averages : list of dict
        Rows of the CSV files.
    headline : dict
        Content of metrics.json.
    machine_ids : list of EvaluatedId
        In the order of their files.
    """

    manifest: list[dict]
    coverage: list[dict]
    metrics: list[dict]
    averages: list[dict]
    headline: dict
    machine_ids: list[EvaluatedId]

    @property
    def left_out(self) -> list[dict]:
        """Return the rows of clips that can't be used."""
        return left_out_of(self.manifest)

    @property
    def usable(self) -> dict[tuple[str, str, str, str], dict]:
        """Return the rows of the other clips by machine type, ID, split and clip."""
        return {
            (row["machine"], row["id"], row["split"], row["clip"]): row
            for row in self.manifest
            if row["status"] == "ok"
        }


def read_tables(files: PageFiles) -> RunTables:
    """Read the tables of a run, and the evaluations and scores of its machine IDs.

    Raises
    ------
    ValueError
        If the files of the machine IDs differ in number.
    """
    mels = list(zip(files.mels, files.mel_clips, strict=True)) or [None] * len(files.evaluations)
    of_ids = zip(files.evaluations, files.scores, mels, strict=True)
    return RunTables(
        manifest=read_records(files.manifest),
        coverage=read_records(files.coverage),
        metrics=read_records(files.metrics),
        averages=read_records(files.averages),
        headline=_read_json(files.headline),
        machine_ids=[
            EvaluatedId(_read_json(document), read_records(scores), mel)
            for document, scores, mel in of_ids
        ],
    )


def _read_json(path: str | pathlib.Path) -> dict:
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
