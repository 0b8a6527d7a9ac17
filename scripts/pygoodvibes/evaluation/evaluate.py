"""From scores to metrics: per machine ID and detector, and their averages."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.detection.certainty import of_threshold
from pygoodvibes.detection.threshold import sweep_rates, threshold
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.averages import rounded
from pygoodvibes.evaluation.domains import domain_metrics, protocol_of
from pygoodvibes.evaluation.year_score import SectionClips
from pygoodvibes.util.errors import UserError

COLUMNS = (
    "machine",
    "id",
    "detector",
    "auc",
    "auc_low",
    "auc_high",
    "pauc",
    "pauc_low",
    "pauc_high",
    "threshold",
    "sensitivity",
    "specificity",
    "caution",
    "precision",
    "recall",
    "f1",
    "n_train",
    "n_test_normal",
    "n_test_anomaly",
    "n_components",
    "explained_variance",
    "note",
)
"""Columns of metrics.csv, a row a machine ID and detector. `auc_low` and `auc_high` bound the
confidence interval; `caution` says why not to trust the threshold behind the rates, as models do;
`explained_variance` is the share that the projection keeps."""

SWEEP_COLUMNS = (
    "machine",
    "id",
    "detector",
    "setting",
    "false_alarm_rate",
    "threshold",
    "sensitivity",
    "specificity",
)
"""Columns of sweep.csv, a row a machine ID, detector and setting."""


@dataclasses.dataclass(frozen=True)
class Truth:
    """What is known of the clips of a machine ID, by split and clip name.

    Attributes
    ----------
    labels : dict of (split, clip) to label
        'normal', 'anomaly' or 'unknown'.
    domains : dict of (split, clip) to domain
        'source' or 'target' of the clips that have a domain.
    """

    labels: Mapping[tuple[str, str], str]
    domains: Mapping[tuple[str, str], str] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_manifest(cls, rows: Iterable[Mapping]) -> "Truth":
        """Take the labels from manifest rows.

        Raises
        ------
        UserError
            If two usable clips of one split have the same name.
        """
        labels: dict[tuple[str, str], str] = {}
        domains: dict[tuple[str, str], str] = {}
        for row in rows:
            if row["status"] != "ok":
                continue
            key = row["split"], row["clip"]
            if key in labels:
                raise UserError(
                    "{machine} ID {id}: two {split} clips are named {name}; scores are joined by "
                    "name, so rename one",
                    machine=row["machine"],
                    id=row["id"],
                    split=key[0],
                    name=key[1],
                )
            labels[key] = row["label"]
            if row.get(DOMAIN):
                domains[key] = row[DOMAIN]
        return cls(labels, domains)

    def of(self, split: str, clips: Sequence[str]) -> np.ndarray:
        """Return the labels of clips by name, shape (n_clips,).

        Raises
        ------
        UserError
            If a name is unknown.
        """
        return np.array([self.label(split, clip) for clip in clips], dtype=str)

    def label(self, split: str, clip: str) -> str:
        """Return the label of one clip, as `of`."""
        try:
            return self.labels[split, clip]
        except KeyError:
            raise UserError(
                "no {split} clip {name!r} in the manifest", split=split, name=clip
            ) from None


def evaluate(
    truth: Truth,
    scores: Mapping[tuple[str, str], float],
    *,
    false_alarm_rate: float,
    threshold_method: str,
    max_fpr: float,
    sweep_settings: int,
    sweep_low: float,
    sweep_high: float,
    bootstrap: int,
    confidence: float,
    seed: int,
) -> tuple[dict, list[dict], dict[str, bool]]:
    """Evaluate one detector on one machine ID.

    Parameters
    ----------
    truth : Truth
        Labels by split and clip name.
    scores : mapping of (split, clip) to float
        Score of each clip, higher = more anomalous; those of training clips are held-out ones.
    false_alarm_rate, threshold_method
        As in `pygoodvibes.detection.threshold.threshold`.
    max_fpr, sweep_settings, sweep_low, sweep_high, bootstrap, confidence
        The `evaluation` section of the config.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    result : dict
        Keys of `COLUMNS` from auc to n_test_anomaly; NaN where the clips don't define a value.
    sweep : list of dict
        Keys of `SWEEP_COLUMNS` from setting on, one a setting.
    decisions : dict of clip to bool
        Which test clips lie above the threshold.
    """
    names = {
        wanted: sorted(clip for split, clip in scores if split == wanted)
        for wanted in ("train", "test")
    }
    held_out = np.array([scores["train", clip] for clip in names["train"]], dtype=np.float64)
    test = np.array([scores["test", clip] for clip in names["test"]], dtype=np.float64)
    label = truth.of("test", names["test"])
    known = np.isfinite(test) & (label != "unknown")
    anomalous, known_test = label[known] == "anomaly", test[known]
    limit = threshold(held_out, false_alarm_rate=false_alarm_rate, method=threshold_method)
    known_held_out = held_out[np.isfinite(held_out)]
    result = {
        "auc": metrics.auc(anomalous, known_test) if known.any() else math.nan,
        "pauc": (
            metrics.partial_auc(anomalous, known_test, max_fpr=max_fpr) if known.any() else math.nan
        ),
        **dict.fromkeys(("auc_low", "auc_high", "pauc_low", "pauc_high"), math.nan),
        "threshold": limit,
        **_rates(anomalous, known_test, limit),
        "caution": (
            of_threshold(known_held_out, limit, false_alarm_rate=false_alarm_rate).caution
            if len(known_held_out)
            else ""
        ),
        "n_train": len(known_held_out),
        "n_test_normal": int((~anomalous).sum()),
        "n_test_anomaly": int(anomalous.sum()),
    }
    if bootstrap and np.isfinite(result["auc"]):
        samples = metrics.bootstrap(
            anomalous, known_test, max_fpr=max_fpr, resamples=bootstrap, seed=seed
        )
        result |= _bounds(samples, confidence)
    sweep = []
    rates = sweep_rates(settings=sweep_settings, low=sweep_low, high=sweep_high)
    for setting, rate in enumerate(rates):
        at = threshold(held_out, false_alarm_rate=rate, method=threshold_method)
        outcome = _rates(anomalous, known_test, at)
        sweep.append(
            {
                "setting": setting,
                "false_alarm_rate": float(rate),
                "threshold": at,
                "sensitivity": outcome["sensitivity"],
                "specificity": outcome["specificity"],
            }
        )
    return result, sweep, _decisions(names["test"], test, limit)


def _bounds(samples: Sequence[np.ndarray], confidence: float) -> dict[str, float]:
    """Return the interval of AUC and pAUC, given both for each resample."""
    tail = (1 - confidence) / 2
    bounds = {}
    for name, values in zip(("auc", "pauc"), samples, strict=True):
        low, high = np.quantile(values, [tail, 1 - tail])
        bounds |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return bounds


def _decisions(clips: Sequence[str], scores: np.ndarray, limit: float) -> dict[str, bool]:
    """Return which of the clips with a score lie above a threshold; none without threshold."""
    if not np.isfinite(limit):
        return {}
    return {
        clip: bool(score > limit)
        for clip, score in zip(clips, scores, strict=True)
        if np.isfinite(score)
    }


SCORE_COLUMNS = ("machine", "id", "detector", "clip", "split", "label", "score")
"""Columns of scores.csv, a row a machine ID, detector and clip."""

DOMAIN = "domain"
"""One more column of scores.csv, the last, where clips have a domain."""


def evaluate_machine_id(
    rows: Sequence[Mapping],
    *,
    scores: Mapping[str, Mapping[tuple[str, str], float]],
    notes: Mapping[str, Sequence[str]],
    explained_variance: np.ndarray,
    false_alarm_rates: Mapping[str, float],
    threshold_method: str,
    seed: int,
    year: int | None = None,
    **settings,
) -> tuple[dict, list[dict]]:
    """Evaluate all detectors on one machine ID.

    Parameters
    ----------
    rows : sequence of mapping
        Its manifest rows, from which the truth is taken, by clip name.
    scores : mapping of detector to scores
        As in `evaluate`.
    notes : mapping of detector to texts
        What the fits had to say.
    explained_variance : np.ndarray [shape=(k,)]
        Share of variance along each component of the projection.
    false_alarm_rates : mapping of detector to float
        Expected share of normal clips above each detector's threshold.
    threshold_method, seed, **settings
        As in `evaluate`.
    year : int, optional
        As in `pygoodvibes.evaluation.domains.protocol_of`.

    Returns
    -------
    document : dict
        machine, id; metrics and sweep: rows of metrics.csv and sweep.csv, None where there is no
        value; test: per detector the scores and the decisions of the test clips by name. Where test
        clips have a domain, metrics also have `pygoodvibes.evaluation.domains.DOMAIN_COLUMNS`, and
        draws has per detector the official metrics in each resample.
    rows : list of dict
        Rows of scores.csv; with the domain, '' for none, where a clip has one.
    """
    truth = Truth.from_manifest(rows)
    key = {"machine": rows[0]["machine"], "id": rows[0]["id"]}
    document: dict = {**key, "metrics": [], "sweep": [], "test": {}}
    table = []
    test_domains = any(split == "test" for split, _ in truth.domains)
    for detector, values in scores.items():
        result, sweep, decisions = evaluate(
            truth,
            values,
            false_alarm_rate=false_alarm_rates[detector],
            threshold_method=threshold_method,
            seed=seed,
            **settings,
        )
        name = {**key, "detector": detector}
        result |= {
            "n_components": len(explained_variance),
            "explained_variance": float(explained_variance.sum()),
        }
        if test_domains:
            by_domain, draws = _by_domain(
                truth,
                values,
                decisions,
                year,
                bootstrap=settings["bootstrap"],
                confidence=settings["confidence"],
                seed=seed,
            )
            result |= by_domain
            document.setdefault("draws", {})[detector] = {
                name: drawn.round(6).tolist() for name, drawn in draws.items()
            }
        note = {"note": "; ".join(notes[detector])}
        document["metrics"].append({**name, **_without_nan(result), **note})
        document["sweep"] += [{**name, **_without_nan(entry)} for entry in sweep]
        document["test"][detector] = {
            "scores": {
                clip: score
                for (split, clip), score in values.items()
                if split == "test" and math.isfinite(score)
            },
            "decisions": decisions,
        }
        for (split, clip), score in values.items():
            label = truth.label(split, clip)
            shown = score if math.isfinite(score) else ""
            entry = {**name, "clip": clip, "split": split, "label": label, "score": shown}
            if truth.domains:
                entry[DOMAIN] = truth.domains.get((split, clip), "")
            table.append(entry)
    return document, table


def _by_domain(
    truth: Truth,
    scores: Mapping[tuple[str, str], float],
    decisions: Mapping[str, bool],
    year: int | None,
    **settings,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return the metrics per domain of the test clips that have score, label and domain."""
    clips = sorted(
        clip
        for (split, clip), score in scores.items()
        if split == "test"
        and math.isfinite(score)
        and ("test", clip) in truth.domains
        and truth.labels["test", clip] != "unknown"
    )
    section = SectionClips(
        np.array([scores["test", clip] for clip in clips], dtype=np.float64),
        truth.of("test", clips) == "anomaly",
        np.array([truth.domains["test", clip] for clip in clips], dtype=str),
        np.array([decisions[clip] for clip in clips], dtype=bool) if decisions else None,
    )
    return domain_metrics(section, protocol_of(clips, year), **settings)


def score_columns(rows: Sequence[Mapping]) -> tuple[str, ...]:
    """Return the columns of a table of scores: with the domain, where its rows have one."""
    return (*SCORE_COLUMNS, DOMAIN) if rows and DOMAIN in rows[0] else SCORE_COLUMNS


def _without_nan(values: Mapping) -> dict:
    return {
        key: rounded(value, 9) if isinstance(value, float) else value
        for key, value in values.items()
    }


def _rates(anomalous: np.ndarray, scores: np.ndarray, limit: float) -> dict[str, float]:
    if not np.isfinite(limit):
        names = ("sensitivity", "specificity", "precision", "recall", "f1")
        return dict.fromkeys(names, math.nan)
    return metrics.confusion(anomalous, scores > limit)
