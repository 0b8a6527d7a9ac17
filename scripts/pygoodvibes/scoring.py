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
import functools
import importlib
import json
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes import audio
from pygoodvibes.chosen import Chosen, mean_of, member_scores
from pygoodvibes.detection import anomaly_score
from pygoodvibes.deviation import deviation_map
from pygoodvibes.embeddings import module_of
from pygoodvibes.errors import UserError
from pygoodvibes.machine_model import MachineModel
from pygoodvibes.mel import log_mel
from pygoodvibes.names import NOT_UTF8
from pygoodvibes.projection import Pca
from pygoodvibes.threshold import threshold

NORMAL, ANOMALOUS, NOT_SCORED = "normal", "anomalous", "not scored"
"""Verdicts."""


def score_clips(
    estimators: Mapping[str, object],
    detectors: Mapping[str, Mapping],
    *,
    embedding: np.ndarray,
    pca: Pca,
    frames: Sequence[np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Score clips with the fitted detectors of a machine ID.

    Parameters
    ----------
    estimators : mapping of str to object
        By the name of the detector, fitted on the training clips of the machine ID; None where
        that was not possible.
    detectors : mapping of str to mapping
        The settings they were fitted with: the `detectors` section of the config.
    embedding : np.ndarray [shape=(n_clips, d)]
        Embeddings of the clips, made as those of the training clips.
    pca : Pca
        The projection of the machine ID.
    frames : sequence of np.ndarray [shape=(n_frames, n_mels)], optional
        Log-mel frames of the same clips, dB; without them detectors that see frames are left out.

    Returns
    -------
    dict of str to np.ndarray [shape=(n_clips,), dtype=float64]
        Scores by the name of the detector; higher = more anomalous.
    """
    seen = _Seen(detectors, embedding, pca.transform(embedding), frames)
    return {
        name: _score(name, estimators, seen)
        for name, estimator in estimators.items()
        if estimator is not None
        and (frames is not None or not any(map(seen.as_frames, _needed(name, estimators))))
    }


@dataclasses.dataclass(frozen=True)
class _Seen:
    """What the detectors of a machine ID see of some clips, as in `seen_by`."""

    detectors: Mapping[str, Mapping]
    embedding: np.ndarray
    projected: np.ndarray
    frames: Sequence[np.ndarray] | None

    def as_frames(self, detector: str) -> bool:
        """Tell whether a detector sees log-mel frames."""
        return self.detectors[detector]["input"] == "mel"

    def __call__(self, detector: str) -> np.ndarray | Sequence[np.ndarray] | None:
        """Return what a detector sees."""
        return seen_by(
            self.detectors[detector],
            embedding=self.embedding,
            projected=self.projected,
            frames=self.frames,
        )


def _needed(name: str, estimators: Mapping[str, object]) -> list[str]:
    """Return the detectors that a score takes: itself, or those that were chosen."""
    estimator = estimators[name]
    return estimator.detectors if isinstance(estimator, Chosen) else [name]


def _score(name: str, estimators: Mapping[str, object], seen: _Seen) -> np.ndarray:
    estimator = estimators[name]
    if not isinstance(estimator, Chosen):
        return anomaly_score(estimator, seen(name))
    scores: dict[str, dict[str, np.ndarray]] = {}
    for part in estimator.parts:
        of_detector = scores.setdefault(part.detector, {})
        if part.member in of_detector:
            continue
        fitted = estimators[part.detector]
        if part.member:
            found = member_scores(fitted, seen(part.detector))
            of_detector |= zip(fitted.member_names, found.T, strict=True)
        else:
            of_detector[""] = anomaly_score(fitted, seen(part.detector))
    return mean_of([part.in_units(scores[part.detector][part.member]) for part in estimator.parts])


def read_detector(model: MachineModel, name: str) -> None:
    """Read a detector of a model's file, with all that it needs, before it is asked for a score."""
    for each in _needed(name, model.estimators):
        model.estimators[each]


@dataclasses.dataclass(frozen=True)
class Judge:
    """From what score on a model calls a clip anomalous, and how rare a score is.

    Attributes
    ----------
    detector : str
        Whose scores.
    threshold : float
        A clip is anomalous if its score lies above.
    held_out : np.ndarray [shape=(n,)]
        Scores of training clips by fits that have not seen them, rising.
    false_alarm_rate : float or None
        Share of normal clips that the threshold is set to lie below; None if it was given as such.
    """

    detector: str
    threshold: float
    held_out: np.ndarray
    false_alarm_rate: float | None

    def verdict(self, score: float) -> str:
        """Return 'anomalous' above the threshold, else 'normal'."""
        return ANOMALOUS if score > self.threshold else NORMAL

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
        From `pygoodvibes.machine_model.load`.
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
        raise UserError(f"model {model.name}: no detector in it could be fitted")
    name = fitted[0] if detector is None else detector
    if name not in fitted:
        raise UserError(f"model {model.name}: no detector {name!r}; it has {', '.join(fitted)}")
    held_out = np.sort(model.held_out[name][np.isfinite(model.held_out[name])])
    if limit is not None:
        if not math.isfinite(limit):
            raise UserError(f"threshold {limit:g}: not a finite number")
        return Judge(name, limit, held_out, None)
    if false_alarm_rate is None:
        false_alarm_rate = model.settings["threshold"]["false_alarm_rates"][name]
    if not 0 < false_alarm_rate < 1:
        raise UserError(f"a false-alarm rate lies between 0 and 1, not at {false_alarm_rate:g}")
    method = model.settings["threshold"]["method"]
    found = threshold(held_out, false_alarm_rate=false_alarm_rate, method=method)
    if not math.isfinite(found):
        why = "its held-out scores give no threshold" if len(held_out) else "no held-out scores"
        raise UserError(f"model {model.name}: {name}: {why}; give one")
    return Judge(name, found, held_out, false_alarm_rate)


def read_clip(path: str | pathlib.Path, settings: Mapping) -> np.ndarray:
    """Read a clip for a model, with all that the workflow checks of it.

    Parameters
    ----------
    path : path
        Audio file.
    settings : mapping
        The model's settings.

    Returns
    -------
    np.ndarray [shape=(n_samples,), dtype=float32]
        Amplitude.

    Raises
    ------
    UserError
        With the reason, without the file's name, if it can't be used.
    """
    path = pathlib.Path(path)
    try:
        reason = why_unfit(audio.inspect(path), settings["audio"])
        if reason:
            raise UserError(reason)
        return audio.read(path, **settings["audio"])
    except UnicodeEncodeError:  # libsndfile takes names in UTF-8 only
        raise UserError(NOT_UTF8) from None


def why_unfit(info: audio.AudioInfo, settings: Mapping, *, whole: bool = True) -> str:
    """Say why a recording doesn't fit a model, and what to do; '' if it does.

    Parameters
    ----------
    info : AudioInfo
        What its header says.
    settings : mapping
        The `audio` section of the model's settings.
    whole : bool
        Whether it is scored as one clip, which a model may resample; windows are never resampled.
    """
    rate = settings["sample_rate"]
    if info.sample_rate != rate and not settings["resample"]:
        keys = "audio.resample: true"
        if info.sample_rate < rate:  # what a model heard above that rate's half is not in there
            keys = f"audio.sample_rate: {info.sample_rate} and {keys}"
        remedy = f"fit again with a --config that has {keys}" if whole else "convert it"
        return (
            f"sample rate {info.sample_rate} Hz, but the model's is {rate} Hz: record at {rate} Hz "
            f"or {remedy}"
        )
    if settings["channel"] >= info.channels:
        return (
            f"{info.channels} channel(s), but the model listens to channel {settings['channel']} "
            "(counted from 0)"
        )
    return ""


def check_score(score: float) -> None:
    """Refuse a score that is no finite number: it lies neither below nor above a threshold.

    Raises
    ------
    UserError
        If it is not finite.
    """
    if not math.isfinite(score):
        raise UserError(f"its score is not finite ({score:g}): no sound of any such machine")


def check_signal(signal: np.ndarray) -> None:
    """Refuse samples that are no sound, as `pygoodvibes.audio.read` does.

    Raises
    ------
    UserError
        If there are none, they are not finite, or all are equal.
    """
    if not len(signal):
        raise UserError("holds no samples")
    if not np.isfinite(signal).all():
        raise UserError("holds values that are not finite")
    if np.ptp(signal) == 0:
        raise UserError("digital silence: all samples are equal")


@functools.lru_cache(maxsize=8)
def _embedding(settings: str) -> tuple:
    section = json.loads(settings)
    module = importlib.import_module(module_of(section["method"]))
    return module, module.Settings.model_validate(section)


def features(signal: np.ndarray, settings: Mapping) -> tuple[np.ndarray, np.ndarray]:
    """Compute what detectors see of a clip.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude, at the model's sample rate.
    settings : mapping
        The model's settings.

    Returns
    -------
    frames : np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        Log-mel spectrogram, dB.
    vector : np.ndarray [shape=(d,), dtype=float32]
        Embedding.

    Raises
    ------
    UserError
        If the clip is too short.
    """
    frames = log_mel(signal, sample_rate=settings["audio"]["sample_rate"], **settings["mel"])
    module, checked = _embedding(json.dumps(settings["embedding"]))
    return frames, module.embed(frames, checked)


def score_features(
    model: MachineModel,
    detector: str,
    vectors: Sequence[np.ndarray],
    frames: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Score clips with one detector of a model, shape (n_clips,): higher = more anomalous.

    Parameters
    ----------
    model : MachineModel
        Fitted.
    detector : str
        Its name.
    vectors, frames : sequence of np.ndarray
        What `features` returned for each clip.
    """
    embedding = np.stack(vectors)
    settings, projected = model.settings["detectors"], model.pca.transform(embedding)
    return _score(detector, model.estimators, _Seen(settings, embedding, projected, frames))


@dataclasses.dataclass(frozen=True)
class ClipScore:
    """What a model says of a clip, and where in time and frequency it departs from normal.

    Attributes
    ----------
    score, threshold : float
        The clip is anomalous if its score lies above the threshold.
    verdict : str
        'normal' or 'anomalous'.
    p_value : float
        Share of normal clips expected to score at least as high.
    detector : str
        Whose score.
    signal : np.ndarray [shape=(n_samples,), dtype=float32]
        Amplitude, at the model's sample rate.
    frames : np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        Log-mel spectrogram, dB.
    deviation : np.ndarray [shape=(n_frames, n_mels)]
        In units of each band's spread: above 0 louder, below 0 quieter than normal.
    """

    score: float
    threshold: float
    verdict: str
    p_value: float
    detector: str
    signal: np.ndarray
    frames: np.ndarray
    deviation: np.ndarray


def score_file(
    model: MachineModel,
    source: str | pathlib.Path | np.ndarray,
    *,
    detector: str | None = None,
    false_alarm_rate: float | None = None,
    limit: float | None = None,
) -> ClipScore:
    """Score one clip, and map what is odd about it.

    Parameters
    ----------
    model : MachineModel
        From `pygoodvibes.machine_model.load`.
    source : path or np.ndarray [shape=(n_samples,)]
        Audio file, or its samples (full scale is 1) at the model's sample rate.
    detector, false_alarm_rate, limit
        As in `judge`.

    Raises
    ------
    UserError
        If the clip can't be used, with the reason; and as in `judge`.
    """
    judging = judge(model, detector=detector, false_alarm_rate=false_alarm_rate, limit=limit)
    if isinstance(source, np.ndarray):
        signal = np.asarray(source, dtype=np.float32)
        check_signal(signal)
    else:
        signal = read_clip(source, model.settings)
    frames, vector = features(signal, model.settings)
    score = float(score_features(model, judging.detector, [vector], [frames])[0])
    check_score(score)
    return ClipScore(
        score=score,
        threshold=judging.threshold,
        verdict=judging.verdict(score),
        p_value=judging.p_value(score),
        detector=judging.detector,
        signal=signal,
        frames=frames,
        deviation=deviation_map(frames, model.normal),
    )


def seen_by(
    settings: Mapping,
    *,
    embedding: np.ndarray,
    projected: np.ndarray,
    frames: Sequence[np.ndarray] | None,
) -> np.ndarray | Sequence[np.ndarray] | None:
    """Return what a detector sees of clips, by the `input` of its settings.

    Parameters
    ----------
    settings : mapping
        Of the detector.
    embedding, projected : np.ndarray [shape=(n_clips, d)]
        Embeddings of the clips, and their projections.
    frames : sequence of np.ndarray [shape=(n_frames, n_mels)], or None
        Log-mel frames of the clips, dB.
    """
    if settings["input"] == "mel":
        return frames
    if settings["input"] == "embedding":
        return embedding
    return projected[:, : settings["components"]]
