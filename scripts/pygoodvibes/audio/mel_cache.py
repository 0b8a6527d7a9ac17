"""Mel caches: the log-mel frames of all clips of a machine ID in one memory-mapped array.

A cache is two files: `<id>.npy`, shape (total_frames, n_mels), float32, dB, and `<id>.clips.csv`
with a row a clip: where its frames start (`offset`), how many there are (`frames`), and why it is
left out (`status`). Clips may have any length.
"""

import dataclasses
import io
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Protocol

import numpy as np

from pygoodvibes.audio import condition
from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.read import TOO_LARGE, read_audio
from pygoodvibes.audio.sample_hash import hash_samples
from pygoodvibes.util.atomic import draft
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.util.errors import UserError

COLUMNS = (
    "clip",
    "path",
    "split",
    "label",
    "offset",
    "frames",
    "seconds",
    "sample_rate",
    "channels",
    "codec",
    *condition.COLUMNS,
    "samples_xxh3_128",
    "status",
)
"""Columns of `<id>.clips.csv`; `samples_xxh3_128` is the hash of the samples that were decoded."""

_HEADER_BYTES = 128


class Digest(Protocol):
    """What is told a file's bytes, e.g. `pygoodvibes.workflow.checksums.Running`."""

    def head(self, block: bytes) -> None:
        """Take the first 128 bytes."""

    def update(self, block: bytes | np.ndarray) -> None:
        """Take those that follow, block after block."""


def compute(
    rows: Iterable[Mapping],
    folder: pathlib.Path,
    *,
    audio_settings: Mapping,
    mel_settings: Mapping,
) -> Iterator[tuple[Mapping, np.ndarray | str]]:
    """Compute the log-mel frames of clips, one after the other.

    Parameters
    ----------
    rows : iterable of mapping
        Manifest rows; those whose status isn't 'ok' are handed on with their reason.
    folder : pathlib.Path
        Folder that their paths are relative to.
    audio_settings, mel_settings : mapping
        The `audio` and `mel` sections of the config.

    Yields
    ------
    tuple of (row, frames)
        The row has the hash of the samples, `samples_xxh3_128`, and their condition. Frames
        have the shape (n_frames, n_mels), dB; a text instead of them is the reason why a clip, on
        being decoded, turned out to be of no use.
    """
    sample_rate = audio_settings["sample_rate"]
    for row in rows:
        if row["status"] != "ok":
            yield row, row["status"]
            continue
        try:
            signal = read_audio(folder / row["path"], **audio_settings)
            frames = clip_frames(signal, sample_rate=sample_rate, **mel_settings)
        except UserError as error:
            yield row, error.message
        except MemoryError:
            yield row, TOO_LARGE
        else:
            samples = {"samples_xxh3_128": hash_samples(signal)}
            yield {**row, **samples, **condition.measure(signal)}, frames


def _header(shape: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    description = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, description)
    header = buffer.getvalue()
    if len(header) != _HEADER_BYTES:
        raise ValueError(f"the header of an array of shape {shape} has {len(header)} bytes")
    return header


def told(
    frames: Iterable[tuple[Mapping, np.ndarray | str]], tell: Callable[[str], object]
) -> Iterator[tuple[Mapping, np.ndarray | str]]:
    """Hand frames on, and tell whose they are.

    Parameters
    ----------
    frames : iterable of (row, frames)
        From `compute`.
    tell : callable
        Takes the path of the recording.
    """
    for row, values in frames:
        tell(row["path"])
        yield row, values


def write(
    array_path: str | pathlib.Path,
    clips_path: str | pathlib.Path,
    clips: Iterable[tuple[Mapping, np.ndarray | str]],
    *,
    find_copies: Callable[[Sequence[Mapping]], Mapping[int, str]] | None = None,
    digest: Digest | None = None,
) -> int:
    """Write a cache, clip by clip, holding one clip in memory at a time.

    Parameters
    ----------
    array_path, clips_path : path
        The two files.
    clips : iterable of (row, frames)
        The manifest row of a clip and its frames, shape (n_frames, n_mels), dB; or instead of the
        frames the reason why there are none.
    find_copies : callable, optional
        Takes the rows of `<id>.clips.csv` and returns, by number, why some are left out although
        they have frames. It is asked at the end, since a copy may come before what it is a copy
        of; its frames stay in the array, and no row leads to them.

    Returns
    -------
    int
        Number of clips with frames.

    Raises
    ------
    UserError
        If clips differ in their number of mel bands.
    """
    records, total, n_mels = [], 0, 0
    with draft(array_path) as beside, beside.open("wb") as file:
        file.write(bytes(_HEADER_BYTES))
        for row, frames in clips:
            record = {**{key: row.get(key, "") for key in COLUMNS}, "offset": "", "frames": 0}
            if isinstance(frames, str):
                records.append({**record, "status": frames})
                continue
            n_mels = n_mels or frames.shape[1]
            if frames.shape[1] != n_mels:
                raise UserError(
                    "{path}: {found} mel bands, but the clips of this machine ID before it have "
                    "{n_mels}",
                    path=row["path"],
                    found=frames.shape[1],
                    n_mels=n_mels,
                )
            content = np.ascontiguousarray(frames, dtype="<f4")
            file.write(content)
            if digest:
                digest.update(content)
            records.append({**record, "offset": total, "frames": len(frames), "status": "ok"})
            total += len(frames)
        header = _header((total, n_mels))
        file.seek(0)
        file.write(header)
    if digest:
        digest.head(header)
    for number, reason in (find_copies(records) if find_copies else {}).items():
        records[number] |= {"offset": "", "frames": 0, "status": reason}
    write_records(clips_path, records, COLUMNS)
    return sum(record["status"] == "ok" for record in records)


