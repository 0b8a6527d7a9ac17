"""Settings of held-out scores and thresholds: sections `held_out` and `threshold` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from pygoodvibes.util.settings import Section, Share


class HeldOut(Section):
    """How training clips get scores from models that have not seen them."""

    folds: Annotated[int, Field(ge=2, le=100)] = 5
    """Parts that the training clips are split into (fewer clips: one clip a part)."""


class Threshold(Section):
    """From what score on a clip is called anomalous: set on held-out training scores."""

    method: Literal["quantile", "gamma"] = "quantile"
    """'quantile': an upper quantile of the scores; 'gamma': that of a gamma distribution fitted to
    them (as the DCASE baselines since 2021)."""

    false_alarm_rate: Share = 0.1
    """Expected share of normal clips above the threshold."""
