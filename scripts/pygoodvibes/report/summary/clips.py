"""The clips of the page: which to listen to first, with sound and picture."""

import base64
import dataclasses
import io
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import soundfile

from pygoodvibes.audio.mel import band_edges
from pygoodvibes.audio.mel_cache import open_cache
from pygoodvibes.audio.read import read_audio
from pygoodvibes.data.clip import name_of
from pygoodvibes.evaluation.evaluate import DOMAIN
from pygoodvibes.explanation.deviation import deviation_map, learn_normal
from pygoodvibes.figures import quick, style
from pygoodvibes.figures.deviation import Heard, plot_deviation
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.language import ENGLISH, Language
from pygoodvibes.util.messages import Message, message
from pygoodvibes.util.paths import locate

SOUND_BYTES = 250_000
"""Most bytes of one embedded sound; a longer one is cut."""


AT_TIMES = 0.95
"""The least normal band is the one furthest out at this quantile of time."""


@dataclasses.dataclass(frozen=True)
class Scored:
    """A test clip with its score.

    Attributes
    ----------
    machine, id, clip : str
        Which.
    label : str
        'normal', 'anomaly' or 'unknown'.
    score, threshold : float
        Higher = more anomalous.
    excess : float
        Score above the threshold, in robust standard deviations of the training clips' scores;
        below 0 if it is lower.
    alarm : bool
        Whether it lies above the threshold.
    domain : str
        'source', 'target', or '' where it isn't known or the data set has no domains.
    unit : {'machine ID', 'section'}
        What the ID is.
    """

    machine: str
    id: str
    clip: str
    label: str
    score: float
    threshold: float
    excess: float
    alarm: bool
    domain: str = ""
    unit: str = "machine ID"

    @property
    def name(self) -> str:
        """Return machine type and ID."""
        return name_of(self.machine, self.id, self.unit)


def scored_clips(
    document: Mapping, scores: Sequence[Mapping], detector: str, unit: str = "machine ID"
) -> list[Scored]:
    """Return the test clips of a machine ID with their scores, the highest first.

    Parameters
    ----------
    document : mapping
        Its document from `pygoodvibes.evaluation.evaluate.evaluate_machine_id`.
    scores : sequence of mapping
        Its rows of scores.csv, values as text.
    detector : str
        Whose scores.
    unit : {'machine ID', 'section'}
        What its ID is.
    """
    rows = [row for row in scores if row["detector"] == detector and row["score"] != ""]
    of_test = {row["clip"]: row for row in rows if row["split"] == "test"}
    held_out = np.array([float(row["score"]) for row in rows if row["split"] == "train"])
    [threshold] = [row["threshold"] for row in document["metrics"] if row["detector"] == detector]
    if threshold is None:
        return []
    low, high = np.quantile(held_out, (0.25, 0.75))
    # of a normal distribution: 1.349 standard deviations between the quartiles
    spread = float(high - low) / 1.349
    test = document["test"][detector]
    clips = [
        Scored(
            machine=document["machine"],
            id=document["id"],
            clip=clip,
            label=of_test[clip]["label"],
            score=test["scores"][clip],
            threshold=threshold,
            excess=_excess(test["scores"][clip] - threshold, spread),
            alarm=alarm,
            domain=of_test[clip].get(DOMAIN, ""),
            unit=unit,
        )
        for clip, alarm in test["decisions"].items()
    ]
    return sorted(clips, key=lambda clip: (-clip.score, clip.clip))


def _excess(difference: float, spread: float) -> float:
    return difference / spread if spread else math.copysign(math.inf, difference)


def listen_first(clips: Sequence[Sequence[Scored]], limit: int) -> list[Scored]:
    """Choose clips to listen to, by their scores alone.

    Parameters
    ----------
    clips : sequence of sequence of Scored
        Of each machine ID, the highest first.
    limit : int
        How many.

    Returns
    -------
    list of Scored
        The highest of each machine ID, those furthest above their threshold first; then the second
        of each: one loud machine must not hide the others.
    """
    ranked = [(rank, clip) for group in clips for rank, clip in enumerate(group)]
    ranked.sort(key=lambda pair: (pair[0], -pair[1].excess, pair[1].machine, pair[1].id))
    return [clip for _, clip in ranked[:limit]]


