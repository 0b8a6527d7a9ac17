"""How far the verdicts of a model can be trusted: its threshold, and the lengths that it knows.

A dozen normal clips are enough to tell which of two new clips is the odder one, but not to set a
threshold. A clip longer or shorter than the training clips has other statistics, normal or not.
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from pygoodvibes.audio.condition import measure
from pygoodvibes.audio.sample_hash import hash_samples
from pygoodvibes.data.condition import unlike
from pygoodvibes.detection.threshold import is_loose, planned_interval, rate_interval
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring.judge import ANOMALOUS, NORMAL, UNDECIDED, Judge
from pygoodvibes.util.messages import Message, joined, message, templates

CONFIDENCE = 0.9
"""Confidence of the intervals of false-alarm rates."""

SOME = 50
"""Clips that count as enough: from so many on, a wide interval comes from too low a rate."""

FEWEST = 5
"""Fewest held-out scores from which a threshold means anything."""

FAR = 10.0
"""Scatters above the middle of normal clips; a threshold beyond calls next to nothing anomalous."""

OTHER_LENGTH = 0.2
"""Share by which a clip may be shorter or longer than the training clips."""

CUT_ALIKE = "score in windows as long as the training clips (--window), or fit with --window"
"""What to do about clips of another length."""


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


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.01 else f"{100 * share:.1g}"


def of(model: MachineModel, judging: Judge) -> Certainty:
    """Return how far the threshold of a model can be trusted.

    Parameters
    ----------
    model : MachineModel
        The model.
    judging : Judge
        From `pygoodvibes.monitoring.judge.judge` for this model.

    Returns
    -------
    Certainty
        Without a caution if the threshold was given by hand, since it then rests on no clips.
    """
    held_out, limit = judging.held_out, judging.threshold
    low, high = rate_interval(held_out, limit, confidence=CONFIDENCE)
    window, hop = (model.training.get(key) for key in ("window", "hop"))
    clips = len(held_out)
    if window and hop < window and clips:
        # as many scores as without an overlap, evenly taken from the sorted ones
        clips = max(1, round(clips * hop / window))
        places = (np.arange(clips) + 0.5) / clips
        thinned = np.quantile(held_out, places, method="inverted_cdf")
        low, high = rate_interval(thinned, limit, confidence=CONFIDENCE)
    rate = judging.false_alarm_rate
    by_hand = rate is None
    loose = not by_hand and is_loose((low, high))
    return Certainty(
        clips,
        low,
        high,
        loose=loose,
        windows_of=model.training["recordings"] if window else 0,
        meaningless="" if by_hand else _why_meaningless(held_out, limit),
        too_few=not by_hand and clips < least_clips(rate),
        needed=max(1, clips_for(rate) - clips) if loose else 0,
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
            "{clips} normal clips, and {least} are the least that can tell anything",
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


def trained_on(model: MachineModel, signal: np.ndarray) -> str:
    """Say that a clip or window is one that a model was fitted on, '' if it isn't.

    Parameters
    ----------
    model : MachineModel
        The model.
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude, at the model's sample rate.
    """
    hashes = model.training.get("samples_xxh3_128", ())
    if not hashes or hash_samples(signal) not in hashes:
        return ""
    return message("one of the training clips of {model}: no fair score", model=model.name)


def other_condition(
    model: MachineModel, signal: np.ndarray, stored: Mapping[str, object]
) -> Message | str:
    """Say what of a clip or window is recorded or stored unlike the training clips, '' if nothing.

    Parameters
    ----------
    model : MachineModel
        The model; one that was fitted before conditions were learned tells nothing.
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude, at the model's sample rate.
    stored : mapping
        From `pygoodvibes.audio.condition.stored_as`; {} if that isn't known.
    """
    usual = model.training.get("condition")
    differences = unlike(usual, {**measure(signal), **stored}) if usual else ""
    if not differences:
        return ""
    return message(
        "recorded or stored unlike the training clips: {differences}. The score may come of that "
        "and not of the machine: record and store as for the fit, or fit to such recordings too",
        differences=differences,
    )


def why_unfair(
    model: MachineModel, signal: np.ndarray, stored: Mapping[str, object]
) -> Message | str:
    """Say what makes the score of a clip or window an unfair one, '' if nothing does.

    Parameters
    ----------
    model, signal, stored
        As in `other_condition`.
    """
    if known := trained_on(model, signal):
        return known
    seconds = len(signal) / model.sample_rate
    reasons = [other_length(model, seconds), other_condition(model, signal, stored)]
    found = [reason for reason in reasons if reason]
    return joined(found) if found else ""


def advice(reason: str) -> str:
    """Return what to do about a reason of `why_unfair` that does not say it itself, or ''."""
    return CUT_ALIKE if {*templates(reason)} & {_ONE_LENGTH, _LENGTHS} else ""


def other_length(model: MachineModel, seconds: float) -> str:
    """Say that a clip or window is of another length than the training clips, '' if it isn't.

    Parameters
    ----------
    model : MachineModel
        The model.
    seconds : float > 0
        Duration of the clip or window.
    """
    median = model.window_seconds
    shortest, longest = (model.training.get(key, median) for key in ("shortest", "longest"))
    if (1 - OTHER_LENGTH) * shortest <= seconds <= (1 + OTHER_LENGTH) * longest:
        return ""
    values = {"seconds": seconds, "model": model.name}
    if shortest == longest:
        return message(_ONE_LENGTH.template, median=median, **values)
    return message(_LENGTHS.template, shortest=shortest, longest=longest, **values)


_ONE_LENGTH = message("{seconds:g} s long, but {model} was fitted on {median:g} s: no fair score")
_LENGTHS = message(
    "{seconds:g} s long, but {model} was fitted on {shortest:g} to {longest:g} s: no fair score"
)
