"""What is odd about a clip, in words: which signs it shows that normal clips don't.

Comes in: profiles of normal clips (`pygoodvibes.explanation.signs`), and a clip. Goes out: the
signs that lie too far from normal, each with its place (Hz, or a second), and words for each.

How far a sign lies is the largest value over its profile, each place in units of its own spread
over normal clips. That is compared with the same of each normal clip, left out of level and spread.
All signs together are said of about the share `RATE` of new normal clips: the largest of a clip's
signs is compared with the largest of each normal clip's (Vovk et al., 2005, as thresholds are set).
So few normal clips that this share can't be told name nothing.

References
----------
Vovk, Gammerman and Shafer (2005), Algorithmic learning in a random world.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.explanation.signs import SIGNS, exact, places_of, profiles
from pygoodvibes.util.messages import Message, message

RATE = 0.05
"""About the share of normal clips of which anything is named, if they are drawn at random."""

MOST_CLIPS = 100
"""Normal clips that are looked at; of more, evenly spaced ones."""

SERIES_SHARE = 0.5
"""How much the first of a series (of overtones, say) has to stand out, as a share of its largest,
to be said in its place."""

GONE = 10.0
"""From how many dB less on a band is called missing; before, it is weaker."""

DIGITS = 4
"""Digits behind the point of what model files hold."""

SPREAD_SHARE = 0.5
"""Least spread of a place, as a share of the middle spread of its profile: places at which normal
clips are by chance alike are no reason to call a clip odd."""


@dataclasses.dataclass(frozen=True)
class NormalSigns:
    """What is normal of each sign.

    Attributes
    ----------
    level, spread : mapping of str to np.ndarray [shape=(n_places,)]
        Mean and standard deviation over normal clips, by sign.
    centre, scale : mapping of str to float
        Median and robust standard deviation of how far normal clips lie, by sign.
    limit : float
        How far, in these units, a sign has to lie to be named; infinite with too few clips.
    clips : int
        Number of normal clips.
    """

    level: Mapping[str, np.ndarray]
    spread: Mapping[str, np.ndarray]
    centre: Mapping[str, float]
    scale: Mapping[str, float]
    limit: float
    clips: int

    def plain(self) -> dict:
        """Return plain values, as they stand in model files; `limit` is null if infinite."""
        return {
            "clips": self.clips,
            "limit": round(self.limit, DIGITS) if math.isfinite(self.limit) else None,
            **{
                key: {sign: round(value, DIGITS) for sign, value in getattr(self, key).items()}
                for key in ("centre", "scale")
            },
            **{
                key: {
                    sign: [round(value, DIGITS) for value in values.tolist()]
                    for sign, values in getattr(self, key).items()
                }
                for key in ("level", "spread")
            },
        }

    @classmethod
    def of_plain(cls, found: Mapping) -> "NormalSigns":
        """Return what is normal from the values of `plain`."""
        return cls(
            **{
                key: {sign: np.array(values) for sign, values in found[key].items()}
                for key in ("level", "spread")
            },
            centre=found["centre"],
            scale=found["scale"],
            limit=math.inf if found["limit"] is None else found["limit"],
            clips=found["clips"],
        )


@dataclasses.dataclass(frozen=True)
class Sign:
    """A sign that a clip shows.

    Attributes
    ----------
    name : str
        One of `pygoodvibes.explanation.signs.SIGNS`.
    place : int
        Which value of its profile lies farthest.
    far : float
        How far, in units of how far normal clips lie: above `NormalSigns.limit`.
    more : float
        How much more than in the middle of normal clips, dB.
    """

    name: str
    place: int
    far: float
    more: float


def learn_signs(clips: Sequence[Mapping[str, np.ndarray]]) -> NormalSigns | None:
    """Learn what is normal of each sign; None of fewer than three clips."""
    if len(clips) > MOST_CLIPS:
        clips = [clips[i] for i in np.linspace(0, len(clips) - 1, MOST_CLIPS).astype(int)]
    n = len(clips)
    if n < 3:
        return None
    level, spread, centre, scale, far = {}, {}, {}, {}, []
    for sign in SIGNS:
        values = np.stack([clip[sign] for clip in clips]).astype(np.float64)
        level[sign], spread[sign] = values.mean(axis=0), _floored(values.std(axis=0, ddof=1))
        total, squares = values.sum(axis=0), (values**2).sum(axis=0)
        others = (total - values) / (n - 1)
        variance = np.maximum(squares - values**2 - (n - 1) * others**2, 0) / (n - 2)
        own = [
            float(((value - mean) / _floored(deviation)).max())
            for value, mean, deviation in zip(values, others, np.sqrt(variance), strict=True)
        ]
        centre[sign] = float(np.median(own))
        low, high = np.quantile(own, (0.25, 0.75))
        scale[sign] = max(float(high - low) / 1.349, 0.1)
        far.append((np.array(own) - centre[sign]) / scale[sign])
    largest = np.sort(np.max(far, axis=0))
    k = math.ceil((1 - RATE) * (n + 1) - 1e-9)
    limit = float(largest[k - 1]) if k <= n else math.inf
    return NormalSigns(level, spread, centre, scale, limit, n)


def _floored(spread: np.ndarray) -> np.ndarray:
    return np.maximum(spread, max(SPREAD_SHARE * float(np.median(spread)), 1e-3))


def name_signs(clip: Mapping[str, np.ndarray], normal: NormalSigns, sample_rate: int) -> list[Sign]:
    """Return the signs that a clip shows and normal clips don't, in the order of `SIGNS`."""
    found = []
    for sign in SIGNS:
        away = (clip[sign] - normal.level[sign]) / normal.spread[sign]
        place = int(away.argmax())
        far = float((away[place] - normal.centre[sign]) / normal.scale[sign])
        if far > normal.limit:
            if sign in ("harmonics", "modulation"):
                place = _first_of_series(sign, away, place, sample_rate)
            more = float(clip[sign][place] - normal.level[sign][place])
            found.append(Sign(sign, place, far, more))
    return found


