"""What the organisers' programs do otherwise than their papers say: to reproduce their numbers.

Nothing else in the library uses these unless it is asked to. Comes in: scores and the truth. Goes
out: what the organisers' programs would make of them.
"""

import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.truth import Known, Truth, known_by_name
from pygoodvibes.protocols.protocol import Protocol
from pygoodvibes.util.errors import UserError


def known_by_position(
    names: Iterable[str],
    key: tuple[str, str],
    truths: Mapping[tuple[str, str], Truth],
    protocol: Protocol,
    path: pathlib.Path,
    domain: str = "",
) -> dict[str, Known]:
    """Give the n-th clip by name what the truth says of its n-th clip by name.

    The organisers' evaluators since 2021 do so, and compare numbers of clips only: a file with
    other names than the truth gets a wrong score without a word.

    Parameters
    ----------
    names, key, truths, protocol, path, domain
        As in `pygoodvibes.evaluation.truth.truth_of`. Without a truth, the names must tell label
        and domain.

    Raises
    ------
    UserError
        If the numbers of clips differ, or nothing tells the labels.
    """
    names = sorted(names)
    truth = truths.get(key)
    if truth is None:
        told = {name: known_by_name(name, protocol) for name in names}
        if None in told.values():
            raise UserError(
                "{path}: no ground truth for its clips; give it with --truth", path=path
            )
        return told
    rows = [known for _, known in sorted(truth.clips.items()) if not domain or known[1] == domain]
    if len(rows) != len(names):
        raise UserError(
            "{path}: {found} clips, but the ground truth has {expected}",
            path=path,
            found=len(names),
            expected=len(rows),
        )
    return dict(zip(names, rows, strict=True))


def first_half_mean(values: Sequence[float]) -> float:
    """Return the mean over sections that the evaluator of 2022 prints a machine type for 'source'.

    It takes the first half of the sections, rounded down: of 03, 04 and 05 section 03 alone. The
    means over all machine types are right.

    Parameters
    ----------
    values : sequence of float
        The values of the sections of a machine type, in order.

    Returns
    -------
    float
        Harmonic mean.
    """
    return metrics.harmonic_mean(np.asarray(values)[: len(values) // 2])


def batch_losses(losses: np.ndarray, *, batch_size: int) -> np.ndarray:
    """Return the mean loss of each batch, which the baseline since 2023 sets its threshold on.

    Its gamma distribution is fitted to these instead of to the scores of clips. Batch means vary
    less than clips, so the threshold lies lower.

    Parameters
    ----------
    losses : np.ndarray [shape=(n,)]
        Losses of single vectors, training and validation, in the order of the last epoch.
    batch_size : int > 0
        The last batch may be smaller.

    Returns
    -------
    np.ndarray [shape=(batches,)]
        To hand to `pygoodvibes.detection.threshold.threshold` with the method 'dcase'.
    """
    starts = np.arange(0, len(losses), batch_size)
    return np.add.reduceat(np.asarray(losses, np.float64), starts) / np.diff(
        np.append(starts, len(losses))
    )
