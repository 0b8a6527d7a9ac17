"""PCA of the embeddings of a machine ID, fitted on its normal training clips only.

References
----------
Jolliffe (2002), Principal Component Analysis.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.embeddings import vectors
from pygoodvibes.embeddings.eigenvectors import decompose
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.padding import padded

RESIDUAL = "residual"
"""Name of the column that stands after the components."""


@dataclasses.dataclass(frozen=True)
class Pca:
    """A fitted projection.

    Attributes
    ----------
    mean, scale : np.ndarray [shape=(d,)]
        Subtracted from, and divided out of, each column of the embedding.
    components : np.ndarray [shape=(k, d)]
        Directions of largest variance of the training clips, by falling variance; divided by the
        standard deviation along them if whitened.
    explained_variance_ratio : np.ndarray [shape=(k,)]
        Share of the training clips' variance along each component.
    residual_unit : np.ndarray [shape=()]
        What the residual is counted in; 0: there is none.
    """

    mean: np.ndarray
    scale: np.ndarray
    components: np.ndarray
    explained_variance_ratio: np.ndarray
    residual_unit: np.ndarray

    @property
    def columns(self) -> np.ndarray:
        """Return the names of what `transform` returns, shape (k,) or (k + 1,)."""
        names = [f"PC{number + 1}" for number in range(len(self.components))]
        return np.array(names + [RESIDUAL] * bool(self.residual_unit), dtype=str)

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Project embeddings, shape (n_clips, d).

        Returns
        -------
        np.ndarray [shape=(n_clips, k) or (n_clips, k + 1), dtype=float32]
            Components, and the residual if there is one: how far the clip lies from the subspace
            of the components, at least 0.
        """
        if not len(values):
            return np.zeros((0, len(self.columns)), dtype=np.float32)
        centred = (padded(np.asarray(values, dtype=np.float64)) - self.mean) / self.scale
        along = centred @ self.components.T
        if not self.residual_unit:
            return along[: len(values)].astype(np.float32)
        # whitened components are not unit vectors
        lengths = np.einsum("ij,ij->i", self.components, self.components)
        whole = np.einsum("ij,ij->i", centred, centred)
        outside = whole - np.einsum("ij,ij,j->i", along, along, 1 / lengths)
        # what rounding leaves of a clip that lies in the subspace is nothing
        outside[outside < 1e-9 * whole] = 0
        residual = np.sqrt(outside) / self.residual_unit
        return np.column_stack([along, residual])[: len(values)].astype(np.float32)


def fit_pca(
    values: np.ndarray,
    *,
    n_components: int | float | str = "all",
    standardize: bool = True,
    whiten: bool = False,
    residual: bool = False,
) -> Pca:
    """Fit a projection.

    Parameters
    ----------
    values : np.ndarray [shape=(n_clips, d)]
        Embeddings of normal training clips, at least one.
    n_components : int > 0, float in (0, 1), or 'all'
        Components to keep: so many (at most what there is), as many as carry that share of the
        variance, or all. There are at most min(n_clips - 1, d).
    standardize : bool
        Bring each column to standard deviation 1 first. Columns that are constant over the
        training clips keep their unit: a clip that differs there stands out by its difference.
    whiten : bool
        Bring each component to standard deviation 1.
    residual : bool
        Keep, beside the components, how far a clip lies from all of them; whitened, in units of
        the deviation along the last. There is none where the components leave nothing out.

    Returns
    -------
    Pca
        At least one component; the largest weight of each is positive, so that the same data give
        the same signs.
    """
    values = np.asarray(values, dtype=np.float64)
    mean = values.mean(axis=0)
    centred = values - mean
    scale = np.ones(values.shape[1])
    if standardize:
        deviation = centred.std(axis=0)
        # rounding, of float32 too, leaves a constant column with a deviation of up to 1e-7 of its
        # value
        varies = deviation > 1e-6 * np.maximum(np.abs(mean), 1e-3)
        scale[varies] = deviation[varies]
    centred /= scale
    variance, leading = _principal_directions(centred)
    total = variance.sum()
    ratio = variance / total if total > 0 else np.zeros_like(variance)
    kept = _count(n_components, ratio, rank=min(max(len(values) - 1, 1), values.shape[1]))
    components = leading(kept)
    largest = np.abs(components).argmax(axis=1)
    components = components * np.sign(components[np.arange(kept), largest])[:, None]
    unit = float(residual and kept < values.shape[1])
    if whiten and total > 0:
        deviation = np.sqrt(np.maximum(variance[:kept], 1e-12 * total))
        components = components / deviation[:, None]
        unit *= deviation[-1]
    return Pca(mean, scale, components, ratio[:kept], np.float64(unit)[...])


