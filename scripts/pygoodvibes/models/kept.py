"""What a model keeps of its training clips, so that it can be fitted again with more or fewer.

Comes in: manifest rows of the training clips, their embeddings and log-mel frames. Goes out: all
that a fit takes of them but the frames, as members of a model file and back. Frames would be some
thirty times as large, so a detector that sees frames can't be fitted again from this.

In a model file these are `kept/<name>.npy`, and the table `kept` of `model.json`, which names the
recordings and tells when which of them were added or excluded.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.audio.condition import BANDS, SILENT
from pygoodvibes.audio.usable import LARGEST
from pygoodvibes.data.clip import Clip
from pygoodvibes.data.manifest import blank_row
from pygoodvibes.detectors.kinds import WHOLE, Array, ListOf, Number, Sizes, TableOf, Text
from pygoodvibes.explanation.deviation import LEVELS, Normal, clip_levels, normal_of

MOST_BYTES = 64 * 2**20
"""Most bytes of all arrays; a model of more clips keeps nothing of them."""

MOST_RECORDINGS = 20_000
"""Most recordings; a model of more keeps nothing of them."""

MOST_CHANGES = 1000
"""Most entries of the history; older ones are dropped."""

ARRAYS = (
    "recording",
    "offset",
    "seconds",
    "peak",
    "clipped",
    "floors",
    "embedding",
    "levels",
)
"""Arrays, each with a row a clip."""

_LONGEST_PATH = 1000
_MOST_TEXT = 2**20  # characters of all paths, and of those in the history
_HASH = "[0-9a-f]{32}"
_CODEC = r"[A-Za-z0-9 _.-]{0,40}"
_WHEN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_PATHS = ListOf(Text())


@dataclasses.dataclass(frozen=True)
class Kept:
    """What is left of the training clips.

    Attributes
    ----------
    recordings : list of dict
        path, xxh3_128 (hash of the file), codec, channels and sample_rate of each recording.
    hashes : list of str [length=n_clips]
        Hashes of the samples.
    recording : np.ndarray [shape=(n_clips,), dtype=int64]
        Which recording a clip is, or is cut from.
    offset : np.ndarray [shape=(n_clips,), dtype=int64]
        First sample of a window; -1 if the clip is a whole recording.
    seconds, peak, clipped : np.ndarray [shape=(n_clips,)]
        Duration, s; and as in `pygoodvibes.audio.condition.measure`.
    floors : np.ndarray [shape=(n_clips, BANDS)]
        dB, as in `pygoodvibes.audio.condition.measure`; NaN where there are none.
    embedding : np.ndarray [shape=(n_clips, d), dtype=float32]
        Embeddings.
    levels : np.ndarray [shape=(n_clips, LEVELS, n_mels), dtype=float32]
        From `pygoodvibes.explanation.deviation.clip_levels`.
    history : list of dict
        What was done to the first fit: when (UTC), added and excluded (paths), clips (before,
        after), thresholds (before, after) by detector.
    """

    recordings: Sequence[Mapping]
    hashes: Sequence[str]
    recording: np.ndarray
    offset: np.ndarray
    seconds: np.ndarray
    peak: np.ndarray
    clipped: np.ndarray
    floors: np.ndarray
    embedding: np.ndarray
    levels: np.ndarray
    history: Sequence[Mapping] = ()

    @property
    def paths(self) -> list[str]:
        """Return the path of each clip's recording."""
        return [self.recordings[number]["path"] for number in self.recording]

    @property
    def normal(self) -> Normal:
        """Return level and spread of each mel band over all clips."""
        return normal_of(self.levels)

    @property
    def small(self) -> bool:
        """Return whether a model file takes it."""
        n_bytes = sum(getattr(self, name).nbytes for name in ARRAYS)
        lengths = [len(row["path"]) for row in self.recordings]
        readable = max(lengths) <= _LONGEST_PATH and sum(lengths) <= _MOST_TEXT
        return readable and n_bytes <= MOST_BYTES and len(lengths) <= MOST_RECORDINGS

    def rows(self, *, machine: str, machine_id: str, sample_rate: int) -> list[dict]:
        """Return the manifest rows of the clips as they were when they were learned.

        Parameters
        ----------
        machine, machine_id : str
            Of the model.
        sample_rate : int > 0
            Hz, of its clips.
        """
        rows = []
        for number, (whose, offset) in enumerate(zip(self.recording, self.offset, strict=True)):
            recording = self.recordings[whose]
            path = recording["path"]
            name = path if offset < 0 else f"{path}@{offset / sample_rate:g}"
            floors = self.floors[number]
            row = blank_row(Clip(machine, machine_id, "train", "normal", path, name))
            row |= {
                **recording,
                "status": "ok",
                "seconds": f"{self.seconds[number]:.6g}",
                "samples_xxh3_128": self.hashes[number],
                "peak": f"{self.peak[number]:.6g}",
                "clipped": f"{self.clipped[number]:.6g}",
                "floors": "" if np.isnan(floors).any() else " ".join(f"{x:.2f}" for x in floors),
            }
            rows.append(row if offset < 0 else {**row, "offset": int(offset)})
        return rows

    def some(self, chosen: np.ndarray) -> "Kept":
        """Return a part of the clips.

        Parameters
        ----------
        chosen : np.ndarray [shape=(n_clips,), dtype=bool]
            Which.
        """
        return _of_parts([(self, np.flatnonzero(chosen))], self.history)

    def joined(self, other: "Kept") -> "Kept":
        """Return the clips of both, in the order of their paths, as a fit to all would have it."""
        return _of_parts(
            [(part, np.arange(len(part.hashes))) for part in (self, other)], self.history
        )

    def changed(self, entry: Mapping) -> "Kept":
        """Return the same clips with one entry more in the history; the oldest make room."""
        history = [*self.history, entry][-MOST_CHANGES:]
        while len(history) > 1 and sum(map(_length, history)) > _MOST_TEXT:
            history = history[1:]
        return dataclasses.replace(self, history=history)


