"""A control chart of one number a clip: whether it has moved for good, or one clip is odd.

Comes in: numbers of normal clips, such as held-out scores, and those of new clips, one after the
other. Goes out: an EWMA (exponentially weighted moving average) of where new clips lie among the
ones before, its limits, and since when it has moved.

A clip is ranked among the reference: the normal clips and all new ones before it. If all are alike,
such sequential ranks are independent, and each place is equally likely, however few clips there are
and however their numbers are distributed. As normal quantiles they are what the limits are for. A
single clip can't take the EWMA from its middle to a limit: of n clips, the highest place is no
further out than the quantile of 1 - 1 / (2n).

References
----------
Roberts (1959), Control chart tests based on geometric moving averages.
Barndorff-Nielsen (1963), On the limit behaviour of extreme order statistics (sequential ranks are
independent).
Hackl and Ledolter (1992), A new nonparametric quality control technique (an EWMA of sequential
ranks).
Brook and Evans (1972), An approach to the probability distribution of CUSUM run length (the Markov
chain behind the limits).
Lucas and Saccucci (1990), Exponentially weighted moving average control schemes (the limits and run
lengths that tests compare with).
Samuel, Pignatiello and Calvin (1998), Identifying the time of a step change with X-bar control
charts (since when).
"""

import bisect
import collections
import dataclasses
import functools
from collections.abc import Iterable

import numpy as np

from pygoodvibes.util.errors import UserError

WEIGHT = 0.1
"""Weight of the newest clip in the EWMA."""

RUN_LENGTH = 500
"""Clips from the start to a false alarm, on average, if nothing changes; what is usual."""

RUN_LENGTHS = 50, 10_000
"""Shortest and longest that can be chosen."""

LEAST = 20
"""Fewest clips in the reference of a chart that tells anything: among fewer, clips that all lie
above it become usual before the EWMA has moved far enough (at the default run length)."""

MOST = 20_000
"""Most clips in the reference; from then on new ones are not added."""

LOOK_BACK = 200
"""Most clips back at which a change is sought."""

_STATES = 201


def average_run_length(limit: float, *, weight: float = WEIGHT, shift: float = 0.0) -> float:
    """Return after how many clips, on average, an EWMA that starts at 0 leaves its limits.

    Parameters
    ----------
    limit : float > 0
        The EWMA leaves (-limit, limit). Beyond some four deviations of the EWMA the result is lost
        in the rounding of the linear system.
    weight : float in (0, 1]
        Of the newest clip.
    shift : float
        Mean of the clips; they are normally distributed with standard deviation 1.
    """
    from scipy.special import ndtr

    edges = np.linspace(-limit, limit, _STATES + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    below = ndtr((edges - (1 - weight) * middles[:, None]) / weight - shift)
    stays = np.diff(below, axis=1)
    return float(np.linalg.solve(np.eye(_STATES) - stays, np.ones(_STATES))[_STATES // 2])


@functools.cache
def limit_for(run_length: float = RUN_LENGTH, *, weight: float = WEIGHT) -> float:
    """Return the limit of the EWMA for an average run length without a change.

    Parameters
    ----------
    run_length : float
        Clips, within `RUN_LENGTHS`.
    weight : float in (0, 1]
        Of the newest clip.

    Raises
    ------
    UserError
        If there is no chart of this run length.
    """
    from scipy.optimize import brentq

    shortest, longest = RUN_LENGTHS
    if not shortest <= run_length <= longest:
        raise UserError(
            "a run length of {run_length:g} clips: charts have {shortest} to {longest}",
            run_length=run_length,
            shortest=shortest,
            longest=longest,
        )

    deviation = np.sqrt(weight / (2 - weight))  # of the EWMA, after many clips
    found = brentq(
        lambda limit: average_run_length(limit, weight=weight) - run_length,
        0.5 * deviation,
        4 * deviation,
    )
    return round(found, 6)


@dataclasses.dataclass(frozen=True)
class _Clip:
    """A clip of the last ones: its label, number and quantile, and whether the reference has it."""

    label: object
    value: float
    quantile: float
    added: bool


class Chart:
    """The EWMA of sequential ranks, and whether it has moved.

    While it has, new clips are not added to the reference, and those since the change are taken out
    again: else what has changed would become usual in time. It has come back when the EWMA is
    within half of its limit.

    Parameters
    ----------
    reference : iterable of float
        Numbers of normal clips, in any order; may be empty.
    run_length : float
        Clips from the start to a false alarm, on average.

    Attributes
    ----------
    limit : float
        The EWMA has moved when it lies beyond this, or beyond minus this.
    ewma : float
        In standard deviations of a clip's place; above 0, new clips are higher than the reference.
    moved : int
        1 if the EWMA has moved up, -1 down, 0 if not.
    since : object
        Label of the clip with which `moved` became what it is, as far as that can be told: the
        most likely place of a step. None if it never changed.
    """

    def __init__(self, reference: Iterable[float] = (), *, run_length: float = RUN_LENGTH):
        self.limit = limit_for(run_length)
        self.ewma = 0.0
        self.moved = 0
        self.since: object = None
        self._reference = sorted(reference)
        self._last: collections.deque[_Clip] = collections.deque(maxlen=LOOK_BACK)

    @property
    def lacking(self) -> int:
        """Return how many clips the reference lacks before the chart tells anything."""
        return max(0, LEAST - len(self._reference))

    def update(self, value: float, label: object = None) -> bool:
        """Take in the next clip.

        Parameters
        ----------
        value : float
            Its number, finite.
        label : object
            What `since` calls the clip.

        Returns
        -------
        bool
            Whether `moved` has changed.
        """
        if self.lacking:
            bisect.insort(self._reference, value)
            return False
        quantile = self._quantile(value)
        self.ewma = (1 - WEIGHT) * self.ewma + WEIGHT * quantile
        added = not self.moved and len(self._reference) < MOST
        if added:
            bisect.insort(self._reference, value)
        self._last.append(_Clip(label, value, quantile, added))
        if not self.moved and abs(self.ewma) > self.limit:
            self.moved = 1 if self.ewma > 0 else -1
            self._take_out()
            return True
        if self.moved and abs(self.ewma) < self.limit / 2:
            self.moved, self.since = 0, label
            self._last.clear()
            return True
        return False

    def _take_out(self) -> None:
        """Find the change, and take the clips since out of the reference."""
        quantiles = np.array([clip.quantile for clip in self._last])
        sums = np.cumsum(quantiles[::-1])[::-1]  # from each clip to the last
        gains = np.where(sums * self.moved > 0, sums**2 / np.arange(len(sums), 0, -1), -1.0)
        changed = list(self._last)[int(np.argmax(gains)) :]
        self.since = changed[0].label
        for clip in changed:
            if clip.added:
                del self._reference[bisect.bisect_left(self._reference, clip.value)]

    def _quantile(self, value: float) -> float:
        """Return the normal quantile of a clip's place in the reference and itself; ties share."""
        from scipy.special import ndtri

        lower = bisect.bisect_left(self._reference, value)
        equal = bisect.bisect_right(self._reference, value) - lower
        return float(ndtri((lower + equal / 2 + 0.5) / (len(self._reference) + 1)))
