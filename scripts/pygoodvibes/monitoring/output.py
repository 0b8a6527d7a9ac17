"""How records of scored clips are shown: lines of text, CSV, JSON; and the files they go to."""

import csv
import dataclasses
import errno
import json
import os
import pathlib
import shutil
from collections.abc import Callable, Sequence
from typing import TextIO

from pygoodvibes.data.audio_files import is_read
from pygoodvibes.detection.certainty import ANOMALOUS, NORMAL, UNDECIDED
from pygoodvibes.models.machine_model import ENDING, MachineModel
from pygoodvibes.monitoring import certainty
from pygoodvibes.monitoring.judge import Judge
from pygoodvibes.monitoring.score_files import Record
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.language import ENGLISH, Language
from pygoodvibes.util.messages import Message, message, printable
from pygoodvibes.util.paths import in_utf8

COLUMNS = tuple(field.name for field in dataclasses.fields(Record))
"""Columns of the CSV file, and keys of each entry of `clips` in the JSON file."""

AS_HIGH = message("normal clips as high")
"""Heading of the share of normal clips expected to score at least as high."""


AS_HIGH_SHORT = message("as high")
"""The same where a terminal is too narrow."""

SHORTEST_CLIP = 20
"""Fewest characters of a clip's name that are shown, its last ones."""

_BETWEEN = "  "

# In the catalog: as many words between commas. Alone, a machine's name might be taken for one.
HEADINGS = message("clip, start, model, score, threshold, verdict, alarm")
VERDICTS = message("normal, anomalous, undecided, not scored, ALARM")


def words(entry: Message, language: Language) -> dict[str, str]:
    """Return the words of such an entry in a language, by the English ones."""
    return dict(zip(entry.split(", "), language.say(entry).split(", "), strict=True))


_FIRST = 4096  # bytes that tell whether a file is text


def check_target(path: str | pathlib.Path) -> None:
    """Refuse a file for scores, before there are any, that holds something else.

    Parameters
    ----------
    path : path
        The file; it need not be there.

    Raises
    ------
    UserError
        If it is a recording or a model by its name, or no text; or it can't be written.
    """
    place = pathlib.Path(path)
    is_model = place.name.lower().endswith(ENDING)
    if is_model or is_read(place.name):
        kind = message("a model by its name") if is_model else message("a recording by its name")
        raise UserError("{path}: {kind}; scores go to a file of another name", path=path, kind=kind)
    try:
        if place.is_file():
            with place.open("rb") as file:
                if b"\0" in file.read(_FIRST):
                    raise UserError(
                        "{path}: no text file; not overwritten, name another", path=path
                    )
        elif place.is_dir() or not place.parent.is_dir():
            code = errno.EISDIR if place.is_dir() else errno.ENOENT
            raise OSError(code, os.strerror(code))
    except OSError as error:
        raise UserError(
            "{path}: can't be written ({reason})", path=path, reason=error.strerror
        ) from None


def open_target(path: str, *, begins: Callable[[str], bool] | None = None) -> tuple[TextIO, bool]:
    """Open a file for records, but none that holds something else.

    Parameters
    ----------
    path : str
        The file.
    begins : callable, optional
        Says whether a line is the first of such a file: then records are added to what is there.
        Without it, what is there is overwritten.

    Returns
    -------
    file : text file
        UTF-8, at its end.
    added : bool
        Whether it holds records already.

    Raises
    ------
    UserError
        If it is a recording or a model by its name, no text, or begins otherwise; or it can't be
        written.
    """
    place = pathlib.Path(path)
    check_target(place)
    added, ragged = False, b""
    try:
        if place.is_file():
            with place.open("rb") as file:
                start = file.read(_FIRST)
                if begins and start:
                    line = start.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
                    if not begins(line):
                        raise UserError(
                            "{path}: begins otherwise than what would be added to it; name another "
                            "file, or move this one away",
                            path=path,
                        )
                    added = True
                    file.seek(-1, 2)
                    ragged = file.read()
        opened = place.open("a" if added else "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(
            "{path}: can't be written ({reason})", path=path, reason=error.strerror
        ) from None
    if added and ragged != b"\n":  # whoever wrote the last line was stopped in it
        opened.write("\n")
    return opened, added


COLOURS = {ANOMALOUS: "\x1b[31m", UNDECIDED: "\x1b[33m", NORMAL: "\x1b[32m"}
"""What a terminal shows verdicts in: red, amber, green. The word says the same."""

_PLAIN = "\x1b[0m"


