"""How far a threshold can be trusted, and what verdicts it can give.

Comes in: held-out scores of normal clips, a threshold set on them, the false-alarm rate wished.
Goes out: the interval of the real rate, the verdict of a clip, and a sentence of caution. A dozen
normal clips are enough to tell which of two new clips is the odder one, but not to set a threshold.

References
----------
Laxhammar and Falkman (2010), Conformal prediction for distribution-independent anomaly detection
(the smallest share that n clips can tell).
"""

import dataclasses
import math

import numpy as np

from pygoodvibes.detection.threshold import is_loose, planned_interval, rate_interval
from pygoodvibes.util.messages import message

NORMAL, ANOMALOUS, UNDECIDED = "normal", "anomalous", "undecided"
"""Verdicts; 'undecided': the clip has a score, but too few clips were seen to tell."""

CONFIDENCE = 0.9
"""Confidence of the intervals of false-alarm rates."""

SOME = 50
"""Clips that count as enough: from so many on, a wide interval comes from too low a rate."""

FEWEST = 5
"""Fewest held-out scores from which a threshold means anything."""

FAR = 10.0
"""Scatters above the middle of normal clips; a threshold beyond calls next to nothing anomalous."""


@dataclasses.dataclass(frozen=True)
class Certainty:
    """What a threshold is worth.

    Attributes
    ----------
    clips : int
        Number of held-out scores behind the threshold. Overlapping windows count as many as would
        fit without an overlap.
    low, high : float
        Interval (of `CONFIDENCE`) for the share of normal clips above the threshold, if clips are
        drawn at random. Windows of one recording are alike: their true interval is wider.
    loose : bool
        Whether the interval is so wide that a caution is due.
    windows_of : int
        Number of recordings if the scores are of windows, 0 if they are of clips.
    meaningless : str
        Why verdicts mean nothing; '' if they mean something.
    too_few : bool
        Whether so few scores can't tell any clip from the wished share of normal ones: of n clips,
        a share below 1 / (n + 1) can't be known.
    needed : int
        How many more normal clips would make a threshold of which no caution is due; 0 if there is
        none, or if clips alone won't do it.
    """

    clips: int
    low: float
    high: float
    loose: bool
    windows_of: int
    meaningless: str
    too_few: bool
    needed: int

    def verdict(self, above: bool) -> str:
        """Return what can be said of a clip.

        Parameters
        ----------
        above : bool
            Whether its score lies above the threshold.

        Returns
        -------
        str
            'anomalous' above, 'normal' else; 'undecided' if the clips behind the threshold can't
            tell. One of too few clips may lie far too high: what is above is anomalous, but what is
            below need not be normal.
        """
        if self.too_few:
            return UNDECIDED
        if above:
            return ANOMALOUS
        return UNDECIDED if self.loose or self.meaningless else NORMAL

    @property
    def interval(self) -> str:
        """Say what share of normal clips will lie above the threshold."""
        values = {
            "clips": self.clips,
            "low": _percent(self.low),
            "high": _percent(self.high),
            "confidence": 100 * CONFIDENCE,
        }
        if not self.windows_of:
            return message(
                "threshold from {clips} clips: between {low} and {high} % of normal clips will lie "
                "above it ({confidence:.0f} % interval)",
                **values,
            )
        if self.windows_of == 1:
            return message(
                "threshold from {clips} windows: between {low} and {high} % of normal windows will "
                "lie above it ({confidence:.0f} % interval; in truth wider, for they are of 1 "
                "recording, and those of one are alike)",
                **values,
            )
        return message(
            "threshold from {clips} windows: between {low} and {high} % of normal windows will "
            "lie above it ({confidence:.0f} % interval; in truth wider, for they are of "
            "{recordings} recordings, and those of one are alike)",
            recordings=self.windows_of,
            **values,
        )

    @property
    def caution(self) -> str:
        """Say in a sentence why not to trust the verdicts, '' if there is no reason."""
        if self.meaningless:
            return message(
                "{reason}. Its scores still rank clips; fit it to more normal clips (some 50 "
                "are a good start), or set the threshold by hand (score --threshold)",
                reason=self.meaningless,
            )
        values = {"reason": self.interval, "needed": self.needed}
        if self.loose and self.clips < SOME:
            return message(
                "{reason}. So few tell which clips are odder, not which are normal: go by the "
                "order of the scores, fit to {needed} more normal clips, or set the threshold by "
                "hand (score --threshold)",
                **values,
            )
        if self.loose:
            return message(
                "{reason}. For so low a false-alarm rate these are few: fit to {needed} more "
                "normal clips, allow a higher rate, or set the threshold by hand (score "
                "--threshold)",
                **values,
            )
        return ""

    @property
    def caution_in_a_line(self) -> str:
        """Say the caution as short as can be, for whoever reads it at every run; '' without one.

        Verdicts that mean nothing are no matter for a short word: that caution stays whole.
        """
        if self.meaningless or not self.caution:
            return self.caution
        if self.windows_of:
            return message(
                "too few windows ({clips}) for 'normal' at this rate; see --json -",
                clips=self.clips,
            )
        return message(
            "too few clips ({clips}) for 'normal' at this rate; see --json -", clips=self.clips
        )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.01 else f"{100 * share:.1g}"


