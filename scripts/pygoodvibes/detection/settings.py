"""Settings of held-out scores and thresholds: sections `held_out` and `threshold` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from pygoodvibes.util.settings import Section, Share


class HeldOut(Section):
    """How training clips get scores from models that have not seen them."""

    folds: Annotated[int, Field(ge=2, le=100)] = 5
    """How many parts the training clips are split into (fewer clips: one clip a part)."""

    scored_by: Literal["folds", "whole"] = "folds"
    """What scores all other clips. 'folds': the mean of the fits that give training clips their
    held-out scores, so that both compare, and the threshold holds what it promises. 'whole': one
    more fit, to all training clips, as PyGoodVibes did in 2021; its threshold does not hold where
    clips are few for the columns. With 100 clips a column or more both are alike, and one fit is
    taken either way. Detectors that hold out folds themselves (fusion; frames, where it joins
    aggregates) do as they do."""


class Threshold(Section):
    """The score above which a clip is called anomalous; it is set on held-out training scores."""

    method: Literal["quantile", "gamma", "dcase"] = "quantile"
    """'quantile': an upper quantile of the scores. 'gamma': the same quantile of a gamma
    distribution fitted to the scores, shifted above 0. 'dcase': the same with the shift fitted too,
    as the organisers of DCASE Task 2 decide since 2021."""

    false_alarm_rate: Share = 0.1
    """Expected share of normal clips above the threshold."""
