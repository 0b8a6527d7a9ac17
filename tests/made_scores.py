"""Scores of clips by detectors of known strength."""

import numpy as np

SHIFT = {"good": 3.0, "fair": 1.0, "blind": 0.0}


def rows(machines=(("fan", "00"), ("fan", "02"), ("pump", "00")), n=40):
    result = []
    for machine, machine_id in machines:
        rng = np.random.default_rng([len(machine), int(machine_id)])
        common = rng.normal(size=2 * n)
        for name, shift in SHIFT.items():
            own = common + 0.3 * rng.normal(size=2 * n) + shift * (np.arange(2 * n) >= n)
            result += [
                {
                    "machine": machine,
                    "id": machine_id,
                    "detector": name,
                    "clip": f"{number:03d}.wav",
                    "split": "test",
                    "label": "anomaly" if number >= n else "normal",
                    "score": repr(float(own[number])),
                }
                for number in range(2 * n)
            ]
    return result
