"""From a data set's settings to its manifest, whatever its source.

First clips are placed by their names, all at once; then the clips of each machine type are opened
on their own, so that others are computed while they are read.
"""

import pathlib
from collections.abc import Callable, Mapping, Sequence

from pygoodvibes.data import duplicates, manifest
from pygoodvibes.data.clip import Clip, is_name
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.data.sources.registry import open_source, settings_of
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.messages import message
from pygoodvibes.util.paths import locate


def find(dataset: Dataset) -> list[Clip]:
    """Return the clips of a data set of audio files, by their names alone.

    Parameters
    ----------
    dataset : Dataset
        Its section of the config.

    Raises
    ------
    UserError
        If there is no such folder, or no audio in it that the layout can place.
    """
    source = open_source(dataset.source)
    if hasattr(source, "find"):
        return source.find(dataset)
    return find_clips(locate(dataset.folder), layout="dcase")


def found_rows(dataset: Dataset) -> list[dict]:
    """Return the manifest rows of a data set as far as they are known before audio is opened.

    Parameters
    ----------
    dataset : Dataset
        Its section of the config.

    Returns
    -------
    list of dict
        Rows of the selected machine types and IDs. `status` is 'ok' or why a clip is left out;
        what was computed elsewhere is checked already.

    Raises
    ------
    UserError
        As `find`, or if a selected machine type or ID has no clip.
    """
    source = open_source(dataset.source)
    if hasattr(source, "rows"):
        return manifest.select(source.rows(dataset), dataset)
    return list(map(manifest.found_row, manifest.select(find(dataset), dataset)))


def machine_types(dataset: Dataset) -> list[str]:
    """Return the machine types of a data set by the names of its clips, sorted.

    Parameters
    ----------
    dataset : Dataset
        Its section of the config.

    Raises
    ------
    UserError
        As `found_rows`.
    """
    return sorted({row["machine"] for row in found_rows(dataset) if is_name(row["machine"])})


def write_found(
    dataset: Mapping,
    machines: Sequence[str],
    *,
    folder: pathlib.Path,
    unplaced_path: pathlib.Path,
) -> None:
    """Write the rows of the clips of each machine type, and of all others.

    Parameters
    ----------
    dataset : mapping
        Its section of the config.
    machines : sequence of str
        The machine types, from `machine_types`. A file of another one is left out with its reason:
        it came while a run was at work, or lies beside clips that were made or fetched.
    folder : pathlib.Path
        Folder for `<machine>.csv`.
    unplaced_path : pathlib.Path
        CSV file of the rest.

    Raises
    ------
    UserError
        As `found_rows`.
    """
    checked = settings_of(dataset["source"]).model_validate(dict(dataset))
    groups: dict[str, list[Mapping]] = {machine: [] for machine in (*machines, "")}
    for row in found_rows(checked):
        machine = row["machine"] if is_name(row["machine"]) else ""
        if machine not in groups:
            known = ", ".join(machines)
            reason = message(
                "this run has no machine type {machine!r} (it has {known}); run again, or keep it "
                "elsewhere",
                machine=machine,
                known=known,
            )
            row, machine = {**row, "status": reason}, ""
        groups[machine].append(row)
    write_records(unplaced_path, groups.pop(""), manifest.COLUMNS)
    folder.mkdir(parents=True, exist_ok=True)
    for machine, rows in groups.items():
        write_records(folder / f"{machine}.csv", rows, manifest.COLUMNS)


def write_manifests(
    found: Sequence[Mapping],
    dataset: Mapping,
    audio: Mapping,
    *,
    manifest_path: pathlib.Path,
    coverage_path: pathlib.Path,
    ids_folder: pathlib.Path,
    progress: Callable | None = None,
) -> None:
    """Write the manifest of clips, what each machine ID can carry, and a manifest for each.

    Parameters
    ----------
    found : sequence of mapping
        Their rows from `found_rows`.
    dataset, audio : mapping
        Sections of the config.
    manifest_path, coverage_path : pathlib.Path
        CSV files to write.
    ids_folder : pathlib.Path
        Folder for `<machine>/<id>.csv`, the manifest of one machine ID.
    progress : callable, optional
        Wraps the iteration over the clips.
    """
    checked = settings_of(dataset["source"]).model_validate(dict(dataset))
    if not hasattr(open_source(checked.source), "rows"):
        folder = locate(checked.folder)
        rows = manifest.inspect_rows(found, folder, progress=progress, **audio)
    elif checked.duplicates == "leave_out":
        # recordings are compared by their samples, once it is known which can be used
        rows = duplicates.leave_out(found)
    else:
        rows = list(found)
    write_records(manifest_path, rows, manifest.COLUMNS)
    write_records(coverage_path, manifest.coverage(rows), manifest.COVERAGE_COLUMNS)
    for (machine, machine_id), group in manifest.by_machine_id(rows).items():
        if not (is_name(machine) and is_name(machine_id)):
            continue  # no clip of it can be used
        path = ids_folder / machine / f"{machine_id}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_records(path, group, manifest.COLUMNS)
