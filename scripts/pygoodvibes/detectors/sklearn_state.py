"""What a file may hold of scikit-learn's estimators, as `pygoodvibes.detectors.state` declares it.

Whatever compiled code finds its way by is made anew or checked: trees of neighbours are built from
the training clips as `fit` builds them, nodes of decision trees lead downwards only, and a
one-class SVM has as many weights as support vectors. What only the fit itself needed (starts,
limits of memory, number of processes) is not kept, nor is it taken from a file.
"""

from collections.abc import Mapping

import numpy as np

from pygoodvibes.detectors.kinds import (
    COUNT,
    FLAG,
    NOTHING,
    WHOLE,
    Array,
    Choice,
    Either,
    ListOf,
    Number,
    Sizes,
    expect,
    maybe,
)
from pygoodvibes.detectors.state import State, parameters_of

ESTIMATORS = (
    "sklearn.OneClassSVM",
    "sklearn.LocalOutlierFactor",
    "sklearn.GaussianMixture",
    "sklearn.IsolationForest",
    "sklearn.EllipticEnvelope",
)
"""Those that score clips."""

# support vectors


_SVM = {
    "kernel": Choice("rbf", "linear", "poly", "sigmoid"),
    "degree": Number(low=0, high=100, whole=True),
    "gamma": Either(Choice("scale", "auto"), Number(low=0)),
    "coef0": Number(),
    "tol": Number(above=0),
    "nu": Number(above=0, high=1),
    "shrinking": FLAG,
    "max_iter": Number(low=-1, whole=True),
}


def _take_svm(fitted: object) -> dict:
    # of one class both pairs are the same, and there are no probabilities
    for name in ("intercept_", "dual_coef_"):
        expect(
            np.array_equal(getattr(fitted, name), getattr(fitted, f"_{name}")), f"{name}: two signs"
        )
    expect((fitted._n_support == len(fitted.support_)).all(), "_n_support: not all of them")
    names = ("_gamma", "support_", "support_vectors_", "dual_coef_", "intercept_", "offset_")
    return parameters_of(fitted, [*_SVM, *names, "fit_status_", "n_iter_", "shape_fit_"])


def _make_svm(kind: type, values: Mapping) -> object:
    fitted = kind(**{name: values[name] for name in _SVM})
    vars(fitted).update(values)
    count, columns = values["support_vectors_"].shape
    vars(fitted).update(
        _sparse=False,
        _effective_probability=False,
        _n_support=np.array([count, count], dtype=np.int32),
        _probA=np.empty(0),
        _probB=np.empty(0),
        _intercept_=values["intercept_"].copy(),
        _dual_coef_=values["dual_coef_"].copy(),
        _num_iter=np.array([values["n_iter_"]], dtype=np.int32),
        shape_fit_=tuple(values["shape_fit_"]),
        n_features_in_=columns,
    )
    return fitted


def _check_svm(values: Mapping, sizes: Sizes) -> None:
    expect(values["shape_fit_"][1] == sizes["d"], "shape_fit_: another number of columns")
    expect(values["support_"].max() < values["shape_fit_"][0], "support_: beyond the clips")


# neighbours


_METRICS = (
    "minkowski",
    "euclidean",
    "manhattan",
    "cosine",
    "chebyshev",
    "cityblock",
    "l1",
    "l2",
)

_NEIGHBORS = {
    "n_neighbors": COUNT,
    "algorithm": Choice("auto", "ball_tree", "kd_tree", "brute"),
    "leaf_size": Number(low=1, high=1_000_000, whole=True),
    "metric": Choice(*_METRICS),
    "metric_params": NOTHING,
    "p": maybe(Number(low=1, high=100)),
}

_LOF = {
    **_NEIGHBORS,
    "contamination": Either(Choice("auto"), Number(above=0, high=0.5)),
    "novelty": Choice(True),
}


def _take_neighbors(fitted: object) -> dict:
    return parameters_of(fitted, [*_NEIGHBORS, "_fit_X"])


