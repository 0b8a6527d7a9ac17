"""Table of what the detectors cost.

These are measurements of one run on one machine. They are kept apart from the metrics, which the
same config gives again byte by byte.
"""

import pathlib
from collections.abc import Iterable, Mapping, Sequence

from pygoodvibes.metering import COLUMNS, INTERVAL
from pygoodvibes.records import read_records, write_records
from pygoodvibes.tables import NOTHING, Table


def summarize(rows: Iterable[Mapping[str, str]], detectors: Sequence[str]) -> list[dict]:
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
        own = [row for row in rows if row["detector"] == name and int(row["fits"])]
        result.append(
            {
                "detector": name,
                "machine_ids": len(own),
                "fits": sum(int(row["fits"]) for row in own),
                "fit_seconds": round(sum(float(row["fit_seconds"]) for row in own), 4),
                "clips": sum(int(row["clips"]) for row in own),
                "score_seconds": round(sum(float(row["score_seconds"]) for row in own), 4),
                "memory_mib": max((float(row["memory_mib"]) for row in own), default=0.0),
            }
        )
    return result


def costs_table(summary: Sequence[Mapping], *, data: str) -> Table:
    """Return seconds and memory per detector.

    Parameters
    ----------
    summary : sequence of mapping
        From `summarize`.
    data : str
        What the data are, for the heading.
    """
    columns = [
        "Detector",
        "Machine IDs",
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
        "measures other values. Fits: on all training clips of a machine ID, and again without "
        "some of them for held-out scores.",
        "Milliseconds a clip: scoring alone. Spectrograms, embedding and projection come before; "
        "provenance.json has the seconds of these steps.",
        f"Memory: largest growth of the process while a detector worked, looked at every "
        f"{1000 * INTERVAL:g} ms, over what it held already (the clips' vectors, the libraries).",
    ]
    return Table(f"Cost of the detectors ({data})", columns, rows, notes, frozenset({"Detector"}))


def write_costs(
    *,
    costs: Sequence[str | pathlib.Path],
    table: str | pathlib.Path,
    numbers: str | pathlib.Path,
    detectors: Sequence[str],
    data: str,
) -> None:
    """Write the cost of all detectors, as a table in Markdown and as numbers in CSV.

    Parameters
    ----------
    costs : sequence of path
        Files of costs, one a machine ID.
    table, numbers : path
        Files to write.
    detectors, data
        As in `summarize` and `costs_table`.
    """
    summary = summarize((row for path in costs for row in read_records(path)), detectors)
    write_records(numbers, summary, ["detector", "machine_ids", *COLUMNS[1:]])
    text = costs_table(summary, data=data).markdown()
    pathlib.Path(table).write_text(text, encoding="utf-8")
