"""Measure what the choice by attributes is worth: python benchmarks/pseudo_classes.py --seeds 4.

Synthetic sections of six machine types, one section a type, with a mild shift of the target domain
and attributes of each clip (speed, load, microphone, hall). There is no other section, so clips
with other attributes stand in for anomalies. The detectors and their fixed default are those of
config/dcase2023.yaml. Intervals are over sections: one of each machine type and seed, in pairs.
"""

import argparse
import functools
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import yaml
from domains import MEASURES, SECTIONS, interval, vectors_of
from tqdm import tqdm

from pygoodvibes.choice.candidates import MachineId
from pygoodvibes.choice.choose import choose, final_scores, scores_of_test_clips
from pygoodvibes.choice.indicators import INDICATORS, spearman
from pygoodvibes.choice.stand_ins import of_pseudo_classes
from pygoodvibes.config.validate import validate
from pygoodvibes.data.synthesis.sections import plan_section
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.evaluation.domains import domain_metrics, protocol_of
from pygoodvibes.evaluation.year_score import SectionClips
from pygoodvibes.util.parallel import map_chunks

CONFIG = pathlib.Path(__file__).parents[1] / "config" / "dcase2023.yaml"
SIZES = {
    "train_clips": 396,
    "target_train_clips": 4,
    "test_normal_clips": 50,
    "test_anomaly_clips": 50,
}
GROUPS = 4
"""Most groups of attributes."""

DEFAULT, CHOICE, ORACLE = "fixed default", "choice", "oracle"


def measured(
    tasks: Sequence[tuple[str, str, int]], *, settings: Mapping, sizes: Mapping, seconds: float
) -> list[dict]:
    """Choose for a section after the other.

    Returns
    -------
    list of dict
        acted: whether the choice differs from the fixed default; by `DEFAULT`, `CHOICE` and
        `ORACLE` their `MEASURES`; by `INDICATORS` their rank correlation with the official score.
    """
    found = []
    detectors, choice = settings["detectors"], dict(settings["choice"])
    default = choice.pop("fixed")
    del choice["pseudo_classes"]  # off in that config
    which = {key: choice[key] for key in ("leave_out", "members")}
    for machine, section, seed in tasks:
        rows = plan_section(machine, section, shift="mild", seed=seed, **sizes)
        clips = vectors_of(machine, section, rows, settings, seed, seconds)
        domains = np.array([row["domain"] for row in rows])
        groups = fold_clips(int(clips.train.sum()), folds=settings["held_out"]["folds"], seed=seed)
        projected = project_vectors(clips, groups, **settings["projection"])
        results = detect_clips(clips, projected, detectors, seed=seed, domains=domains)
        keys = list(zip(clips.split.tolist(), clips.clip.tolist(), strict=True))
        by_clip = {
            name: dict(zip(keys, _in_order(clips.train, each), strict=True))
            for name, each in results.items()
        }
        estimators = {name: each.estimator for name, each in results.items()}
        this_id = MachineId(clips, projected.pcas, None, estimators, by_clip, groups)
        manifest = [
            {**row, "attributes": " ".join(row["point"].attributes.values())} for row in rows
        ]
        apart = functools.partial(
            of_pseudo_classes,
            this_id,
            manifest,
            detectors,
            most=GROUPS,
            projection=settings["projection"],
            scored_by=settings["held_out"]["scored_by"],
            sample=choice["sample"],
            seed=seed,
            key=(machine, section),
            **which,
        )
        done = choose(
            machine,
            {section: this_id},
            section,
            detectors,
            default=default,
            max_fpr=settings["evaluation"]["max_fpr"],
            seed=seed,
            apart=apart,
            **choice,
        )
        tests = scores_of_test_clips(this_id, detectors, **which)
        _, scores = final_scores(done, this_id, detectors, tests, **which)
        test = ~clips.train
        worth = functools.partial(_measures, clips.of(test), domains[test])
        of_each = {name: worth(values) for name, values in tests.items()}
        best = max(of_each, key=lambda name: of_each[name]["official"])
        official = [of_each[name]["official"] for name in of_each]
        found.append(
            {
                "acted": done["chosen"] != [default],
                DEFAULT: of_each[default],
                CHOICE: worth(scores[test]),
                ORACLE: of_each[best],
                **{
                    name: spearman([done["indicators"][each][name] for each in of_each], official)
                    for name in INDICATORS
                },
            }
        )
    return found


def _in_order(train: np.ndarray, result) -> list[float]:
    scores = np.empty(len(train))
    scores[train], scores[~train] = result.train_scores, result.test_scores
    return scores.tolist()


def _measures(clips, domains: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    section = SectionClips(scores, clips.label == "anomaly", domains, None)
    row, _ = domain_metrics(section, protocol_of(clips.clip), bootstrap=0, confidence=0.95, seed=0)
    return {name: row[name] for name in MEASURES}


def tables(rows: Sequence[Mapping]) -> str:
    """Return means, differences and rank correlations, as Markdown."""
    lines = ["| AUC, % | " + " | ".join(MEASURES) + " |", "|" + " --- |" * (len(MEASURES) + 1)]
    values = {
        what: {name: 100 * np.array([row[what][name] for row in rows]) for name in MEASURES}
        for what in (DEFAULT, CHOICE, ORACLE)
    }
    for what, of_measure in values.items():
        means = [f"{of_measure[name].mean():.1f}" for name in MEASURES]
        lines.append(f"| {what} | {' | '.join(means)} |")
    gains = [values[CHOICE][name] - values[DEFAULT][name] for name in MEASURES]
    cells = [f"{_with_interval(gain)}" for gain in gains]
    lines.append(f"| {CHOICE} - {DEFAULT} | {' | '.join(cells)} |")
    lines += ["", f"Another choice than the fixed default: {sum(row['acted'] for row in rows)} of "]
    lines[-1] += f"{len(rows)} sections."
    lines += ["", "| indicator | rank correlation with the official score |", "| --- | --- |"]
    for name in INDICATORS:
        known = np.array([row[name] for row in rows])
        known = known[np.isfinite(known)]
        lines.append(f"| {name} | {_with_interval(known, digits=2) if len(known) else 'unknown'} |")
    return "\n".join(lines) + "\n"


def _with_interval(values: np.ndarray, *, digits: int = 1) -> str:
    low, high = interval(values)
    return f"{values.mean():+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4, help="data sets")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a clip")
    options = parser.parse_args()
    content = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    content["dataset"] = {"name": "pseudo_classes", "source": "synthetic"}
    settings = validate(content).model_dump(mode="json")
    tasks = [(*section, seed) for seed in range(options.seeds) for section in SECTIONS]
    work = functools.partial(measured, settings=settings, sizes=SIZES, seconds=options.seconds)
    print(tables(list(tqdm(map_chunks(work, tasks, jobs=options.jobs, chunk=1), unit=" sections"))))


if __name__ == "__main__":
    main()
