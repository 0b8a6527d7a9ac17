"""The files of the choice: what was chosen for each machine ID of a type, and its scores."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping

from pygoodvibes.detectors.combined import Chosen, Part
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.messages import message

COLUMNS = ("id", "clip", "split", "score")
"""Columns of the file with the scores of the choice: one file a machine type, one row a clip."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """What was chosen for a machine ID, and its scores.

    Attributes
    ----------
    chosen : Chosen or None
        The detector; None if nothing could be fitted.
    scores : dict of (split, clip) to float
        Of all clips of the ID; higher = more anomalous, NaN where there is none. Those of training
        clips are held-out scores.
    notes : list of str
        What was chosen, and why.
    """

    chosen: Chosen | None
    scores: dict[tuple[str, str], float]
    notes: list[str]


def read_documents(path: str | pathlib.Path) -> dict[str, dict]:
    """Read what was chosen for the IDs of a machine type, by machine ID."""
    documents = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    return {document["id"]: document for document in documents}


def parts_of(document: Mapping) -> list[Part]:
    """Return what was chosen for a machine ID, from its document."""
    return [Part(**part) for part in document["parts"]]


def read_choice(choice: str | pathlib.Path, scores: str | pathlib.Path, machine_id: str) -> Choice:
    """Read the choice of a machine ID.

    Parameters
    ----------
    choice, scores : path
        The files of its machine type, from `pygoodvibes.choice.choose.write_choice`.
    machine_id : str
        Which ID.
    """
    document = read_documents(choice)[machine_id]
    parts = parts_of(document)
    # the table of machine IDs splits notes at semicolons
    reason, _, rest = document["reason"].partition("; ")
    values = {"detectors": " + ".join(document["chosen"]), "reason": reason}
    if not parts:
        note = message("not fitted: {reason}", reason=document["reason"].replace("; ", ", "))
    elif rest:
        note = message("chosen: {detectors} ({reason}, {more})", more=rest, **values)
    else:
        note = message("chosen: {detectors} ({reason})", **values)
    return Choice(
        chosen=Chosen(parts) if parts else None,
        scores={
            (row["split"], row["clip"]): float(row["score"] or "nan")
            for row in read_records(scores)
            if row["id"] == machine_id
        },
        notes=[note],
    )
