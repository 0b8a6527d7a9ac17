"""From a data set's settings to its manifest, whatever its source."""

import collections
import pathlib
from collections.abc import Callable, Mapping

from pygoodvibes.data import duplicates, manifest
from pygoodvibes.data.clip import Clip
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.data.sources.registry import open_source, settings_of
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import joined, message
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


def rows_of(
    dataset: Dataset, audio: Mapping, *, threads: int, progress: Callable | None = None
) -> list[dict]:
    """Return the manifest rows of a data set.

    Parameters
    ----------
    dataset : Dataset
        Its section of the config.
    audio : mapping
        The `audio` section of the config.
    threads : int > 0
        Audio files read at a time.
    progress : callable, optional
        Wraps the iteration over the clips.
    """
    source = open_source(dataset.source)
    if hasattr(source, "rows"):
        return manifest.select(source.rows(dataset), dataset)
    return manifest.inspect_clips(
        manifest.select(find(dataset), dataset),
        locate(dataset.folder),
        threads=threads,
        progress=progress,
        **audio,
    )


def write_manifests(
    dataset: Mapping,
    audio: Mapping,
    *,
    manifest_path: pathlib.Path,
    coverage_path: pathlib.Path,
    ids_folder: pathlib.Path,
    threads: int = 1,
    progress: Callable | None = None,
) -> None:
    """Write the manifest of a data set, what each machine ID can carry, and a manifest for each.

    Parameters
    ----------
    dataset, audio : mapping
        Their sections of the config.
    manifest_path, coverage_path : pathlib.Path
        CSV files to write.
    ids_folder : pathlib.Path
        Folder for `<machine>/<id>.csv`, the manifest of one machine ID.
    threads : int > 0
        Audio files read at a time.
    progress : callable, optional
        Wraps the iteration over the clips.

    Raises
    ------
    UserError
        If there is no clip, or no usable one.
    """
    checked = settings_of(dataset["source"]).model_validate(dict(dataset))
    rows = rows_of(checked, audio, threads=threads, progress=progress)
    # recordings are compared by their samples, once it is known which can be used
    if checked.duplicates == "leave_out" and hasattr(open_source(checked.source), "rows"):
        rows = duplicates.leave_out(rows)
    if not manifest.usable(rows):
        said = [
            message(
                "{folder}: none of its {clips} clips can be used",
                folder=checked.folder,
                clips=len(rows),
            )
        ]
        if rows:
            reasons = collections.Counter(row["status"] for row in rows)
            said.append(message("most often: {reason}", reason=reasons.most_common(1)[0][0]))
        raise UserError(joined(said))
    write_records(manifest_path, rows, manifest.COLUMNS)
    write_records(coverage_path, manifest.coverage(rows), manifest.COVERAGE_COLUMNS)
    for (machine, machine_id), group in manifest.by_machine_id(rows).items():
        path = ids_folder / machine / f"{machine_id}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_records(path, group, manifest.COLUMNS)
