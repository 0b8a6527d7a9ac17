"""How far the verdicts of a model can be trusted: its threshold, and the lengths that it knows.

A clip longer or shorter than the training clips has other statistics, normal or not.
"""

from collections.abc import Mapping

import numpy as np

from pygoodvibes.audio.condition import measure
from pygoodvibes.audio.sample_hash import hash_samples
from pygoodvibes.data import condition as levels
from pygoodvibes.detection.certainty import Certainty, of_threshold
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring.judge import Judge
from pygoodvibes.util.messages import BY_SEMICOLONS, Message, joined, message, templates

OTHER_LENGTH = 0.2
"""Share by which a clip may be shorter or longer than the training clips."""

CUT_ALIKE = message(
    "score in windows as long as the training clips (--window), or fit with --window"
)
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


def condition_of(signal: np.ndarray, stored: Mapping[str, object]) -> dict[str, object]:
    """Return how a clip or window is recorded and stored.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude, at the model's sample rate.
    stored : mapping
        From `pygoodvibes.audio.condition.stored_as`; {} if that isn't known.
    """
    return {**measure(signal), **stored}


def level(model: MachineModel, condition: Mapping[str, object]) -> float | None:
    """Return by how many dB a clip or window is louder than the training clips, None if unknown.

    Parameters
    ----------
    model : MachineModel
        The model.
    condition : mapping
        From `condition_of`.
    """
    return levels.level(model.training.get("condition") or {}, condition)


def other_condition(model: MachineModel, condition: Mapping[str, object]) -> Message | str:
    """Say what of a clip or window is recorded or stored unlike the training clips, '' if nothing.

    Parameters
    ----------
    model : MachineModel
        The model; one that was fitted before conditions were learned tells nothing.
    condition : mapping
        From `condition_of`.
    """
    differences = levels.unlike(model.training.get("condition") or {}, condition)
    return message(_UNLIKE.template, differences=differences) if differences else ""


def differences_in(reason: str) -> list[str]:
    """Return what is recorded or stored unlike the training clips, as `why_unfair` said it.

    Parameters
    ----------
    reason : str
        From `why_unfair`, or read from a file.
    """
    for part in _parts(reason):
        if isinstance(part, Message) and part.template == _UNLIKE.template:
            return _parts(part.values["differences"])
    before, after = _UNLIKE.template.split("{differences}")
    said = reason.partition(before)[2].partition(after)[0]
    return said.split("; ") if said else []


def _parts(text: str) -> list[str]:
    """Return the messages that were joined in one."""
    if isinstance(text, Message) and text.template == BY_SEMICOLONS.template:
        return [*_parts(text.values["first"]), *_parts(text.values["rest"])]
    return [text]


def is_fair(reason: str) -> bool:
    """Say whether a score is one that can be compared with others of clips that were not learned.

    Another condition is no reason against it: the score may be due to that, which is to be seen.

    Parameters
    ----------
    reason : str
        From `why_unfair`, or read from a file.
    """
    return _NO_FAIR_SCORE not in reason


def why_unfair(
    model: MachineModel, signal: np.ndarray, condition: Mapping[str, object]
) -> Message | str:
    """Say what makes the score of a clip or window an unfair one, '' if nothing does.

    Parameters
    ----------
    model : MachineModel
        The model.
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude, at the model's sample rate.
    condition : mapping
        From `condition_of`.
    """
    if known := trained_on(model, signal):
        return known
    seconds = len(signal) / model.sample_rate
    reasons = [other_length(model, seconds), other_condition(model, condition)]
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


_UNLIKE = message(
    "recorded or stored unlike the training clips: {differences}. The score may come of that and "
    "not of the machine: record and store as for the fit, or fit to such recordings too"
)
_NO_FAIR_SCORE = ": no fair score"  # of a training clip, and of one of another length
_ONE_LENGTH = message("{seconds:g} s long, but {model} was fitted on {median:g} s: no fair score")
_LENGTHS = message(
    "{seconds:g} s long, but {model} was fitted on {shortest:g} to {longest:g} s: no fair score"
)
