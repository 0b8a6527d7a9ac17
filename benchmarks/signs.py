"""Which faults get which words, how often rightly, and how often a word comes on normal clips.

The generator's faults are known. For each machine ID of the default data, clips are made with
another seed: normal ones to learn from, other normal ones, and anomalous ones of every fault and
severity. Written are the share of clips of each fault that get each word, and the share that get a
word that fits the fault (`FITTING`: what the code of the fault in `data/synthesis` does to the
sound). Where the fault has a rate, the rate that is said is compared with it.

    python benchmarks/signs.py --clips 60
"""

import argparse
import collections
from collections.abc import Iterator, Mapping

import numpy as np

from pygoodvibes.data.synthesis import fan, pump
from pygoodvibes.data.synthesis.generate import MACHINES, plan_clips, synthesize_clip
from pygoodvibes.explanation.naming import NormalSigns, learn_signs, name_signs
from pygoodvibes.explanation.signs import SIGNS, exact, profiles

SAMPLE_RATE = 16000

IDS = dict.fromkeys(MACHINES, ("00", "02")) | {
    "ToyCar": ("01", "02"),
    "ToyConveyor": ("01", "02"),
}
"""Those of the default data."""

_SPEED = ("harmonics", "modulation", "tone")
FITTING = {
    "ToyCar": {
        "bent_shaft": ("modulation", "harmonics", "tone"),
        "flat_tyre": ("modulation", "impulses"),
        "gear_damage": ("modulation", "impulses"),
        "over_voltage": _SPEED,
        "rattle": ("impulses",),
        "under_voltage": _SPEED,
    },
    "ToyConveyor": {
        "excess_tension": (),
        "over_voltage": _SPEED,
        "roller_damage": ("modulation", "impulses"),
        "slipping_belt": ("tone", "harmonics"),
        "stuck_object": ("modulation",),
    },
    "fan": {
        "bearing": ("modulation", "impulses"),
        "blade_damage": ("harmonics", "modulation", "tone"),
        "clogging": ("missing",),
        "imbalance": ("modulation", "harmonics"),
        "over_voltage": _SPEED,
        "rattle": ("impulses",),
    },
    "pump": {
        "bearing": ("modulation", "impulses"),
        "cavitation": ("impulses", "modulation"),
        "clogging": ("missing",),
        "contamination": ("impulses",),
        "leak": (),
    },
    "slider": {
        "dry_rail": ("tone", "modulation"),
        "hard_stop": ("impulses", "tone"),
        "late_stroke": ("modulation",),
        "loose_belt": ("impulses", "modulation"),
        "missing_stroke": ("modulation", "missing"),
        "rail_damage": ("impulses",),
    },
    "valve": {
        "chatter": ("modulation", "harmonics", "impulses"),
        "contamination": ("impulses",),
        "leak": (),
        "stuck": ("harmonics", "modulation"),
        "weak_spring": ("impulses",),
    },
}
"""Words that fit each fault; none of the words fits a hiss or a rub."""

RATES = {
    ("fan", "imbalance", "modulation"): lambda unit: fan.UNITS[unit].rotation,
    ("fan", "bearing", "modulation"): lambda unit: 3.58 * fan.UNITS[unit].rotation,
    ("pump", "bearing", "modulation"): lambda unit: 5.42 * pump.UNITS[unit].rotation,
    ("valve", "chatter", "harmonics"): lambda unit: 100.0,
    ("valve", "stuck", "harmonics"): lambda unit: 100.0,
}
"""Hz, of faults with a rate, by machine ID."""

NEAR = 0.05
"""Share by which a rate may differ: speeds wander by some percent."""


def _clips(
    machine: str, unit: str, *, clips: int, seed: int
) -> Iterator[tuple[Mapping, np.ndarray, dict[str, np.ndarray]]]:
    rows = plan_clips(
        machine, unit, train_clips=clips, test_normal_clips=25, test_anomaly_clips=25, seed=seed
    )
    for row in rows:
        signal = synthesize_clip(
            machine, unit, **row, seconds=10.0, sample_rate=SAMPLE_RATE, seed=seed
        )
        yield row, signal, profiles(signal, SAMPLE_RATE)


