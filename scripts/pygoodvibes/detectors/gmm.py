"""Gaussian mixture: how unlikely a clip is under a density fitted to the training clips.

References
----------
Reynolds (2009), Gaussian mixture models.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.state import Object
from pygoodvibes.util.settings import Count


class Settings(SeededSettings):
    """Gaussian mixture model."""

    libraries: ClassVar[tuple[str, ...]] = ("mixture",)

    method: Literal["gmm"]
    n_components: Count = 2
    """Gaussians (at most half the training clips)."""

    covariance_type: Literal["full", "tied", "diag", "spherical"] = "diag"
    """Shape of the covariances. 'full' needs far more training clips than columns."""

    reg_covar: Annotated[float, Field(gt=0)] = 1e-3
    """Added to every variance, in squared units of the input."""

    n_init: Count = 3
    """Starts, of which the best is kept."""

    max_iter: Count = 200
    """Limit of the iterations of a start."""

    def build(self, *, n_clips: int, seed: int):
        """Return the estimator for `n_clips` training clips."""
        from sklearn.mixture import GaussianMixture

        return GaussianMixture(
            n_components=max(1, min(self.n_components, n_clips // 2)),
            covariance_type=self.covariance_type,
            reg_covar=self.reg_covar,
            n_init=self.n_init,
            max_iter=self.max_iter,
            random_state=seed if self.seed is None else self.seed,
        )


FITTED = Object("sklearn.GaussianMixture", d="d")
