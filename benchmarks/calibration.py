"""Count false alarms of thresholds from few clips: python benchmarks/calibration.py --seeds 30.

Clips of the twelve machine IDs of config/config.yaml, made by the generator; no anomaly among them.
Training sets of each size are drawn from 300 normal clips, and 100 others are the new ones.
"""

import argparse
import functools
import pathlib

import numpy as np
import yaml
from tqdm import tqdm

from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.config.validate import validate
from pygoodvibes.data.synthesis.generate import plan_clips, synthesize_clip
from pygoodvibes.embeddings.embed import embed_clip
from pygoodvibes.embeddings.statistics import Settings as Statistics
from pygoodvibes.embeddings.statistics import columns
from pygoodvibes.embeddings.vectors import ClipVectors, from_records
from pygoodvibes.evaluation.calibration import count_alarms, summarise
from pygoodvibes.util.parallel import map_chunks

ROOT = pathlib.Path(__file__).parents[1]
COUNTS = (5, 8, 12, 20, 30, 60, 200)
RATES = (0.05, 0.1, 0.2)
COLUMNS = ("detector", "n_train", "rate", "attainable", "share", "low", "high", "inside", "fits")


def normal_clips(machine: str, machine_id: str, settings: dict) -> ClipVectors:
    """Make the normal clips of a machine ID, and embed them."""
    seed = settings["dataset"]["seed"] + 1  # not the clips of the default run
    rows = plan_clips(
        machine,
        machine_id,
        train_clips=300,
        test_normal_clips=100,
        test_anomaly_clips=0,
        seed=seed,
    )
    rate = settings["audio"]["sample_rate"]
    values = []
    for row in rows:
        signal = synthesize_clip(machine, machine_id, **row, seed=seed, sample_rate=rate)
        frames = clip_frames(signal.astype(np.float32), sample_rate=rate, **settings["mel"])
        values.append(embed_clip(frames, settings["embedding"]))
    names = columns(settings["mel"]["n_mels"], Statistics.model_validate(settings["embedding"]))
    return from_records(rows, np.stack(values), names)


def counted(machine_ids: list[tuple[str, str]], *, settings: dict, seeds: int, counts, rates):
    """Count the alarms of one machine ID after the other."""
    return [
        one
        for machine, machine_id in machine_ids
        for clips in [normal_clips(machine, machine_id, settings)]
        for seed in range(seeds)
        for one in count_alarms(clips, counts, rates, settings, seed=seed)
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30, help="draws of each size")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--output", type=pathlib.Path, help="a Markdown table")
    options = parser.parse_args()
    content = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    settings = validate(content).model_dump(mode="json")
    settings["detectors"] = {
        name: each
        for name, each in settings["detectors"].items()
        if each["input"] != "mel" and not name.startswith("original")
    }
    machine_ids = [
        (machine, machine_id)
        for machine, ids in content["dataset"]["machines"].items()
        for machine_id in ids
    ]
    work = functools.partial(
        counted, settings=settings, seeds=options.seeds, counts=COUNTS, rates=RATES
    )
    found = map_chunks(work, machine_ids, jobs=options.jobs, chunk=1)
    rows = summarise(list(tqdm(found, unit=" counts")))
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    for row in rows:
        cells = [f"{row[key]:.3f}" if isinstance(row[key], float) else row[key] for key in COLUMNS]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    text = "\n".join(lines) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
