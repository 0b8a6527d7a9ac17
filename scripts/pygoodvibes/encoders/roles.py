"""What each normal training clip is for: learnt from, held out, or kept for calibration.

References
----------
Guo et al. (2017), On calibration of modern neural networks (why scores that set a threshold come
from data that were not learnt from).
"""

from collections.abc import Iterable, Mapping

import numpy as np

TRAINING = "training"
"""Learnt from."""

HELD_OUT = "held_out"
"""Not learnt from; their loss ends the training."""

CALIBRATION = "calibration"
"""Never seen; their scores set thresholds."""

LEAST_CLIPS = 5
"""Clips of a machine ID from which on some are kept out."""


def deal(ids: np.ndarray, *, calibration: float, held_out: float, seed: int) -> np.ndarray:
    """Deal out the clips of each machine ID at random.

    Parameters
    ----------
    ids : np.ndarray [shape=(n_clips,), dtype=int]
        Number of the machine ID of each clip.
    calibration : float
        Share that is kept for calibration.
    held_out : float
        Share of the others that is held out.
    seed : int >= 0
        Same seed, same roles.

    Returns
    -------
    np.ndarray [shape=(n_clips,), dtype=str]
        Of a machine ID with fewer than `LEAST_CLIPS` clips all are learnt from; of others at least
        one is kept for calibration, and one is held out.
    """
    roles = np.full(len(ids), TRAINING, dtype="U16")
    for each in np.unique(ids):
        own = np.random.default_rng([seed, int(each)]).permutation(np.flatnonzero(ids == each))
        if len(own) < LEAST_CLIPS:
            continue
        kept = max(1, round(calibration * len(own)))
        out = max(1, round(held_out * (len(own) - kept)))
        roles[own[:kept]] = CALIBRATION
        roles[own[kept : kept + out]] = HELD_OUT
    return roles


def seen_clips(rows: Iterable[Mapping], machine: str, machine_id: str) -> list[str]:
    """Return the names of the clips of a machine ID that an encoder has seen in training.

    Parameters
    ----------
    rows : iterable of mapping
        machine, id, clip and role of each clip.
    machine, machine_id : str
        The machine ID.
    """
    return [
        row["clip"]
        for row in rows
        if (row["machine"], row["id"]) == (machine, machine_id) and row["role"] != CALIBRATION
    ]
