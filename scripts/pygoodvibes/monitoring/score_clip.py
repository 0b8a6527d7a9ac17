"""One clip and a model: its score, its verdict, and what is odd about it."""

import dataclasses
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.read import inspect_audio, read_audio
from pygoodvibes.audio.usable import check_signal, why_unusable
from pygoodvibes.data.audio_files import check_read
from pygoodvibes.detection.inputs import Inputs
from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors.combined import Chosen, mean_of, member_scores
from pygoodvibes.embeddings.embed import embed_clip
from pygoodvibes.embeddings.encoder import Encoder
from pygoodvibes.embeddings.registry import sees_signal
from pygoodvibes.explanation.deviation import deviation_map
from pygoodvibes.explanation.drivers import Drivers, find_drivers
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring import certainty
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.paths import NOT_UTF8


def of_model(model: MachineModel, frames: np.ndarray, detector: str, **options: int) -> Drivers:
    """Find out what drives the score that a detector of a model gives a clip.

    Parameters
    ----------
    model : MachineModel
        Fitted.
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram of the clip, dB, made with the model's settings.
    detector : str
        Name of one of its detectors.
    **options
        As in `find_drivers`.

    Raises
    ------
    UserError
        If the model's embedding is one of samples: frames with a part replaced have none.
    """
    method = model.settings["embedding"]["method"]
    if sees_signal(method):
        raise UserError(
            "what drives a score can't be told of the embedding {method}, which works on samples",
            method=method,
        )

    def score(tried: Sequence[np.ndarray]) -> np.ndarray:
        vectors = [embed_clip(changed, model.settings["embedding"]) for changed in tried]
        return score_features(model, detector, vectors, tried)

    return find_drivers(frames, model.normal, score, **options)


def _needed(name: str, estimators: Mapping[str, object]) -> list[str]:
    """Return the detectors that a score needs: the detector itself, or those of the choice."""
    estimator = estimators[name]
    return estimator.detectors if isinstance(estimator, Chosen) else [name]


def _score(
    name: str,
    estimators: Mapping[str, object],
    detectors: Mapping[str, Mapping],
    inputs: Inputs,
) -> np.ndarray:
    estimator = estimators[name]
    if not isinstance(estimator, Chosen):
        return anomaly_score(estimator, inputs.seen_by(detectors[name]))
    scores: dict[str, dict[str, np.ndarray]] = {}
    for part in estimator.parts:
        of_detector = scores.setdefault(part.detector, {})
        if part.member in of_detector:
            continue
        fitted = estimators[part.detector]
        seen = inputs.seen_by(detectors[part.detector])
        if part.member:
            of_members = member_scores(fitted, seen)
            of_detector |= zip(fitted.member_names, of_members.T, strict=True)
        else:
            of_detector[""] = anomaly_score(fitted, seen)
    return mean_of([part.in_units(scores[part.detector][part.member]) for part in estimator.parts])


def read_detector(model: MachineModel, name: str) -> None:
    """Read a detector of a model's file, with all that it needs, before it is asked for a score."""
    for detector in _needed(name, model.estimators):
        model.estimators[detector]


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
    check_read(path.name)
    try:
        info = inspect_audio(path)
        reason = why_unusable(info.sample_rate, info.channels, **settings["audio"])
        if reason:
            raise UserError(reason)
        return read_audio(path, **settings["audio"])
    except UnicodeEncodeError:  # libsndfile takes names in UTF-8 only
        raise UserError(NOT_UTF8) from None


def check_score(score: float) -> None:
    """Refuse a score that is no finite number: it lies neither below nor above a threshold.

    Raises
    ------
    UserError
        If it is not finite.
    """
    if not math.isfinite(score):
        raise UserError(
            "its score is not finite ({score:g}): no sound of any such machine", score=score
        )


def features(
    signal: np.ndarray, settings: Mapping, encoder: Encoder | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Compute what detectors see of a clip.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude, at the model's sample rate.
    settings : mapping
        The model's settings.
    encoder : Encoder, optional
        The model's.

    Returns
    -------
    frames : np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        Log-mel spectrogram, dB.
    vector : np.ndarray [shape=(d,), dtype=float32]
        Embedding.

    Raises
    ------
    UserError
        If the clip is too short, or the encoder gives no vector.
    """
    rate = settings["audio"]["sample_rate"]
    frames = clip_frames(signal, sample_rate=rate, **settings["mel"])
    vector = embed_clip(
        frames, settings["embedding"], signal=signal, sample_rate=rate, encoder=encoder
    )
    return frames, vector


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

    Raises
    ------
    UserError
        If the detector in the model's file is none, or can't score them.
    """
    embedding = np.stack(vectors)
    read_detector(model, detector)
    try:
        inputs = Inputs.of(embedding, model.pcas, frames)
        return _score(detector, model.estimators, model.settings["detectors"], inputs)
    # a forged file may hold enormous numbers, which overflow on the way
    except (ValueError, ArithmeticError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            "model {model}: {detector} can't score this ({reason})",
            model=model.name,
            detector=detector,
            reason=reason,
        ) from error


@dataclasses.dataclass(frozen=True)
class ClipScore:
    """What a model says of a clip, and where in time and frequency it departs from normal.

    Attributes
    ----------
    score, threshold : float
        The clip is too odd if its score lies above the threshold.
    verdict : str
        'normal', 'anomalous' or 'undecided'.
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


def score_clip(
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
        From `pygoodvibes.models.machine_model.load`.
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
    frames, vector = features(signal, model.settings, model.encoder)
    score = float(score_features(model, judging.detector, [vector], [frames])[0])
    check_score(score)
    return ClipScore(
        score=score,
        threshold=judging.threshold,
        verdict=certainty.of(model, judging).verdict(judging.is_above(score)),
        p_value=judging.p_value(score),
        detector=judging.detector,
        signal=signal,
        frames=frames,
        deviation=deviation_map(frames, model.normal),
    )