def sound(path: pathlib.Path, settings: Mapping) -> tuple[bytes, float, bool]:
    """Return a clip as FLAC, as the detector heard it.

    Parameters
    ----------
    path : pathlib.Path
        Audio file.
    settings : mapping
        The `audio` section of the config.

    Returns
    -------
    content : bytes
        At most `SOUND_BYTES`: of what is longer, the beginning.
    seconds : float
        How long it is.
    whole : bool
        Whether nothing was cut.

    Raises
    ------
    UserError
        If the file can't be read.
    """
    signal = read_audio(path, **settings)
    length = len(signal)
    while True:
        buffer = io.BytesIO()
        soundfile.write(buffer, signal, settings["sample_rate"], format="FLAC", subtype="PCM_16")
        content = buffer.getvalue()
        if len(content) <= SOUND_BYTES:
            return content, len(signal) / settings["sample_rate"], len(signal) == length
        signal = signal[: int(0.95 * len(signal) * SOUND_BYTES / len(content))]


def data_uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def player(clip: Mapping | None, folder: str | None, settings: Mapping) -> dict:
    """Return the sound of a clip for the page, or why there is none."""
    if folder is None or clip is None:
        return {"missing": message("the data set holds no sound")}
    try:
        content, seconds, whole = sound(locate(folder) / clip["path"], settings)
    except UserError as error:
        return {"missing": error.message}
    return {
        "uri": data_uri(content, "audio/flac"),
        "name": clip["clip"],
        "cut": "" if whole else message("the first {seconds:.1f} s", seconds=seconds),
    }


def typical(scores: Sequence[Mapping], detector: str) -> str | None:
    """Return the training clip whose held-out score is the median one."""
    rows = [
        (float(row["score"]), row["clip"])
        for row in scores
        if row["detector"] == detector and row["split"] == "train" and row["score"] != ""
    ]
    return sorted(rows)[(len(rows) - 1) // 2][1] if rows else None


@style.styled
def picture(
    alarm: Scored,
    mel: Sequence[str],
    *,
    settings: Mapping,
    sample_rate: int,
    data: str,
    language: Language = ENGLISH,
) -> tuple[bytes, Message]:
    """Draw the spectrogram of a clip and its deviation from normal, and say where it is largest.

    Parameters
    ----------
    alarm : Scored
        The clip.
    mel : sequence of path
        The two files of its machine ID's mel cache.
    settings : mapping
        hop_length, fmin, fmax and htk of the section `mel` of the config.
    sample_rate : int > 0
        Hz.
    data : str
        Which data it is.
    language : Language
        Of the picture.

    Returns
    -------
    content : bytes
        WebP.
    words : Message
        The band that is furthest from normal at its worst moments.
    """
    cache = open_cache(*mel)
    normal = learn_normal(frames for clip, frames in cache if clip["split"] == "train")
    [frames] = [
        frames for clip, frames in cache if clip["split"] == "test" and clip["clip"] == alarm.clip
    ]
    deviation = deviation_map(frames, normal)
    edges = band_edges(
        n_mels=cache.n_mels,
        fmin=settings["fmin"],
        fmax=settings["fmax"] or sample_rate / 2,
        htk=settings["htk"],
    )
    figure = plot_deviation(
        [Heard(alarm.clip, np.array(frames), deviation)],
        machine=alarm.name,
        frequencies=edges[1:-1],
        seconds_a_frame=settings["hop_length"] / sample_rate,
        title_suffix=data,
        language=language,
    )
    buffer = io.BytesIO()
    quick.drawn(figure, dpi=110).save(buffer, format="webp", quality=80)
    # a fault may come and go: what counts is how far a band is out at its worst moments
    worst = np.quantile(np.abs(deviation), AT_TIMES, axis=0)
    band = int(np.argmax(worst))
    out = deviation[np.abs(deviation[:, band]) >= worst[band], band]
    values = {"frequency": _rounded(edges[1 + band]), "spreads": worst[band]}
    if out.mean() > 0:
        words = message(
            "Least normal around {frequency:,.0f} Hz: at times {spreads:.1f} spreads louder than "
            "normal.",
            **values,
        )
    else:
        words = message(
            "Least normal around {frequency:,.0f} Hz: at times {spreads:.1f} spreads quieter than "
            "normal.",
            **values,
        )
    return buffer.getvalue(), words


def _rounded(frequency: float) -> float:
    digits = max(0, int(math.log10(max(frequency, 1))) - 1)
    return round(frequency, -digits)
