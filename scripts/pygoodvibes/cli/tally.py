"""What was found among clips: in words, and as the exit code of `pygoodvibes score`."""

from collections.abc import Sequence

from pygoodvibes.util.messages import Message, message

NORMAL, ANOMALOUS, UNTOLD = 0, 3, 4
"""Exit codes; 1 is an error, 2 wrong usage."""


class Tally:
    """What was found: for the exit code, and in words."""

    def __init__(self, *, windows: bool):
        self._windows = windows
        self._clips, self._bad = set(), set()
        self._undecided, self._unscored = set(), set()
        self._cut, self._anomalous = 0, 0

    def add(self, records: Sequence) -> None:
        """Take the records of one clip or window, one a model."""
        for record in records:
            self._clips.add(record.clip)
            if record.bad:
                self._bad.add(record.clip)
            elif record.verdict == "not scored":
                self._unscored.add(record.clip)
            elif record.verdict == "undecided":
                self._undecided.add(record.clip)
        if any(record.start is not None for record in records):
            self._cut += 1
            self._anomalous += any(record.verdict == "anomalous" for record in records)

    @property
    def several(self) -> bool:
        """Return whether it takes words to see it at a glance."""
        return len(self._clips) > 1 or self._cut > 1

    def said(self) -> Message:
        """Return what was found, in words."""
        bad, unscored = len(self._bad), len(self._unscored - self._bad)
        undecided = len(self._undecided - self._unscored - self._bad)
        normal = len(self._clips) - bad - undecided - unscored
        untold = message("{count} undecided, ", count=undecided) if undecided else ""
        counts = {
            "clips": len(self._clips),
            "bad": bad,
            "untold": untold,
            "normal": normal,
            "unscored": unscored,
        }
        if not self._windows:
            return message(
                "{clips} clip(s): {bad} anomalous, {untold}{normal} normal, {unscored} not scored",
                **counts,
            )
        return message(
            "{clips} recording(s): {bad} with an alarm, {untold}{normal} without, {unscored} not "
            "scored in full; {anomalous} of {windows} window(s) anomalous",
            anomalous=self._anomalous,
            windows=self._cut,
            **counts,
        )

    @property
    def code(self) -> int:
        """Return the exit code."""
        if self._bad:
            return ANOMALOUS
        return UNTOLD if self._undecided or self._unscored else NORMAL
