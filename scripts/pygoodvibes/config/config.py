"""The config: what may be set, and its bounds.

The sections stand in the rooms that they set (`settings.py`, and one file a detector, an embedding
and a source of data); here they are put together. Made from these models are `config/schema.json`
(`pygoodvibes.config.schema`), the tables of `config/README.md`
(`pygoodvibes.documentation.config`), and what is said of a wrong config
(`pygoodvibes.config.messages`).
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from pygoodvibes.audio.settings import Audio, Mel, check_nyquist
from pygoodvibes.choice.settings import Choice
from pygoodvibes.data.sources import registry as sources
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.detection.settings import HeldOut, Threshold
from pygoodvibes.detectors import estimator
from pygoodvibes.detectors import registry as detectors
from pygoodvibes.detectors.base import DetectorSettings
from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.embeddings import registry as embeddings
from pygoodvibes.embeddings.settings import Projection
from pygoodvibes.evaluation.settings import Evaluation
from pygoodvibes.figures.settings import Figures
from pygoodvibes.report.settings import Report
from pygoodvibes.util.settings import Name, Section

DETECTORS: dict[str, type[DetectorSettings]] = {
    method: detectors.settings_of(method) for method in detectors.METHODS
}
"""Models of the detectors, by `method`; all others are `estimator.Settings`."""

EMBEDDINGS: dict[str, type[Section]] = {
    method: embeddings.settings_of(method) for method in embeddings.METHODS
}
"""Models of the embeddings, by `method`."""

SOURCES: dict[str, type[Dataset]] = {
    source: sources.settings_of(source) for source in sources.SOURCES
}
"""Models of the data sets, by `source`."""


def _detector_tag(value: Any) -> str:
    method = value.get("method") if isinstance(value, Mapping) else getattr(value, "method", None)
    return method if method in DETECTORS else "estimator"


def _one_of(models: Iterable[type[Section]], key: str) -> Any:
    """Return the type of a section that one of several models fits, told apart by a key."""
    union = Union[tuple(models)]  # noqa: UP007 - of as many as there are files
    # pydantic tells nothing apart where there is but one
    return union if isinstance(union, type) else Annotated[union, Field(discriminator=key)]


AnyDataset = _one_of(SOURCES.values(), "source")
AnyEmbedding = _one_of(EMBEDDINGS.values(), "method")
AnyDetector = Annotated[
    Union[  # noqa: UP007 - of as many as there are files
        tuple(
            Annotated[model, Tag(method)]
            for method, model in {**DETECTORS, "estimator": estimator.Settings}.items()
        )
    ],
    Discriminator(_detector_tag),
]


class Config(Section):
    """The whole config."""

    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 2020
    """Seed of all that is random: folds, starts, resamples."""

    dataset: AnyDataset
    """Where the clips come from."""

    audio: Audio = Audio()
    mel: Mel = Mel()
    embedding: AnyEmbedding = EMBEDDINGS["statistics"](method="statistics")
    projection: Projection = Projection()
    held_out: HeldOut = HeldOut()
    default_detector: Name | None = None
    """The detector used for verdicts, the report and all comparisons (null, or a name that is not
    among the detectors: the first one). 'choice': for each machine ID what the section `choice`
    finds; it then has results, thresholds and models like any detector."""

    detectors: Annotated[dict[Name, AnyDetector], Field(min_length=1)]
    """The detectors, all run side by side: a name of your choice and the settings of each."""

    choice: Choice | None = Choice()
    threshold: Threshold = Threshold()
    evaluation: Evaluation = Evaluation()
    figures: Figures = Figures()
    report: Report = Report()

    @field_validator("detectors", mode="before")
    @classmethod
    def _method_from_name(cls, value: Any) -> Any:
        # a detector called lof needs no second word to say that it is one
        if not isinstance(value, Mapping):
            return value
        return {
            name: {"method": name, **(settings or {})}
            if settings is None or isinstance(settings, Mapping)
            else settings
            for name, settings in value.items()
        }

    @field_validator("detectors")
    @classmethod
    def _names_are_free(cls, value: dict) -> dict:
        for name in ("clip", "split"):
            if name in value:
                raise ValueError(f"{name}: a detector can't have this name, it is a column's")
        if CHOICE in value:
            raise ValueError(
                f"{CHOICE}: a detector can't have this name, it is that of the label-free "
                "choice among detectors; call it otherwise"
            )
        return value

    @model_validator(mode="after")
    def _choice_is_made_if_it_is_the_default(self) -> "Config":
        if self.with_choice and not self.choice:
            raise ValueError(
                "default_detector is 'choice', but the section choice is null: give it settings, "
                "or name a detector as the default"
            )
        return self

    @property
    def year(self) -> int | None:
        """Return the year whose rules count for metrics per domain; None: clips' names tell."""
        return self.evaluation.year or getattr(self.dataset, "year", None)

    @property
    def with_choice(self) -> bool:
        """Tell whether the label-free choice is a detector of its own, and the default."""
        return self.default_detector == CHOICE

    @property
    def fixed_default(self) -> str:
        """Return the name of the detector that is the default where nothing is chosen."""
        name = self.choice.fixed if self.choice and self.with_choice else self.default_detector
        return name if name in self.detectors else next(iter(self.detectors))

    @model_validator(mode="after")
    def _default_comes_first(self) -> "Config":
        first = self.fixed_default
        # in place, for a config can't be changed
        for name in [name for name in self.detectors if name != first]:
            self.detectors[name] = self.detectors.pop(name)
        return self

    @model_validator(mode="after")
    def _an_embedding_of_samples_has_samples(self) -> "Config":
        if self.dataset.enters_as == "mel" and embeddings.sees_signal(self.embedding.method):
            raise ValueError(
                f"embedding.method is {self.embedding.method!r}, which works on samples, but the "
                "clips of this data set are log-mel frames: take 'statistics'"
            )
        return self

    @model_validator(mode="after")
    def _below_nyquist(self) -> "Config":
        check_nyquist(self.audio, self.mel)
        return self
