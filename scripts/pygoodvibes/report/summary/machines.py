"""Machine IDs as the page shows them: metrics, counts, and how many alarms were right."""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

from pygoodvibes.data.clip import name_of
from pygoodvibes.evaluation.domains import DOMAINS
from pygoodvibes.report.domain_tables import has_domains, unit_in
from pygoodvibes.report.summary import verdicts
from pygoodvibes.report.summary.verdicts import VERDICTS, Verdict
from pygoodvibes.report.words import number


@dataclasses.dataclass(frozen=True)
class InDomain:
    """What the page says of a section in one domain.

    Attributes
    ----------
    domain : {'source', 'target'}
        Which.
    alarms : int
        Its normal test clips above the threshold.
    n_train, n_normal : int
        Its training clips and its normal test clips.
    """

    domain: str
    alarms: int
    n_train: int
    n_normal: int

    @property
    def false_alarm_rate(self) -> float:
        """Return the share of its normal clips above the threshold."""
        return self.alarms / self.n_normal


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
    unit : {'machine ID', 'section'}
        What the ID is.
    domains : tuple of InDomain
        Source and target; () where false alarms of both aren't known.
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
    unit: str = "machine ID"
    domains: tuple[InDomain, ...] = ()

    @property
    def name(self) -> str:
        """Return machine type and ID."""
        return name_of(self.machine, self.id, self.unit)

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


def machines_of(
    metrics: Sequence[Mapping], detector: str, manifest: Sequence[Mapping] = ()
) -> list[Machine]:
    """Return all machine IDs, the best watched first.

    Parameters
    ----------
    metrics : sequence of mapping
        Rows of metrics.csv.
    detector : str
        Whose numbers.
    manifest : sequence of mapping
        Rows of manifest.csv, which tell sections and domains.
    """
    unit = unit_in(manifest)
    clips = collections.Counter(
        (row["machine"], row["id"], row["split"], row["label"], row["domain"])
        for row in manifest
        if row["status"] == "ok"
    )
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
                unit=unit,
                domains=_domains_of(row, clips) if has_domains(metrics) else (),
            )
        )
    order = {key: place for place, key in enumerate(VERDICTS)}
    return sorted(
        result,
        key=lambda row: (order[row.verdict.key], -(row.auc or 0), row.machine, row.id),
    )


def _domains_of(row: Mapping, clips: Mapping[tuple, int]) -> tuple[InDomain, ...]:
    """Return false alarms by domain; clips are counted by machine, ID, split, label and domain."""
    result = []
    for domain in DOMAINS:
        specificity = number(row[f"specificity_{domain}"])
        n_normal = clips[row["machine"], row["id"], "test", "normal", domain]
        if specificity is None or not n_normal:
            return ()
        alarms = round((1 - specificity) * n_normal)
        n_train = clips[row["machine"], row["id"], "train", "normal", domain]
        result.append(InDomain(domain, alarms, n_train, n_normal))
    return tuple(result)


def sums_of(machines: Sequence[Machine], counted: str, total: str) -> tuple[int, int]:
    """Return a count and what it is counted of, over the machine IDs where it is known."""
    known = [machine for machine in machines if getattr(machine, counted) is not None]
    return (
        sum(getattr(machine, counted) for machine in known),
        sum(getattr(machine, total) for machine in known),
    )
