"""How far the verdicts of a model can be trusted: its threshold, and the lengths that it knows.

A clip longer or shorter than the training clips has other statistics, normal or not.
"""

from collections.abc import Mapping

import numpy as np

from pygoodvibes.audio.condition import measure
from pygoodvibes.audio.sample_hash import hash_samples
from pygoodvibes.data.condition import unlike
from pygoodvibes.detection.certainty import Certainty, of_threshold
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring.judge import Judge
from pygoodvibes.util.messages import Message, joined, message, templates

OTHER_LENGTH = 0.2
"""Share by which a clip may be shorter or longer than the training clips."""

CUT_ALIKE = "score in windows as long as the training clips (--window), or fit with --window"
"""What to do about clips of another length."""


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
    window, hop = (model.training.get(key) for key in ("window", "hop"))
    return of_threshold(
        judging.held_out,
        judging.threshold,
        false_alarm_rate=judging.false_alarm_rate,
        windows_of=model.training["recordings"] if window else 0,
        apart=min(hop / window, 1.0) if window else 1.0,
    )


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
