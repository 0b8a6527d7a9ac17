"""The official score of a year of DCASE Task 2, from the score files of a folder.

Comes in: score and decision files, whoever wrote them, and the truth. Goes out: AUC and pAUC a
machine type and section, precision, recall and F1 a domain, the official score, and how sure they
are.

In 2021 the AUC of a domain is that of its own clips. Since 2022 it is that of its normal clips
against the anomalies of both domains, because a threshold can't know the domain of an anomaly; the
pAUC then is that of all clips.

References
----------
Harada et al. (2023), First-shot anomaly detection for machine condition monitoring.
The organisers' evaluators, which `pygoodvibes.protocols` names a year.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.evaluator_quirks import known_by_position
from pygoodvibes.evaluation.official_scores import read
from pygoodvibes.evaluation.submission_files import SubmissionFiles, find_files
from pygoodvibes.evaluation.truth import Known, Truth, bare_name, read_truth, truth_of
from pygoodvibes.protocols.protocol import Protocol
from pygoodvibes.protocols.registry import protocol_of
from pygoodvibes.util.errors import UserError

MAX_FPR = 0.1
"""Highest false-positive rate that the pAUC counts, in all years."""

AREAS = {
    "": ("auc", "pauc"),
    "own domain": ("auc_source", "auc_target", "pauc_source", "pauc_target"),
    "both domains": ("auc_source", "auc_target", "pauc", "pauc_source", "pauc_target"),
}
"""Areas under the ROC curve that a section gets, by `Protocol.anomalies`. Those of the baseline's
own table are among them (pAUC of a domain), though the official score leaves them out."""

FLOOR = sys.float_info.epsilon
"""The organisers' harmonic means take no value below this."""


@dataclasses.dataclass(frozen=True, slots=True)
class YearScore:
    """What a folder of score files is worth.

    Attributes
    ----------
    protocol : Protocol
        Of the year.
    part : {'development', 'evaluation'}
        Whose clips these are.
    sections : tuple of dict
        Per machine type and section: machine, section, n_normal, n_anomaly, the areas of `AREAS`
        (shares from 0 to 1), for each official one its interval (`<name>_low`, `<name>_high`), and
        precision, recall and f1 with the domain behind them, where there are decisions.
    means : dict of str to float
        Per area the mean over all sections, as the year takes it.
    official : float or None
        The official score; None if sections are missing, or the year has none (2020: the mean of
        machine types stands in `means`).
    interval : tuple of float, or None
        Its bootstrap interval.
    missing : tuple of str
        Names of score files that the official score needs.
    """

    protocol: Protocol
    part: str
    sections: tuple[dict, ...]
    means: dict[str, float]
    official: float | None
    interval: tuple[float, float] | None
    missing: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class SectionClips:
    """Scores of a section, and the truth; decisions are None without a decision file."""

    scores: np.ndarray
    anomalous: np.ndarray
    domain: np.ndarray
    decisions: np.ndarray | None