def _make_neighbors(kind: type, values: Mapping) -> object:
    return kind(**{name: values[name] for name in _NEIGHBORS}).fit(values["_fit_X"])


def _check_neighbors(values: Mapping, sizes: Sizes) -> None:
    expect(values["n_neighbors"] <= sizes["n"], "n_neighbors: more than there are clips")


_LOF_FITTED = ("n_neighbors_", "_distances_fit_X_", "_lrd", "negative_outlier_factor_", "offset_")


def _take_lof(fitted: object) -> dict:
    return parameters_of(fitted, [*_LOF, "_fit_X", *_LOF_FITTED])


def _make_lof(kind: type, values: Mapping) -> object:
    fitted = kind(**{name: values[name] for name in _LOF})
    fitted._fit(values["_fit_X"])  # as its fit begins; what that goes on to compute is in the file
    vars(fitted).update({name: values[name] for name in _LOF_FITTED})
    return fitted


def _check_lof(values: Mapping, sizes: Sizes) -> None:
    expect(
        values["n_neighbors_"] == sizes["k"] <= sizes["n"], "n_neighbors_: not so many distances"
    )


# densities


_MIXTURE = {
    "n_components": COUNT,
    "covariance_type": Choice("full", "tied", "diag", "spherical"),
    "tol": Number(low=0),
    "reg_covar": Number(low=0),
    "max_iter": COUNT,
    "n_init": COUNT,
    "init_params": Choice("kmeans", "k-means++", "random", "random_from_data"),
    "random_state": maybe(WHOLE),
}

_MATRICES = ("covariances_", "precisions_", "precisions_cholesky_")


def _take_mixture(fitted: object) -> dict:
    names = ("weights_", "means_", *_MATRICES, "converged_", "n_iter_", "lower_bound_")
    return parameters_of(fitted, [*_MIXTURE, *names])


def _make_mixture(kind: type, values: Mapping) -> object:
    fitted = kind(**{name: values[name] for name in _MIXTURE})
    vars(fitted).update(values, n_features_in_=values["means_"].shape[1])
    return fitted


def _check_mixture(values: Mapping, sizes: Sizes) -> None:
    c, d = sizes["c"], sizes["d"]
    expect(values["n_components"] == c, "n_components: not so many means")
    shapes = {"full": (c, d, d), "tied": (d, d), "diag": (c, d), "spherical": (c,)}
    for name in _MATRICES:
        right = values[name].shape == shapes[values["covariance_type"]]
        expect(right, f"{name}: not of the shape of its type")


_COVARIANCE = {
    "store_precision": Choice(True),
    "assume_centered": FLAG,
}

_COVARIANCE_FITTED = {
    "location_": Array("f", ("d",)),
    "covariance_": Array("f", ("d", "d")),
    "precision_": Array("f", ("d", "d")),
}


def _covariance(parameters: Mapping, fitted: Mapping) -> State:
    """Declare an estimator of a covariance by its parameters and its own fitted attributes."""
    parameters = {**_COVARIANCE, **parameters}
    fields = {**parameters, **_COVARIANCE_FITTED, **fitted}

    def make(kind: type, values: Mapping) -> object:
        estimator = kind(**{name: values[name] for name in parameters})
        vars(estimator).update(values, n_features_in_=len(values["location_"]))
        return estimator

    return State(
        fields,
        take=lambda estimator: parameters_of(estimator, list(fields)),
        make=make,
        place="sklearn.covariance",
    )


_ENVELOPE = {
    "raw_location_": Array("f", ("d",)),
    "raw_covariance_": Array("f", ("d", "d")),
    "raw_support_": Array("b1", ("n",)),
    "support_": Array("b1", ("n",)),
    "dist_": Array("f", ("n",)),
    "offset_": Number(),
}


# isolation forests

_CLIPS = Number(low=1, high=2**31 - 1, whole=True)

_FOREST = {
    "n_estimators": COUNT,
    "max_samples": Either(Choice("auto"), COUNT, Number(above=0, high=1)),
    "contamination": Either(Choice("auto"), Number(above=0, high=0.5)),
    "max_features": Either(COUNT, Number(above=0, high=1)),
    "bootstrap": FLAG,
    "random_state": maybe(WHOLE),
    "warm_start": Choice(False),
}

