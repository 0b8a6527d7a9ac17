"""Tables of data sets with domains: what is in each domain, how well it is told, what is decided.

Comes in: the rows of metrics.csv, averages.csv and manifest.csv. Goes out: tables that stand below
those of all data sets; none of them where no clip has a domain.
"""

import collections
from collections.abc import Mapping, Sequence

from pygoodvibes.data.clip import unit_of
from pygoodvibes.report.table import NOTHING, Table, percent
from pygoodvibes.util.messages import message


def unit_in(manifest: Sequence[Mapping]) -> str:
    """Return what the IDs of a manifest are: 'section' or 'machine ID'."""
    return unit_of((row["clip"] for row in manifest), (row.get("domain") for row in manifest))


_TEXT = frozenset({"Machine", "Section", "Detector"})


def has_domains(rows: Sequence[Mapping]) -> bool:
    """Say whether rows of metrics.csv or averages.csv have values per domain."""
    return bool(rows) and "official" in rows[0]


def official_table(averages: Sequence[Mapping], *, data: str, confidence: float) -> Table:
    """Return the official score and its parts, the harmonic means over all sections.

    Parameters
    ----------
    averages : sequence of mapping
        Rows of averages.csv.
    data : str
        Which data these are, for the heading.
    confidence : float
        Coverage of the interval.
    """
    rows = [
        [
            row["detector"],
            _bounded(row, "official"),
            *(percent(row[name]) for name in ("auc_source", "auc_target", "pauc")),
        ]
        for row in averages
        if (row["over"], row["mean"]) == ("IDs", "harmonic")
    ]
    columns = [
        message("Detector"),
        message("Official score"),
        message("AUC source"),
        message("AUC target"),
        "pAUC",
    ]
    notes = [
        message(
            "In %, harmonic means over all sections; chance is 50. The official score is that of "
            "DCASE Task 2 for sections with such names: since 2022 over AUC source, AUC target and "
            "pAUC, in 2021 over AUC and pAUC of each domain. In brackets its {confidence:g} % "
            "bootstrap interval over test clips.",
            confidence=100 * confidence,
        ),
        _WHOSE_ANOMALIES,
    ]
    return Table(message("Official score ({data})", data=data), columns, rows, notes, _TEXT)


_WHOSE_ANOMALIES = message(
    "AUC of a domain: its normal clips against the anomalous clips of both domains, because a "
    "threshold can't know the domain of an anomaly; in 2021 against its own. pAUC: all test clips."
)


def domains_table(metrics: Sequence[Mapping], *, data: str, confidence: float) -> Table:
    """Return AUC per domain with its interval, pAUC and official score of each section.

    Parameters
    ----------
    metrics : sequence of mapping
        Rows of metrics.csv.
    data, confidence
        As in `official_table`.
    """
    rows = [
        [
            row["machine"],
            row["id"],
            row["detector"],
            _bounded(row, "auc_source"),
            _bounded(row, "auc_target"),
            percent(row["pauc"]),
            _bounded(row, "official"),
        ]
        for row in metrics
        if row["auc_source"] != "" or row["auc_target"] != ""
    ]
    columns = [
        message("Machine"),
        message("Section"),
        message("Detector"),
        message("AUC source"),
        message("AUC target"),
        "pAUC",
        message("Official"),
    ]
    notes = [
        message(
            "In %; in brackets {confidence:g} % bootstrap intervals over test clips (normal and "
            "anomalous ones of each domain resampled apart). Official: the harmonic mean of the "
            "section's official metrics.",
            confidence=100 * confidence,
        ),
        _WHOSE_ANOMALIES,
    ]
    return Table(message("AUC per domain ({data})", data=data), columns, rows, notes, _TEXT)


def decisions_table(metrics: Sequence[Mapping], *, data: str) -> Table:
    """Return what each detector's threshold does in each domain."""
    names = ("sensitivity", "specificity", "f1")
    rows = [
        [row["machine"], row["id"], row["detector"]]
        + [percent(row[f"{name}_{domain}"]) for domain in ("source", "target") for name in names]
        for row in metrics
        if row["threshold"] != "" and row["auc_source"] != ""
    ]
    columns = [
        message("Machine"),
        message("Section"),
        message("Detector"),
        message("Sensitivity source"),
        message("Specificity source"),
        message("F1 source"),
        message("Sensitivity target"),
        message("Specificity target"),
        message("F1 target"),
    ]
    notes = [
        message(
            "In %. One threshold a section; each domain's rates are those of its own test clips."
        )
    ]
    return Table(message("Decisions per domain ({data})", data=data), columns, rows, notes, _TEXT)


def clips_of_domains_table(manifest: Sequence[Mapping], *, data: str) -> Table | None:
    """Return how many clips of each section are of which domain; None where none has a domain.

    Parameters
    ----------
    manifest : sequence of mapping
        Rows of manifest.csv.
    data : str
        As in `official_table`.
    """
    counts: dict[tuple[str, str], collections.Counter] = {}
    for row in manifest:
        if row["status"] == "ok":
            of_section = counts.setdefault((row["machine"], row["id"]), collections.Counter())
            of_section[row["split"], row["label"], row.get("domain") or ""] += 1
    if not any(domain for of_section in counts.values() for _, _, domain in of_section):
        return None
    kinds = [("train", "normal"), ("test", "normal"), ("test", "anomaly"), ("test", "unknown")]
    columns = [
        message("Machine"),
        message("Section"),
        message("Train source"),
        message("Train target"),
        message("Test normal source"),
        message("Test normal target"),
        message("Test anomalous source"),
        message("Test anomalous target"),
        message("Test unknown source"),
        message("Test unknown target"),
    ]
    rows = [
        [machine, section]
        + [of_section[(*kind, domain)] for kind in kinds for domain in ("source", "target")]
        for (machine, section), of_section in counts.items()
    ]
    notes = []
    if hidden := sum(
        number
        for of_section in counts.values()
        for (_, _, domain), number in of_section.items()
        if not domain
    ):
        notes.append(message("Of {hidden} clips the domain is not known.", hidden=hidden))
    return Table(message("Clips per domain ({data})", data=data), columns, rows, notes, _TEXT)


def _bounded(row: Mapping, name: str) -> str:
    if row[name] == "":
        return NOTHING
    if row[f"{name}_low"] == "":
        return percent(row[name])
    return f"{percent(row[name])} [{percent(row[f'{name}_low'])}, {percent(row[f'{name}_high'])}]"
