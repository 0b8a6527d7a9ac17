"""Mel caches: the log-mel frames of all clips of a machine ID in one memory-mapped array.

A cache is two files: `<id>.npy`, shape (total_frames, n_mels), float32, dB, and `<id>.clips.csv`
with a row a clip: where its frames start (`offset`), how many there are (`frames`), and why it is
left out (`status`). Clips may have any length.
"""

import dataclasses
import io
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

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
            file.write(np.ascontiguousarray(frames, dtype="<f4"))
            records.append({**record, "offset": total, "frames": len(frames), "status": "ok"})
            total += len(frames)
        file.seek(0)
        file.write(_header((total, n_mels)))
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


def open_cache(array_path: str | pathlib.Path, clips_path: str | pathlib.Path) -> MelCache:
    """Open a cache without reading its frames."""
    with pathlib.Path(array_path).open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, _ = np.lib.format.read_array_header_1_0(file)
    # an empty file can't be mapped
    frames = np.load(array_path, mmap_mode="r") if shape[0] else np.zeros(shape, np.float32)
    clips = [
        {**row, "offset": int(row["offset"]), "frames": int(row["frames"])}
        for row in read_records(clips_path)
        if row["status"] == "ok"
    ]
    return MelCache(frames, clips)
