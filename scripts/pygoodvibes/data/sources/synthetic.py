"""Clips made by the generator, `pygoodvibes.data.synthesis`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pygoodvibes.data.sources.base import DcaseDataset
from pygoodvibes.util.messages import message
from pygoodvibes.util.settings import Count, Section


class Domains(Section):
    """The target domain of a synthetic data set."""

    shift: Literal["none", "mild", "strong"] = "mild"
    """How far it lies from the source domain, by speed, load, microphone and background."""

    target_train_clips: Annotated[int, Field(ge=0)] = 10
    """Normal training clips of the target domain, beside `train_clips` of the source domain."""

    supplemental: Literal["clean", "noise"] | None = None
    """Supplemental recordings as in DCASE 2025, which are neither training nor test clips: 'clean',
    the machine without the hall, 'noise', the hall without the machine (null: none)."""

    supplemental_clips: Count = 100
    """How many of them a section has, where `supplemental` says which."""


class Settings(DcaseDataset):
    """Machine sounds made by a generator, in the DCASE layout and format."""

    made_by: ClassVar[str] = "synthesize_dataset"
    heading: ClassVar[str] = message("synthetic data, no recordings")

    source: Literal["synthetic"]
    train_clips: Count = 60
    """Normal training clips per machine ID."""

    test_normal_clips: Count = 25
    """Normal test clips per machine ID."""

    test_anomaly_clips: Count = 25
    """Anomalous test clips per machine ID, spread over the machine's faults and severities."""

    seconds: Annotated[float, Field(ge=1, le=60)] = 10.0
    """Seconds of a clip (ToyCar: one second more, as in the real data set)."""

    snr_db: Annotated[float, Field(ge=-30, le=60)] = 6.0
    """Level of the machine over the factory noise, dB; single machine IDs lie above or below."""

    channels: Literal[1, 2] = 1
    """Channels of a clip. 2, as in DCASE 2026: a near and a far microphone. The near one records
    what a single one does."""

    seed: Annotated[int, Field(ge=0)] = 2020
    """Seed of the generator."""

    domains: Domains | None = None
    """Sections with a source and a target domain, with names and attributes as in DCASE 2022 and
    later; a section is one machine ID of the generator, and numbers of test clips are those of each
    domain (null: machine IDs without domains, as in DCASE 2020)."""
