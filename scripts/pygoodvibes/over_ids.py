"""Means over machine types from values per machine ID, and how sure they are.

The mean of types is the one that tables head with: each type is the mean of its machine IDs, and
all types count the same. Its interval comes from a bootstrap over machine IDs: how much would the
number change with other machines? (The intervals of metrics.csv resample clips instead.)

References
----------
Efron and Tibshirani (1993), An Introduction to the Bootstrap.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np

LEAST_IDS = 3
"""With fewer machine IDs there is no interval: resampling two says nothing."""

Values = Mapping[tuple[str, str], float]
"""One value per (machine, id); what is not known is left out."""


def by_detector(rows: Iterable[Mapping], measure: str) -> dict[str, dict[tuple[str, str], float]]:
    """Return the values of a column of metrics.csv.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of metrics.csv, values as text, '' for none.
    measure : str
        Column, e.g. 'auc'.

    Returns
    -------
    dict
        By detector the known values of its machine IDs. A detector without any is there as well.
    """
    result: dict[str, dict[tuple[str, str], float]] = {}
    for row in rows:
        values = result.setdefault(row["detector"], {})
        if row[measure] not in ("", None) and math.isfinite(float(row[measure])):
            values[row["machine"], row["id"]] = float(row[measure])
    return result


def type_means(values: Values) -> dict[str, float]:
    """Return the arithmetic mean over the machine IDs of each type, types sorted by name."""
    groups: dict[str, list[float]] = {}
    for (machine, _), value in sorted(values.items()):
        groups.setdefault(machine, []).append(value)
    return {machine: sum(group) / len(group) for machine, group in groups.items()}


def mean_of_types(values: Values) -> float:
    """Return the arithmetic mean of `type_means`, NaN without values."""
    means = type_means(values).values()
    return sum(means) / len(means) if means else math.nan


def differences(values: Values, baseline: Values) -> dict[tuple[str, str], float]:
    """Return value minus baseline of the machine IDs that have both."""
    return {key: value - baseline[key] for key, value in values.items() if key in baseline}


def interval(
    values: Values, *, resamples: int, confidence: float, seed: int
) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of the mean of types over machine IDs.

    Machine IDs are resampled with replacement, all types together; each carries the weight that
    it has in the mean of types. Given differences of two detectors on the same machine IDs, this
    is the paired bootstrap.

    Parameters
    ----------
    values : mapping of (machine, id) to float
        One value a machine ID.
    resamples : int >= 0
        How many.
    confidence : float
        Coverage, between 0 and 1.
    seed : int >= 0
        Same seed, same interval.

    Returns
    -------
    tuple of float, or None
        Lower and upper bound; None with fewer than `LEAST_IDS` machine IDs, or no resamples.
    """
    if len(values) < LEAST_IDS or not resamples:
        return None
    keys = sorted(values)
    machines = [machine for machine, _ in keys]
    weights = np.array([1 / machines.count(machine) for machine in machines])
    numbers = np.array([values[key] for key in keys])
    counts = np.random.default_rng(seed).multinomial(
        len(keys), np.full(len(keys), 1 / len(keys)), resamples
    )
    means = (counts * weights) @ numbers / (counts @ weights)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