class Counts:
    """How often each word was given, by machine type and fault ('' for normal clips)."""

    def __init__(self):
        self.clips: collections.Counter = collections.Counter()
        self.given: collections.Counter = collections.Counter()
        self.fitting: collections.Counter = collections.Counter()
        self.rates: collections.Counter = collections.Counter()

    def add(
        self, machine: str, unit: str, row: Mapping, signal: np.ndarray, normal: NormalSigns
    ) -> None:
        """Name what is odd about a test clip, and count it."""
        fault = row["fault"]
        found = name_signs(profiles(signal, SAMPLE_RATE), normal, SAMPLE_RATE)
        key = machine, fault
        self.clips[key] += 1
        self.given[(*key, "any")] += bool(found)
        names = {sign.name for sign in found}
        self.given.update((*key, name) for name in names)
        self.fitting[key] += bool(names.intersection(FITTING[machine].get(fault, ())))
        for sign in found:
            true = RATES.get((machine, fault, sign.name))
            if true is not None:
                said = exact(sign.name, sign.place, signal, SAMPLE_RATE)
                right = abs(said / true(unit) - 1) <= NEAR
                self.rates[machine, fault, sign.name, right] += 1

    def table(self) -> list[str]:
        """Return the table as Markdown, in % of the clips of a fault; normal clips last."""
        lines = [
            "| machine, fault | clips | any word | fits | " + " | ".join(SIGNS) + " |",
            "| --- | ---: | ---: | ---: | " + "---: | " * len(SIGNS),
        ]
        for machine, fault in sorted(key for key in self.clips if key[1]):
            fits = str(self._share(self.fitting[machine, fault], machine, fault))
            if not FITTING[machine][fault]:
                fits = "no word"
            lines.append(self._line(f"{machine}, {fault}", [(machine, fault)], fits))
        normal = [key for key in self.clips if not key[1]]
        return [*lines, self._line("normal clips of all", normal, "")]

    def _share(self, count: int, machine: str, fault: str) -> int:
        return round(100 * count / self.clips[machine, fault])

    def _line(self, name: str, keys: list[tuple[str, str]], fits: str) -> str:
        clips = sum(self.clips[key] for key in keys)
        shares = [
            f"{100 * sum(self.given[(*key, word)] for key in keys) / clips:.{0 if fits else 1}f}"
            for word in ("any", *SIGNS)
        ]
        return f"| {' | '.join([name, str(clips), shares[0], fits, *shares[1:]])} |"

    def rates_said(self) -> list[str]:
        """Return a line for each fault with a rate."""
        keys = sorted({key[:3] for key in self.rates})
        return [
            f"{machine}, {fault}: {self.rates[machine, fault, word, True]} of "
            f"{sum(self.rates[machine, fault, word, right] for right in (True, False))} "
            f"rates of {word} within {100 * NEAR:.0f} %"
            for machine, fault, word in keys
        ]


def count(machines: Mapping[str, tuple[str, ...]], *, clips: int, seed: int) -> Counts:
    """Make clips of machine IDs, learn from the normal ones, and name what is odd about others."""
    counts = Counts()
    for machine, units in machines.items():
        for unit in units:
            made = list(_clips(machine, unit, clips=clips, seed=seed))
            normal = learn_signs([found for row, _, found in made if row["split"] == "train"])
            for row, signal, _ in made:
                if row["split"] == "test":
                    counts.add(machine, unit, row, signal, normal)
    return counts


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Count which faults get which words.")
    parser.add_argument("--clips", type=int, default=60, help="normal clips to learn from")
    parser.add_argument("--seed", type=int, default=4711)
    options = parser.parse_args()
    counts = count(IDS, clips=options.clips, seed=options.seed)
    print(*counts.table(), "", *counts.rates_said(), sep="\n")


if __name__ == "__main__":
    main()