_NODES = {
    "left_child": "i8",
    "right_child": "i8",
    "feature": "i8",
    "threshold": "f8",
    "impurity": "f8",
    "n_node_samples": "i8",
    "weighted_n_node_samples": "f8",
    "missing_go_to_left": "u1",
}
"""What a node of a decision tree has, and its type in a file."""

_TREE = {"tree_depth": maybe(COUNT), "tree_features": Either(COUNT, Number(above=0, high=1))}
"""Parameters `max_depth` and `max_features` of every tree."""


def _take_forest(fitted: object) -> dict:
    """Return the nodes of all trees one after the other: a file of few arrays."""
    trees = [estimator.tree_ for estimator in fitted.estimators_]
    nodes = [tree.__getstate__()["nodes"] for tree in trees]
    return {
        **parameters_of(fitted, [*_FOREST, "max_samples_", "_max_samples", "offset_"]),
        **{name: np.concatenate([table[name] for table in nodes]) for name in _NODES},
        "value": np.concatenate([tree.value.ravel() for tree in trees]),
        "node_count": np.array([tree.node_count for tree in trees]),
        "depth": np.array([tree.max_depth for tree in trees]),
        "seed": np.array([estimator.random_state for estimator in fitted.estimators_]),
        "features": np.stack(fitted.estimators_features_),
        "n_features": fitted.n_features_in_,
        "tree_depth": fitted.estimators_[0].max_depth,
        "tree_features": fitted.estimators_[0].max_features,
    }


def _check_forest(values: Mapping, sizes: Sizes) -> None:
    sizes.agree("d", values["n_features"])
    expect(values["features"].max() < values["n_features"], "features: beyond the columns")
    most, total = values["node_count"].max(), values["node_count"].sum()
    expect(most <= sizes["nodes"] == total, "node_count: not so many nodes")
    left, right = values["left_child"], values["right_child"]
    leaf = left == -1
    expect((leaf == (right == -1)).all(), "right_child: only one of two is there")
    # by the number of a node within its tree
    first = np.repeat(np.cumsum(values["node_count"]) - values["node_count"], values["node_count"])
    last = first + np.repeat(values["node_count"], values["node_count"])
    place = np.arange(len(left))
    for child in (left, right):
        below = (first + child > place) & (first + child < last)
        expect((leaf | below).all(), "children: not below their node")
    # each node but the first of a tree is the child of one other
    children = np.concatenate([(first + child)[~leaf] for child in (left, right)])
    expect(np.array_equal(np.sort(children), place[place != first]), "children: no tree")
    seen = values["features"].shape[1]
    inner = values["feature"][~leaf]
    expect(((inner >= 0) & (inner < seen)).all(), "feature: beyond the columns")


def _make_forest(kind: type, values: Mapping) -> object:
    from sklearn.ensemble._iforest import _average_path_length
    from sklearn.tree import ExtraTreeRegressor
    from sklearn.tree._tree import NODE_DTYPE, Tree

    nodes = np.zeros(len(values["left_child"]), dtype=NODE_DTYPE)
    for name in _NODES:
        nodes[name] = values[name]
    seen = values["features"].shape[1]
    trees = []
    limits = np.cumsum(values["node_count"])
    for stop, count, depth, seed in zip(
        limits, values["node_count"], values["depth"], values["seed"], strict=True
    ):
        of_tree = slice(stop - count, stop)
        tree = ExtraTreeRegressor(
            random_state=int(seed),
            max_depth=values["tree_depth"],
            max_features=values["tree_features"],
        )
        tree.tree_ = Tree(seen, np.ones(1, dtype=np.intp), 1)
        tree.tree_.__setstate__(
            {
                "max_depth": int(depth),
                "node_count": int(count),
                "nodes": nodes[of_tree],
                "values": values["value"][of_tree].reshape(-1, 1, 1),
            }
        )
        tree.n_features_in_, tree.n_outputs_, tree.max_features_ = seen, 1, 1
        trees.append(tree)
    fitted = kind(**{name: values[name] for name in _FOREST})
    fitted.max_samples_, fitted._max_samples = values["max_samples_"], values["_max_samples"]
    fitted.offset_, fitted.n_features_in_ = values["offset_"], values["n_features"]
    fitted._max_features = seen
    fitted.estimators_, fitted.estimators_features_ = trees, list(values["features"])
    # as IsolationForest.fit ends, but of all trees at once
    lengths = _average_path_length(nodes["n_node_samples"])
    fitted._average_path_length_per_tree = tuple(np.split(lengths, limits[:-1]))
    fitted._decision_path_lengths = tuple(tree.tree_.compute_node_depths() for tree in trees)
    return fitted


