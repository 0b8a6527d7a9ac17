"""Detectors of PyOD, for comparison: those that people would take otherwise.

Comes in: a matrix of training clips, and the name of one of PyOD's models. Goes out: an estimator
with scikit-learn's sign. PyOD's own `decision_function` is higher for anomalies, so it is turned
here.

What is kept of a fit is the matrix: PyOD's models are fitted to it again when a file is read.
Scoring such a model takes PyOD, too.

References
----------
Zhao, Nasrullah and Li (2019), PyOD: a Python toolbox for scalable outlier detection.
Li et al. (2022), ECOD: unsupervised outlier detection using empirical cumulative distribution
functions.
Li et al. (2020), COPOD: copula-based outlier detection.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.kinds import (
    Array,
    Choice,
    Either,
    NotAsDeclaredError,
    Number,
    Sizes,
    expect,
)
from pygoodvibes.detectors.state import Object, State, parameters_of
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.settings import Count

MODELS = {
    "ECOD": (),
    "COPOD": (),
    "IForest": ("n_estimators",),
    "KNN": ("n_neighbors",),
    "OCSVM": ("gamma", "nu"),
}
"""PyOD's models, and the parameters of each that can be set here."""

_LOOK_AT_ALL = ("ECOD", "COPOD")
"""Models that count the clips to be scored among those that they compare them with."""

_MOST_TREES = 10_000


def installed() -> bool:
    """Return whether PyOD can be imported."""
    return importlib.util.find_spec("pyod") is not None


class Pyod:
    """One of PyOD's models; columns in which no training clip differs are left out.

    Parameters
    ----------
    model : {'ECOD', 'COPOD', 'IForest', 'KNN', 'OCSVM'}
        PyOD's name.
    n_estimators : int > 0
        Trees of IForest.
    n_neighbors : int > 0
        Neighbours of KNN: the distance to the last of them is the score.
    gamma : {'scale', 'auto'} or float > 0
        Width of the kernel of OCSVM.
    nu : float in (0, 1]
        Share of training clips outside, of OCSVM.
    random_state : int >= 0
        Seed of IForest.

    Attributes
    ----------
    references_ : np.ndarray [shape=(n_clips, n_columns), dtype=float64]
        The training clips.
    """

    def __init__(
        self,
        *,
        model: str = "ECOD",
        n_estimators: int = 100,
        n_neighbors: int = 5,
        gamma: str | float = "auto",
        nu: float = 0.5,
        random_state: int = 0,
    ):
        self.model = model
        self.n_estimators = n_estimators
        self.n_neighbors = n_neighbors
        self.gamma = gamma
        self.nu = nu
        self.random_state = random_state

    def fit(self, X: np.ndarray) -> "Pyod":
        """Fit PyOD's model to training clips, shape (n_clips, n_columns).

        Raises
        ------
        UserError
            If PyOD is not installed.
        ValueError
            If all clips are alike.
        """
        if not installed():
            raise UserError(
                "{model} is a detector of PyOD, which is not installed; install it with "
                "'pip install --require-hashes -r requirements-peers.txt'",
                model=self.model,
            )
        self.references_ = np.array(X, dtype=np.float64)
        self._varies = np.ptp(self.references_, axis=0) > 0
        if not self._varies.any():
            raise ValueError("all training clips are alike")
        parameters = parameters_of(self, MODELS[self.model])
        if self.model == "IForest":
            parameters["random_state"] = self.random_state
        kind = getattr(importlib.import_module(f"pyod.models.{self.model.lower()}"), self.model)
        self._fitted = kind(**parameters).fit(self.references_[:, self._varies])
        return self

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus PyOD's score, shape (n_clips,): higher = more normal."""
        values = np.asarray(X, dtype=np.float64)[:, self._varies]
        if self.model not in _LOOK_AT_ALL:
            return -self._fitted.decision_function(values)
        # one at a time: what is said of a clip depends on no other clip to be scored
        return -np.array([self._fitted.decision_function(clip[None])[0] for clip in values])


class Settings(SeededSettings):
    """A detector of PyOD (extra `peers`), with PyOD's defaults."""

    libraries: ClassVar[tuple[str, ...]] = ("datasets", "ensemble", "metrics", "svm")

    method: Literal["pyod"]
    model: Literal["ECOD", "COPOD", "IForest", "KNN", "OCSVM"] = "ECOD"
    """PyOD's name of the model."""

    n_estimators: Annotated[int, Field(gt=0, le=_MOST_TREES)] = 100
    """Trees of IForest."""

    n_neighbors: Count = 5
    """Neighbours of KNN (at most the training clips less one); the distance to the last is the
    score."""

    gamma: Literal["scale", "auto"] | Annotated[float, Field(gt=0)] = "auto"
    """Width of the kernel of OCSVM, as of `ocsvm`."""

    nu: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Upper bound on the share of training clips outside, of OCSVM."""

    @model_validator(mode="after")
    def _keys_of_the_model(self) -> "Settings":
        if not installed():
            raise ValueError(
                f"model: {self.model} is a detector of PyOD, which is not installed; install it "
                "with 'pip install --require-hashes -r requirements-peers.txt'"
            )
        for owner, keys in MODELS.items():
            for key in keys:
                changed = getattr(self, key) != type(self).model_fields[key].default
                if owner != self.model and changed:
                    raise ValueError(f"{key}: a key of {owner}, not of {self.model}")
        return self

    def estimator_settings(self) -> dict:
        """Return the model and its own settings."""
        kept = ("model", *MODELS[self.model])
        return {key: value for key, value in super().estimator_settings().items() if key in kept}

    def build(self, *, n_clips: int, seed: int) -> Pyod:
        """Return the estimator for `n_clips` training clips."""
        return Pyod(
            model=self.model,
            n_estimators=self.n_estimators,
            n_neighbors=max(1, min(self.n_neighbors, n_clips - 1)),
            gamma=self.gamma,
            nu=self.nu,
            random_state=seed if self.seed is None else self.seed,
        )


_FIELDS = {
    "model": Choice(*MODELS),
    "n_estimators": Number(low=1, high=_MOST_TREES, whole=True),
    "n_neighbors": Number(low=1, high=2**31 - 1, whole=True),
    "gamma": Either(Choice("scale", "auto"), Number(above=0)),
    "nu": Number(above=0, high=1),
    "random_state": Number(low=0, high=2**32 - 1, whole=True),
    "references_": Array("f8", ("n", "d")),
}


def _check(values: Mapping, sizes: Sizes) -> None:
    expect(values["n_neighbors"] < max(sizes["n"], 2), "n_neighbors: more than there are clips")
    expect(np.ptp(values["references_"], axis=0).any(), "references_: all clips are alike")


def _refit(kind: type, values: Mapping) -> Pyod:
    parameters = {name: value for name, value in values.items() if name != "references_"}
    try:
        return kind(**parameters).fit(values["references_"])
    except (ValueError, ArithmeticError) as error:
        raise NotAsDeclaredError(f"references_: {error}") from None


STATES = {
    "Pyod": State(
        _FIELDS,
        check=_check,
        take=lambda fitted: parameters_of(fitted, list(_FIELDS)),
        make=_refit,
    )
}

FITTED = Object("pyod.Pyod", d="d")
