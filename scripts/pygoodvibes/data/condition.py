"""What is recorded or stored unlike the training clips, which a score may tell and not the machine.

Comes in: rows of clips with their condition, from `pygoodvibes.audio.condition`. Goes out: what is
usual for a machine ID, learned from its training clips alone, and for another clip what is not.

Four things are looked at in the spectrum, and each leaves to the machine what a fault changes. All
use the floor: what the quietest tenth of the frames has in each of 16 bands.

- Another gain moves all bands by the same amount. A fault does not: its bands rise, others stay.
- A band that is cut off leaves a cliff and nothing above it. No machine has such an edge.
- Noise of the recorder raises the highest, quietest bands alone, far beyond their scatter.
- Digital silence in a tenth of the frames: something was muted or lost.

A limit is the half-width of a prediction interval for one further clip (Student's t; Hahn and
Meeker, 1991, Statistical Intervals, section 4.7), at `RATE` for all comparisons of a clip together
(Bonferroni), and at least what the constants say: real clips have longer tails than a normal
distribution.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.audio.condition import BANDS
from pygoodvibes.util.messages import Message, joined, message

LEAST_CLIPS = 8
"""Fewest recordings from which the spread of a spectrum is learned; from fewer nothing is said."""

RATE = 0.01
"""Share of clips like the training clips that may be found unlike them, by the intervals."""

LEAST_LEVEL = 6.0
"""Least shift of the level, dB, that is told."""

LEAST_CLIFF = 15.0
"""Least fall of the level, dB, from a band to the next but one, beyond what is usual."""

LEAST_NOISE = 12.0
"""Least rise of the highest bands, dB, that is told."""

CLIFFS = BANDS // 2
"""Bands, the highest ones, where a cliff is sought."""

EMPTY = -98.0
"""Level of a band, dB, with nothing but the quantisation noise of 16 bit."""

_FIRST = BANDS - CLIFFS
_TOP = BANDS // 4 * 3  # the highest quarter, where noise of the recorder stands out
_ALIKE = 0.75  # mean sign of the shifts: 14 of 16 bands go the same way
_GONE = 10.0  # dB by which all bands above a cliff lie too low
_LEAST_BANDS = 4  # fewest bands in use that tell another gain from a fault
_CLIPPED = 1e-4  # least share of clipped samples that is told
_FULL_SCALE = 10.0  # decoders of MP3 overshoot by less


def learn(rows: Iterable[Mapping], *, sample_rate: int) -> dict:
    """Learn what is usual from training clips.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of normal training clips of one machine ID, or of their windows, with the cells of
        `pygoodvibes.audio.mel_cache.COLUMNS`.
    sample_rate : int > 0
        Hz of the samples that were measured.

    Returns
    -------
    dict
        Plain values, as they stand in model files: sample_rate, Hz; codecs, channels
        and sample_rates that occur; peak and clipped (the largest), and spectrum: floors (dB,
        middle of the clips), weights of the bands for the level, and the limits level, cliffs (of
        the highest bands) and noise, dB. spectrum is None if there are fewer than `LEAST_CLIPS`
        recordings.
    """
    rows = [row for row in rows if row.get("peak")]
    floors = [_floors_of(row) for row in rows if row["floors"]]
    recordings = len({row["path"] for row in rows if row["floors"]})
    return {
        "sample_rate": sample_rate,
        "codecs": sorted({row["codec"] for row in rows if row.get("codec")}),
        "channels": sorted({int(row["channels"]) for row in rows if row.get("channels")}),
        "sample_rates": sorted({int(row["sample_rate"]) for row in rows if row.get("sample_rate")}),
        "peak": max((float(row["peak"]) for row in rows), default=0.0),
        "clipped": max((float(row["clipped"]) for row in rows), default=0.0),
        "spectrum": _spectrum(np.stack(floors), recordings) if recordings >= LEAST_CLIPS else None,
    }


def _floors_of(row: Mapping) -> np.ndarray:
    return np.array([float(level) for level in row["floors"].split()])


def _spectrum(floors: np.ndarray, recordings: int) -> dict:
    from scipy.special import stdtrit

    comparisons = 2 + CLIFFS  # level, noise, and a cliff at each band
    quantile = stdtrit(recordings - 1, 1 - RATE / comparisons / 2)
    wide = float(quantile * np.sqrt(1 + 1 / recordings))
    middle = np.median(floors, axis=0)
    weights = _weights(floors, middle > EMPTY)
    falls = floors[:, _FIRST:] - floors[:, _FIRST - 2 : -2]
    spread = floors[:, _TOP:].std(axis=0, ddof=1).max()
    return {
        "floors": _plain(middle),
        "weights": _plain(weights),
        "level": _plain(max(LEAST_LEVEL, wide * (floors @ weights).std(ddof=1))),
        "cliffs": _plain(np.maximum(LEAST_CLIFF, wide * falls.std(axis=0, ddof=1))),
        "noise": _plain(max(LEAST_NOISE, wide * spread)),
    }


def _weights(floors: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Weigh the bands so that their mean scatters least: generalised least squares, shrunk."""
    weights = np.zeros(BANDS)
    if used.sum() < _LEAST_BANDS:
        return weights
    spread = np.atleast_2d(np.cov(floors[:, used].T))
    ridge = 0.1 * np.trace(spread) / len(spread) + 0.25  # half a dB at least, squared
    found = np.linalg.solve(spread + ridge * np.eye(len(spread)), np.ones(len(spread)))
    weights[used] = np.maximum(found, 0.0)
    return weights / weights.sum()