def _length(entry: Mapping) -> int:
    return sum(map(len, [*entry["added"], *entry["excluded"]]))


def _of_parts(parts: Sequence[tuple[Kept, np.ndarray]], history: Sequence[Mapping]) -> Kept:
    """Put clips of several together, by their paths and places."""
    rows = [
        (kept.recordings[kept.recording[number]], int(kept.offset[number]), kept.hashes[number])
        for kept, numbers in parts
        for number in numbers.tolist()
    ]
    order = sorted(range(len(rows)), key=lambda place: (rows[place][0]["path"], rows[place][1]))
    recordings = list({rows[place][0]["path"]: rows[place][0] for place in order}.values())
    places = {row["path"]: number for number, row in enumerate(recordings)}
    columns = {
        name: np.concatenate([getattr(kept, name)[numbers] for kept, numbers in parts])[order]
        for name in ARRAYS
        if name != "recording"
    }
    return Kept(
        recordings=recordings,
        hashes=[rows[place][2] for place in order],
        recording=np.array([places[rows[place][0]["path"]] for place in order], dtype=np.int64),
        history=list(history),
        **columns,
    )


def keep(rows: Sequence[Mapping], embedding: np.ndarray, frames: Iterable[np.ndarray]) -> Kept:
    """Keep of training clips what another fit takes.

    Parameters
    ----------
    rows : sequence of mapping [length=n_clips]
        Their manifest rows, with the hashes of their samples and their condition, from
        `pygoodvibes.audio.mel_cache.compute` or `pygoodvibes.audio.stream.cut`.
    embedding : np.ndarray [shape=(n_clips, d), dtype=float32]
        Embeddings.
    frames : iterable of np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrograms, dB.
    """
    places: dict[str, int] = {}
    recordings = []
    for row in rows:
        if row["path"] not in places:
            places[row["path"]] = len(recordings)
            recordings.append(
                {
                    "path": row["path"],
                    "xxh3_128": row["xxh3_128"],
                    "codec": row["codec"],
                    "channels": int(row["channels"]),
                    "sample_rate": int(row["sample_rate"]),
                }
            )
    unknown = " ".join(["nan"] * BANDS)
    return Kept(
        recordings=recordings,
        hashes=[row["samples_xxh3_128"] for row in rows],
        recording=np.array([places[row["path"]] for row in rows], dtype=np.int64),
        offset=np.array(
            [-1 if row["offset"] == "" else row["offset"] for row in rows], dtype=np.int64
        ),
        **{
            key: np.array([float(row[key]) for row in rows])
            for key in ("seconds", "peak", "clipped")
        },
        floors=np.array([list(map(float, (row["floors"] or unknown).split())) for row in rows]),
        embedding=np.asarray(embedding, dtype=np.float32),
        levels=np.stack([clip_levels(of_clip) for of_clip in frames]),
    )


def table_of(kept: Kept) -> dict:
    """Return what stands in `model.json`."""
    return {"recordings": list(kept.recordings), "history": list(kept.history)}


def kept_of(table: Mapping, hashes: Sequence[str], arrays: Mapping[str, np.ndarray]) -> Kept:
    """Return what was kept, from a file that `check_table` and `check_arrays` let pass."""
    return Kept(table["recordings"], hashes, **arrays, history=table["history"])


