"""What an ID classifier tells apart: machine IDs, or the attributes within each of them.

References
----------
Wilkinghoff (2023), Design choices for learning embeddings from auxiliary tasks for domain
generalization in anomalous sound detection (machine type, section and attributes as classes).
"""

import dataclasses

import numpy as np

from pygoodvibes.encoders.clips import Clips

LEAST_CLIPS = 5
"""Fewest clips of a class of its own; attributes of fewer are one class of their machine ID."""


@dataclasses.dataclass(frozen=True)
class Classes:
    """The classes of some clips.

    Attributes
    ----------
    of_clip : np.ndarray [shape=(n_clips,), dtype=int]
        Number of the class of each clip, from 0.
    ids, types : np.ndarray [shape=(n_classes,), dtype=int]
        Number of the machine ID and of the machine type of each class, as in `Clips`.
    attributes : np.ndarray [shape=(n_classes,), dtype=str]
        Those of its clips; '' for all of a machine ID, or all that have no class of their own.
    """

    of_clip: np.ndarray
    ids: np.ndarray
    types: np.ndarray
    attributes: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def classes_of(clips: Clips, what: str) -> Classes:
    """Return the classes of clips.

    Parameters
    ----------
    clips : Clips
        Normal training clips of all machine IDs.
    what : {'auto', 'ids', 'attributes'}
        'auto': attributes, where any clip has some.
    """
    attributes = clips.attributes
    if what == "ids" or attributes is None:
        attributes = np.full(len(clips), "")
    _, group, counts = np.unique(
        [f"{number} {text}" for number, text in zip(clips.ids, attributes, strict=True)],
        return_inverse=True,
        return_counts=True,
    )
    told = np.where(counts[group] < LEAST_CLIPS, "", attributes)
    keys = sorted(set(zip(clips.ids.tolist(), told.tolist(), strict=True)))
    number = {key: place for place, key in enumerate(keys)}
    of_clip = [number[key] for key in zip(clips.ids.tolist(), told.tolist(), strict=True)]
    type_of = dict(zip(clips.ids.tolist(), clips.types.tolist(), strict=True))
    ids = np.array([key[0] for key in keys])
    return Classes(
        np.array(of_clip, dtype=np.int32),
        ids,
        np.array([type_of[each] for each in ids.tolist()]),
        np.array([key[1] for key in keys], dtype=str),
    )
