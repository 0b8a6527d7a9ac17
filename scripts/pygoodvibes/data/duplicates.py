"""The same recording twice: it is used once.

Comes in: rows of clips with hashes, of their bytes or of their samples. Goes out: which clips are
the same recording as one before them, as reasons to leave them out. Held-out scores and intervals
take clips as independent; a copy is not.
"""

import collections
from collections.abc import Callable, Iterable, Mapping, Sequence

from pygoodvibes.util.messages import Message, message

BEGINNING = "the same recording as "
"""What the status of every copy begins with."""


def of_machine_id(
    rows: Sequence[Mapping], key: str, *, windows: bool = False
) -> dict[int, Message]:
    """Find the copies among the clips of a machine ID.

    Parameters
    ----------
    rows : sequence of mapping
        With path, clip, split, label, status, and a hash; those whose status isn't 'ok' or whose
        hash is '' are passed over.
    key : str
        Where the hash stands.
    windows : bool
        Whether rows are windows: windows of one recording are no copies of each other.

    Returns
    -------
    dict of int to Message
        By the number of the row, why it is left out. The first of several stays; training clips
        come before test clips.
    """
    first: dict[str, Mapping] = {}
    found = {}
    for number in sorted(range(len(rows)), key=lambda each: rows[each]["split"] != "train"):
        row = rows[number]
        if row["status"] != "ok" or not row.get(key):
            continue
        before = first.setdefault(row[key], row)
        if before is not row and not (windows and before["path"] == row["path"]):
            found[number] = _reason(row, before)
    return dict(sorted(found.items()))


def _reason(row: Mapping, before: Mapping) -> Message:
    # clips of spectrograms may lie in one file
    path = before["path"] if before["path"] != row["path"] else before["clip"]
    if before["split"] != row["split"]:
        return message("the same recording as {path}, a training clip", path=path)
    if before["label"] != row["label"]:
        return message(
            "the same recording as {path}, which is labelled {label}",
            path=path,
            label=before["label"],
        )
    return message("the same recording as {path}", path=path)


def leave_out(rows: Sequence[Mapping]) -> list[Mapping]:
    """Return manifest rows in which the copies by `xxh3_128` have their reason as status.

    That is for clips that enter as spectrograms or vectors, whose hash it is; recordings are
    compared by their samples (`finder`).
    """
    groups = collections.defaultdict(list)
    for number, row in enumerate(rows):
        groups[row["machine"], row["id"]].append(number)
    result = list(rows)
    for numbers in groups.values():
        found = of_machine_id([rows[number] for number in numbers], "xxh3_128")
        for place, reason in found.items():
            result[numbers[place]] = {**rows[numbers[place]], "status": reason}
    return result


def finder(duplicates: str, *, windows: bool = False) -> Callable[[Sequence[Mapping]], dict] | None:
    """Return what finds copies by their samples, for `pygoodvibes.audio.mel_cache.write`.

    Parameters
    ----------
    duplicates : {'leave_out', 'keep'}
        `dataset.duplicates` of the config; with 'keep' there is nothing to find.
    windows : bool
        As in `of_machine_id`.
    """
    if duplicates == "keep":
        return None

    def find(rows: Sequence[Mapping]) -> dict[int, Message]:
        return of_machine_id(rows, "samples_xxh3_128", windows=windows)

    return find


def is_copy(row: Mapping) -> bool:
    """Say whether a clip is left out as the same recording as another."""
    return row["status"].startswith(BEGINNING)


def told(rows: Iterable[Mapping]) -> str:
    """Say how many recordings are there more than once, '' if none is.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of training clips, or of their windows, with the statuses that `of_machine_id` gave.
    """
    rows = list(rows)
    copies = {row["path"] for row in rows if is_copy(row)}
    if not copies:
        return ""
    numbers = {
        "several": len({row["status"].values["path"] for row in rows if is_copy(row)}),
        "recordings": len({row["path"] for row in rows if row["status"] == "ok"}),
    }
    if len(copies) == numbers["several"]:
        return message(
            "{several} of {recordings} recordings are there twice and used once", **numbers
        )
    return message(
        "{several} of {recordings} recordings are there several times and used once", **numbers
    )
