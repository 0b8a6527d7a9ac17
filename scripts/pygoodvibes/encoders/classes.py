"""What an ID classifier tells apart: machine IDs, or the attributes within each of them.

References
----------
Wilkinghoff (2023), Design choices for learning embeddings from auxiliary tasks for domain
generalization in anomalous sound detection (machine type, section and attributes as classes).
"""

import collections
import dataclasses

import numpy as np

from pygoodvibes.encoders.clips import Clips
from pygoodvibes.util.errors import UserError

LEAST_CLIPS = 5
"""Fewest clips that are learnt from of a class of its own; attributes of fewer are one class of
their machine ID."""


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


def classes_of(clips: Clips, what: str, *, learnt: np.ndarray) -> Classes:
    """Return the classes of clips.

    Parameters
    ----------
    clips : Clips
        Normal training clips of all machine IDs.
    what : {'auto', 'ids', 'attributes'}
        'auto': attributes, where any clip has some.
    learnt : np.ndarray [shape=(n_clips,), dtype=bool]
        Which of them are learnt from; these alone decide which classes there are.

    Raises
    ------
    UserError
        If attributes are asked for, and no clip has any.
    """
    attributes = clips.attributes
    if attributes is None or not any(attributes):
        if what == "attributes":
            raise UserError(
                "classes: attributes are to be told apart, and no training clip has any (column "
                "attributes of the manifest); set it to 'auto' or 'ids'"
            )
        what = "ids"
    if what == "ids":
        attributes = np.full(len(clips), "")
    pairs = list(zip(clips.ids.tolist(), attributes.tolist(), strict=True))
    counts = collections.Counter(
        pair for pair, counted in zip(pairs, learnt.tolist(), strict=True) if counted
    )
    told = [(number, text if counts[number, text] >= LEAST_CLIPS else "") for number, text in pairs]
    keys = sorted(set(told))
    place = {key: number for number, key in enumerate(keys)}
    of_clip = [place[key] for key in told]
    type_of = dict(zip(clips.ids.tolist(), clips.types.tolist(), strict=True))
    ids = np.array([key[0] for key in keys])
    return Classes(
        np.array(of_clip, dtype=np.int32),
        ids,
        np.array([type_of[each] for each in ids.tolist()]),
        np.array([key[1] for key in keys], dtype=str),
    )