def _first_of_series(sign: str, away: np.ndarray, place: int, sample_rate: int) -> int:
    """Return the place that a place is an echo of.

    A modulation that is no sine has overtones: the lowest rate is said. Lines at a spacing stand
    out at half of it, a third of it, and so on, too: the widest spacing is said.
    """
    places = places_of(sample_rate)
    limits = places.spacing if sign == "harmonics" else places.rate
    middle = np.sqrt(limits[1:] * limits[:-1])
    first = place // len(middle) * len(middle)  # of the carrier
    own = away[first : first + len(middle)]
    times = middle / middle[place - first]
    if sign == "modulation":
        times = 1 / times
    whole = (np.abs(times - np.round(times)) < 0.03 * times) & (times > 0.9)
    strong = np.flatnonzero(whole & (own >= SERIES_SHARE * away[place]))
    return first + int(strong[times[strong].argmax()])


def in_words(signal: np.ndarray, sample_rate: int, normal: NormalSigns) -> list[Message]:
    """Say what is odd about a clip in the words of vibration analysis.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude.
    sample_rate : int
        Hz, that of the normal clips.
    normal : NormalSigns
        From `learn_signs`.

    Returns
    -------
    list of Message
        A sentence a sign; none of a clip that is too short, and where evidence carries none.
    """
    found = profiles(signal, sample_rate) if math.isfinite(normal.limit) else None
    if found is None:
        return []
    return [_said(sign, signal, sample_rate) for sign in name_signs(found, normal, sample_rate)]


def _said(sign: Sign, signal: np.ndarray, sample_rate: int) -> Message:
    places = places_of(sample_rate)
    value = exact(sign.name, sign.place, signal, sample_rate)
    low, high = places.of(sign.name, sign.place)
    if sign.name == "harmonics":
        return message("harmonics every {spacing:.3g} Hz", spacing=value)
    if sign.name == "tone":
        return message(
            "a new tone at {frequency:.0f} Hz, {more:.0f} dB more than normal",
            frequency=value,
            more=sign.more,
        )
    if sign.name == "missing":
        values = {"low": low, "high": high, "less": sign.more}
        if sign.more < GONE:
            return message(
                "{low:.0f} to {high:.0f} Hz weaker: {less:.0f} dB less than normal against the "
                "rest",
                **values,
            )
        return message(
            "{low:.0f} to {high:.0f} Hz missing: {less:.0f} dB less than normal against the rest",
            **values,
        )
    if sign.name == "modulation":
        low, high = places.carrier[sign.place // (len(places.rate) - 1)]
        return message(
            "modulated at {rate:.3g} Hz ({low:.0f} to {high:.0f} Hz)",
            rate=value,
            low=low,
            high=high,
        )
    if value < 1:
        return message("single impulses ({low:.0f} to {high:.0f} Hz)", low=low, high=high)
    return message(
        "about {count:g} impulses a second ({low:.0f} to {high:.0f} Hz)",
        count=float(f"{value:.2g}"),
        low=low,
        high=high,
    )
