"""One-class SVMs over a grid of gamma and nu in two dimensions, evaluated on a plane for pictures.

Scholkopf et al., "Estimating the support of a high-dimensional distribution" (2001): with the RBF
kernel exp(-gamma * d**2), nu bounds from above the part of training points left outside the
boundary, and from below the part that are support vectors.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pygoodvibes.evaluation import metrics
from pygoodvibes.util.errors import UserError

if TYPE_CHECKING:
    from sklearn.svm import OneClassSVM

# The solver stops when support vectors on the boundary score 0 to this: they are not outside.
_TOLERANCE = 1e-3

_MOST_DISTANCES = 100_000


@dataclasses.dataclass(frozen=True)
class Grid:
    """One-class SVMs of one machine ID over a grid of settings; higher score = more anomalous.

    Attributes
    ----------
    gammas, nus : np.ndarray [shape=(n_gammas,)], [shape=(n_nus,)]
        The settings.
    x, y : np.ndarray [shape=(n_x,)], [shape=(n_y,)]
        Places along the two axes, in standard deviations of the training points.
    scores : np.ndarray [shape=(n_gammas, n_nus, n_y, n_x)]
        Anomaly score on the plane; 0 on the decision boundary, negative inside it.
    outside : np.ndarray [shape=(n_gammas, n_nus)]
        Part of the training points outside the boundary by more than the solver's tolerance.
    auc : np.ndarray [shape=(n_gammas, n_nus)]
        AUC of the test clips (an oracle: it uses their labels); NaN without both labels.
    train, normal, anomaly : np.ndarray [shape=(n, 2)]
        The points, standardised by the training points' mean and standard deviation.
    """

    gammas: np.ndarray
    nus: np.ndarray
    x: np.ndarray
    y: np.ndarray
    scores: np.ndarray
    outside: np.ndarray
    auc: np.ndarray
    train: np.ndarray
    normal: np.ndarray
    anomaly: np.ndarray


def fit_grid(
    train: np.ndarray,
    gammas: Sequence[float],
    nus: Sequence[float],
    *,
    normal: np.ndarray | None = None,
    anomaly: np.ndarray | None = None,
    resolution: int = 100,
) -> Grid:
    """Fit a one-class SVM for each gamma and nu on points in two dimensions.

    The points are first standardised by the training points' mean and standard deviation, so that
    gamma means the same for every machine ID.

    Parameters
    ----------
    train : np.ndarray [shape=(n, 2)]
        Training normals, n > 1, with finite coordinates that vary along both axes.
    gammas : sequence of float > 0
        Width parameters of the RBF kernel.
    nus : sequence of float in (0, 1]
        Upper bounds of the part of training points outside.
    normal, anomaly : np.ndarray [shape=(m, 2)], optional
        Test clips of each label; used for the AUC and the extent of the plane, never for the fit.
    resolution : int > 1
        Places along each axis of the plane.

    Returns
    -------
    Grid

    Raises
    ------
    UserError
        If there are fewer than two training points, a coordinate is not finite or does not vary,
        or a setting is out of its range.

    References
    ----------
    B. Scholkopf, J. C. Platt, J. Shawe-Taylor, A. J. Smola, R. C. Williamson, "Estimating the
    support of a high-dimensional distribution", Neural Computation 13(7), 2001.
    """
    from sklearn.svm import OneClassSVM

    gammas, nus = np.asarray(gammas, dtype=float), np.asarray(nus, dtype=float)
    _check_settings(gammas, nus)
    train, normal, anomaly = (
        _points(values, name)
        for values, name in ((train, "training"), (normal, "normal"), (anomaly, "anomalous"))
    )
    if len(train) < 2:
        raise UserError(
            "a one-class SVM needs two training clips or more, not {clips}", clips=len(train)
        )
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    if not (deviation > 0).all():
        raise UserError(
            "the training clips do not vary along one of the two components; "
            "leave this machine ID out of the one-class SVM figure"
        )
    train, normal, anomaly = ((values - mean) / deviation for values in (train, normal, anomaly))
    x, y = (
        np.linspace(*_extent(train[:, axis], normal[:, axis], anomaly[:, axis]), resolution)
        for axis in (0, 1)
    )
    shape = (len(gammas), len(nus))
    scores = np.empty((*shape, resolution, resolution))
    outside, auc = np.empty(shape), np.full(shape, np.nan)
    test = np.concatenate([normal, anomaly])
    truth = np.repeat([False, True], [len(normal), len(anomaly)])
    svms = [
        [OneClassSVM(kernel="rbf", gamma=gamma, nu=nu, tol=_TOLERANCE).fit(train) for nu in nus]
        for gamma in gammas
    ]
    of_clips = _of_clips(svms, gammas, train, np.concatenate([train, test]))
    for row, column in np.ndindex(shape):
        scores[row, column] = _on_plane(svms[row][column], gammas[row], x, y)
        of_training, of_test = np.split(of_clips[row, column], [len(train)])
        outside[row, column] = np.mean(of_training > _TOLERANCE)
        if len(normal) and len(anomaly):
            auc[row, column] = metrics.auc(truth, of_test)
    return Grid(gammas, nus, x, y, scores, outside, auc, train, normal, anomaly)


def _of_clips(
    svms: Sequence[Sequence["OneClassSVM"]],
    gammas: np.ndarray,
    train: np.ndarray,
    clips: np.ndarray,
) -> np.ndarray:
    """Return the score of each clip, shape (n_gammas, n_nus, n_clips).

    scikit-learn would compute the distances and the kernel anew for each nu.
    """
    found = np.empty((len(gammas), len(svms[0]), len(clips)))
    weights = np.zeros((len(gammas), len(train), len(svms[0])))
    for row, column in np.ndindex(found.shape[:2]):
        svm = svms[row][column]
        weights[row, svm.support_, column] = svm.dual_coef_[0]
        found[row, column] = -svm.intercept_
    # a part of the clips at a time: the distances of thousands would take a gigabyte
    step = max(1, _MOST_DISTANCES // len(train))
    for start in range(0, len(clips), step):
        part = slice(start, start + step)
        squares = sum(np.subtract.outer(clips[part, axis], train[:, axis]) ** 2 for axis in (0, 1))
        for row, gamma in enumerate(gammas):
            found[row, :, part] -= (np.exp(-gamma * squares) @ weights[row]).T
    return found


def _on_plane(machine: "OneClassSVM", gamma: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the score at each place of a plane, shape (n_y, n_x).

    The kernel of a place is the product of one of its x and one of its y.
    """
    across, up = (
        np.exp(-gamma * np.subtract.outer(places, machine.support_vectors_[:, axis]) ** 2)
        for axis, places in enumerate((x, y))
    )
    return -(up * machine.dual_coef_) @ across.T - machine.intercept_