def _plain(values: float | np.ndarray) -> float | list[float]:
    """Round to what is worth keeping, so that files don't hold the noise of a sum's order."""
    return np.round(values, 4).tolist()


def unlike(usual: Mapping, row: Mapping) -> Message | str:
    """Say what of a clip is recorded or stored unlike the training clips.

    Parameters
    ----------
    usual : mapping
        From `learn`; {} if it isn't known.
    row : mapping
        Cells of `pygoodvibes.audio.condition.measure` and `stored_as`; what is missing is passed
        over.

    Returns
    -------
    Message or str
        What is unlike and by how much, between semicolons; '' if nothing is.
    """
    if not usual:
        return ""
    found = [*_stored(usual, row), *_amplitude(usual, row)]
    if usual["spectrum"] and row.get("floors"):
        found += _heard(usual["spectrum"], _floors_of(row), usual["sample_rate"])
    return joined(found) if found else ""


def level(usual: Mapping, row: Mapping) -> float | None:
    """Return by how much a clip is louder than the training clips at all frequencies.

    Parameters
    ----------
    usual : mapping
        From `learn`.
    row : mapping
        Cells of `pygoodvibes.audio.condition.measure`.

    Returns
    -------
    float or None
        dB; 0 if its bands have not moved together, and None if there is nothing to compare.
    """
    if not usual.get("spectrum") or not row.get("floors"):
        return None
    return _cliff_and_shift(usual["spectrum"], _floors_of(row))[1]


def _stored(usual: Mapping, row: Mapping) -> list[Message]:
    found = []
    if (codec := row.get("codec")) and usual["codecs"] and codec not in usual["codecs"]:
        found.append(
            message("{codec} instead of {usually}", codec=codec, usually=_said(usual["codecs"]))
        )
    if _other(row.get("channels"), usual["channels"]):
        found.append(
            message(
                "{channels} channel(s) instead of {usually}",
                channels=row["channels"],
                usually=_said(usual["channels"]),
            )
        )
    if _other(row.get("sample_rate"), usual["sample_rates"]):
        found.append(
            message(
                "{rate} Hz instead of {usually} Hz",
                rate=row["sample_rate"],
                usually=_said(usual["sample_rates"]),
            )
        )
    return found


