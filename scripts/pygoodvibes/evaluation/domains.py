"""Metrics per domain of a section, and the official score over sections, within a run.

Comes in: scores, labels and domains of the test clips of a section. Goes out: AUC and pAUC a
domain, rates of the decisions a domain, the official score with its interval, as columns that
metrics.csv and averages.csv have only where the data set has domains. The formulas are those of
`pygoodvibes.evaluation.year_score`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.official_scores import naming
from pygoodvibes.evaluation.year_score import FLOOR, SectionClips, official_draws, section_metrics
from pygoodvibes.protocols import dcase2021, dcase2022
from pygoodvibes.protocols.protocol import Protocol

DOMAINS = ("source", "target")
_RATES = ("sensitivity", "specificity", "precision", "f1")

AVERAGED_BY_DOMAIN = (
    *(f"{name}_{domain}" for name in ("auc", "pauc", *_RATES) for domain in DOMAINS),
    "official",
)
"""Metrics per domain that are averaged over sections; the harmonic mean of `official` over all
sections is the official score of the set."""

DOMAIN_COLUMNS = (
    *(f"auc_{domain}{end}" for domain in DOMAINS for end in ("", "_low", "_high")),
    *(f"{name}_{domain}" for name in ("pauc", *_RATES) for domain in DOMAINS),
    "official",
    "official_low",
    "official_high",
)
"""Columns of metrics.csv where the data set has domains. `official` is the harmonic mean of the
year's official metrics of the section; each with `_low` and `_high` has its bootstrap interval."""

OFFICIAL_BOUNDS = ("official_low", "official_high")
"""Columns of averages.csv beside `AVERAGED_BY_DOMAIN`: the interval of the official score."""


def with_domains(columns: Sequence[str], more: Sequence[str]) -> list[str]:
    """Return columns with those per domain before the last one, the note."""
    return [*columns[:-1], *more, columns[-1]]


def protocol_of(clips: Iterable[str], year: int | None = None) -> Protocol:
    """Return whose rules count: those of 2021, or those of 2022 and later.

    In 2021 a domain's AUC is that of its own anomalies.

    Parameters
    ----------
    clips : iterable of str
        Names of the test clips. Without a year those of 2021 count for clips named as in 2021:
        with a domain, but no attributes.
    year : int, optional
        The year, where it is known.
    """
    if year is None:
        year = naming(clips)[0].year
    return (dcase2021 if year == dcase2021.PROTOCOL.year else dcase2022).PROTOCOL


def own_anomalies(clips: Iterable[str], year: int | None = None) -> bool:
    """Return whether a domain's AUC counts its own anomalies only; as `protocol_of`."""
    return protocol_of(clips, year).year == dcase2021.PROTOCOL.year


def domain_metrics(
    clips: SectionClips,
    protocol: Protocol,
    *,
    bootstrap: int,
    confidence: float,
    seed: int,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return the metrics per domain of a section.

    Parameters
    ----------
    clips : SectionClips
        Test clips with a score, a label and a domain.
    protocol : Protocol
        Whose rules count, from `protocol_of`.
    bootstrap : int >= 0
        Resamples; normal and anomalous clips of each domain are resampled apart.
    confidence : float in (0, 1)
        Coverage of the intervals.
    seed : int
        Of the bootstrap.

    Returns
    -------
    row : dict
        `DOMAIN_COLUMNS`; NaN where the clips don't define a value.
    draws : dict of str to np.ndarray [shape=(bootstrap,)]
        Each official metric in each resample; {} if one of them is not defined.
    """
    row = dict.fromkeys(DOMAIN_COLUMNS, math.nan)
    found = section_metrics(clips, protocol)
    row |= {name: value for name, value in found.items() if name in DOMAIN_COLUMNS}
    for domain in DOMAINS:
        own = clips.domain == domain
        if clips.decisions is not None:
            rates = metrics.confusion(clips.anomalous[own], clips.decisions[own])
            row |= {f"{name}_{domain}": rates[name] for name in _RATES}
    official = np.array([found[name] for name in protocol.metrics])
    if np.isnan(official).any():
        return row, {}
    row["official"] = metrics.harmonic_mean(np.maximum(official, FLOOR))
    draws = official_draws(clips, protocol, bootstrap, np.random.default_rng(seed))
    if bootstrap:
        bounded = {name: values for name, values in draws.items() if name.startswith("auc_")}
        bounded["official"] = _harmonic(list(draws.values()))
        for name, values in bounded.items():
            row[f"{name}_low"], row[f"{name}_high"] = _bounds(values, confidence)
    return row, draws


def official_interval(
    draws: Iterable[Mapping[str, Sequence[float]]], confidence: float
) -> tuple[float, float]:
    """Return the interval of the official score over sections, from the draws of each.

    Parameters
    ----------
    draws : iterable of mapping
        As `domain_metrics` returns them, one a section.
    confidence : float in (0, 1)
        Coverage.
    """
    return _bounds(
        _harmonic([np.asarray(values) for section in draws for values in section.values()]),
        confidence,
    )


def _harmonic(draws: Sequence[np.ndarray]) -> np.ndarray:
    """Return the harmonic mean of several metrics in each resample, shape (resamples,)."""
    return len(draws) / (1 / np.maximum(draws, FLOOR)).sum(axis=0)


def _bounds(values: np.ndarray, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
