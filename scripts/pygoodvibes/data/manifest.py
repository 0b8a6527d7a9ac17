"""The manifest: one row a clip, with what it holds and whether it can be used.

Comes in: the list of clips of a data set, from whatever source. Goes out: rows with the columns
`COLUMNS`, whose `status` is 'ok' or the reason why the clip is left out. Nothing is dropped.
"""

import collections
import functools
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from pygoodvibes.audio.microphones import Channel
from pygoodvibes.audio.read import inspect_audio
from pygoodvibes.audio.usable import why_unusable
from pygoodvibes.data.attributes import written
from pygoodvibes.data.clip import Clip, in_cell
from pygoodvibes.data.supplemental import is_found
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message
from pygoodvibes.util.parallel import map_chunks
from pygoodvibes.util.read_ahead import read_ahead

COLUMNS = (
    "machine",
    "id",
    "split",
    "label",
    "clip",
    "path",
    "domain",
    "attributes",
    "offset",
    "frames",
    "seconds",
    "sample_rate",
    "channels",
    "codec",
    "xxh3_128",
    "status",
    "unlike",
)
"""Columns of a manifest. `path` is relative to the data folder; `offset` and `frames` are filled
only for data that were computed elsewhere: first frame or row of the clip in its file, and number
of frames. `attributes` are as `pygoodvibes.data.attributes.written` writes them. `unlike` says what
of a test clip is recorded or stored unlike the training clips."""

COVERAGE_COLUMNS = (
    "machine",
    "id",
    "train",
    "test_normal",
    "test_anomaly",
    "test_unknown",
    "left_out",
    "unlike",
    "note",
)
"""Columns of coverage.csv."""

_CLIPS = 128
"""Clips that a process is handed at a time; so many take a tenth of the time of its start."""

MIN_TRAIN_CLIPS = 3
"""With fewer training clips no detector is fitted: none could be held out from a fit of two."""


def inspect_clips(
    clips: Sequence[Clip],
    folder: pathlib.Path,
    *,
    sample_rate: int,
    resample: bool,
    channel: Channel,
    threads: int = 1,
    progress: Callable | None = None,
) -> list[dict]:
    """Open every clip of a folder and say what it holds.

    Parameters
    ----------
    clips : sequence of Clip
        The clips, from `pygoodvibes.data.find_clips`.
    folder : pathlib.Path
        Folder that their paths are relative to.
    sample_rate, resample, channel
        The `audio` section of the config.
    threads : int > 0
        Files read at a time, each by a process.
    progress : callable, optional
        Wraps the iteration over the clips, e.g. `pygoodvibes.workflow.job.progress`.

    Returns
    -------
    list of dict
        One row a clip, in the same order, with the keys `COLUMNS`.
    """
    audio = {"sample_rate": sample_rate, "resample": resample, "channel": channel}
    rows = list(map(found_row, clips))
    return inspect_rows(rows, folder, threads=threads, progress=progress, **audio)


def inspect_rows(
    rows: Sequence[Mapping],
    folder: pathlib.Path,
    *,
    threads: int = 1,
    progress: Callable | None = None,
    **audio: object,
) -> list[dict]:
    """Open every clip of a manifest that tells where clips are, and say what it holds.

    Parameters
    ----------
    rows : sequence of mapping
        From `found_row`. Those with a reason are returned as they are.
    folder, threads, progress, **audio
        As in `inspect_clips`.
    """
    inspect = functools.partial(_inspect, folder=folder, audio=audio)
    # in processes: half of the time is Python's own, which threads take in turn
    inspected = map_chunks(inspect, rows, jobs=threads, chunk=_CLIPS)
    return list(progress(inspected, total=len(rows)) if progress else inspected)


def _inspect(rows: Sequence[Mapping], *, folder: pathlib.Path, audio: Mapping) -> list[dict]:
    paths = [folder / row["path"] for row in rows]
    return [
        _inspect_row(row, path, audio) for row, path in zip(rows, read_ahead(paths), strict=True)
    ]


def _inspect_row(row: Mapping, path: pathlib.Path, audio: Mapping) -> dict:
    # a supplemental recording is no clip, and yet to be read
    if row["status"] != "ok" and not is_found(row):
        return dict(row)
    try:
        info = inspect_audio(path)
    except UserError as error:
        return {**row, "status": error.message}
    return {
        **row,
        "seconds": f"{info.seconds:.6g}",
        "sample_rate": info.sample_rate,
        "channels": info.channels,
        "codec": info.codec,
        "xxh3_128": info.xxh3_128,
        "status": why_unusable(info.sample_rate, info.channels, **audio) or row["status"],
    }


