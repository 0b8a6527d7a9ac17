"""Triplets of clips: two of one machine ID and one of another.

Machine IDs of clips come in, rows of three clip numbers go out.
"""

import numpy as np

from pygoodvibes.util.errors import UserError


def draw(
    rng: np.random.Generator,
    machine_ids: np.ndarray,
    *,
    per_id: int,
    machines: np.ndarray | None = None,
) -> np.ndarray:
    """Draw triplets, as many of each machine ID as of any other, in random order.

    Parameters
    ----------
    rng : np.random.Generator
        Source of randomness.
    machine_ids : np.ndarray [shape=(n_clips,)]
        Number of the machine ID of each clip.
    per_id : int > 0
        Triplets whose first two clips are of one machine ID.
    machines : np.ndarray [shape=(n_clips,)], optional
        Number of the machine type of each clip; with them the third clip is of the same type,
        where that has another machine ID.

    Returns
    -------
    np.ndarray [shape=(n, 3), dtype=int32]
        Numbers of clips. Of a machine ID with a single clip there are none.

    Raises
    ------
    UserError
        If there is one machine ID only.
    """
    drawn = []
    for each in np.unique(machine_ids):
        own = np.flatnonzero(machine_ids == each)
        others = np.flatnonzero(machine_ids != each)
        if not len(others):
            raise UserError(
                "triplets need clips of two machine IDs, and there is one; take 'id_classifier', "
                "which has a task for one"
            )
        if machines is not None:
            near = others[machines[others] == machines[own[0]]]
            others = near if len(near) else others
        if len(own) < 2:
            continue
        first = rng.integers(len(own), size=per_id)
        # another one than the first
        second = (first + rng.integers(1, len(own), size=per_id)) % len(own)
        third = others[rng.integers(len(others), size=per_id)]
        drawn.append(np.stack([own[first], own[second], third], axis=1))
    if not drawn:
        raise UserError("triplets need two training clips of a machine ID, and each has one")
    return rng.permutation(np.concatenate(drawn)).astype(np.int32)
