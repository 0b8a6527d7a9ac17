"""When to ring: k of the last n windows or clips above the threshold."""

import collections
import dataclasses

from pygoodvibes.util.errors import UserError


@dataclasses.dataclass
class Alarm:
    """An alarm with hysteresis.

    It goes on when at least `k` of the last `n` windows are anomalous, and off when fewer than half
    of `k` are.

    Parameters
    ----------
    k, n : int > 0
        k <= n.
    """

    k: int
    n: int

    def __post_init__(self):
        if not 1 <= self.k <= self.n:
            raise UserError(
                "alarm {k}/{n}: at least 1 of so many windows or more", k=self.k, n=self.n
            )
        self.on = False
        self._last: collections.deque[bool] = collections.deque(maxlen=self.n)

    @property
    def undecided(self) -> bool:
        """Return whether all windows so far are anomalous, and too few for the alarm.

        If the recording ends there, nobody will know more of it: then that is an alarm.
        """
        return 0 < len(self._last) < self.k and all(self._last)

    def update(self, anomalous: bool) -> bool:
        """Take in the next window; return whether the alarm is on."""
        self._last.append(bool(anomalous))
        anomalous_clips = sum(self._last)
        self.on = anomalous_clips >= self.k or (self.on and 2 * anomalous_clips >= self.k)
        return self.on