def blank_row(clip: Clip) -> dict:
    """Return the manifest row of a clip that nobody has opened yet."""
    row = {name: getattr(clip, name, "") for name in COLUMNS}
    return {**row, "attributes": in_cell(written(clip.attributes))}


def found_row(clip: Clip) -> dict:
    """Return the manifest row of a clip of which only the place is known."""
    return {**blank_row(clip), "status": clip.reason or "ok"}


def select(entries: Sequence, dataset) -> list:
    """Keep the clips of the machine types and IDs that the config selects.

    Parameters
    ----------
    entries : sequence of Clip or of manifest rows
        All clips found.
    dataset : pygoodvibes.data.sources.base.Dataset
        Its `machines` says which.

    Raises
    ------
    UserError
        If a selected machine type or ID has no clip.
    """
    if dataset.machines == "all":
        return list(entries)

    def place(entry: Clip | Mapping) -> tuple[str, str]:
        if isinstance(entry, Clip):
            return entry.machine, entry.id
        return entry["machine"], entry["id"]

    ids_of = collections.defaultdict(set)
    for entry in entries:
        machine, machine_id = place(entry)
        ids_of[machine].add(machine_id)
    for machine, ids in dataset.machines.items():
        if machine not in ids_of:
            raise UserError(
                "dataset.machines: no clip of machine type {machine!r}; there are {machines}",
                machine=machine,
                machines=", ".join(sorted(filter(None, ids_of))),
            )
        for machine_id in [] if ids == "all" else ids:
            if machine_id not in ids_of[machine]:
                raise UserError(
                    "dataset.machines.{machine}: no clip of machine ID {machine_id!r}; there are "
                    "{ids}",
                    machine=machine,
                    machine_id=machine_id,
                    ids=", ".join(sorted(filter(None, ids_of[machine]))),
                )
    return [entry for entry in entries if dataset.wants(*place(entry))]


def by_machine_id(rows: Iterable[Mapping]) -> dict[tuple[str, str], list[Mapping]]:
    """Group rows by machine type and ID; rows that name neither are left out."""
    groups = collections.defaultdict(list)
    for row in rows:
        if row["machine"] and row["id"]:
            groups[row["machine"], row["id"]].append(row)
    return dict(sorted(groups.items()))


def usable(rows: Iterable[Mapping]) -> list[Mapping]:
    """Return the rows whose status is 'ok'."""
    return [row for row in rows if row["status"] == "ok"]


def of_clips(rows: Iterable[Mapping]) -> list[Mapping]:
    """Return the rows of what is, or should have been, a training or a test clip.

    That is all but supplemental recordings in which nothing was found wrong.
    """
    return [row for row in rows if not is_found(row)]


def left_out(rows: Iterable[Mapping]) -> list[Mapping]:
    """Return the rows of what can't be used."""
    return [row for row in of_clips(rows) if row["status"] != "ok"]


def coverage(rows: Iterable[Mapping]) -> list[dict]:
    """Count the usable clips of each machine ID and say what they can't carry.

    Returns
    -------
    list of dict
        Per machine ID: machine, id, train, test_normal, test_anomaly, test_unknown, left_out
        (clips), unlike (test clips recorded or stored unlike the training clips), and note: '' or
        what can't be computed and why.
    """
    result = []
    for (machine, machine_id), group in by_machine_id(rows).items():
        count = collections.Counter((row["split"], row["label"]) for row in usable(group))
        entry = {
            "machine": machine,
            "id": machine_id,
            "train": count["train", "normal"],
            "test_normal": count["test", "normal"],
            "test_anomaly": count["test", "anomaly"],
            "test_unknown": count["test", "unknown"],
            "left_out": len(left_out(group)),
            "unlike": sum(bool(row.get("unlike")) for row in usable(group)),
        }
        result.append({**entry, "note": _what_is_missing(entry)})
    return result


def trainable(entry: Mapping) -> bool:
    """Say whether a machine ID, as counted by `coverage`, has clips to fit a detector on."""
    return int(entry["train"]) >= MIN_TRAIN_CLIPS


def _what_is_missing(entry: Mapping) -> str:
    if not trainable(entry):
        return message(
            "no detector can be fitted: {clips} usable training clip(s), {least} are the least",
            clips=entry["train"],
            least=MIN_TRAIN_CLIPS,
        )
    if not (entry["test_normal"] or entry["test_anomaly"] or entry["test_unknown"]):
        return message("nothing to score: no usable test clip")
    missing = [name for name in ("normal", "anomaly") if not entry[f"test_{name}"]]
    if missing:
        return {
            ("normal",): message("no AUC: no normal test clip"),
            ("anomaly",): message("no AUC: no anomalous test clip"),
            ("normal", "anomaly"): message("no AUC: no normal and no anomalous test clip"),
        }[tuple(missing)]
    return ""