def check_table(table: object, hashes: object, detectors: Iterable[str]) -> None:
    """Refuse a table `kept` that is never written.

    Parameters
    ----------
    table : object
        As read from `model.json`.
    hashes : object
        `training.samples_xxh3_128`.
    detectors : iterable of str
        Names of the model's detectors.

    Raises
    ------
    ValueError
        With what is wrong.
    """
    _expect(table, ("recordings", "history"), "kept")
    if type(hashes) is not list:
        raise ValueError("kept: the hashes of the samples are missing")
    recordings, history = table["recordings"], table["history"]
    if type(recordings) is not list or not 0 < len(recordings) <= MOST_RECORDINGS:
        raise ValueError("kept: recordings is no list of them")
    for row in recordings:
        _expect(row, ("path", "xxh3_128", "codec", "channels", "sample_rate"), "kept")
        _text(row["path"], f"(?s).{{1,{_LONGEST_PATH}}}", "path")
        _text(row["xxh3_128"], _HASH, "xxh3_128")
        _text(row["codec"], _CODEC, "codec")
        for key in ("channels", "sample_rate"):
            Number(low=1, high=2**31, whole=True).check(row[key], Sizes())
    if len({row["path"] for row in recordings}) < len(recordings):
        raise ValueError("kept: two recordings have one path")
    if type(history) is not list or len(history) > MOST_CHANGES:
        raise ValueError("kept: history is no list")
    for entry in history:
        _expect(entry, ("when", "added", "excluded", "clips", "thresholds"), "history")
        _text(entry["when"], _WHEN, "when")
        for key in ("added", "excluded"):
            _PATHS.decode(entry[key], (), Sizes())
        ListOf(WHOLE, 2).decode(entry["clips"], (), Sizes())
        TableOf(ListOf(Number(), 2)).decode(entry["thresholds"], (), Sizes())
        if not entry["thresholds"].keys() <= set(detectors):
            raise ValueError("history: a threshold of another detector")


def _expect(table: object, keys: Sequence[str], name: str) -> None:
    if type(table) is not dict or table.keys() != set(keys):
        raise ValueError(f"{name}: other keys than {', '.join(sorted(keys))}")


def _text(value: object, pattern: str, name: str) -> None:
    if type(value) is not str or not re.fullmatch(pattern, value):
        raise ValueError(f"kept: {name} is not as it is written")


def check_arrays(
    table: Mapping, arrays: Mapping[str, np.ndarray], sizes: Sizes, *, windows: bool
) -> None:
    """Refuse arrays that don't fit the table or the model.

    Parameters
    ----------
    table : mapping
        That `check_table` let pass.
    arrays : mapping of str to np.ndarray
        By their names, `ARRAYS`.
    sizes : Sizes
        clips, d and bands of the model.
    windows : bool
        Whether its clips are windows.

    Raises
    ------
    ValueError
        With what is wrong.
    """
    count = len(table["recordings"])
    kinds = {
        "recording": Array("i8", ("clips",), low=0, below=count),
        "offset": Array("i8", ("clips",), low=0 if windows else -1),
        "seconds": Array("f8", ("clips",), above=0),
        "peak": Array("f8", ("clips",), low=0),
        "clipped": Array("f8", ("clips",), low=0),
        "floors": Array("f8", ("clips", BANDS), missing=True),
        "embedding": Array("f4", ("clips", "d")),
        "levels": Array("f4", ("clips", LEVELS, "bands")),
    }
    for name, kind in kinds.items():
        try:
            kind.check(arrays[name], sizes)
        except ValueError as error:
            raise ValueError(f"kept/{name}: {error}") from None
    floors = arrays["floors"]
    known = ~np.isnan(floors)
    highest = {"peak": LARGEST, "clipped": 1.0, "seconds": 7 * 24 * 3600.0}
    if any(arrays[name].max() > most for name, most in highest.items()):
        raise ValueError("kept: a clip is too long, or its samples too large")
    if (known.any(axis=1) != known.all(axis=1)).any() or np.abs(arrays["levels"]).max() > 1000:
        raise ValueError("kept: a clip has levels that it can't have")
    if known.any() and not (floors[known].min() >= SILENT and floors[known].max() <= 1000):
        raise ValueError("kept: a clip has levels that it can't have")
    if not windows and (arrays["offset"].max() >= 0 or count != len(floors)):
        raise ValueError("kept: clips and recordings don't fit each other")
    if len(np.unique(arrays["recording"])) < count:
        raise ValueError("kept: a recording has no clip")
