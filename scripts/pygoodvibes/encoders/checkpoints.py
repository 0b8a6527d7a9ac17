"""Checkpoints: a training that was killed goes on after the last epoch that was finished.

The state of a training comes in, a file goes out, and the state comes back from it. A file that is
of another training, or broken, counts as none.
"""

import json
import pathlib
import zipfile
from collections.abc import Mapping

import jax
import numpy as np

from pygoodvibes.util.atomic import draft


def save(path: pathlib.Path, trees: Mapping[str, object], notes: object) -> None:
    """Write the state of a training.

    Parameters
    ----------
    path : pathlib.Path
        File; its folder is made. What was there stays until the new one is whole.
    trees : mapping of str to tree of arrays
        Weights and whatever else is needed to go on.
    notes : object
        What JSON can hold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{name}_{number}": np.asarray(leaf)
        for name, tree in trees.items()
        for number, leaf in enumerate(jax.tree.leaves(tree))
    }
    with draft(path) as beside, beside.open("wb") as file:
        np.savez(file, **arrays, notes=np.array(json.dumps(notes)))


def load(path: pathlib.Path, like: Mapping[str, object]) -> tuple[dict[str, object], object] | None:
    """Read the state of a training.

    Parameters
    ----------
    path : pathlib.Path
        File of `save`.
    like : mapping of str to tree of arrays
        Trees of the same form, as at the beginning of the training.

    Returns
    -------
    tuple of (trees, notes) or None
        As they were given to `save`; None if there is no such file, or of other trees.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return _trees(arrays, like), json.loads(str(arrays["notes"]))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _trees(arrays: Mapping[str, np.ndarray], like: Mapping[str, object]) -> dict[str, object]:
    trees = {}
    for name, tree in like.items():
        leaves, form = jax.tree.flatten(tree)
        found = [arrays[f"{name}_{number}"] for number in range(len(leaves))]
        for leaf, read in zip(leaves, found, strict=True):
            if read.shape != np.shape(leaf) or read.dtype != np.asarray(leaf).dtype:
                raise ValueError(f"{name}: an array of shape {read.shape}")
        trees[name] = jax.tree.unflatten(form, found)
    return trees
