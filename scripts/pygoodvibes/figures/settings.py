"""Settings of the figures: section `figures` of the config."""

from typing import Annotated

from pydantic import Field

from pygoodvibes.util.settings import Section, Share


class Figures(Section):
    """What the figures show."""

    contour_gammas: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)] = Field(
        default=[0.1, 1.0, 10.0]
    )
    """gamma of the one-class SVM contours, on two standardised components."""

    contour_nus: Annotated[list[Share], Field(min_length=1)] = Field(default=[0.05, 0.2, 0.5])
    """nu of the one-class SVM contours."""
