"""Published results, which stand beside ours."""

import math
from collections.abc import Mapping, Sequence

from pygoodvibes.protocols.dcase2020 import MACHINES
from pygoodvibes.protocols.registry import REFERENCES
from pygoodvibes.report.table import mean_cell, percent
from pygoodvibes.util.csv_files import read_records


def published_cells(
    group: Sequence[Mapping], ids: Mapping[str, Sequence[str] | None]
) -> dict[str, str]:
    """Return one published system's AUC / pAUC per machine type, and over all types as ''.

    Parameters
    ----------
    group : sequence of mapping
        Its rows of the published results.
    ids : mapping of str to sequence of str or None
        Machine types to show, each with the machine IDs to average over where they were published
        one by one (None: all of them).

    Returns
    -------
    dict of str to str
        A result published for all types together is given only if all six of them are shown.
    """
    pairs: dict[str, list[float]] = {}
    for machine, wanted in ids.items():
        of_machine = [
            row
            for row in group
            if row["machine"] == machine
            and (wanted is None or not row["id"] or row["id"] in wanted)
        ]
        pairs[machine] = [mean_cell(row[key] for row in of_machine) for key in ("auc", "pauc")]
    together = [row for row in group if not row["machine"]]
    if together and len(ids) == len(MACHINES):
        pairs[""] = [float(together[0][key]) for key in ("auc", "pauc")]
    elif together or not ids:
        pairs[""] = [math.nan, math.nan]
    else:
        pairs[""] = [sum(values) / len(ids) for values in zip(*pairs.values(), strict=True)]
    return {name: " / ".join(percent(value) for value in pair) for name, pair in pairs.items()}


def read_references(published: str) -> list[dict[str, str]]:
    """Return the published results by `dataset.published` of the config; 'none' has none."""
    return [] if published == "none" else read_records(REFERENCES / f"{published}.csv")
