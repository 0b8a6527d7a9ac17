"""Local Outlier Factor: density of a clip's neighbourhood against that of its neighbours.

References
----------
Breunig et al. (2000), LOF: identifying density-based local outliers.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pygoodvibes.detectors.base import DetectorSettings
from pygoodvibes.detectors.state import Object
from pygoodvibes.util.settings import Count


class Settings(DetectorSettings):
    """Local Outlier Factor."""

    libraries: ClassVar[tuple[str, ...]] = ("neighbors",)

    method: Literal["lof"]
    n_neighbors: Count = 20
    """Neighbours that make the local density (at most the training clips less one)."""

    contamination: Annotated[float, Field(gt=0, le=0.5)] | None = None
    """Share of normal clips expected above the threshold, as in the original PyGoodVibes; here it
    acts on held-out training scores, not on the scores of clips the model has seen
    (null: the threshold section decides)."""

    metric: Literal["euclidean", "manhattan", "cosine"] = "euclidean"
    """Distance between clips."""

    def expected_false_alarm_rate(self) -> float | None:
        """Return the contamination, or else this detector's false-alarm rate."""
        return self.false_alarm_rate if self.contamination is None else self.contamination

    def build(self, *, n_clips: int, seed: int):
        """Return the estimator for `n_clips` training clips."""
        from sklearn.neighbors import LocalOutlierFactor

        # novelty=True: test clips are scored against the training clips, never among themselves
        return LocalOutlierFactor(
            n_neighbors=min(self.n_neighbors, n_clips - 1), metric=self.metric, novelty=True
        )


FITTED = Object("sklearn.LocalOutlierFactor", d="d")