@dataclasses.dataclass(frozen=True)
class MelCache:
    """An open cache.

    Attributes
    ----------
    frames : np.ndarray [shape=(total_frames, n_mels), dtype=float32]
        Memory-mapped, dB.
    clips : list of dict
        Rows of `<id>.clips.csv` that have frames, with `offset` and `frames` as numbers.
    """

    frames: np.ndarray
    clips: list[dict]

    @property
    def n_mels(self) -> int:
        """Return the number of mel bands."""
        return self.frames.shape[1]

    def of(self, clip: Mapping) -> np.ndarray:
        """Return the frames of one clip, shape (n_frames, n_mels), dB."""
        return self.frames[clip["offset"] : clip["offset"] + clip["frames"]]

    def __iter__(self) -> Iterator[tuple[dict, np.ndarray]]:
        """Go through the clips: each one's row and its frames."""
        return ((clip, self.of(clip)) for clip in self.clips)


class ClipFrames(Sequence):
    """Frames of some clips of a cache, indexed like an array of clips, read when asked for.

    Parameters
    ----------
    cache : MelCache
        Open cache.
    index : np.ndarray [shape=(n_clips,), dtype=int], optional
        Which of its clips, in this order (default: all).
    """

    def __init__(self, cache: MelCache, index: np.ndarray | None = None):
        self.cache = cache
        self.index = np.arange(len(cache.clips)) if index is None else index

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, key: int | np.ndarray):
        """Return one clip's frames, shape (n_frames, n_mels), or with a mask some of the clips."""
        chosen = self.index[key]
        if np.ndim(chosen):
            return ClipFrames(self.cache, chosen)
        return np.asarray(self.cache.of(self.cache.clips[chosen]))


class Reading:
    """The clips of a cache, read once from the first byte of its file to the last.

    Parameters
    ----------
    array_path, clips_path : path
        The two files.
    digest : Digest
        Is told all that the array's file holds, once all clips were asked for.

    Attributes
    ----------
    n_mels : int
        Mel bands.
    clips : list of dict
        As in `MelCache`.
    """

    def __init__(
        self, array_path: str | pathlib.Path, clips_path: str | pathlib.Path, digest: Digest
    ):
        self._path, self._digest = pathlib.Path(array_path), digest
        (_, self.n_mels), self._begin = _shape_of(self._path)
        self.clips = _clips_of(clips_path)

    def __iter__(self) -> Iterator[tuple[dict, np.ndarray]]:
        """Go through the clips: each one's row and its frames.

        Raises
        ------
        UserError
            If the file ends before a clip does.
        """
        with self._path.open("rb", buffering=0) as file:
            self._digest.head(file.read(self._begin))
            for clip in self.clips:
                # frames without a row are those of a copy
                self._pass_over(file, self._begin + clip["offset"] * self.n_mels * 4)
                frames = np.empty((clip["frames"], self.n_mels), dtype="<f4")
                if not _fill(file, frames):
                    raise UserError(
                        "{path}: altered or cut since it was computed; delete it (rm '{file}') and "
                        "run again",
                        path=self._path,
                        # a link alone would lead there again
                        file=os.path.relpath(self._path.resolve()),
                    )
                self._digest.update(frames)
                yield clip, frames
            self._pass_over(file, None)

    def _pass_over(self, file: BinaryIO, place: int | None) -> None:
        """Read to a place, or to the end."""
        while place is None or file.tell() < place:
            rest = 2**20 if place is None else min(2**20, place - file.tell())
            block = file.read(rest)
            if not block:
                return
            self._digest.update(block)


def _fill(file: BinaryIO, array: np.ndarray) -> bool:
    """Fill an array from a file; say whether there was enough."""
    room = memoryview(array).cast("B") if array.size else memoryview(b"")
    while room and (size := file.readinto(room)):
        room = room[size:]
    return not room


def _shape_of(array_path: pathlib.Path) -> tuple[tuple[int, int], int]:
    """Read the shape of an array in a file, and at which byte it begins."""
    with array_path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, _ = np.lib.format.read_array_header_1_0(file)
        return shape, file.tell()


def _clips_of(clips_path: str | pathlib.Path) -> list[dict]:
    """Read the rows of clips that have frames."""
    return [
        {**row, "offset": int(row["offset"]), "frames": int(row["frames"])}
        for row in read_records(clips_path)
        if row["status"] == "ok"
    ]


def open_cache(array_path: str | pathlib.Path, clips_path: str | pathlib.Path) -> MelCache:
    """Open a cache without reading its frames."""
    shape, _ = _shape_of(pathlib.Path(array_path))
    # an empty file can't be mapped
    frames = np.load(array_path, mmap_mode="r") if shape[0] else np.zeros(shape, np.float32)
    return MelCache(frames, _clips_of(clips_path))