def _principal_directions(
    centred: np.ndarray,
) -> tuple[np.ndarray, Callable[[int], np.ndarray]]:
    """Return the variances, falling, and what gives the first k unit directions as rows."""
    n_clips, d = centred.shape
    degrees = max(n_clips - 1, 1)
    if n_clips < d:
        _, singular, directions = np.linalg.svd(centred, full_matrices=False)
        return singular**2 / degrees, lambda count: directions[:count]
    # many clips: the d x d covariance is much smaller than the data
    variance, leading = decompose(centred.T @ centred / degrees)
    return np.maximum(variance, 0.0), leading


def _count(n_components: int | float | str, ratio: np.ndarray, *, rank: int) -> int:
    if n_components == "all":
        return rank
    if isinstance(n_components, int):
        return min(n_components, rank)
    # the small allowance keeps rounding from asking for one component more
    return min(int(np.searchsorted(np.cumsum(ratio), n_components - 1e-12)) + 1, rank)


@dataclasses.dataclass(frozen=True)
class Projected:
    """The clips of a machine ID on the components of its PCA, and the PCA without each group.

    Attributes
    ----------
    clips : ClipVectors
        All clips as `Pca.transform` returns them; no column with fewer than two training clips.
    pca : Pca or None
        Fitted on all training clips; None with fewer than two.
    groups : Groups
        Which training clips are held out together.
    pcas : list of Pca
        For each group the PCA that was fitted without it (where there is no other clip to fit to,
        that of all), and after these that of all. Empty with fewer than two training clips.
    by_all : np.ndarray [shape=(n_clips, n_pcas, k), dtype=float32], optional
        The clips on the components of each of these.
    """

    clips: ClipVectors
    pca: Pca | None
    groups: Groups
    pcas: list[Pca]
    by_all: np.ndarray | None = None

    @property
    def explained_variance_ratio(self) -> np.ndarray:
        """Return the share of the training clips' variance along each component, shape (k,)."""
        return np.zeros(0) if self.pca is None else self.pca.explained_variance_ratio


def project_vectors(
    embedded: ClipVectors,
    groups: Groups,
    *,
    n_components: int | float | str,
    standardize: bool,
    whiten: bool,
    residual: bool,
) -> Projected:
    """Fit the projection of a machine ID, and one more without each group that is held out.

    Parameters
    ----------
    embedded : ClipVectors
        Embeddings of its clips.
    groups : Groups
        Of its training clips.
    n_components, standardize, whiten, residual
        As in `fit_pca`. The whole keeps no more components than the smallest fit without a group
        can have, and each of these as many as the whole: scores of held-out clips are to be like
        those of test clips, and likelihoods of different dimensions are not.
    """
    training = embedded.values[embedded.train]
    if len(training) < 2:
        nothing = np.zeros((len(embedded.clip), 0), dtype=np.float32)
        empty = dataclasses.replace(embedded, values=nothing, columns=np.zeros(0, dtype=str))
        return Projected(empty, None, groups, [])
    options = {"standardize": standardize, "whiten": whiten, "residual": residual}
    pca = fit_pca(training, n_components=n_components, **options)
    sizes = [int(fitted_to.sum()) for fitted_to in groups.fitted_to]
    most = max(min(sizes, default=len(training)) - 1, 1)
    if len(pca.components) > most:
        pca = fit_pca(training, n_components=most, **options)
    count = len(pca.components)
    without = [
        fit_pca(training[fitted_to], n_components=count, **options) if fitted_to.any() else pca
        for fitted_to in groups.fitted_to
    ]
    pcas = [*without, pca]
    by_all = transform_by_all(pcas, embedded.values)
    clips = dataclasses.replace(embedded, values=by_all[:, -1].copy(), columns=pca.columns)
    return Projected(clips, pca, groups, pcas, by_all)


def transform_by_all(pcas: Sequence[Pca], values: np.ndarray) -> np.ndarray:
    """Project embeddings by several PCAs that keep as many components.

    Parameters
    ----------
    pcas : sequence of Pca
        At least one, e.g. those of the groups that are held out.
    values : np.ndarray [shape=(n_clips, d)]
        Embeddings.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_pcas, k), dtype=float32]
    """
    return np.stack([pca.transform(values) for pca in pcas], axis=1)