def score_folder(
    folder: str | pathlib.Path,
    year: int,
    *,
    truth: str | pathlib.Path | None = None,
    join: str = "name",
    parts: Sequence[str] = ("development", "evaluation"),
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[YearScore]:
    """Score a folder of score files.

    Parameters
    ----------
    folder : path
        With files as `pygoodvibes.evaluation.submission_files.find_files` knows them.
    year : int
        Of the challenge.
    truth : path, optional
        As in `pygoodvibes.evaluation.truth.read_truth`; needed where the clip names don't tell
        label and domain.
    join : {'name', 'position'}
        How rows and truth are brought together. 'position' is what the organisers' evaluators do:
        both are sorted by name, and only their numbers are compared. For comparison only.
    parts : sequence of str
        Whose files are read; others are passed over.
    resamples, confidence, seed
        Of the bootstrap: normal and anomalous clips of each domain are resampled apart.

    Returns
    -------
    list of YearScore
        One for the development set and one for the evaluation set, if the folder has both.

    Raises
    ------
    UserError
        If a file or the truth is not what it should be; see `read_truth` and `truth_of`.
    """
    protocol = protocol_of(year)
    files = find_files(pathlib.Path(folder), protocol)
    for path, machine, section in files.others:
        raise UserError(
            "{path}: {machine} has no section {section} in {year}; its machine types are {known}",
            path=path,
            machine=machine,
            section=section,
            year=year,
            known=", ".join(sorted({m for part in protocol.parts.values() for m in part.sections})),
        )
    truths = {} if truth is None else read_truth(pathlib.Path(truth), protocol)
    result = []
    for part, clips in protocol.parts.items():
        if part not in parts:
            continue
        sections, draws, missing = [], [], []
        for machine, section in clips.pairs():
            keys = [(machine, section, domain) for domain in protocol.file_domains]
            missing += [protocol.score_file(*key) for key in keys if key not in files.scores]
            if not all(key in files.scores for key in keys):
                continue
            found = _read_section(keys, files, truths, protocol, join)
            where = files.scores[keys[0]]
            row = {"machine": machine, "section": section, **section_metrics(found, protocol)}
            _require_defined(row, where, protocol)
            rng = np.random.default_rng([seed, len(sections)])
            drawn = official_draws(found, protocol, resamples, rng)
            tail = (1 - confidence) / 2
            for name in protocol.metrics if resamples else ():
                low, high = np.quantile(drawn[name], [tail, 1 - tail])
                row |= {f"{name}_low": float(low), f"{name}_high": float(high)}
            sections.append(row)
            draws.append([drawn[name] for name in protocol.metrics])
        if sections:
            result.append(_summary(protocol, part, sections, draws, missing, confidence))
    return result


def official_score(sections: Iterable[Mapping[str, float]], protocol: Protocol) -> float:
    """Return the harmonic mean of the official metrics of all sections.

    Parameters
    ----------
    sections : iterable of mapping
        Rows with the keys `Protocol.metrics`.
    protocol : Protocol
        Of the year; one without a harmonic mean (2020) has no official score.
    """
    if protocol.mean != "harmonic":
        raise ValueError(f"{protocol.year} has no official score")
    values = [row[name] for row in sections for name in protocol.metrics]
    return metrics.harmonic_mean(np.maximum(values, FLOOR))


def section_metrics(clips: SectionClips, protocol: Protocol) -> dict[str, float]:
    """Return the metrics of one machine type and section.

    Parameters
    ----------
    clips : SectionClips
        Its scores and truth.
    protocol : Protocol
        Of the year: whose anomalies count.

    Returns
    -------
    dict
        n_normal, n_anomaly, the areas of `AREAS`, and with decisions precision, recall and f1 a
        domain, of its own clips; 0 where undefined, as the organisers' evaluators have it.
    """
    row: dict[str, float] = {
        "n_normal": int((~clips.anomalous).sum()),
        "n_anomaly": int(clips.anomalous.sum()),
    }
    for name in AREAS[protocol.anomalies]:
        mask = _mask(name, clips, protocol)
        area = metrics.auc if name.startswith("auc") else metrics.partial_auc
        options = {} if name.startswith("auc") else {"max_fpr": MAX_FPR}
        row[name] = area(clips.anomalous[mask], clips.scores[mask], **options)
    if clips.decisions is not None:
        for domain in protocol.domains or ("",):
            own = clips.domain == domain
            rates = metrics.confusion(clips.anomalous[own], clips.decisions[own])
            for name in ("precision", "recall", "f1"):
                value = 0.0 if np.isnan(rates[name]) else rates[name]
                row[f"{name}_{domain}".rstrip("_")] = value
    return row


def _mask(name: str, clips: SectionClips, protocol: Protocol) -> np.ndarray:
    kind, _, domain = name.partition("_")
    if not domain:
        return np.ones(len(clips.scores), bool)
    own = clips.domain == domain
    all_anomalies = kind == "auc" and protocol.anomalies == "both domains"
    return own | clips.anomalous if all_anomalies else own


def official_draws(
    clips: SectionClips, protocol: Protocol, resamples: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return each official metric in each resample; all metrics of a section share the draws.

    Normal and anomalous clips of each domain are resampled apart.
    """
    weights = np.zeros((resamples, len(clips.scores)))
    for domain in protocol.domains or ("",):
        for anomalous in (False, True):
            drawn = (clips.domain == domain) & (clips.anomalous == anomalous)
            if count := int(drawn.sum()):
                weights[:, drawn] = rng.multinomial(count, np.full(count, 1 / count), resamples)
    result = {}
    for name in protocol.metrics:
        mask = _mask(name, clips, protocol)
        areas = metrics.weighted_areas(
            clips.anomalous[mask], clips.scores[mask], weights[:, mask], max_fpr=MAX_FPR
        )
        result[name] = areas[0] if name.startswith("auc") else areas[1]
    return result


def _read_section(
    keys: Sequence[tuple[str, str, str]],
    files: SubmissionFiles,
    truths: Mapping[tuple[str, str], Truth],
    protocol: Protocol,
    join: str,
) -> SectionClips:
    scores: list[float] = []
    known: list[Known] = []
    decisions: list[float] = []
    for key in keys:
        path, domain = files.scores[key], key[2]
        values = read(path)
        if not values:
            raise UserError("{path}: holds no score", path=path)
        for name, value in values.items():
            if not np.isfinite(value):
                raise UserError("{path}: the score of {clip} is infinite", path=path, clip=name)
        if join == "position":
            truth = known_by_position(values, key[:2], truths, protocol, path, domain)
        else:
            truth = truth_of(values, key[:2], truths, protocol, path, domain)
        scores += values.values()
        known += [truth[name] for name in values]
        if key in files.decisions:
            decided = _read_decisions(files.decisions[key], values, join)
            decisions += [decided[bare_name(name)] for name in values]
    return SectionClips(
        np.array(scores),
        np.array([anomalous for anomalous, _ in known]),
        np.array([domain for _, domain in known]),
        np.array(decisions, bool) if len(decisions) == len(scores) else None,
    )


def _read_decisions(path: pathlib.Path, scores: Mapping[str, float], join: str) -> dict[str, float]:
    """Return 0 or 1 a clip, by `bare_name` of the score file's names."""
    decisions = {bare_name(name): value for name, value in read(path).items()}
    for name, value in decisions.items():
        if value not in (0, 1):
            raise UserError(
                "{path}: the decision of {clip} is {value:g}, not 0 or 1",
                path=path,
                clip=name + ".wav",
                value=value,
            )
    names = sorted(map(bare_name, scores))
    if join == "position" and len(decisions) == len(names):
        decisions = dict(zip(names, (decisions[name] for name in sorted(decisions)), strict=True))
    if odd := sorted(set(names) ^ set(decisions)):
        raise UserError(
            "{path}: must name the clips of the score file; the first that only one of them has "
            "is {clip}",
            path=path,
            clip=odd[0] + ".wav",
        )
    return decisions


def _require_defined(row: Mapping, path: pathlib.Path, protocol: Protocol) -> None:
    for name in protocol.metrics:
        if np.isnan(row[name]):
            raise UserError(
                "{path}: {metric} is not defined, because there is no normal or no anomalous "
                "clip for it",
                path=path,
                metric=name,
            )


def _summary(
    protocol: Protocol,
    part: str,
    sections: list[dict],
    draws: list[list[np.ndarray]],
    missing: list[str],
    confidence: float,
) -> YearScore:
    means = {}
    for name in AREAS[protocol.anomalies]:
        if protocol.mean == "harmonic":
            means[name] = metrics.harmonic_mean(np.maximum([r[name] for r in sections], FLOOR))
        else:
            of_type: dict[str, list[float]] = {}
            for row in sections:
                of_type.setdefault(row["machine"], []).append(row[name])
            means[name] = float(np.mean([np.mean(values) for values in of_type.values()]))
    official, interval = None, None
    if protocol.mean == "harmonic" and not missing:
        official = official_score(sections, protocol)
        values = np.maximum(np.array(draws), FLOOR)
        if values.shape[-1]:
            harmonic = values.shape[0] * values.shape[1] / (1 / values).sum(axis=(0, 1))
            tail = (1 - confidence) / 2
            low, high = np.quantile(harmonic, [tail, 1 - tail])
            interval = float(low), float(high)
    return YearScore(protocol, part, tuple(sections), means, official, interval, tuple(missing))
