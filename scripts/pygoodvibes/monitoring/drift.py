"""Drift: whether the clips of a machine have changed for good, and whether the recording has.

Comes in: what a model says of clips, one after the other, in the order of time. Goes out: the same
records with the control chart of their scores, and a sentence where there is something new to say.

- The scores have moved: the machine has changed, or what is normal for it.
- The level has moved with them, or the last clips are recorded or stored unlike the training clips
  in one and the same way: look at the microphone first.
- A single odd clip is anomalous, and no drift.

What can't be compared is left out: clips without a score, those that the model has learned, those
of another length, and windows, of which those of a recording are alike.
"""

import collections
import dataclasses
import math
import re
from collections.abc import Iterable

import numpy as np

from pygoodvibes.data.condition import other_level
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring import certainty
from pygoodvibes.monitoring.alarm import Alarm
from pygoodvibes.monitoring.control_chart import RUN_LENGTH, Chart
from pygoodvibes.monitoring.judge import Judge
from pygoodvibes.monitoring.score_files import Record
from pygoodvibes.util.messages import Message, joined, message

ALIKE = 3, 5
"""So many of the last so many clips must be unlike the training clips in one way. By itself a clip
is so in 1 of 100 cases at most (`pygoodvibes.data.condition.RATE`)."""

ENOUGH = 2
"""So many of the last clips are enough to tell of it where the scores have moved."""

LEAST_LEVEL = 1.0
"""Least shift of the level, dB, that is told beside a drift of the scores."""


class _Way:
    """One way of being unlike the training clips, and whether it lasts."""

    def __init__(self):
        self.lasts = Alarm(*ALIKE)
        self.text = ""
        self._last: collections.deque[tuple[bool, str]] = collections.deque(maxlen=ALIKE[1])

    def update(self, text: str, clip: str) -> None:
        """Take in what a clip says of it, '' if nothing."""
        self.text = text or self.text
        self._last.append((bool(text), clip))
        self.lasts.update(bool(text))

    @property
    def count(self) -> int:
        """Return how many of the last clips are so."""
        return sum(said for said, _ in self._last)

    @property
    def since(self) -> str:
        """Return the first of the last clips that is so."""
        return next((clip for said, clip in self._last if said), "")


