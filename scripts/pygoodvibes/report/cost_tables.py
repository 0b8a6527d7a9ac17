"""Table of what the detectors cost.

These are measurements of one run on one machine. They are kept apart from the metrics, which the
same config gives again byte by byte.
"""

import pathlib
from collections.abc import Iterable, Mapping, Sequence

from pygoodvibes.choice.result import parts_of, read_documents
from pygoodvibes.detection.cost import COLUMNS, INTERVAL
from pygoodvibes.detectors.combined import CHOICE, Part
from pygoodvibes.report.table import NOTHING, Table
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records, write_records


def gather_metrics(rows: Iterable[Mapping[str, str]], detectors: Sequence[str]) -> list[dict]:
    """Add up the costs of all machine IDs.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of the files of costs of all machine IDs.
    detectors : sequence of str
        Names, in the order of the config.

    Returns
    -------
    list of dict
        A row a detector with `COLUMNS`, and machine_ids: how many of them it was fitted to. Counts
        and seconds are sums, memory is the largest.
    """
    rows = list(rows)
    result = []
    for name in detectors:
        of_detector = [row for row in rows if row["detector"] == name and int(row["fits"])]
        result.append(
            {
                "detector": name,
                "machine_ids": len(of_detector),
                "fits": sum(int(row["fits"]) for row in of_detector),
                "fit_seconds": round(sum(float(row["fit_seconds"]) for row in of_detector), 4),
                "clips": sum(int(row["clips"]) for row in of_detector),
                "score_seconds": round(sum(float(row["score_seconds"]) for row in of_detector), 4),
                "memory_mib": max((float(row["memory_mib"]) for row in of_detector), default=0.0),
            }
        )
    return result


def cost_of_choice(rows: Iterable[Mapping[str, str]], parts: Sequence[Part]) -> dict | None:
    """Add up what the label-free choice of a machine ID costs: the detectors that it takes.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of the file of costs of the machine ID.
    parts : sequence of Part
        What was chosen. A member costs as much as the detector that it is fitted with.

    Returns
    -------
    dict or None
        `COLUMNS`: fits and seconds are sums, memory the largest, for they work one after the other;
        clips are scored by each. None if the cost of one of them isn't known.
    """
    needed = {part.detector for part in parts}
    of_members = [row for row in rows if row["detector"] in needed]
    if not of_members or len(of_members) < len(needed):
        return None
    return {
        "detector": CHOICE,
        "fits": sum(int(row["fits"]) for row in of_members),
        "fit_seconds": sum(float(row["fit_seconds"]) for row in of_members),
        "clips": max(int(row["clips"]) for row in of_members),
        "score_seconds": sum(float(row["score_seconds"]) for row in of_members),
        "memory_mib": max(float(row["memory_mib"]) for row in of_members),
    }


def costs_table(summary: Sequence[Mapping], *, data: str) -> Table:
    """Return seconds and memory per detector.

    Parameters
    ----------
    summary : sequence of mapping
        From `gather_metrics`.
    data : str
        What the data are, for the heading.
    """
    columns = [
        "Detector",
        "Machines",
        "Fits",
        "Seconds a fit",
        "Seconds of all fits",
        "Milliseconds a clip",
        "Memory, MiB",
    ]
    rows = []
    for row in summary:
        cells = [NOTHING] * 4
        if row["fits"] and row["clips"]:
            cells = [
                f"{row['fit_seconds'] / row['fits']:.2g}",
                f"{row['fit_seconds']:.1f}",
                f"{1000 * row['score_seconds'] / row['clips']:.2g}",
                f"{row['memory_mib']:.0f}",
            ]
        rows.append([row["detector"], str(row["machine_ids"]), str(row["fits"]), *cells])
    notes = [
        "Measured when the detectors were fitted, in processor seconds of one thread; another run "
        "measures other values. Fits: on all training clips of a machine, and again without "
        "some of them for held-out scores.",
        "Milliseconds a clip: scoring alone. Spectrograms, embedding and projection come before; "
        "provenance.json has the seconds of these steps.",
        f"Memory: largest growth of the process while a detector worked, looked at every "
        f"{1000 * INTERVAL:g} ms, over what it held already (the clips' vectors, the libraries).",
    ]
    if any(row["detector"] == CHOICE for row in summary):
        notes.append(
            f"{CHOICE.capitalize()}: the sum over the detectors that it takes for each "
            "machine (memory: the largest). To choose among them, all others that may be chosen "
            "were fitted too, and have scored the stand-ins, which isn't in it."
        )
    return Table(f"Cost of the detectors ({data})", columns, rows, notes, frozenset({"Detector"}))


def write_costs(
    *,
    costs: Sequence[str | pathlib.Path],
    table: str | pathlib.Path,
    numbers: str | pathlib.Path,
    detectors: Sequence[str],
    data: str,
    choices: Sequence[str | pathlib.Path] = (),
    ids: Sequence[str] = (),
) -> None:
    """Write the cost of all detectors, as a table in Markdown and as numbers in CSV.

    Parameters
    ----------
    costs : sequence of path
        Files of costs, one a machine ID.
    table, numbers : path
        Files to write.
    detectors, data
        As in `gather_metrics` and `costs_table`.
    choices, ids : sequence of path, sequence of str
        What was chosen for the type of each machine ID, and its ID, in the order of `costs`; none
        where the choice is no detector of the config.
    """
    of_ids = [read_records(path) for path in costs]
    if choices:
        for rows, path, machine_id in zip(of_ids, choices, ids, strict=True):
            parts = parts_of(read_documents(path)[machine_id])
            if cost := cost_of_choice(rows, parts):
                rows.append(cost)
    summary = gather_metrics((row for rows in of_ids for row in rows), detectors)
    write_records(numbers, summary, ["detector", "machine_ids", *COLUMNS[1:]])
    text = costs_table(summary, data=data).markdown()
    write_text(table, text)