def takes_colours(file: TextIO) -> bool:
    """Say whether a text file is a terminal with colours, and its reader wants them.

    As https://no-color.org has it: not if the environment sets NO_COLOR.
    """
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and file.isatty()


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
    language : Language
        In which they are.
    """

    def __init__(
        self,
        file: TextIO,
        *,
        clips: Sequence[str],
        models: Sequence[str],
        windows: bool = False,
        language: Language = ENGLISH,
    ):
        self._file = file
        self._windows = windows
        self._language = language
        columns = [("clip", max((len(printable(clip)) for clip in clips), default=30), "<")]
        if windows:
            columns.append(("start", 9, ">"))
        if len(models) > 1:
            columns.append(("model", max(len(printable(model)) for model in models), "<"))
        columns += [("score", 9, ">"), ("threshold", 9, ">")]
        self._verdicts = words(VERDICTS, language)
        columns.append(("verdict", max(map(len, self._verdicts.values())), "<"))
        columns.append((AS_HIGH, 9, ">"))
        if windows:
            columns.append(("alarm", 5, "<"))
        headings = words(HEADINGS, language) | {AS_HIGH: language.say(AS_HIGH)}
        self._headings = {name: headings[name] for name, _, _ in columns}
        room = shutil.get_terminal_size().columns if file.isatty() else None
        if room and self._width(columns) > room:
            # the end of a path tells more than its beginning
            self._headings[AS_HIGH] = language.say(AS_HIGH_SHORT)
            left = room - self._width(columns[1:]) - len(_BETWEEN)
            columns[0] = ("clip", max(SHORTEST_CLIP, min(left, columns[0][1])), "<")
        self._columns = [
            (name, max(width, len(self._headings[name])), side) for name, width, side in columns
        ]
        self._started = False
        self._colours = {}
        if takes_colours(file):
            self._colours = {self._verdicts[name]: COLOURS[name] for name in COLOURS}

    def _width(self, columns: Sequence[tuple[str, int, str]]) -> int:
        widths = [max(width, len(self._headings[name])) for name, width, _ in columns]
        return sum(widths) + len(_BETWEEN) * (len(widths) - 1)

    def _line(self, cells: dict[str, str], rest: str = "") -> None:
        parts = [self._cell(cells, *column) for column in self._columns]
        print(_BETWEEN.join([*parts, rest]).rstrip(), file=self._file, flush=True)

    def _cell(self, cells: dict[str, str], name: str, width: int, side: str) -> str:
        text = cells.get(name, "")
        if name == "clip" and len(text) > width:
            text = f"…{text[1 - width :]}"
        colour = self._colours.get(text, "") if name == "verdict" else ""
        return f"{colour}{text:{side}{width}}{_PLAIN if colour else ''}"

    def write(self, record: Record) -> None:
        """Print a line."""
        if not self._started:
            self._line(self._headings)
            self._started = True
        cells = {"clip": printable(record.clip), "model": printable(record.model)}
        say, numbers = self._language.say, self._language.numbers
        cells["verdict"] = self._verdicts[record.verdict]
        if record.start is not None:
            cells["start"] = clock(record.start)
        if record.score is not None:
            cells["score"] = numbers(f"{record.score:.4g}")
            cells["threshold"] = numbers(f"{record.threshold:.4g}")
            cells[AS_HIGH] = say(one_in(record.p_value))
        if record.alarm is not None:
            cells["alarm"] = self._verdicts["ALARM"] if record.alarm else ""
        self._line(
            cells, "; ".join(printable(say(text)) for text in (record.odd, record.reason) if text)
        )
        if record.drift:
            drift = message("Drift: {drift}", drift=record.drift)
            print(printable(say(drift)), file=self._file, flush=True)

    def close(self) -> None:
        """Do nothing: all is printed."""


def one_in(share: float) -> Message:
    """Say a share of normal clips as '1 in 13'."""
    clips = f"{1 / share:.2g}" if share > 0.1 else f"{1 / share:.0f}"
    return message("1 in {clips}", clips=clips)


def clock(seconds: float) -> str:
    """Return a time as h:mm:ss.s, rounded down, as far as the hours go."""
    tenths = int(seconds * 10 + 1e-6)
    whole, tenth = divmod(tenths, 10)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}.{tenth}"


class Csv:
    """One row a record, with a header unless rows are added to others; all digits of a score."""

    def __init__(self, file: TextIO, *, added: bool = False):
        self._file = file
        self._writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not added:
            self._writer.writeheader()
            file.flush()

    @staticmethod
    def begins(line: str) -> bool:
        """Say whether a file that begins with this line can take more rows."""
        return line == ",".join(COLUMNS)

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
    row = dataclasses.asdict(record)
    return {key: in_utf8(value) if isinstance(value, str) else value for key, value in row.items()}


def _digits(value: float | bool | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else repr(value)


class Json:
    """One document, written at the end: `models` and `clips`."""

    def __init__(self, file: TextIO, models: Sequence[MachineModel], judges: Sequence[Judge]):
        self._file = file
        self._models = [_described(*pair) for pair in zip(models, judges, strict=True)]
        self._records: list[dict] = []

    def write(self, record: Record) -> None:
        """Keep a record."""
        self._records.append(_plain(record))

    def close(self) -> None:
        """Write the document."""
        document = {"models": self._models, "clips": self._records}
        self._file.write(_json(document, indent=2) + "\n")
        self._file.flush()


def _json(value: dict, **options) -> str:
    # NaN and Infinity are no JSON: a score or threshold that is neither finite nor None is a bug
    return json.dumps(value, ensure_ascii=False, allow_nan=False, **options)


def _described(model: MachineModel, judging: Judge) -> dict:
    sure = certainty.of(model, judging)
    return {
        "model": in_utf8(model.name),
        "machine": model.machine,
        "id": model.id,
        "sha256": model.sha256,
        "detector": judging.detector,
        "threshold": judging.threshold,
        "false_alarm_rate": judging.false_alarm_rate,
        "false_alarm_interval": [sure.low, sure.high],
        "caution": sure.caution,
        "needed_clips": sure.needed,
        "training_clips": model.training["clips"],
        "sample_rate": model.sample_rate,
    }


class JsonLines:
    """One record a line, as it comes: for what has no end, such as a stream or a watched folder."""

    def __init__(self, file: TextIO):
        self._file = file

    @staticmethod
    def begins(line: str) -> bool:
        """Say whether a file that begins with this line can take more of them."""
        try:
            record = json.loads(line)
        except ValueError:
            return False
        return isinstance(record, dict) and list(record) == list(COLUMNS)

    def write(self, record: Record) -> None:
        """Write a line at once."""
        print(_json(_plain(record)), file=self._file, flush=True)

    def close(self) -> None:
        """Do nothing: all is written."""
