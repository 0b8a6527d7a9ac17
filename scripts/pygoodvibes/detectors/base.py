"""What the settings of all detectors have in common."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from pygoodvibes.util.messages import Message
from pygoodvibes.util.settings import Count, Section, Share


class DetectorSettings(Section):
    """Settings that every detector has, whatever its method."""

    sees_columns: ClassVar[bool] = False
    """Whether the estimator's `fit` takes the names of the columns, as `columns`."""

    sees_domains: ClassVar[bool] = False
    """Whether the estimator's `fit` takes the domain of each training clip, as `domains`."""

    sees_supplemental: ClassVar[bool] = False
    """Whether the estimator's `fit` takes the supplemental recordings, as `supplemental`: a mapping
    of their kind, 'clean' or 'noise', to what it sees of them, as of clips."""

    libraries: ClassVar[tuple[str, ...]] = ()
    """Parts of scikit-learn that it needs, e.g. ('neighbors',): the workflow imports them once for
    all jobs."""

    most_held_out_fits: ClassVar[int | None] = None
    """With input 'mel': at most so many fits for held-out scores, each without the clips of several
    folds (None: one a fold). For estimators that take long to fit."""

    input: Literal["projection", "embedding"] = "projection"
    """What the detector sees: the PCA projection, or the embedding as it is, unscaled."""

    components: Count | None = None
    """With input 'projection': so many components, those of largest variance (null: all)."""

    false_alarm_rate: Share | None = None
    """Threshold of this detector alone: the expected share of normal clips above it
    (null: that of the `threshold` section)."""

    @model_validator(mode="after")
    def _components_of_the_projection(self) -> "DetectorSettings":
        if self.components is not None and self.input != "projection":
            raise ValueError("components: only with input 'projection'")
        return self

    def estimator_settings(self) -> dict:
        """Return the settings that belong to the method itself."""
        common = {*DetectorSettings.model_fields, "method"}
        return {key: value for key, value in self.model_dump().items() if key not in common}

    def beside(self, n_components: int) -> Self:
        """Return settings for a machine ID whose PCA keeps so many components: mostly these."""
        del n_components
        return self

    def holds_out_itself(self) -> bool:
        """Return whether the estimator scores each training clip by fits that have not seen it."""
        return False

    def remarks(self, estimator: object) -> list[Message]:
        """Return what was done differently for a fitted estimator, beside lowered numbers."""
        del estimator
        return []

    def expected_false_alarm_rate(self) -> float | None:
        """Return this detector's own expected false-alarm rate, None where it has none."""
        return self.false_alarm_rate


class SeededSettings(DetectorSettings):
    """Settings of a detector whose fit starts from random numbers."""

    seed: int | None = Field(default=None, ge=0)
    """Seed of this detector alone (null: the seed of the config)."""
