"""Machine IDs as the page shows them: metrics, counts, and how many alarms were right."""

import dataclasses
from collections.abc import Mapping, Sequence

from pygoodvibes.report.summary import verdicts
from pygoodvibes.report.summary.verdicts import VERDICTS, Verdict
from pygoodvibes.report.words import number


@dataclasses.dataclass(frozen=True)
class Machine:
    """What the page says of one machine ID; rates and bounds are shares, None where unknown.

    Attributes
    ----------
    machine, id : str
        Machine type and ID.
    verdict : Verdict
        How well it is watched.
    auc, low, high : float or None
        AUC and its interval over clips.
    found, alarms : int or None
        Anomalous and normal test clips above the threshold.
    n_train, n_normal, n_anomaly : int
        Clips behind these numbers.
    note : str
        What can't be computed, and why.
    """

    machine: str
    id: str
    verdict: Verdict
    auc: float | None
    low: float | None
    high: float | None
    found: int | None
    alarms: int | None
    n_train: int
    n_normal: int
    n_anomaly: int
    note: str

    @property
    def name(self) -> str:
        """Return machine type and ID."""
        return f"{self.machine} ID {self.id}"

    @property
    def is_watched(self) -> bool:
        """Return whether there was something to learn from."""
        return self.verdict.key != "unwatched"

    @property
    def sensitivity(self) -> float | None:
        """Return the share of anomalous clips above the threshold."""
        return None if self.found is None else self.found / self.n_anomaly

    @property
    def false_alarm_rate(self) -> float | None:
        """Return the share of normal clips above the threshold."""
        return None if self.alarms is None else self.alarms / self.n_normal


def machines_of(metrics: Sequence[Mapping], detector: str) -> list[Machine]:
    """Return all machine IDs, the best watched first.

    Parameters
    ----------
    metrics : sequence of mapping
        Rows of metrics.csv.
    detector : str
        Whose numbers.
    """
    result = []
    for row in metrics:
        if row["detector"] != detector:
            continue
        n_normal, n_anomaly = int(row["n_test_normal"]), int(row["n_test_anomaly"])
        sensitivity, specificity = number(row["sensitivity"]), number(row["specificity"])
        result.append(
            Machine(
                machine=row["machine"],
                id=row["id"],
                verdict=verdicts.verdict(row),
                auc=number(row["auc"]),
                low=number(row["auc_low"]),
                high=number(row["auc_high"]),
                found=None if sensitivity is None else round(sensitivity * n_anomaly),
                alarms=None if specificity is None else round((1 - specificity) * n_normal),
                n_train=int(row["n_train"]),
                n_normal=n_normal,
                n_anomaly=n_anomaly,
                note=row["note"],
            )
        )
    order = {key: place for place, key in enumerate(VERDICTS)}
    return sorted(
        result,
        key=lambda row: (order[row.verdict.key], -(row.auc or 0), row.machine, row.id),
    )


def sums_of(machines: Sequence[Machine], counted: str, total: str) -> tuple[int, int]:
    """Return a count and what it is counted of, over the machine IDs where it is known."""
    known = [machine for machine in machines if getattr(machine, counted) is not None]
    return (
        sum(getattr(machine, counted) for machine in known),
        sum(getattr(machine, total) for machine in known),
    )
