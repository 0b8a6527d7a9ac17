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
    """The indicator that decides. Three use stand-ins, training clips of the other IDs of the type
    (or of other attributes, see `pseudo_classes`):
    'stand_in_auc' and 'stand_in_pauc' say how well a detector tells them from held-out training
    clips of its own ID, 'stand_in_separation' how far apart the two lie, in units of scatter. The
    other ID that the detector tells apart least counts. Three use the ID's own clips alone:
    'self_tail' says how little the highest scores stick out, 'agreement' how much other detectors
    say the same; 'burstiness' prefers maxima over time where the power comes in bursts, means where
    it is steady."""

    top: Count = 3
    """How many of the best candidates are chosen. Their scores are averaged, each in units of its
    scatter over held-out training clips (1: the best alone)."""

    keep_fixed: bool = True
    """The fixed default is always one of the chosen, whatever the indicator says of it."""

    steadiness: Annotated[float, Field(ge=0, le=1)] = 0.9
    """In what share of resamples of the clips the best other candidate must stay in front, among as
    many as are chosen beside the fixed default. Otherwise chance ranks the candidates, and the
    fixed default is taken alone. (0: the indicator decides whatever it is worth.)"""

    leave_out: list[str] = Field(default=["original_*"])
    """Detectors that are not to be chosen, by name or pattern. Random projections never are."""

    members: bool = True
    """Members of detectors that fuse several may be chosen too: a single view in a single metric,
    or a single aggregate over frames."""

    sample: Annotated[int, Field(ge=10)] = 100
    """Stand-ins scored for each machine ID, drawn at random from all others of its type."""

    pseudo_classes: Annotated[int, Field(ge=2)] | None = None
    """Where a machine type has one ID or section alone, its own clips with other attributes stand
    in: those of the source domain are left out in at most so many groups of attributes, and all
    detectors are fitted without each group. No gain was measured (docs/method.md). (null: nothing
    stands in there, and the fixed default is taken.)"""

    fixed: Name | None = None
    """The fixed default: the detector that the choice is compared with. It is taken alone where
    nothing can be told, for instance for the only ID of a type. This key counts with
    `default_detector: choice`; with another `default_detector` the fixed default is that one. null,
    or a name that is not among the detectors: the first detector."""