def _other(value: str | int | None, usual: Sequence[int]) -> bool:
    return value not in (None, "") and bool(usual) and int(value) not in usual


def _said(values: Sequence) -> str:
    return ", ".join(map(str, values))


def _amplitude(usual: Mapping, row: Mapping) -> list[Message]:
    found = []
    if not row.get("peak"):
        return found
    peak, clipped = float(row["peak"]), float(row["clipped"])
    if peak > _FULL_SCALE and peak > 10 * usual["peak"]:
        found.append(
            message(
                "samples of up to {peak:.3g} times full scale instead of {usually:.2g} (another "
                "unit, or damage)",
                peak=peak,
                usually=usual["peak"],
            )
        )
    if clipped > _CLIPPED and clipped > 3 * usual["clipped"]:
        found.append(
            message(
                "{share:.2g} % of the samples clipped instead of {usually:.2g} % (gain too high)",
                share=100 * clipped,
                usually=100 * usual["clipped"],
            )
        )
    return found


def _heard(spectrum: Mapping, floors: np.ndarray, sample_rate: int) -> list[Message]:
    """Compare the spectrum: silence, a cliff, another level, noise."""
    middle = np.array(spectrum["floors"])
    used = middle > EMPTY
    if used.any() and floors.max() <= EMPTY:
        return [message("a tenth or more is digital silence (muted, or lost)")]
    shifts = floors - middle
    cliff, shift = _cliff_and_shift(spectrum, floors)
    found = []
    if cliff < BANDS:
        found.append(
            message(
                "almost nothing above {frequency:.0f} Hz ({fall:.0f} dB less)",
                frequency=cliff * sample_rate / 2 / BANDS,
                fall=-shifts[cliff:][used[cliff:]].max(),
            )
        )
    if abs(shift) > spectrum["level"]:
        found.append(other_level(shift))
    elif cliff == BANDS and shifts[_TOP:].min() > spectrum["noise"]:
        found.append(
            message(
                "{rise:.0f} dB more above {frequency:.0f} Hz (noise of the recorder, or of the "
                "place)",
                rise=shifts[_TOP:].min(),
                frequency=_TOP * sample_rate / 2 / BANDS,
            )
        )
    return found


def _cliff_and_shift(spectrum: Mapping, floors: np.ndarray) -> tuple[int, float]:
    """Return the first band behind a cliff, from `_cliff`, and the shift of all below it, dB."""
    middle, weights = np.array(spectrum["floors"]), np.array(spectrum["weights"])
    used, shifts = middle > EMPTY, floors - middle
    cliff = _cliff(shifts, used, np.array(spectrum["cliffs"]))
    # the two bands before a cliff are part of it
    counted = used & (np.arange(BANDS) < (cliff if cliff == BANDS else cliff - 2))
    return cliff, _shift(shifts[counted], weights[counted])


def _cliff(shifts: np.ndarray, used: np.ndarray, limits: np.ndarray) -> int:
    """Return the first band behind a cliff that was not there, or `BANDS`."""
    for band in range(_FIRST, BANDS):
        above = shifts[band:][used[band:]]
        fall = shifts[band - 2] - shifts[band]
        if used[band] and fall > limits[band - _FIRST] and above.max() < -_GONE:
            return band
    return BANDS


def _shift(shifts: np.ndarray, weights: np.ndarray) -> float:
    """Return by how much all bands have moved, dB; 0 if they have not moved together."""
    if len(shifts) < _LEAST_BANDS or not weights.any():
        return 0.0
    if abs(np.sign(shifts).mean()) < _ALIKE:
        return 0.0
    return float(shifts @ weights / weights.sum())


def other_level(shift: float) -> Message:
    """Say by how many dB all bands have moved."""
    if shift > 0:
        return message(
            "{shift:.0f} dB louder at all frequencies (other gain or distance)", shift=shift
        )
    return message(
        "{shift:.0f} dB quieter at all frequencies (other gain or distance, or the machine stands "
        "still)",
        shift=-shift,
    )
