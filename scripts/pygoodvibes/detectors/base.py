"""What the settings of all detectors have in common."""

from typing import ClassVar, Literal

from pydantic import Field

from pygoodvibes.settings import Section, Share


class DetectorSettings(Section):
    """Settings that every detector has, whatever its method."""

    sees_columns: ClassVar[bool] = False
    """Whether the estimator's `fit` takes the names of the columns, as `columns`."""

    input: Literal["projection", "embedding"] = "projection"
    """What the detector sees: the PCA projection, or the embedding as it is, unscaled."""

    false_alarm_rate: Share | None = None
    """Threshold of this detector alone: the expected share of normal clips above it
    (null: that of the `threshold` section)."""

    def estimator_settings(self) -> dict:
        """Return the settings that belong to the method itself."""
        common = {*DetectorSettings.model_fields, "method"}
        return {key: value for key, value in self.model_dump().items() if key not in common}

    def expected_false_alarm_rate(self) -> float | None:
        """Return this detector's own expected false-alarm rate, None where it has none."""
        return self.false_alarm_rate


class SeededSettings(DetectorSettings):
    """Settings of a detector whose fit starts from random numbers."""

    seed: int | None = Field(default=None, ge=0)
    """Seed of this detector alone (null: the seed of the config)."""
