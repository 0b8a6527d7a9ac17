"""Scoring clips with what was fitted before, as the workflow scores test clips: score, verdict.

A clip is anomalous if its score lies above the threshold. The threshold comes from the held-out
scores of the training clips, which the model file holds, so that the false-alarm rate can be chosen
when clips are scored.

References
----------
Laxhammar and Falkman (2010), Conformal prediction for distribution-independent anomaly detection
(the p-value).
"""

import dataclasses
import math

import numpy as np

from pygoodvibes.detection import threshold as detection_threshold
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

NOT_SCORED = "not scored"
"""The verdict of a clip without a score; `pygoodvibes.detection.certainty` has the others."""


@dataclasses.dataclass(frozen=True)
class Judge:
    """From what score on a clip lies too high for a normal one, and how rare a score is.

    What a model says of the clip follows from that and from how far its threshold can be trusted:
    `pygoodvibes.detection.certainty.Certainty.verdict`.

    Attributes
    ----------
    detector : str
        Whose scores.
    threshold : float
        Clips whose score lies above are too odd.
    held_out : np.ndarray [shape=(n,)]
        Scores of training clips by fits that have not seen them, rising.
    false_alarm_rate : float or None
        Share of normal clips that the threshold is set to lie below; None if it was given as such.
    """

    detector: str
    threshold: float
    held_out: np.ndarray
    false_alarm_rate: float | None

    def is_above(self, score: float) -> bool:
        """Tell whether a score lies above the threshold."""
        return score > self.threshold

    def p_value(self, score: float) -> float:
        """Return the share of normal clips expected to score at least as high.

        The clip itself counts as one of them, so that of n training clips at least 1 / (n + 1) is
        left: more can't be known from n.
        """
        higher = len(self.held_out) - np.searchsorted(self.held_out, score, side="left")
        return float((1 + higher) / (1 + len(self.held_out)))


def judge(
    model: MachineModel,
    *,
    detector: str | None = None,
    false_alarm_rate: float | None = None,
    limit: float | None = None,
) -> Judge:
    """Return what turns a model's scores into verdicts.

    Parameters
    ----------
    model : MachineModel
        From `pygoodvibes.models.machine_model.load`.
    detector : str, optional
        One of its detectors (default: its first that could be fitted).
    false_alarm_rate : float in (0, 1), optional
        Expected share of normal clips above the threshold (default: that of the fit).
    limit : float, optional
        The threshold itself, in units of the score, instead.

    Raises
    ------
    UserError
        If the model has no such detector, or its training clips give no threshold.
    """
    fitted = list(model.estimators)
    if not fitted:
        raise UserError("model {model}: no detector in it could be fitted", model=model.name)
    name = fitted[0] if detector is None else detector
    if name not in fitted:
        raise UserError(
            "model {model}: no detector {name!r}; it has {detectors}",
            model=model.name,
            name=name,
            detectors=", ".join(fitted),
        )
    held_out = np.sort(model.held_out[name][np.isfinite(model.held_out[name])])
    if limit is not None:
        if not math.isfinite(limit):
            raise UserError("threshold {limit:g}: not a finite number", limit=limit)
        return Judge(name, limit, held_out, None)
    if false_alarm_rate is None:
        false_alarm_rate = model.settings["threshold"]["false_alarm_rates"][name]
    if not 0 < false_alarm_rate < 1:
        raise UserError(
            "a false-alarm rate lies between 0 and 1, not at {false_alarm_rate:g}",
            false_alarm_rate=false_alarm_rate,
        )
    method = model.settings["threshold"]["method"]
    limit = detection_threshold.threshold(
        held_out, false_alarm_rate=false_alarm_rate, method=method
    )
    if not math.isfinite(limit):
        why = (
            message("its held-out scores give no threshold")
            if len(held_out)
            else message("no held-out scores")
        )
        raise UserError(
            "model {model}: {name}: {why}; give one", model=model.name, name=name, why=why
        )
    return Judge(name, limit, held_out, false_alarm_rate)
