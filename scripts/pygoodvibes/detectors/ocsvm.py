"""One-class support vector machine with an RBF kernel.

References
----------
Schoelkopf et al. (2001), Estimating the support of a high-dimensional distribution.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pygoodvibes.detectors.base import DetectorSettings
from pygoodvibes.detectors.state import Object
from pygoodvibes.util.settings import Count


class Settings(DetectorSettings):
    """One-class SVM (RBF kernel)."""

    libraries: ClassVar[tuple[str, ...]] = ("svm",)

    method: Literal["ocsvm"]
    gamma: Literal["scale", "auto"] | Annotated[float, Field(gt=0)] = "scale"
    """Width of the kernel exp(-gamma d^2); 'scale' = 1 / (columns * variance),
    'auto' = 1 / columns."""

    nu: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Upper bound on the share of training clips outside, lower bound on the share of support
    vectors."""

    max_iter: Count | None = None
    """Limit of the solver's iterations (null: none)."""

    def build(self, *, n_clips: int, seed: int):
        """Return the estimator for `n_clips` training clips."""
        from sklearn.svm import OneClassSVM

        limit = -1 if self.max_iter is None else self.max_iter
        return OneClassSVM(kernel="rbf", gamma=self.gamma, nu=self.nu, max_iter=limit)


FITTED = Object("sklearn.OneClassSVM", d="d")
