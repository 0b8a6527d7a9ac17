"""Files of vectors, one a clip, with the clips' names beside them."""

import dataclasses
import pathlib
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.util.atomic import draft
from pygoodvibes.util.errors import UserError


@dataclasses.dataclass(frozen=True)
class ClipVectors:
    """Vectors of the clips of a machine ID.

    Attributes
    ----------
    clip, split, label : np.ndarray [shape=(n_clips,), dtype=str]
        Name, 'train' or 'test', 'normal', 'anomaly' or 'unknown' of each clip.
    values : np.ndarray [shape=(n_clips, d), dtype=float32]
        One vector a clip.
    columns : np.ndarray [shape=(d,), dtype=str]
        Names of the d values.
    """

    clip: np.ndarray
    split: np.ndarray
    label: np.ndarray
    values: np.ndarray
    columns: np.ndarray

    @property
    def train(self) -> np.ndarray:
        """Say which clips are for training, shape (n_clips,), bool."""
        return self.split == "train"

    def of(self, chosen: np.ndarray) -> "ClipVectors":
        """Return some of the clips (a mask or index)."""
        return dataclasses.replace(
            self, values=self.values[chosen], **{key: getattr(self, key)[chosen] for key in _TEXTS}
        )


UNSEEN = "unseen"
"""Another array of a file of vectors, shape (n_clips,), bool: which clips the encoder of the
embedding has not learnt from. Where it is missing, that is all of them."""


def unseen(vectors: ClipVectors, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Say which clips the encoder of the embedding has not learnt from, shape (n_clips,), bool.

    Parameters
    ----------
    vectors, arrays
        From `load`.
    """
    return arrays.get(UNSEEN, np.ones(len(vectors.clip), dtype=bool))


def from_records(records: list[dict], values: np.ndarray, columns: list[str]) -> ClipVectors:
    """Join vectors to the records (clip, split, label) of their clips, row by row."""
    texts = {key: np.array([record[key] for record in records], dtype=str) for key in _TEXTS}
    return ClipVectors(**texts, values=values, columns=np.array(columns, dtype=str))


_TEXTS = ("clip", "split", "label")


def save(path: str | pathlib.Path, vectors: ClipVectors, **arrays: np.ndarray) -> None:
    """Write vectors, and more arrays under names of their own, to a NumPy .npz file."""
    # opened here: given a name, numpy would add '.npz' to one that ends otherwise
    with draft(path) as beside, beside.open("wb") as file:
        np.savez(file, **{**dataclasses.asdict(vectors), **arrays})


def load(path: str | pathlib.Path) -> tuple[ClipVectors, dict[str, np.ndarray]]:
    """Read vectors, and the other arrays of the file by name.

    Raises
    ------
    UserError
        If the file is missing or lacks one of the arrays.
    """
    arrays = _read(path)
    names = [field.name for field in dataclasses.fields(ClipVectors)]
    _check_there(path, arrays, names)
    return ClipVectors(**{name: arrays.pop(name) for name in names}), arrays


def load_array(path: str | pathlib.Path, name: str) -> np.ndarray:
    """Read one array of a file of vectors, without the others.

    Raises
    ------
    UserError
        As `load`.
    """
    arrays = _read(path, name)
    _check_there(path, arrays, [name])
    return arrays[name]


def _read(path: str | pathlib.Path, only: str | None = None) -> dict[str, np.ndarray]:
    try:
        file = np.load(path, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise ValueError("a single array, not an .npz file")
        with file:
            return {name: file[name] for name in file if only in (None, name)}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            "{path}: no readable file of vectors ({error})", path=path, error=error
        ) from None


def _check_there(path: str | pathlib.Path, arrays: Mapping, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in arrays]
    if missing:
        raise UserError(
            "{path}: lacks the array(s) {missing}", path=path, missing=", ".join(missing)
        )
