"""From a data set's settings to its manifest, whatever its source."""

import collections
import pathlib
from collections.abc import Mapping

from pydantic import TypeAdapter

from pygoodvibes.data import manifest, precomputed
from pygoodvibes.data.clip import Clip
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.settings import AnyDataset, Dataset
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow import job


def find(dataset: Dataset, folder: pathlib.Path) -> list[Clip]:
    """Return the clips of a data set of audio files, by their names alone.

    Parameters
    ----------
    dataset : Dataset
        Its section of the config.
    folder : pathlib.Path
        Where the audio lies.

    Raises
    ------
    UserError
        If there is no such folder, or no audio in it that the layout can place.
    """
    if dataset.source != "folder":
        return find_clips(folder, layout="dcase")
    return find_clips(
        folder,
        layout=dataset.layout,
        manifest=locate(dataset.manifest) if dataset.manifest else None,
        seed=dataset.seed,
        test_normal_clips=dataset.test_normal_clips,
    )


def rows_of(dataset: Dataset, folder: pathlib.Path, audio: Mapping, *, threads: int) -> list[dict]:
    """Return the manifest rows of a data set.

    Parameters
    ----------
    dataset, folder
        As in `find`.
    audio : mapping
        The `audio` section of the config.
    threads : int > 0
        Audio files read at a time.
    """
    if dataset.source == "mel":
        rows = precomputed.list_mel(locate(dataset.path))
    elif dataset.source == "embedding":
        rows, _, _ = precomputed.list_vectors(
            locate(dataset.path), array=dataset.array, columns=dataset.columns.model_dump()
        )
    else:
        clips = manifest.select(find(dataset, folder), dataset)
        return manifest.inspect_clips(
            clips, folder, threads=threads, progress=job.progress, **audio
        )
    return manifest.select(rows, dataset)


def write_manifests(
    dataset: Mapping,
    folder: str,
    audio: Mapping,
    *,
    manifest_path: pathlib.Path,
    coverage_path: pathlib.Path,
    ids_folder: pathlib.Path,
    threads: int = 1,
) -> None:
    """Write the manifest of a data set, what each machine ID can carry, and a manifest for each.

    Parameters
    ----------
    dataset, audio : mapping
        Their sections of the config.
    folder : str
        Where the audio lies.
    manifest_path, coverage_path : pathlib.Path
        CSV files to write.
    ids_folder : pathlib.Path
        Folder for `<machine>/<id>.csv`, the manifest of one machine ID.
    threads : int > 0
        Audio files read at a time.

    Raises
    ------
    UserError
        If there is no clip, or no usable one.
    """
    checked = TypeAdapter(AnyDataset).validate_python(dict(dataset))
    rows = rows_of(checked, locate(folder), audio, threads=threads)
    if not manifest.usable(rows):
        reasons = collections.Counter(row["status"] for row in rows).most_common(1)
        why = f"; most often: {reasons[0][0]}" if reasons else ""
        raise UserError(f"{folder}: none of its {len(rows)} clips can be used{why}")
    write_records(manifest_path, rows, manifest.COLUMNS)
    write_records(coverage_path, manifest.coverage(rows), manifest.COVERAGE_COLUMNS)
    for (machine, machine_id), group in manifest.by_machine_id(rows).items():
        path = ids_folder / machine / f"{machine_id}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_records(path, group, manifest.COLUMNS)