PCA_ARRAYS = tuple(field.name for field in dataclasses.fields(Pca))
"""Names of the arrays that a PCA is kept as."""


def arrays_of(pca: Pca) -> dict[str, np.ndarray]:
    """Return the arrays that a PCA is kept as, by the names of `PCA_ARRAYS`."""
    return {name: getattr(pca, name) for name in PCA_ARRAYS}


def pca_of(arrays: Mapping[str, np.ndarray]) -> Pca:
    """Return the PCA among arrays, as `arrays_of` names them."""
    return Pca(**{name: arrays[name] for name in PCA_ARRAYS})


def save(path: str | pathlib.Path, projected: Projected) -> None:
    """Write the projection of a machine ID whose groups are folds of clips, to a .npz file.

    Beside the vectors it holds fold (n_train,), by_fold (n_clips, n_folds, k), which are the clips
    on the components of the PCA without each fold, and, by the names of `PCA_ARRAYS`, the PCA;
    those of the folds have their number before the name, as 0/mean.

    Raises
    ------
    ValueError
        If its groups are others.
    """
    if not projected.groups.at_random:
        raise ValueError("a file holds folds of clips only, not groups that belong together")
    pca = {"explained_variance_ratio": projected.explained_variance_ratio}
    if projected.pca is not None:
        # every job that fits a detector sees these, too
        pca = {"by_fold": projected.by_all[:, :-1], **arrays_of(projected.pca)}
    without = {
        f"{number}/{name}": array
        for number, of_group in enumerate(projected.pcas[:-1])
        for name, array in arrays_of(of_group).items()
    }
    vectors.save(path, projected.clips, fold=projected.groups.number, **without, **pca)


def load(path: str | pathlib.Path) -> Projected:
    """Read the projection of a machine ID from a file of `save`.

    Raises
    ------
    UserError
        As in `pygoodvibes.embeddings.vectors.load`.
    """
    clips, arrays = vectors.load(path)
    pca = pca_of(arrays) if "components" in arrays else None
    groups = Groups.of_folds(arrays["fold"])
    if pca is None:
        return Projected(clips, None, groups, [])
    without = [
        pca_of({name: arrays[f"{number}/{name}"] for name in PCA_ARRAYS})
        for number in range(len(groups))
    ]
    by_all = np.concatenate([arrays["by_fold"], clips.values[:, None]], axis=1)
    return Projected(clips, pca, groups, [*without, pca], by_all)


def project_overview(
    embedded: Mapping[tuple[str, str], ClipVectors], *, n_components: int = 3
) -> tuple[ClipVectors, dict[str, np.ndarray]]:
    """Project the clips of all machine IDs by one PCA, to show them in one picture.

    Parameters
    ----------
    embedded : mapping of (machine, id) to ClipVectors
        Embeddings with the same columns. Those of other columns than the first that has clips can't
        be shown with it and are passed over.
    n_components : int > 0
        Components.

    Returns
    -------
    projected : ClipVectors
        All clips, by a PCA fitted on the training clips (on all, if no ID has any).
    more : dict of str to np.ndarray
        machine and id of each clip, shape (n_clips,), and explained_variance_ratio.

    Raises
    ------
    UserError
        If there is no clip at all.
    """
    with_clips = {key: clips for key, clips in embedded.items() if len(clips.clip)}
    if not with_clips:
        raise UserError(
            "no clip of any machine ID could be used: see the manifests for the reasons"
        )
    width = len(next(iter(with_clips.values())).columns)
    same = {key: clips for key, clips in with_clips.items() if len(clips.columns) == width}
    merged = {
        name: np.concatenate([getattr(clips, name) for clips in same.values()])
        for name in ("clip", "split", "label", "values")
    }
    fitted_on = merged["split"] == "train"
    if not fitted_on.any():
        fitted_on[:] = True
    pca = fit_pca(merged["values"][fitted_on], n_components=n_components)
    merged["values"] = pca.transform(merged["values"])
    counts = [len(clips.clip) for clips in same.values()]
    return ClipVectors(**merged, columns=pca.columns), {
        "machine": np.repeat([machine for machine, _ in same], counts),
        "id": np.repeat([machine_id for _, machine_id in same], counts),
        "explained_variance_ratio": pca.explained_variance_ratio,
    }
