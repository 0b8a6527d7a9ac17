"""Compare what two microphones give together: python benchmarks/microphones.py --seeds 3.

Synthetic clips of six machine types with a near and a far microphone: 100 normal training clips, 50
normal and 50 anomalous test clips a machine ID. Detectors hear the near one, the far one, or what
both give together (`audio.channel`), at several levels of the machine over the hall. Intervals are
over machine IDs: one of each machine type and seed, in pairs.
"""

import argparse
import functools
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
from domains import interval
from tqdm import tqdm

from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.microphones import MIXTURES, NEAR_AND_FAR, heard, picked
from pygoodvibes.config.validate import validate
from pygoodvibes.data.synthesis.generate import DEFAULT_IDS, plan_clips, synthesize_clip
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.embeddings.embed import embed_clip
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.embeddings.statistics import Settings as Statistics
from pygoodvibes.embeddings.statistics import columns
from pygoodvibes.embeddings.vectors import from_records
from pygoodvibes.evaluation.metrics import auc
from pygoodvibes.util.parallel import map_chunks

SIZES = {"train_clips": 100, "test_normal_clips": 50, "test_anomaly_clips": 50}
CHANNELS = (*NEAR_AND_FAR, *MIXTURES)
LEVELS = (6.0, 0.0, -6.0)
"""Levels of the machine over the hall at the near microphone, dB."""

DETECTORS = {"knn": {}, "local_density": {}, "mahalanobis": {}}
RATE = 16000


def measured(
    tasks: Sequence[tuple[str, int]], *, settings: Mapping, sizes: Mapping, seconds: float
) -> list[dict]:
    """Score the detectors on a machine ID after the other, at each level and by each channel.

    Returns
    -------
    list of dict
        machine, seed, level, channel, detector, auc.
    """
    scored = []
    names = columns(settings["mel"]["n_mels"], Statistics.model_validate(settings["embedding"]))
    for machine, seed in tasks:
        machine_id = DEFAULT_IDS[machine][0]
        rows = plan_clips(machine, machine_id, seed=seed, **sizes)
        for level in LEVELS:
            sounds = [
                synthesize_clip(
                    machine,
                    machine_id,
                    **row,
                    seconds=seconds,
                    sample_rate=RATE,
                    snr_db=level,
                    seed=seed,
                    channels=2,
                ).astype(np.float32)
                for row in rows
            ]
            for channel in CHANNELS:
                vectors = [_embedded(sound, channel, settings) for sound in sounds]
                clips = from_records(rows, np.stack(vectors), names)
                place = {"machine": machine, "seed": seed, "level": level, "channel": channel}
                for detector, found in _scored(clips, settings, seed).items():
                    scored.append({**place, "detector": detector, "auc": found})
    return scored


def _embedded(sound: np.ndarray, channel: str, settings: Mapping) -> np.ndarray:
    signal = np.ascontiguousarray(heard(picked(sound, channel), channel, RATE))
    frames = clip_frames(signal, sample_rate=RATE, **settings["mel"])
    return embed_clip(frames, settings["embedding"])


def _scored(clips, settings: Mapping, seed: int) -> dict[str, float]:
    groups = fold_clips(int(clips.train.sum()), folds=settings["held_out"]["folds"], seed=seed)
    projected = project_vectors(clips, groups, **settings["projection"])
    results = detect_clips(clips, projected, settings["detectors"], seed=seed)
    anomalous = clips.label[~clips.train] == "anomaly"
    return {name: auc(anomalous, result.test_scores) for name, result in results.items()}


def tables(rows: Sequence[Mapping]) -> str:
    """Return the mean AUC by each channel, and its difference from the near one, as Markdown."""
    lines = []
    for detector in DETECTORS:
        heads = [f"{level:+g} dB" for level in LEVELS]
        lines += [f"| `{detector}` | {' | '.join(heads)} |", "|" + " --- |" * (len(LEVELS) + 1)]
        for channel in CHANNELS:
            cells = []
            for level in LEVELS:
                found = _aucs(rows, detector, channel, level)
                gains = found - _aucs(rows, detector, "near", level)
                low, high = interval(gains)
                cell = f"{found.mean():.1f}"
                if channel != "near":
                    cell += f" ({gains.mean():+.1f}, {low:+.1f} to {high:+.1f})"
                cells.append(cell)
            lines.append(f"| {channel} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _aucs(rows: Sequence[Mapping], detector: str, channel: str, level: float) -> np.ndarray:
    found = {
        (row["machine"], row["seed"]): row["auc"]
        for row in rows
        if (row["detector"], row["channel"], row["level"]) == (detector, channel, level)
    }
    return 100 * np.array([found[key] for key in sorted(found)])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="data sets")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a clip")
    parser.add_argument("--output", type=pathlib.Path, help="a Markdown file")
    options = parser.parse_args()
    content = {"dataset": {"name": "two", "source": "synthetic"}, "detectors": DETECTORS}
    settings = validate(content).model_dump(mode="json")
    tasks = [(machine, seed) for seed in range(options.seeds) for machine in DEFAULT_IDS]
    work = functools.partial(measured, settings=settings, sizes=SIZES, seconds=options.seconds)
    rows = list(tqdm(map_chunks(work, tasks, jobs=options.jobs, chunk=1), unit=" scores"))
    text = tables(rows)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