class Drift:
    """The control charts of one machine.

    Parameters
    ----------
    model : MachineModel
        Its model.
    judging : Judge
        From `pygoodvibes.monitoring.judge.judge` for this model.
    run_length : float
        Clips from the start to a false alarm, on average.

    Attributes
    ----------
    scores, levels : Chart
        Of the scores; and of the level, dB, by which clips are louder than the training clips.
    """

    def __init__(self, model: MachineModel, judging: Judge, *, run_length: float = RUN_LENGTH):
        self.scores = Chart(judging.held_out, run_length=run_length)
        self.levels = Chart(_levels_of(model), run_length=run_length)
        self._model, self._judging = model, judging
        self._last_levels: collections.deque[float] = collections.deque(maxlen=ALIKE[1])
        self._ways: dict[str, _Way] = {}
        self._told: tuple[int, frozenset[str]] = 0, frozenset()

    @property
    def needs(self) -> Message | str:
        """Say how many clips the chart of scores still lacks, '' if none."""
        if not self.scores.lacking:
            return ""
        return message(
            "too few clips for a control chart of {model}: it has {held_out} held-out scores; "
            "the chart begins {lacking} clip(s) later",
            model=self._model.name,
            held_out=len(self._judging.held_out),
            lacking=self.scores.lacking,
        )

    @property
    def found(self) -> bool:
        """Return whether something has changed and not come back."""
        return self._told != (0, frozenset())

    def own(self, records: Iterable[Record]) -> list[Record]:
        """Return the records, perhaps read from a file, that are of this model as it is now.

        How rare a score is tells: to another fit, even of the same machine, it comes out otherwise,
        though not of every clip. So all that are older than one of another fit are left out.

        Parameters
        ----------
        records : iterable of Record
            In the order of time, unless they have times.
        """
        named = self._model.name, self._judging.detector
        mine = [record for record in records if (record.model, record.detector) == named]
        order = list(range(len(mine)))
        if all(record.time for record in mine):
            order.sort(key=lambda number: mine[number].time)
        others = [place for place, number in enumerate(order) if not self._is_as_rare(mine[number])]
        return [mine[number] for number in sorted(order[others[-1] + 1 if others else 0 :])]

    def _is_as_rare(self, record: Record) -> bool:
        if record.score is None or record.p_value is None:
            return record.score is None
        return math.isclose(record.p_value, self._judging.p_value(record.score), rel_tol=1e-9)

    def update(self, record: Record) -> Record:
        """Take in the next clip; return its record with `ewma` and `drift`."""
        if record.score is None or record.start is not None or not certainty.is_fair(record.reason):
            return record
        clip = _named(record)
        self.scores.update(record.score, clip)
        if record.level is not None:
            self.levels.update(record.level, clip)
            self._last_levels.append(record.level)
        self._compare(certainty.differences_in(record.reason), clip)
        ewma = None if self.scores.lacking else self.scores.ewma
        return dataclasses.replace(record, ewma=ewma, drift=self._news())

    def _compare(self, differences: Iterable[str], clip: str) -> None:
        said = {_without_amounts(text): text for text in differences}
        for kind in said.keys() - self._ways.keys():
            self._ways[kind] = _Way()
        for kind, way in list(self._ways.items()):
            way.update(said.get(kind, ""), clip)
            if not way.count:
                del self._ways[kind]

    def _recording(self) -> dict[str, tuple[str, object]]:
        """Return by kind what of the recording has changed, and since which clip."""
        found = {
            kind: (way.text, way.since)
            for kind, way in self._ways.items()
            if way.lasts.on or (self.scores.moved and way.count >= ENOUGH)
        }
        if self.levels.moved and self.scores.moved:
            text = other_level(shift := float(np.median(self._last_levels)))
            kind = _without_amounts(text)
            told = kind in self._told[1]  # then it lasts until the chart says that it is over
            if told or (abs(shift) >= LEAST_LEVEL and (shift > 0) == (self.levels.moved > 0)):
                found[kind] = text, self.levels.since
        return found

    def _news(self) -> Message | str:
        """Say what has changed, or come back, since it was last said."""
        recording, moved = self._recording(), self.scores.moved
        (moved_before, kinds_before), self._told = self._told, (moved, frozenset(recording))
        new = recording.keys() - kinds_before
        values = {"since": self.scores.since}
        if recording:
            values["how"] = joined([text for text, _ in recording.values()])
            values["when"] = next(iter(recording.values()))[1]
        if moved and recording and (new or not moved_before):
            return message(_MOVED_WITH_THE_RECORDING[moved].template, **values)
        if moved and not moved_before:
            return message(_MOVED[moved].template, **values)
        if new:
            return message(
                "the recording has changed since {when}: {how}. Scores have not moved so far; look "
                "at the microphone and the recorder before they do",
                **values,
            )
        if moved_before and not moved:
            return message("the scores are back among those of normal clips ({since})", **values)
        if kinds_before and not recording:
            if moved:
                return message(
                    "the recording is again like that of the training clips; the scores have not "
                    "come back so far"
                )
            return message("the recording is again like that of the training clips")
        return ""


def charted(drift: Drift, records: Iterable[Record]) -> list[Record]:
    """Return records, in the order of their clips, with what a new control chart says of each.

    Parameters
    ----------
    drift : Drift
        Takes in all of them.
    records : iterable of Record
        What an earlier chart said of them is left out.
    """
    return [drift.update(dataclasses.replace(record, ewma=None, drift="")) for record in records]


_MOVED = {
    1: message(
        "the scores have risen since about {since}: the machine has changed, or what is normal for "
        "it. If it is in good health, let the model learn the new sound (pygoodvibes fit MODEL "
        "--add FOLDER)"
    ),
    -1: message(
        "the scores have fallen since about {since}: clips have come closer to the middle of what "
        "was learned, as with fewer loads or speeds, and the threshold is high for them. If this "
        "is how it stays, let the model learn them (pygoodvibes fit MODEL --add FOLDER)"
    ),
}
_MOVED_WITH_THE_RECORDING = {
    1: message(
        "the scores have risen since about {since}, and the recording has changed since {when}: "
        "{how}. Look at the microphone and the recorder first; if this is how it stays, let the "
        "model learn it (pygoodvibes fit MODEL --add FOLDER)"
    ),
    -1: message(
        "the scores have fallen since about {since}, and the recording has changed since {when}: "
        "{how}. Look at the microphone and the recorder first; if this is how it stays, let the "
        "model learn it (pygoodvibes fit MODEL --add FOLDER)"
    ),
}


def _levels_of(model: MachineModel) -> list[float]:
    """Return the levels of the training clips, dB, as far as the model has kept them."""
    if model.kept is None:
        return []
    rows = model.kept.rows(
        machine=model.machine, machine_id=model.id, sample_rate=model.sample_rate
    )
    levels = [certainty.level(model, row) for row in rows]
    return [level for level in levels if level is not None]


def _named(record: Record) -> str:
    if not record.time:
        return record.clip
    return f"{record.clip} ({record.time[:10]} {record.time[11:16]} UTC)"


def _without_amounts(text: str) -> str:
    """Return what is said without its numbers: they differ from clip to clip."""
    return re.sub(r"\d+([.,]\d+)*(e[+-]?\d+)?", "#", text)
