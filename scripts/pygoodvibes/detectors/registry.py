"""Outlier detectors: one module per method.

Each module holds a `Settings` class (the parameters that the config may set, with their bounds)
whose `build` returns an estimator with scikit-learn's `fit` and `score_samples`. The library turns
`score_samples` (higher = more normal) into an anomaly score in one place only:
`pygoodvibes.detection.score.anomaly_score`.
"""

METHODS = (
    "ocsvm",
    "lof",
    "knn",
    "gmm",
    "mahalanobis",
    "local_density",
    "fusion",
    "frames",
    "autoencoder",
    "idnn",
    "random_projection",
)
"""Methods of this package, by module name; any other `method` is a dotted path to an estimator."""


def module_of(method: str) -> str:
    """Return the full name of the module that implements a `method` of the config."""
    return f"{__package__}.{method if method in METHODS else 'estimator'}"
