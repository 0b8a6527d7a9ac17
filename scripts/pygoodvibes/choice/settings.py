"""Settings of the label-free choice: section `choice` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from pygoodvibes.util.settings import Count, Name, Section


class Choice(Section):
    """Which detector suits a machine ID, decided from normal training clips alone.

    null instead of the section: nothing is chosen, and there is no table of it.
    """

    indicator: Literal[
        "stand_in_auc",
        "stand_in_pauc",
        "stand_in_separation",
        "self_tail",
        "agreement",
        "burstiness",
    ] = "stand_in_separation"
    """What decides. Stand-ins are training clips of the other IDs of the type: 'stand_in_auc' and
    'stand_in_pauc', how well a detector tells them from held-out training clips of its own ID;
    'stand_in_separation', how far apart both lie, in units of scatter; all of them by the other ID
    that it tells least. Of its own clips alone:
    'self_tail', how little the highest scores stick out; 'agreement', how much other detectors say
    the same; 'burstiness', maxima where the power comes in bursts, means where it is steady."""

    top: Count = 3
    """So many of the best candidates are chosen and their scores averaged, each in units of its
    scatter over held-out training clips (1: the best alone)."""

    keep_fixed: bool = True
    """The fixed default is one of them, whatever the indicator says of it."""

    leave_out: list[str] = Field(default=["original_*"])
    """Detectors that are not to be chosen, by name or pattern; random projections never are."""

    members: bool = True
    """The parts of fusing detectors may be chosen too: a single view in a single metric, or a
    single aggregate over frames."""

    sample: Annotated[int, Field(ge=10)] = 100
    """Stand-ins scored for each machine ID, drawn at random from all others of its type."""

    fixed: Name | None = None
    """The fixed default: a detector that the choice is compared with, and that is taken alone where
    nothing can be told, as for the only ID of a type. It counts with `default_detector: choice`,
    else it is that one (null, or none of this name: the first one)."""
