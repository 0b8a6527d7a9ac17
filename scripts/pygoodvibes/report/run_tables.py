"""The tables that people read, as Markdown and as HTML.

Metrics are given in percent with one decimal. Where the data set is the DCASE 2020 Task 2
development set, published results stand in columns of their own, with their source.
"""

import html
import pathlib
from collections.abc import Mapping, Sequence

from pygoodvibes.data.duplicates import is_copy
from pygoodvibes.data.manifest import left_out as left_out_of
from pygoodvibes.data.manifest import of_clips
from pygoodvibes.report import domain_tables
from pygoodvibes.report.published import published_cells, read_references
from pygoodvibes.report.table import NOTHING, Table, by, percent
from pygoodvibes.report.words import id_heading
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.messages import message

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 100rem;
  padding: 0 1rem }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; display: block;
  overflow-x: auto }}
th, td {{ padding: .25rem .75rem; border-bottom: 1px solid #ddd; white-space: nowrap }}
th {{ border-bottom: 2px solid #666; text-align: right }}
td.number {{ text-align: right }}
th.text, td.text {{ text-align: left }}
td.text {{ white-space: normal }}
tbody tr:hover {{ background: #f3f6f9 }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}</body>
</html>
"""


def _pair(row: Mapping, first: str, second: str) -> str:
    return f"{percent(row[first])} / {percent(row[second])}"


def averages_table(
    averages: Sequence[Mapping],
    references: Sequence[Mapping],
    *,
    data: str,
    max_fpr: float,
    unit: str = "machine ID",
) -> Table:
    """Return AUC and pAUC per detector and machine type, and over all of them.

    Parameters
    ----------
    averages : sequence of mapping
        Rows of averages.csv.
    references : sequence of mapping
        Published results per machine ID.
    data : str
        Which data these are, for the heading.
    max_fpr : float
        Of the pAUC.
    unit : {'machine ID', 'section'}
        What a machine type is divided into.
    """
    machines = list(dict.fromkeys(row["machine"] for row in averages if row["machine"]))
    columns = [message("Detector"), *machines, message("mean of types")]
    columns += (
        [message("mean of IDs"), message("harmonic mean of IDs")]
        if unit == "machine ID"
        else [message("mean of sections"), message("harmonic mean of sections")]
    )
    by_detector: dict[str, dict[tuple[str, str], Mapping]] = {}
    for row in averages:
        by_detector.setdefault(row["detector"], {})[row["machine"] or row["over"], row["mean"]] = (
            row
        )
    rows = []
    for detector, entry in by_detector.items():
        wanted = [(name, "arithmetic") for name in (*machines, "types", "IDs")] + [
            ("IDs", "harmonic")
        ]
        rows.append([detector, *(_pair(entry[key], "auc", "pauc") for key in wanted)])
    notes = [
        message(
            "AUC / pAUC in %, chance is 50 / 50. pAUC counts false-positive rates up to "
            "{max_fpr:g} and is standardised after McClish, as in scikit-learn and the official "
            "evaluators.",
            max_fpr=max_fpr,
        ),
        message(
            "Machine types: arithmetic mean over their {units}. Mean of types: arithmetic mean of "
            "these. Nothing in this run is chosen by test labels or fitted on a test clip.",
            units=message("machine IDs") if unit == "machine ID" else message("sections"),
        ),
    ]
    for name, group in by(references, "name").items():
        cells = published_cells(group, dict.fromkeys(machines))
        rows.append([name, *(cells[machine] for machine in machines), cells[""], NOTHING, NOTHING])
        notes.append(f"{name}: {group[0]['source']}.")
    return Table(
        message("AUC and pAUC ({data})", data=data), columns, rows, notes, frozenset({"Detector"})
    )


def machine_ids_table(
    metrics: Sequence[Mapping],
    references: Sequence[Mapping],
    *,
    data: str,
    confidence: float,
    unit: str = "machine ID",
) -> Table:
    """Return AUC, with its interval, and pAUC of every detector per machine ID.

    Parameters
    ----------
    metrics : sequence of mapping
        Rows of metrics.csv.
    references, data
        As in `averages_table`.
    confidence : float
        Coverage of the intervals.
    unit
        As in `averages_table`.
    """
    detectors = list(dict.fromkeys(row["detector"] for row in metrics))
    named = by((row for row in references if row["id"]), "name")
    columns = [
        message("Machine"),
        id_heading(unit),
        message("Train"),
        message("Normal"),
        message("Anomalous"),
        *detectors,
        *named,
        message("Note"),
    ]
    by_id: dict[tuple[str, str], dict[str, Mapping]] = {}
    for row in metrics:
        by_id.setdefault((row["machine"], row["id"]), {})[row["detector"]] = row
    rows = []
    for (machine, machine_id), entry in by_id.items():
        first = next(iter(entry.values()))
        published = [
            next(
                (
                    _pair(row, "auc", "pauc")
                    for row in group
                    if (row["machine"], row["id"]) == (machine, machine_id)
                ),
                NOTHING,
            )
            for group in named.values()
        ]
        counts = [first["n_train"], first["n_test_normal"], first["n_test_anomaly"]]
        notes = dict.fromkeys(
            note for row in entry.values() for note in row["note"].split("; ") if note
        )
        rows.append(
            [machine, machine_id, *counts]
            + [_with_interval(entry[detector]) for detector in detectors]
            + [*published, "; ".join(notes)]
        )
    notes = [
        message(
            "AUC / pAUC in %; in brackets the {confidence:g} % bootstrap interval of the AUC over "
            "test clips (normal and anomalous ones resampled apart). Train, Normal, Anomalous: "
            "clips.",
            confidence=100 * confidence,
        ),
        *(f"{name}: {group[0]['source']}." for name, group in named.items()),
    ]
    text = frozenset({"Machine", id_heading(unit), "Note"})
    title = (
        message("AUC and pAUC per machine ID ({data})", data=data)
        if unit == "machine ID"
        else message("AUC and pAUC per section ({data})", data=data)
    )
    return Table(title, columns, rows, notes, text)


def _with_interval(row: Mapping) -> str:
    interval = ""
    if row["auc_low"] != "":
        interval = f" [{percent(row['auc_low'])}, {percent(row['auc_high'])}]"
    if row["auc"] == "":
        return percent("")
    return f"{percent(row['auc'])}{interval} / {percent(row['pauc'])}"


def thresholds_table(
    metrics: Sequence[Mapping],
    *,
    data: str,
    false_alarm_rates: Mapping[str, float],
    unit: str = "machine ID",
) -> Table:
    """Return what each detector's threshold does, per machine ID or section."""
    columns = [
        message("Machine"),
        id_heading(unit),
        message("Detector"),
        message("False alarms expected"),
        message("False alarms found"),
        message("Sensitivity"),
        message("Precision"),
        message("F1"),
        message("Threshold"),
        message("Components"),
        message("Variance kept"),
        message("Caution"),
    ]
    rows = []
    for row in metrics:
        if row["threshold"] == "":
            continue
        alarms = "" if row["specificity"] == "" else 1 - float(row["specificity"])
        rows.append(
            [row["machine"], row["id"], row["detector"]]
            + [percent(false_alarm_rates[row["detector"]]), percent(alarms)]
            + [percent(row[key]) for key in ("sensitivity", "precision", "f1")]
            + [f"{float(row['threshold']):.4g}", row["n_components"]]
            + [percent(row["explained_variance"]), row["caution"]]
        )
    notes = [
        message(
            "In %. The threshold is set on held-out training scores, for the false-alarm rate "
            "expected. False alarms found: normal test clips above it (1 - specificity). "
            "Sensitivity (recall): anomalous test clips above it."
        ),
        message(
            "Components, Variance kept: of the PCA, and their share of the training clips' "
            "variance."
        ),
    ]
    if any(row[-1] for row in rows):
        notes.append(
            message("Caution: why not to trust the threshold, and so the rates beside it.")
        )
    else:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    text = frozenset({"Machine", id_heading(unit), "Detector", "Caution"})
    return Table(
        message("Decisions at the threshold ({data})", data=data), columns, rows, notes, text
    )


_UNLIKE = 10  # clips unlike the training clips that are named


def clips_table(coverage: Sequence[Mapping], manifest: Sequence[Mapping], *, data: str) -> Table:
    """Return the clips of each machine ID or section, and what can't be computed from them."""
    unit = domain_tables.unit_in(manifest)
    columns = [
        message("Machine"),
        id_heading(unit),
        message("Train"),
        message("Test normal"),
        message("Test anomalous"),
        message("Test unknown"),
        message("Left out"),
        message("Unlike training"),
        message("Note"),
    ]
    keys = ("machine", "id", "train", "test_normal", "test_anomaly", "test_unknown", "left_out")
    keys += ("unlike",)
    rows = [[*(row[key] for key in keys), row["note"]] for row in coverage]
    clips, left_out = of_clips(manifest), left_out_of(manifest)
    notes = [
        message(
            "{clips} clips in the manifest, {left_out} of them left out. The file manifest.csv has "
            "each one with its status.",
            clips=len(clips),
            left_out=len(left_out),
        )
    ]
    if supplemental := len(manifest) - len(clips):
        notes.append(
            message(
                "{count} supplemental recordings beside these, which are neither training nor test "
                "clips.",
                count=supplemental,
            )
        )
    copies = sum(map(is_copy, left_out))
    if copies:
        notes.append(
            message(
                "{copies} of these are the same recordings as others, which are used once.",
                copies=copies,
            )
        )
    unlike = [row for row in manifest if row["status"] == "ok" and row["unlike"]]
    notes.append(
        message(
            "Unlike training: test clips that are recorded or stored unlike the training clips of "
            "their {unit}, by level, spectrum, clipping, codec or number of channels. Their scores "
            "may come of that and not of the machine.",
            unit=message("machine ID") if unit == "machine ID" else message("section"),
        )
    )
    notes += [
        message("{path}: {reason}.", path=row["path"], reason=row["unlike"])
        for row in unlike[:_UNLIKE]
    ]
    if len(unlike) > _UNLIKE:
        notes.append(
            message(
                "and {count} more, in the column unlike of manifest.csv.",
                count=len(unlike) - _UNLIKE,
            )
        )
    shown = 20
    notes += [
        message("{path}: left out, {reason}.", path=row["path"], reason=row["status"])
        for row in left_out[:shown]
    ]
    if len(left_out) > shown:
        notes.append(message("and {count} more.", count=len(left_out) - shown))
    text = frozenset({"Machine", id_heading(unit), "Note"})
    return Table(message("Clips ({data})", data=data), columns, rows, notes, text)


def write_tables(
    *,
    manifest: str,
    coverage: str,
    metrics: str,
    averages: str,
    data: str,
    published: str,
    max_fpr: float,
    confidence: float,
    false_alarm_rates: Mapping[str, float],
    outputs: Mapping[str, pathlib.Path],
) -> None:
    """Write all tables.

    Parameters
    ----------
    manifest, coverage, metrics, averages : str
        CSV files to read.
    data, published, max_fpr, confidence, false_alarm_rates
        What the headings and notes say, from the config.
    outputs : mapping of name to pathlib.Path
        Where averages, machine_ids, thresholds and clips go (Markdown), and html, all in one page.
    """
    references = read_references(published)
    rows, means, clips = (read_records(path) for path in (metrics, averages, manifest))
    unit = domain_tables.unit_in(clips)
    written = {
        "averages": [averages_table(means, references, data=data, max_fpr=max_fpr, unit=unit)],
        "machine_ids": [
            machine_ids_table(rows, references, data=data, confidence=confidence, unit=unit)
        ],
        "thresholds": [
            thresholds_table(rows, data=data, false_alarm_rates=false_alarm_rates, unit=unit)
        ],
        "clips": [clips_table(read_records(coverage), clips, data=data)],
    }
    if domain_tables.has_domains(rows):
        written["averages"].append(
            domain_tables.official_table(means, data=data, confidence=confidence)
        )
        written["machine_ids"].append(
            domain_tables.domains_table(rows, data=data, confidence=confidence)
        )
        written["thresholds"].append(domain_tables.decisions_table(rows, data=data))
    if (of_domains := domain_tables.clips_of_domains_table(clips, data=data)) is not None:
        written["clips"].append(of_domains)
    for name, tables in written.items():
        write_text(outputs[name], "\n".join(table.markdown() for table in tables))
    body = "".join(table.html() for tables in written.values() for table in tables)
    page = _PAGE.format(title=html.escape(f"PyGoodVibes: {data}"), body=body)
    write_text(outputs["html"], page)
