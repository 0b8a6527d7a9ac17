"""Count false alarms of the control chart of scores: python benchmarks/drift.py --seeds 4.

Clips of the twelve machine IDs of config/config.yaml, made by the generator; none is anomalous and
nothing changes. Training sets of each size are drawn from 300 normal clips; all others of the 400
arrive in random order. Beside it: charts of random numbers, which are alike by construction, and of
numbers each of which is like the one before, as those of clips in quick succession are.
"""

import argparse
import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np
import yaml
from calibration import normal_clips
from scipy.signal import lfilter
from tqdm import tqdm

from pygoodvibes.config.validate import validate
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.monitoring.control_chart import Chart

ROOT = pathlib.Path(__file__).parents[1]
COUNTS = (12, 20, 60)
STREAM = 300
DETECTORS = ("fusion", "knn", "lof")
LIKENESS = (0.0, 0.1, 0.3, 0.6)
"""Correlation of a random number with the one before it."""

RUN_LENGTHS = (500, 5000)
LONGEST = 5000
"""Clips after which the first false alarm of random numbers is waited for no longer."""

CHARTS = 100
"""Of random numbers, for each correlation and run length, with `HELD_OUT` numbers before."""

HELD_OUT = 300


def rings(held_out: np.ndarray, scores: np.ndarray) -> bool:
    """Return whether a chart moves within the stream."""
    chart = Chart(held_out)
    return any(chart.update(score) for score in scores[:STREAM])


def alike(rng: np.random.Generator, likeness: float, count: int) -> np.ndarray:
    """Return standard normal numbers of an autoregressive process of first order."""
    new = rng.normal(size=count) * np.sqrt(1 - likeness**2)
    new[0] /= np.sqrt(1 - likeness**2)
    return lfilter([1.0], [1.0, -likeness], new)


def charts(
    clips: ClipVectors, settings: dict, *, seed: tuple[int, int]
) -> Iterator[tuple[str, int, bool]]:
    """Yield detector, training clips, and whether the chart moved, for a draw of each size."""
    for count in COUNTS:
        rng = np.random.default_rng([*seed, count])
        order = rng.permutation(len(clips.clip))
        drawn = order[np.isin(order, np.flatnonzero(clips.train))][:count]
        rows = np.concatenate([np.sort(drawn), order[~np.isin(order, drawn)]])
        split = np.array(["train"] * count + ["test"] * (len(rows) - count))
        parts = {name: getattr(clips, name)[rows] for name in ("clip", "label", "values")}
        own = dataclasses.replace(clips, split=split, **parts)
        groups = fold_clips(count, folds=settings["held_out"]["folds"], seed=seed[0])
        projected = project_vectors(own, groups, **settings["projection"])
        found = detect_clips(
            own,
            projected,
            {name: settings["detectors"][name] for name in DETECTORS},
            seed=settings["seed"],
            scored_by=settings["held_out"]["scored_by"],
        )
        for name, result in found.items():
            yield name, count, rings(result.train_scores, result.test_scores)
        yield "random numbers", count, rings(rng.normal(size=count), rng.normal(size=STREAM))


def first_alarm(rng: np.random.Generator, likeness: float, run_length: int) -> int:
    """Return after how many numbers a chart moves, `LONGEST` if not before."""
    # training clips come from many occasions, new ones follow each other
    chart = Chart(rng.normal(size=HELD_OUT), run_length=run_length)
    stream = alike(rng, likeness, LONGEST)
    return next((n for n, number in enumerate(stream, start=1) if chart.update(number)), LONGEST)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4, help="draws of each size")
    options = parser.parse_args()
    content = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    settings = validate(content).model_dump(mode="json")
    found: dict[tuple[str, int], list[bool]] = {}
    machines = content["dataset"]["machines"]
    machine_ids = [(machine, machine_id) for machine, ids in machines.items() for machine_id in ids]
    for number, (machine, machine_id) in enumerate(tqdm(machine_ids)):
        clips = normal_clips(machine, machine_id, settings)
        for seed in range(options.seeds):
            for name, count, rang in charts(clips, settings, seed=(seed, number)):
                found.setdefault((name, count), []).append(rang)
    print(f"| scores | training clips | charts | moved within {STREAM} clips |\n|" + " --- |" * 4)
    for (name, count), rang in sorted(found.items()):
        print(f"| {name} | {count} | {len(rang)} | {100 * np.mean(rang):.0f} % |")

    print(f"\n| correlation | {' | '.join(f'run length {each}' for each in RUN_LENGTHS)} |")
    print("|" + " --- |" * (1 + len(RUN_LENGTHS)))
    for likeness in LIKENESS:
        cells = []
        for run_length in RUN_LENGTHS:
            rng = np.random.default_rng([round(100 * likeness), run_length])
            found = [first_alarm(rng, likeness, run_length) for _ in range(CHARTS)]
            cells.append(f"{np.mean(found):.0f} +- {np.std(found) / np.sqrt(CHARTS):.0f}")
        print(f"| {likeness:g} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
