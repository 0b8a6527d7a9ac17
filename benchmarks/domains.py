"""Compare detectors that know domains with others: python benchmarks/domains.py --seeds 5.

Synthetic sections of six machine types, with 990 training clips of the source domain and 10 of the
target domain, and 50 normal and 50 anomalous test clips of each domain. The target domain is not
shifted at all, mildly or strongly; the clips of the source domain are the same. A detector that
knows the domains of training clips is set against one that doesn't, and against itself with
shuffled labels. Intervals are over sections: one of each machine type and seed, in pairs.

With --supplemental, detectors that see supplemental recordings take their place: with recordings of
noise, with recordings of the machine, without any, and their controls.
"""

import argparse
import functools
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
from tqdm import tqdm

from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.config.validate import validate
from pygoodvibes.data.synthesis.sections import plan_section, section_clip
from pygoodvibes.data.synthesis.supplemental import KINDS, plan_supplemental, supplemental_clip
from pygoodvibes.data.synthesis.working_point import STRENGTHS
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.embeddings.embed import embed_clip
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.embeddings.statistics import Settings as Statistics
from pygoodvibes.embeddings.statistics import columns
from pygoodvibes.embeddings.vectors import ClipVectors, from_records
from pygoodvibes.evaluation.domains import DOMAINS, domain_metrics, protocol_of
from pygoodvibes.evaluation.year_score import SectionClips
from pygoodvibes.util.parallel import map_chunks

SECTIONS = (
    ("fan", "04"),
    ("pump", "00"),
    ("slider", "04"),
    ("valve", "00"),
    ("ToyCar", "01"),
    ("ToyConveyor", "03"),
)
SIZES = {
    "train_clips": 990,
    "target_train_clips": 10,
    "test_normal_clips": 50,
    "test_anomaly_clips": 50,
}
DETECTORS = {
    "knn": {},
    "local_density": {},
    "local_density_16": {"method": "local_density", "n_neighbors": 16},
    "local_density_gaps": {},
    **{
        name + ending: {"method": name, **more}
        for name in ("domain_knn", "domain_kmeans", "domain_smote")
        for ending, more in (("", {}), ("_shuffled", {"shuffle_domains": True}))
    },
}
WITHOUT = "_unlabelled"
"""Ending of the name of a detector that sees no domain, or no supplemental recordings, though it
could."""

PAIRS = (
    ("domain_knn", "knn"),
    ("domain_knn", "domain_knn_shuffled"),
    ("domain_kmeans", "domain_kmeans" + WITHOUT),
    ("domain_kmeans", "domain_kmeans_shuffled"),
    ("domain_smote", "knn"),
    ("domain_smote", "domain_smote_shuffled"),
    ("local_density", "knn"),
    ("local_density_gaps", "knn"),
    ("local_density_gaps", "local_density"),
    ("local_density_gaps", "local_density_16"),
)
"""A detector, and what it is set against."""

SUPPLEMENTAL = 100
"""Supplemental recordings of each kind, as in DCASE 2025."""

SEEING = {
    "nuisance_knn": {},
    "nuisance_knn_shuffled": {"method": "nuisance_knn", "shuffle_supplemental": True},
}
"""Detectors that see supplemental recordings; each kind of these is an ending of their names."""

NOT_SEEING = {
    "knn": {},
    "nuisance_knn" + WITHOUT: {"method": "nuisance_knn"},
    "nuisance_knn_training": {"method": "nuisance_knn", "directions_from": "training"},
}

SUPPLEMENTAL_PAIRS = (
    *(
        (f"nuisance_knn_{kind}", other)
        for kind in KINDS
        for other in (
            "knn",
            "nuisance_knn" + WITHOUT,
            f"nuisance_knn_shuffled_{kind}",
            "nuisance_knn_training",
        )
    ),
    ("nuisance_knn" + WITHOUT, "knn"),
    ("nuisance_knn_training", "nuisance_knn" + WITHOUT),
)

MEASURES = ("auc_target", "auc_source", "official")


def measured(
    tasks: Sequence[tuple[str, str, int]],
    *,
    settings: Mapping,
    sizes: Mapping,
    seconds: float,
    supplemental: int = 0,
) -> list[dict]:
    """Score the detectors on a section after the other, at each strength of the shift.

    With a number of supplemental recordings of each kind, these are `SEEING` and `NOT_SEEING`.

    Returns
    -------
    list of dict
        machine, section, seed, shift, detector, and `MEASURES`.
    """
    scored = []
    names = columns(settings["mel"]["n_mels"], Statistics.model_validate(settings["embedding"]))
    for machine, section, seed in tasks:
        known: dict[str, np.ndarray] = {}
        sound = {"settings": settings, "seed": seed, "seconds": seconds}
        recordings = {
            kind: np.stack(
                [
                    _embedded(supplemental_clip, machine, section, row, **sound)
                    for row in plan_supplemental(
                        machine, section, kind=kind, clips=supplemental, seed=seed
                    )
                ]
            )
            for kind in (KINDS if supplemental else ())
        }
        for shift in STRENGTHS:
            rows = plan_section(machine, section, shift=shift, seed=seed, **sizes)
            vectors = []
            for row in rows:
                # clips of the source domain are the same at every strength
                if row["clip"] not in known:
                    known[row["clip"]] = _embedded(section_clip, machine, section, row, **sound)
                vectors.append(known[row["clip"]])
            clips = from_records(rows, np.stack(vectors), names)
            domains = np.array([row["domain"] for row in rows])
            for detector, found in _scored(clips, domains, settings, seed, recordings).items():
                place = {"machine": machine, "section": section, "seed": seed, "shift": shift}
                scored.append({**place, "detector": detector, **found})
    return scored