STATES = {
    "OneClassSVM": State(
        {
            **_SVM,
            "_gamma": Number(low=0),
            "support_": Array("i4", ("v",), low=0),
            "support_vectors_": Array("f8", ("v", "d")),
            "dual_coef_": Array("f8", (1, "v")),
            "intercept_": Array("f8", (1,)),
            "offset_": Array("f8", (1,)),
            "fit_status_": Choice(0, 1),
            "n_iter_": Number(low=0, high=2**31 - 1, whole=True),
            "shape_fit_": ListOf(COUNT, 2),
        },
        check=_check_svm,
        take=_take_svm,
        make=_make_svm,
        place="sklearn.svm",
    ),
    "NearestNeighbors": State(
        {**_NEIGHBORS, "_fit_X": Array("f", ("n", "d"))},
        check=_check_neighbors,
        take=_take_neighbors,
        make=_make_neighbors,
        place="sklearn.neighbors",
    ),
    "LocalOutlierFactor": State(
        {
            **_LOF,
            "_fit_X": Array("f", ("n", "d")),
            "n_neighbors_": COUNT,
            "_distances_fit_X_": Array("f", ("n", "k"), low=0),
            "_lrd": Array("f", ("n",), above=0),
            "negative_outlier_factor_": Array("f", ("n",)),
            "offset_": Number(),
        },
        check=_check_lof,
        take=_take_lof,
        make=_make_lof,
        place="sklearn.neighbors",
    ),
    "GaussianMixture": State(
        {
            **_MIXTURE,
            "weights_": Array("f", ("c",), low=0),
            "means_": Array("f", ("c", "d")),
            **{name: Array("f", None) for name in _MATRICES},
            "converged_": FLAG,
            "n_iter_": WHOLE,
            "lower_bound_": Number(),
        },
        check=_check_mixture,
        take=_take_mixture,
        make=_make_mixture,
        place="sklearn.mixture",
    ),
    "LedoitWolf": _covariance(
        {"block_size": COUNT},
        {"shrinkage_": Number(low=0, high=1)},
    ),
    "OAS": _covariance({}, {"shrinkage_": Number(low=0, high=1)}),
    "ShrunkCovariance": _covariance({"shrinkage": Number(low=0, high=1)}, {}),
    "EllipticEnvelope": _covariance(
        {
            "support_fraction": maybe(Number(above=0, high=1)),
            "contamination": Number(above=0, high=0.5),
            "random_state": maybe(WHOLE),
        },
        _ENVELOPE,
    ),
    "IsolationForest": State(
        {
            **_FOREST,
            "max_samples_": _CLIPS,
            "_max_samples": _CLIPS,
            "offset_": Number(),
            **{name: Array(dtype, ("nodes",)) for name, dtype in _NODES.items()},
            "value": Array("f8", ("nodes",)),
            "node_count": Array("i8", ("trees",), low=1),
            "depth": Array("i8", ("trees",), low=0),
            "seed": Array("i8", ("trees",), low=0),
            "features": Array("i8", ("trees", None), low=0),
            "n_features": COUNT,
            **_TREE,
        },
        check=_check_forest,
        take=_take_forest,
        make=_make_forest,
        place="sklearn.ensemble",
    ),
}