def _check_settings(gammas: np.ndarray, nus: np.ndarray) -> None:
    """Raise a UserError if there is no gamma or nu, or one out of its range."""
    if not gammas.size or not (np.isfinite(gammas) & (gammas > 0)).all():
        raise UserError(
            "gamma is {gammas}; give one or more numbers above 0", gammas=gammas.tolist()
        )
    if not nus.size or not ((nus > 0) & (nus <= 1)).all():
        raise UserError(
            "nu is {nus}; give one or more numbers above 0 and at most 1", nus=nus.tolist()
        )


def _points(values: np.ndarray | None, name: str) -> np.ndarray:
    values = np.zeros((0, 2)) if values is None else np.asarray(values, dtype=float)
    if values.ndim != 2 or values.shape[1] != 2:
        raise UserError(
            "the {name} points have the shape {shape}; give (n, 2)", name=name, shape=values.shape
        )
    if not np.isfinite(values).all():
        raise UserError(
            "the {name} points hold values that are not finite; leave these clips out", name=name
        )
    return values


def _extent(train: np.ndarray, normal: np.ndarray, anomaly: np.ndarray) -> tuple[float, float]:
    """Return the reach of a plane that a few extreme clips do not stretch."""
    ends = []
    for values in (train, normal, anomaly):
        if len(values):
            first, third = np.percentile(values, [25, 75])
            # Tukey's outer fences: a stray clip does not shrink all others to a dot.
            reach = 3 * (third - first) or np.inf
            ends += [max(values.min(), first - reach), min(values.max(), third + reach)]
    # Far from all training points every RBF score is the same: more plane shows nothing.
    low, high = max(min(ends), -9.0), min(max(ends), 9.0)
    room = 0.15 * (high - low)
    return low - room, high + room