def vectors_of(
    machine: str,
    section: str,
    rows: Sequence[Mapping],
    settings: Mapping,
    seed: int,
    seconds: float,
) -> ClipVectors:
    """Make the clips of a plan of `plan_section`, and return their embeddings."""
    names = columns(settings["mel"]["n_mels"], Statistics.model_validate(settings["embedding"]))
    embedded = functools.partial(_embedded, section_clip, machine, section)
    known = {"settings": settings, "seed": seed, "seconds": seconds}
    vectors = [embedded(row, **known) for row in rows]
    return from_records(rows, np.stack(vectors), names)


def _embedded(samples_of, machine, section, row, *, settings, seed, seconds) -> np.ndarray:
    rate = settings["audio"]["sample_rate"]
    signal = samples_of(
        machine, section, row, seconds=seconds, sample_rate=rate, snr_db=6.0, seed=seed
    )
    frames = clip_frames(signal.astype(np.float32), sample_rate=rate, **settings["mel"])
    return embed_clip(frames, settings["embedding"])


def _scored(
    clips: ClipVectors,
    domains: np.ndarray,
    settings: Mapping,
    seed: int,
    recordings: Mapping[str, np.ndarray],
) -> dict[str, dict]:
    """Return `MEASURES` of each detector on the clips of one section."""
    groups = fold_clips(int(clips.train.sum()), folds=settings["held_out"]["folds"], seed=seed)
    projected = project_vectors(clips, groups, **settings["projection"])
    detectors = settings["detectors"]
    detect = functools.partial(detect_clips, clips, projected, seed=seed)
    if recordings:
        results = detect({name: detectors[name] for name in NOT_SEEING})
        for kind, values in recordings.items():
            seen = detect({name: detectors[name] for name in SEEING}, supplemental={kind: values})
            results |= {f"{name}_{kind}": result for name, result in seen.items()}
    else:
        results = detect(detectors, domains=domains)
        unaware = {f"{name}{WITHOUT}": detectors[name] for name in ("domain_kmeans",)}
        results |= detect(unaware)
    test = ~clips.train
    protocol = protocol_of(clips.clip[test])
    found = {}
    for name, result in results.items():
        section = SectionClips(
            result.test_scores, clips.label[test] == "anomaly", domains[test], None
        )
        row, _ = domain_metrics(section, protocol, bootstrap=0, confidence=0.95, seed=0)
        found[name] = {key: row[key] for key in MEASURES}
    return found


def interval(differences: np.ndarray, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean over sections or machine IDs."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(differences), size=(4000, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def tables(rows: Sequence[Mapping], pairs: Sequence[tuple[str, str]] = PAIRS) -> str:
    """Return the means of the detectors and the differences in pairs, as Markdown."""
    values: dict[tuple[str, str], dict[tuple, Mapping]] = {}
    for row in rows:
        key = row["machine"], row["section"], row["seed"]
        values.setdefault((row["shift"], row["detector"]), {})[key] = row

    def column(shift: str, detector: str, measure: str) -> np.ndarray:
        found = values[shift, detector]
        return 100 * np.array([found[key][measure] for key in sorted(found)])

    shifts = list(dict.fromkeys(row["shift"] for row in rows))
    detectors = list(dict.fromkeys(row["detector"] for row in rows))
    heads = [f"{domain} ({shift})" for shift in shifts for domain in reversed(DOMAINS)]
    lines = _head(["AUC, %", *heads])
    for name in detectors:
        means = [
            f"{column(shift, name, f'auc_{domain}').mean():.1f}"
            for shift in shifts
            for domain in reversed(DOMAINS)
        ]
        lines.append(f"| `{name}` | {' | '.join(means)} |")
    lines += ["", *_head(["difference, points", "against", *heads])]
    for name, other in pairs:
        cells = []
        for shift in shifts:
            for domain in reversed(DOMAINS):
                measure = f"auc_{domain}"
                gains = column(shift, name, measure) - column(shift, other, measure)
                low, high = interval(gains)
                cells.append(f"{gains.mean():+.1f} ({low:+.1f} to {high:+.1f})")
        lines.append(f"| `{name}` | `{other}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _head(columns_of_table: Sequence[str]) -> list[str]:
    return [
        "| " + " | ".join(columns_of_table) + " |",
        "|" + " --- |" * len(columns_of_table),
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="data sets")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a clip")
    parser.add_argument("--output", type=pathlib.Path, help="a Markdown file")
    parser.add_argument(
        "--supplemental", action="store_true", help="detectors that see supplemental recordings"
    )
    options = parser.parse_args()
    detectors = {**NOT_SEEING, **SEEING} if options.supplemental else DETECTORS
    content = {"dataset": {"name": "domains", "source": "synthetic"}, "detectors": detectors}
    settings = validate(content).model_dump(mode="json")
    tasks = [(*section, seed) for seed in range(options.seeds) for section in SECTIONS]
    work = functools.partial(
        measured,
        settings=settings,
        sizes=SIZES,
        seconds=options.seconds,
        supplemental=SUPPLEMENTAL if options.supplemental else 0,
    )
    rows = list(tqdm(map_chunks(work, tasks, jobs=options.jobs, chunk=1), unit=" scores"))
    text = tables(rows, SUPPLEMENTAL_PAIRS if options.supplemental else PAIRS)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