def of_threshold(
    scores: np.ndarray,
    limit: float,
    *,
    false_alarm_rate: float | None,
    windows_of: int = 0,
    apart: float = 1.0,
) -> Certainty:
    """Return how far a threshold can be trusted.

    Parameters
    ----------
    scores : np.ndarray [shape=(n,)]
        Held-out scores of normal clips, or windows; none is NaN.
    limit : float
        The threshold.
    false_alarm_rate : float in (0, 1) or None
        Share of normal clips that is to lie above; None: the threshold was given by hand, so that
        it rests on no clips and no caution is due.
    windows_of : int
        Number of recordings if the scores are of windows, 0 if they are of clips.
    apart : float in (0, 1]
        From one window to the next, in lengths of a window.
    """
    low, high = rate_interval(scores, limit, confidence=CONFIDENCE)
    clips = len(scores)
    if apart < 1 and clips:
        # as many scores as without an overlap, evenly taken from the sorted ones
        clips = max(1, round(clips * apart))
        places = (np.arange(clips) + 0.5) / clips
        thinned = np.quantile(scores, places, method="inverted_cdf")
        low, high = rate_interval(thinned, limit, confidence=CONFIDENCE)
    by_hand = false_alarm_rate is None
    loose = not by_hand and is_loose((low, high))
    return Certainty(
        clips,
        low,
        high,
        loose=loose,
        windows_of=windows_of,
        meaningless="" if by_hand else _why_meaningless(scores, limit),
        too_few=not by_hand and clips < least_clips(false_alarm_rate),
        needed=max(1, clips_for(false_alarm_rate) - clips) if loose else 0,
    )


def least_clips(false_alarm_rate: float) -> int:
    """Return from how many clips on a share of normal clips as low as this can be told.

    The smallest share that n clips can tell is 1 / (n + 1) (Laxhammar and Falkman, 2010).
    """
    return math.ceil(1 / false_alarm_rate - 1 - 1e-9)


def clips_for(false_alarm_rate: float) -> int:
    """Return how many clips make a threshold for this false-alarm rate that is not loose."""
    many = least_clips(false_alarm_rate) + 1
    while is_loose(planned_interval(many, false_alarm_rate, confidence=CONFIDENCE)):
        many *= 2
    few = many // 2
    while many - few > 1:
        middle = (few + many) // 2
        if is_loose(planned_interval(middle, false_alarm_rate, confidence=CONFIDENCE)):
            few = middle
        else:
            many = middle
    return many


def _why_meaningless(held_out: np.ndarray, limit: float) -> str:
    if not math.isfinite(limit):
        return message("this model can't alarm: its threshold is {limit}", limit=limit)
    if len(held_out) < FEWEST:
        return message(
            "this model's verdicts mean nothing: its threshold ({limit:.4g}) comes from "
            "{clips} normal clips, and {least} are the least for a verdict",
            limit=limit,
            clips=len(held_out),
            least=FEWEST,
        )
    centre = np.median(held_out)
    # 1.4826: of a normal distribution, standard deviations in a median absolute deviation
    scatter = 1.4826 * np.median(np.abs(held_out - centre))
    if limit - centre > FAR * scatter > 0:
        return message(
            "this model can't alarm: its threshold ({limit:.4g}) lies {times:.0f} times "
            "the scatter of the normal clips above their middle ({centre:.4g}), for some "
            "of them got wild scores",
            limit=limit,
            times=(limit - centre) / scatter,
            centre=centre,
        )
    return ""
