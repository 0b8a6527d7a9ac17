"""How records of scored clips are shown: lines of text, CSV, JSON."""

import csv
import dataclasses
import json
from collections.abc import Sequence
from typing import Protocol, TextIO

from pygoodvibes import certainty
from pygoodvibes.machine_model import MachineModel
from pygoodvibes.score_files import Record
from pygoodvibes.scoring import Judge

COLUMNS = tuple(field.name for field in dataclasses.fields(Record))
"""Columns of the CSV file, and keys of each entry of `clips` in the JSON file."""


class Output(Protocol):
    """Takes records as they come."""

    def write(self, record: Record) -> None:
        """Take one record."""

    def close(self) -> None:
        """Write what is still to be written."""


class Text:
    """Lines under a heading, for a terminal.

    Parameters
    ----------
    file : text file
        Where they go.
    clips, models : sequence of str
        Names to leave room for; names of models are shown if there are several.
    windows : bool
        Whether records are windows, with a start and an alarm.
    """

    def __init__(
        self, file: TextIO, *, clips: Sequence[str], models: Sequence[str], windows: bool = False
    ):
        self._file = file
        self._windows = windows
        columns = [("clip", max(map(len, clips), default=30), "<")]
        if windows:
            columns.append(("start", 9, ">"))
        if len(models) > 1:
            columns.append(("model", max(map(len, models)), "<"))
        columns += [("score", 9, ">"), ("threshold", 9, ">"), ("verdict", 10, "<")]
        columns.append(("so high", 9, ">"))
        if windows:
            columns.append(("alarm", 5, "<"))
        self._columns = [(name, max(width, len(name)), side) for name, width, side in columns]
        self._started = False

    def _line(self, cells: dict[str, str], rest: str = "") -> None:
        parts = [f"{cells.get(name, ''):{side}{width}}" for name, width, side in self._columns]
        print("  ".join([*parts, rest]).rstrip(), file=self._file, flush=True)

    def write(self, record: Record) -> None:
        """Print a line."""
        if not self._started:
            self._line({name: name for name, _, _ in self._columns})
            self._started = True
        cells = {"clip": record.clip, "model": record.model, "verdict": record.verdict}
        if record.start is not None:
            cells["start"] = clock(record.start)
        if record.score is not None:
            cells |= {"score": f"{record.score:.4g}", "threshold": f"{record.threshold:.4g}"}
            cells["so high"] = one_in(record.p_value)
        if record.alarm is not None:
            cells["alarm"] = "ALARM" if record.alarm else ""
        self._line(cells, record.reason)

    def close(self) -> None:
        """Do nothing: all is printed."""


def one_in(share: float) -> str:
    """Say a share of normal clips as '1 in 13'."""
    return f"1 in {1 / share:.2g}" if share > 0.1 else f"1 in {1 / share:.0f}"


def clock(seconds: float) -> str:
    """Return a time as h:mm:ss.s, rounded down, as far as the hours go."""
    tenths = int(seconds * 10 + 1e-6)
    whole, tenth = divmod(tenths, 10)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}.{tenth}"


class Csv:
    """One row a record, with a header; all digits of a score."""

    def __init__(self, file: TextIO):
        self._file = file
        self._writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        self._writer.writeheader()
        file.flush()

    def write(self, record: Record) -> None:
        """Write a row at once, so that others can follow the file."""
        row = _plain(record)
        self._writer.writerow(
            {key: value if isinstance(value, str) else _digits(value) for key, value in row.items()}
        )
        self._file.flush()

    def close(self) -> None:
        """Do nothing: all is written."""


def _plain(record: Record) -> dict:
    return dataclasses.asdict(record)


def _digits(value: float | bool | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else repr(value)


class Json:
    """One document, written at the end: `models` and `clips`."""

    def __init__(self, file: TextIO, models: Sequence[MachineModel], judges: Sequence[Judge]):
        self._file = file
        self._models = [_described(*each) for each in zip(models, judges, strict=True)]
        self._records: list[dict] = []

    def write(self, record: Record) -> None:
        """Keep a record."""
        self._records.append(_plain(record))

    def close(self) -> None:
        """Write the document."""
        document = {"models": self._models, "clips": self._records}
        self._file.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        self._file.flush()


def _described(model: MachineModel, judging: Judge) -> dict:
    sure = certainty.of(model, judging)
    return {
        "model": model.name,
        "machine": model.machine,
        "id": model.id,
        "sha256": model.sha256,
        "detector": judging.detector,
        "threshold": judging.threshold,
        "false_alarm_rate": judging.false_alarm_rate,
        "false_alarm_interval": [sure.low, sure.high],
        "caution": sure.caution,
        "training_clips": model.training["clips"],
        "sample_rate": model.sample_rate,
    }


class JsonLines:
    """One record a line, as it comes: for what has no end, such as a stream or a watched folder."""

    def __init__(self, file: TextIO):
        self._file = file

    def write(self, record: Record) -> None:
        """Write a line at once."""
        print(json.dumps(_plain(record), ensure_ascii=False), file=self._file, flush=True)

    def close(self) -> None:
        """Do nothing: all is written."""
