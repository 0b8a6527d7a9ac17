"""Make a data set with the counts of the DCASE 2020 Task 2 development set, or a part of it.

Usage: ``python benchmarks/make_dataset.py FOLDER --scale 1/8``

The project's generator makes a few clips of each machine ID; all others are these again, shifted in
time and changed in level, so that no two files are equal and each has bytes of its own on the disk.
"""

import argparse
import concurrent.futures
import fractions
import pathlib
import zlib

import numpy as np

from pygoodvibes.data.synthesis.generate import clip_seconds, plan_clips, synthesize_clip

COUNTS = {
    ("ToyCar", "01"): (1000, 350, 264),
    ("ToyCar", "02"): (1000, 350, 265),
    ("ToyCar", "03"): (1000, 350, 265),
    ("ToyCar", "04"): (1000, 350, 265),
    ("ToyConveyor", "01"): (1000, 800, 400),
    ("ToyConveyor", "02"): (1000, 800, 355),
    ("ToyConveyor", "03"): (1000, 799, 355),
    ("fan", "00"): (911, 100, 407),
    ("fan", "02"): (916, 100, 359),
    ("fan", "04"): (933, 100, 348),
    ("fan", "06"): (915, 100, 361),
    ("pump", "00"): (906, 100, 143),
    ("pump", "02"): (905, 100, 111),
    ("pump", "04"): (602, 100, 100),
    ("pump", "06"): (936, 100, 102),
    ("slider", "00"): (968, 100, 356),
    ("slider", "02"): (968, 100, 267),
    ("slider", "04"): (434, 100, 178),
    ("slider", "06"): (434, 100, 89),
    ("valve", "00"): (891, 100, 119),
    ("valve", "02"): (608, 100, 120),
    ("valve", "04"): (900, 100, 120),
    ("valve", "06"): (892, 100, 120),
}
"""Clips of the development set: normal ones to train, normal and anomalous ones to test."""

MADE = (10, 6, 10)
"""Clips that the generator makes of each machine ID, in the same order."""

SAMPLE_RATE = 16000


def scaled(count: int, scale: fractions.Fraction) -> int:
    """Return a part of a number of clips, at least 4."""
    return max(round(count * scale), 4)


def header(n_samples: int) -> bytes:
    """Return the 44 bytes before the samples of a mono WAV of 16 bits."""
    size = 2 * n_samples
    fields = [16, 1 | 1 << 16, SAMPLE_RATE, 2 * SAMPLE_RATE, 2 | 16 << 16]
    chunk = np.array(fields, dtype="<u4").tobytes()
    length = np.array([36 + size, size], dtype="<u4").tobytes()
    return b"RIFF" + length[:4] + b"WAVEfmt " + chunk + b"data" + length[4:]


def write_machine_id(
    folder: pathlib.Path, machine: str, machine_id: str, scale: fractions.Fraction
) -> int:
    """Write all clips of a machine ID; return how many."""
    counts = [scaled(count, scale) for count in COUNTS[machine, machine_id]]
    made = [min(pair) for pair in zip(MADE, counts, strict=True)]
    plan = plan_clips(
        machine,
        machine_id,
        train_clips=made[0],
        test_normal_clips=made[1],
        test_anomaly_clips=made[2],
        seed=2020,
    )
    rng = np.random.default_rng([2020, zlib.crc32(f"{machine} {machine_id}".encode())])
    groups = {("train", "normal"): [], ("test", "normal"): [], ("test", "anomaly"): []}
    for clip in plan:
        sound = synthesize_clip(
            machine, machine_id, **clip, seconds=clip_seconds(machine, 10.0), seed=2020
        )
        groups[clip["split"], clip["label"]].append(np.asarray(sound, dtype=np.float32))
    for (split, label), count in zip(groups, counts, strict=True):
        place = folder / machine / split
        place.mkdir(parents=True, exist_ok=True)
        sounds = groups[split, label]
        for number in range(count):
            sound = np.roll(sounds[number % len(sounds)], rng.integers(len(sounds[0])))
            # a level of its own in each quarter, so that clips of one origin lie apart
            levels = 10 ** (rng.normal(scale=0.5, size=4) / 20)
            values = sound.reshape(4, -1) * levels[:, None] * 32768
            samples = np.clip(np.rint(values), -32768, 32767).astype("<i2")
            path = place / f"{label}_id_{machine_id}_{number:08d}.wav"
            path.write_bytes(header(samples.size) + samples.tobytes())
    return sum(counts)


def main() -> None:
    """Make the data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--scale", type=fractions.Fraction, default=fractions.Fraction(1))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        jobs = [
            pool.submit(write_machine_id, options.folder, *key, options.scale) for key in COUNTS
        ]
        print(f"{sum(job.result() for job in jobs)} clips in {options.folder}")


if __name__ == "__main__":
    main()
