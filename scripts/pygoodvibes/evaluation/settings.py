"""Settings of the evaluation: section `evaluation` of the config."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pygoodvibes.util.settings import Section, Share


class Evaluation(Section):
    """How well anomalies are told from normal clips."""

    max_fpr: Share = 0.1
    """pAUC: up to this false-positive rate."""

    sweep_settings: Annotated[int, Field(ge=2, le=1000)] = 25
    """Settings of the sweep of sensitivity against specificity."""

    sweep_low: Share = 0.0001
    """Lowest expected false-alarm rate of the sweep."""

    sweep_high: Share = 0.5
    """Highest expected false-alarm rate of the sweep."""

    bootstrap: Annotated[int, Field(ge=0, le=100000)] = 1000
    """Resamples behind a confidence interval (0: no intervals)."""

    confidence: Share = 0.95
    """Coverage of the confidence intervals."""

    year: Literal[2021, 2022, 2023, 2024, 2025, 2026] | None = None
    """Year of DCASE Task 2 whose rules count for metrics per domain: which anomalies the AUC of a
    domain is computed with. (null: `year` of the data set if it names one; else the names of test
    clips tell.)"""

    @model_validator(mode="after")
    def _rising(self) -> "Evaluation":
        if self.sweep_low >= self.sweep_high:
            raise ValueError(
                f"sweep_low: {self.sweep_low:g} must lie below sweep_high ({self.sweep_high:g})"
            )
        return self
