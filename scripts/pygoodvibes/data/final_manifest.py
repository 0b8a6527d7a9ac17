"""The final manifest: what showed when clips were decoded, and what is unlike the training clips.

Comes in: the manifest from before, and the clip tables of the mel caches, of one machine type after
the other. Goes out: the manifest that is published, and what each machine ID can carry by it.
"""

import collections
import pathlib
from collections.abc import Mapping, Sequence

from pygoodvibes.data import condition
from pygoodvibes.data.manifest import COLUMNS, COVERAGE_COLUMNS, coverage, usable
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import joined, message


def merge_mel_clips(
    rows: Sequence[Mapping],
    mel_clips: Mapping[tuple[str, str], Sequence[Mapping]],
    *,
    sample_rate: int,
) -> list[dict]:
    """Add to the manifest what only showed when clips were decoded.

    Parameters
    ----------
    rows : sequence of mapping
        The manifest.
    mel_clips : mapping of (machine, id) to sequence of mapping
        Rows of the clip tables of the mel caches, whose paths are those of the manifest. A
        recording may serve several machine IDs.
    sample_rate : int > 0
        Hz, at which clips were decoded.

    Returns
    -------
    list of dict
        The manifest with the final status of each clip, and what of its test clips is unlike the
        training clips.
    """
    found = {}
    for machine_id, decoded in mel_clips.items():
        usual = condition.learn(
            (row for row in usable(decoded) if row["split"] == "train"), sample_rate=sample_rate
        )
        for row in decoded:
            tested = row["status"] == "ok" and row["split"] == "test"
            found[machine_id, row["path"], row["split"], row["clip"]] = {
                **({} if row["status"] == "ok" else {"status": row["status"]}),
                "unlike": condition.unlike(usual, row) if tested else "",
            }
    places = [((row["machine"], row["id"]), row["path"], row["split"], row["clip"]) for row in rows]
    return [{**row, **found.get(place, {})} for row, place in zip(rows, places, strict=True)]


def merge_supplemental(
    rows: Sequence[Mapping], decoded: Mapping[tuple[str, str], Sequence[Mapping]]
) -> list[dict]:
    """Add to the manifest which supplemental recordings, on being decoded, were of no use.

    Parameters
    ----------
    rows : sequence of mapping
        The manifest.
    decoded : mapping of (machine, id) to sequence of mapping
        Rows of the tables of `pygoodvibes.data.supplemental_vectors`.
    """
    reasons = {
        (machine, machine_id, row["path"]): row["status"]
        for (machine, machine_id), table in decoded.items()
        for row in table
        if row["status"] != "ok"
    }
    places = [(row["machine"], row["id"], row["path"]) for row in rows]
    return [
        {**row, "status": reasons.get(place, row["status"])}
        for row, place in zip(rows, places, strict=True)
    ]


def complete(
    manifest_path: str,
    mel_clips: Sequence[str],
    *,
    machine_ids: Sequence[tuple[str, str]],
    sample_rate: int,
    completed_path: pathlib.Path,
    coverage_path: pathlib.Path,
    supplemental: Mapping[tuple[str, str], str] | None = None,
) -> None:
    """Write the final manifest, and what each machine ID can carry by it.

    Parameters
    ----------
    manifest_path : str
        The manifest from before clips were decoded.
    mel_clips : sequence of str
        Clip tables of the mel caches, one a machine ID; none where clips enter as vectors.
    machine_ids : sequence of (machine, id)
        Whose they are, in the same order.
    sample_rate : int > 0
        Hz, at which clips were decoded.
    completed_path, coverage_path : pathlib.Path
        CSV files to write.
    supplemental : mapping of (machine, id) to str, optional
        Tables of supplemental recordings from `pygoodvibes.data.supplemental_vectors`, where they
        were decoded.
    """
    rows = merge_mel_clips(
        read_records(manifest_path),
        dict(zip(map(tuple, machine_ids), map(read_records, mel_clips), strict=True))
        if mel_clips
        else {},
        sample_rate=sample_rate,
    )
    rows = merge_supplemental(
        rows, {machine_id: read_records(path) for machine_id, path in (supplemental or {}).items()}
    )
    write_records(completed_path, rows, COLUMNS)
    write_records(coverage_path, coverage(rows), COVERAGE_COLUMNS)


def gather(
    manifests: Sequence[str],
    coverages: Sequence[str],
    *,
    unplaced: str,
    folder: str,
    manifest_path: pathlib.Path,
    coverage_path: pathlib.Path,
) -> None:
    """Put the final manifests of all machine types together.

    Parameters
    ----------
    manifests, coverages : sequence of str
        The files of `complete`, a pair for each machine type.
    unplaced : str
        Manifest of the files that name no machine type, or none that can be one.
    folder : str
        Folder of the data set, for the message.
    manifest_path, coverage_path : pathlib.Path
        CSV files to write.

    Raises
    ------
    UserError
        If there is no clip, or no usable one.
    """
    others = read_records(unplaced)
    rows = [*others, *(row for path in manifests for row in read_records(path))]
    if not usable(rows):
        said = [
            message(
                "{folder}: none of its {clips} clips can be used", folder=folder, clips=len(rows)
            )
        ]
        if rows:
            reasons = collections.Counter(row["status"] for row in rows)
            said.append(message("most often: {reason}", reason=reasons.most_common(1)[0][0]))
        raise UserError(joined(said))
    write_records(manifest_path, rows, COLUMNS)
    counted = coverage(others) + [entry for path in coverages for entry in read_records(path)]
    counted.sort(key=lambda entry: (entry["machine"], entry["id"]))
    write_records(coverage_path, counted, COVERAGE_COLUMNS)
