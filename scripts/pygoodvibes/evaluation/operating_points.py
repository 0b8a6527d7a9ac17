"""What detectors find and miss at one setting of the threshold, and what that costs.

A setting is a row of sweep.csv: the share of normal clips expected above the threshold. All
detectors are set by it, and none by test labels; what they reach is counted on the test clips.
"""

import dataclasses

import numpy as np
import pandas as pd

from pygoodvibes.evaluation.intervals import interval
from pygoodvibes.util.errors import UserError

_RATES = ("sensitivity", "specificity")


def settings(sweep: pd.DataFrame) -> list[float]:
    """Return the expected false-alarm rate of each setting, in their order."""
    return sweep.groupby("setting")["false_alarm_rate"].first().sort_index().tolist()


def at_setting(sweep: pd.DataFrame, setting: int, *, machine: str | None = None) -> pd.DataFrame:
    """Average sensitivity and specificity at a setting over machine IDs.

    Parameters
    ----------
    sweep : pandas.DataFrame
        Rows of sweep.csv: machine, id, detector, setting, sensitivity, specificity (0 to 1).
    setting : int
        Which setting.
    machine : str, optional
        Only the IDs of this machine type; else the mean of the types, each of them the mean of its
        IDs.

    Returns
    -------
    pandas.DataFrame
        A row a detector, in the order of `sweep`: detector; sensitivity and specificity with
        `_min` and `_max` over the machine IDs; ids, how many have both.
    """
    rows = sweep[sweep["setting"] == setting].dropna(subset=list(_RATES))
    if machine is not None:
        rows = rows[rows["machine"] == machine]
    result = []
    for detector, group in rows.groupby("detector", sort=False):
        means = group.groupby("machine")[list(_RATES)].mean().mean()
        entry = {"detector": detector, "ids": len(group)}
        for rate in _RATES:
            entry[rate] = float(means[rate])
            entry[f"{rate}_min"] = float(group[rate].min())
            entry[f"{rate}_max"] = float(group[rate].max())
        result.append(entry)
    ends = ("", "_min", "_max")
    columns = ["detector", "ids", *(f"{rate}{end}" for rate in _RATES for end in ends)]
    return pd.DataFrame(result, columns=columns)


def curves(sweep: pd.DataFrame, *, machine: str | None = None) -> pd.DataFrame:
    """Return what `at_setting` gives for each setting, with a column `setting`."""
    parts = [
        at_setting(sweep, setting, machine=machine).assign(setting=setting)
        for setting in sorted(sweep["setting"].unique())
    ]
    if not parts:
        return at_setting(sweep, 0, machine=machine).assign(setting=0)
    return pd.concat(parts, ignore_index=True)


@dataclasses.dataclass(frozen=True)
class Confusion:
    """Numbers of test clips by truth and decision.

    Attributes
    ----------
    found, missed : int
        Anomalous clips above the threshold, and not above it.
    false_alarms, passed : int
        Normal clips above the threshold, and not above it.
    """

    found: int
    missed: int
    false_alarms: int
    passed: int


def confusion(scores: pd.DataFrame, threshold: float) -> Confusion:
    """Count test clips of a machine ID and detector by truth and decision.

    Parameters
    ----------
    scores : pandas.DataFrame
        split, label, score of its clips; those that are no test clip, have no score or an unknown
        label are passed over.
    threshold : float
        A clip is called anomalous above it.
    """
    test = scores[(scores["split"] == "test") & scores["score"].notna()]
    above = test["score"] > threshold
    anomalous, normal = test["label"] == "anomaly", test["label"] == "normal"
    return Confusion(
        found=int((anomalous & above).sum()),
        missed=int((anomalous & ~above).sum()),
        false_alarms=int((normal & above).sum()),
        passed=int((normal & ~above).sum()),
    )


def expected_cost(
    sensitivity: np.ndarray,
    specificity: np.ndarray,
    *,
    miss: float,
    false_alarm: float,
    share: float,
) -> np.ndarray:
    """Return the expected cost of 1,000 clips.

    Parameters
    ----------
    sensitivity, specificity : np.ndarray [shape=(n,)]
        0 to 1.
    miss, false_alarm : float >= 0
        Price of an anomalous clip not found, and of a normal clip called anomalous, in the same
        currency.
    share : float
        Part of all clips that is anomalous, 0 to 1.

    Returns
    -------
    np.ndarray [shape=(n,)]
        In that currency.

    Raises
    ------
    UserError
        If a price is negative or the share is not from 0 to 1.

    References
    ----------
    Provost and Fawcett (2001), Robust classification for imprecise environments.
    """
    if not (miss >= 0 and false_alarm >= 0):
        raise UserError(
            "prices are {miss:g} and {false_alarm:g}; give numbers from 0 on",
            miss=miss,
            false_alarm=false_alarm,
        )
    if not 0 <= share <= 1:
        raise UserError(
            "the share of anomalous clips is {share:g}; give a number from 0 to 1", share=share
        )
    sensitivity, specificity = np.asarray(sensitivity), np.asarray(specificity)
    misses = share * (1 - sensitivity) * miss
    return 1000 * (misses + (1 - share) * (1 - specificity) * false_alarm)


def cheapest(curve: pd.DataFrame, *, miss: float, false_alarm: float, share: float) -> pd.DataFrame:
    """Find each detector's cheapest setting; an oracle, for it looks at the test labels.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `curves`.
    miss, false_alarm, share
        As in `expected_cost`.

    Returns
    -------
    pandas.DataFrame
        A row a detector, the cheapest first: the row of `curve` and its cost; of several settings
        that cost the same, the one with the fewest alarms.
    """
    prices = {"miss": miss, "false_alarm": false_alarm, "share": share}
    cost = expected_cost(curve["sensitivity"], curve["specificity"], **prices)
    rows = curve.assign(cost=cost).sort_values(["cost", "setting"], kind="stable")
    return rows.drop_duplicates("detector").reset_index(drop=True)


def mean_interval(
    metrics: pd.DataFrame,
    detector: str,
    measure: str,
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> tuple[float, float] | None:
    """Return the interval of a detector's mean of types, from `intervals.interval`.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Rows of metrics.csv: machine, id, detector and the measure, NaN for none.
    detector, measure : str
        Whose interval, and of what, e.g. 'auc'.
    resamples, confidence, seed
        As there.
    """
    rows = metrics[metrics["detector"] == detector].dropna(subset=[measure])
    values = {(row["machine"], row["id"]): float(row[measure]) for _, row in rows.iterrows()}
    return interval(values, resamples=resamples, confidence=confidence, seed=seed)
