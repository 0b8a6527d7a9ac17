"""What a part of the soak found: how many of what, what became of them, what is wrong."""

import collections
import dataclasses


@dataclasses.dataclass
class Found:
    """A row of the table.

    Attributes
    ----------
    what : str
        What was tried.
    count : int
        How often.
    outcomes : Counter
        What became of it, and how often.
    wrong : list of str
        What broke the promise; empty if nothing did.
    seconds : float
        How long it took.
    """

    what: str
    count: int = 0
    outcomes: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    wrong: list[str] = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    def add(self, outcome: str, times: int = 1) -> None:
        """Count what became of something that was tried."""
        self.count += times
        self.outcomes[outcome] += times

    def check(self, holds: object, sentence: str) -> None:
        """Note what is wrong unless something holds."""
        if not holds:
            self.wrong.append(sentence)

    @property
    def text(self) -> str:
        """Return what became of all in one line."""
        return ", ".join(f"{count} {what}" for what, count in sorted(self.outcomes.items()))
