"""Working points: at which speed and load a machine runs, how it is recorded, and where.

Comes in: machine type, machine ID, seed, and how far the target domain lies from the source domain.
Goes out: the working points of both domains, and what a working point does to a unit, to its
sound and to the noise of the hall.

In the source domain speed and load take a few values around the nominal ones. In the target domain
all of them are shifted, and so are the microphone and the noise of the hall. How strongly is one of
`STRENGTHS`; in which direction is drawn per section. With strength 'none' the target domain has the
working points of the source domain.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import scipy.fft

from pygoodvibes.data.synthesis import signals
from pygoodvibes.data.synthesis.signals import Clock

DOMAINS = ("source", "target")


@dataclasses.dataclass(frozen=True)
class Strength:
    """How far the target domain lies from the source domain.

    Attributes
    ----------
    speed, load : float
        Relative change, upwards or downwards.
    colour : float [dB]
        Height of a broad resonance (or dip) in the response of the other microphone.
    tilt : float [dB per octave]
        Slope of the other hall's noise against the first one's, upwards or downwards.
    snr : float [dB]
        How much louder the other hall is.
    """

    speed: float
    load: float
    colour: float
    tilt: float
    snr: float


STRENGTHS: dict[str, Strength] = {
    "none": Strength(0.0, 0.0, 0.0, 0.0, 0.0),
    "mild": Strength(0.08, 0.08, 3.0, 0.7, 1.5),
    "strong": Strength(0.20, 0.20, 8.0, 2.0, 4.0),
}

SOURCE_SPEEDS = (0.97, 1.0, 1.03)
SOURCE_LOADS = (0.97, 1.03)


@dataclasses.dataclass(frozen=True)
class WorkingPoint:
    """Speed and load of a machine, and how and where it is recorded.

    Attributes
    ----------
    speed, load : float
        Relative to the nominal ones.
    microphone, hall : str
        Their names.
    colour_db, colour_hz : float
        Height and centre of the microphone's resonance.
    tilt : float [dB per octave]
        Slope added to the noise of the hall.
    snr_db : float
        Added to the set SNR.
    """

    speed: float = 1.0
    load: float = 1.0
    microphone: str = "1"
    hall: str = "A"
    colour_db: float = 0.0
    colour_hz: float = 1000.0
    tilt: float = 0.0
    snr_db: float = 0.0

    @property
    def attributes(self) -> dict[str, str]:
        """Return what names and tables of attributes say of it: speed and load in percent."""
        return {
            "spd": f"{100 * self.speed:.0f}",
            "load": f"{100 * self.load:.0f}",
            "mic": self.microphone,
            "noise": self.hall,
        }

    def unit(self, unit: object, speed: Mapping[str, int], load: Mapping[str, int]) -> object:
        """Return a unit at this point; `speed` and `load` of its module: powers by field."""
        changed = {
            name: getattr(unit, name)
            * self.speed ** speed.get(name, 0)
            * self.load ** load.get(name, 0)
            for name in {**speed, **load}
        }
        return dataclasses.replace(unit, **changed)

    def in_hall(self, noise: np.ndarray, clock: Clock) -> np.ndarray:
        """Return the noise of this hall, of its former root mean square, shape (n,)."""
        if not self.tilt:
            return noise
        tilted = _filtered(noise, signals.tilt(clock, self.tilt), clock)
        return tilted * (signals.rms(noise) / max(signals.rms(tilted), 1e-12))

    def recorded(self, sound: np.ndarray, clock: Clock) -> np.ndarray:
        """Return a sound as this point's microphone has it, shape (n,)."""
        if not self.colour_db:
            return sound
        gain = 10 ** (self.colour_db / 20) - 1
        response = 1 + gain * signals.bump(clock, self.colour_hz, 0.8)
        return _filtered(sound, response, clock)


def _filtered(sound: np.ndarray, response: np.ndarray, clock: Clock) -> np.ndarray:
    spectrum = scipy.fft.rfft(sound, clock.n_fft)
    return scipy.fft.irfft(spectrum * response, clock.n_fft)[: clock.n]


def points_of(rng: np.random.Generator, shift: str) -> dict[str, tuple[WorkingPoint, ...]]:
    """Return the working points of both domains of a section.

    Parameters
    ----------
    rng : np.random.Generator
        Of the section: draws in which direction the target domain lies, the same ones for each
        strength.
    shift : {'none', 'mild', 'strong'}
        One of `STRENGTHS`.
    """
    source = tuple(
        WorkingPoint(speed=speed, load=load) for speed in SOURCE_SPEEDS for load in SOURCE_LOADS
    )
    speed_sign, load_sign, colour_sign, tilt_sign = rng.choice([-1.0, 1.0], 4)
    centre = float(np.exp(rng.uniform(np.log(400), np.log(4000))))
    if shift == "none":
        return {"source": source, "target": source}
    strength = STRENGTHS[shift]
    target = tuple(
        WorkingPoint(
            speed=point.speed * (1 + speed_sign * strength.speed),
            load=point.load * (1 + load_sign * strength.load),
            microphone="2",
            hall="B",
            colour_db=colour_sign * strength.colour,
            colour_hz=centre,
            tilt=tilt_sign * strength.tilt,
            snr_db=-strength.snr,
        )
        for point in source
    )
    return {"source": source, "target": target}
