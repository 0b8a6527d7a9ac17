"""What an encoder takes and gives: read from its file, or from the config for a network of others.

An encoder is an ONNX graph that turns what is computed of a clip into values. A file of ours says
all of this itself, as one JSON document under the key `pygoodvibes` of its `metadata_props`.

Axes are told by letters, one an axis of the graph: b batch (one clip), c channel (one), t time,
f frequency, d anything else.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, ValidationError, field_validator, model_validator

from pygoodvibes.audio.settings import Mel
from pygoodvibes.embeddings import librosa, statistics
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.settings import Count, Section

KEY = "pygoodvibes"
"""The key of a file's `metadata_props` under which its needs stand."""

LONGEST = 2**24
"""Most samples of a piece of a clip, and of its FFT."""

_MOST_TEXT = 100_000
"""Characters of the document."""

Length = Annotated[int, Field(ge=16, le=LONGEST)]
GraphName = Annotated[str, Field(min_length=1, max_length=200)]
AXES_PATTERN = "^[bctfd]{1,5}$"
Axes = Annotated[str, Field(pattern=AXES_PATTERN)]


class _Scaled(Section):
    """What all inputs have in common: a name in the graph, and how values are scaled."""

    name: GraphName
    """Name of the input in the graph."""

    mean: float = 0.0
    """Subtracted from each value, in its unit."""

    std: Annotated[float, Field(gt=0)] = 1.0
    """What each value is divided by then (4.342945 turns dB into natural logarithms)."""

    @model_validator(mode="after")
    def _axes_are_those_of_the_kind(self) -> "_Scaled":
        own = {"signal": "t", "frames": "ft", "stft": "ft", "spectrum": "f"}[self.kind]
        if sorted(self.axes.replace("b", "", 1).replace("c", "", 1)) != sorted(own):
            raise ValueError(
                f"axes: {self.axes!r} is not for {self.kind}, which has the axes "
                f"{' and '.join(sorted(own, reverse=True))}, each once, beside b and c"
            )
        return self


class Signal(_Scaled):
    """Samples, shape (t,); full scale is 1."""

    kind: Literal["signal"]
    axes: Axes = "bt"
    """Axes of the input."""


class Frames(_Scaled, Mel):
    """Log-mel spectrogram in dB, shape (t, f), with settings of its own."""

    kind: Literal["frames"]
    axes: Axes = "btf"
    """Axes of the input."""


class _Cropped(_Scaled):
    fmin: Annotated[float, Field(ge=0)] = 0.0
    """Lowest frequency that is kept, Hz."""

    fmax: Annotated[float, Field(gt=0)] | None = None
    """Highest frequency that is kept, Hz (null: half the sample rate)."""


class Stft(_Cropped):
    """Magnitude of the short-time Fourier transform with a Hann window, shape (t, f)."""

    kind: Literal["stft"]
    axes: Axes = "btf"
    """Axes of the input."""

    n_fft: Annotated[int, Field(ge=16, le=65536)] = 1024
    """Samples of the FFT."""

    hop_length: Count = 512
    """Samples from one frame to the next."""


class Spectrum(_Cropped):
    """Magnitude of the Fourier transform of the whole piece, shape (f,); `length` has to be set."""

    kind: Literal["spectrum"]
    axes: Axes = "bf"
    """Axes of the input."""


Input = Annotated[Signal | Frames | Stft | Spectrum, Discriminator("kind")]

INPUTS: dict[str, type[_Scaled]] = {
    "signal": Signal,
    "frames": Frames,
    "stft": Stft,
    "spectrum": Spectrum,
}
"""Models of the inputs, by `kind`."""


class Needs(Section):
    """What the graph takes and gives."""

    format: Literal[1] = 1
    """Version of this document."""

    sample_rate: Annotated[int, Field(ge=1000, le=400_000)]
    """Hz that clips are resampled to."""

    length: Length | None = None
    """Samples of the pieces, all of one length, that a clip is cut into; the last one ends with the
    clip, and a shorter clip is repeated until it fills one. null: the clip is one piece."""

    inputs: Annotated[list[Input], Field(min_length=1, max_length=4)]
    """What is computed of a piece, one for each input of the graph."""

    output: GraphName
    """Name of the output of the graph that is taken."""

    axes: Axes = "bd"
    """Axes of that output; all but b and t are kept, in their order."""

    pooling: Literal["mean", "max", "mean_std", "none"] = "mean"
    """How the axis t and the pieces become one vector; 'none': t is kept like the others, and
    pieces are averaged."""

    @field_validator("axes")
    @classmethod
    def _each_once(cls, value: str) -> str:
        if len(set(value)) < len(value):
            raise ValueError(f"a letter comes twice ({value})")
        return value

    @model_validator(mode="after")
    def _fit_each_other(self) -> "Needs":
        names = [each.name for each in self.inputs]
        if len(set(names)) < len(names):
            raise ValueError("inputs: a name comes twice")
        kinds = {each.kind for each in self.inputs}
        if self.length is None and "spectrum" in kinds:
            raise ValueError("length: a spectrum of the whole piece takes pieces of one length")
        if self.length is None and self.pooling == "none" and "t" in self.axes:
            raise ValueError("length: with pooling none the vectors would be of several lengths")
        half = self.sample_rate / 2
        for number, each in enumerate(self.inputs):
            for key in ("fmin", "fmax"):
                frequency = getattr(each, key, None)
                if frequency is not None and frequency > half:
                    raise ValueError(
                        f"inputs.{number}.{key}: {frequency:g} Hz is above half the sample rate "
                        f"({half:g} Hz)"
                    )
        return self


class EncoderSettings(Section):
    """What all embeddings by an encoder have in common; the encoder itself is a file."""

    control: Literal["none", "random"] = "none"
    """'random': the same graph with weights drawn at random, of the same mean and spread: what of
    the results is learned, and what comes from the shape of the network."""

    control_seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Seed of those weights."""

    control_keeps: list[GraphName] = Field(default=[], max_length=100)
    """How the names of arrays begin that keep their values then: those of a spectrogram, say, that
    is part of the graph."""

    beside: Annotated[statistics.Settings | librosa.Settings, Discriminator("method")] | None = None
    """An embedding whose values stand before those of the encoder in each vector: views of their
    own for `fusion`, and so candidates of their own for the choice (null: none)."""

    def source(self) -> dict[str, object]:
        """Return what `encoder.load` is to read: nothing, if the workflow trains the encoder."""
        return {}


def written(needs: Needs) -> str:
    """Return the document that an exported file holds under `KEY`."""
    return json.dumps(needs.model_dump(mode="json"))


def read(metadata: Mapping[str, str], name: str) -> Needs:
    """Read what the file of an encoder says of itself.

    Parameters
    ----------
    metadata : mapping of str to str
        `metadata_props` of the file.
    name : str
        What messages call it.

    Raises
    ------
    UserError
        If it says nothing, or nothing that is known.
    """
    text = metadata.get(KEY)
    if text is None:
        raise UserError(
            "{name}: the file doesn't say what it takes and gives (no metadata {key}); say it in "
            "the config (embedding.needs)",
            name=name,
            key=KEY,
        )
    try:
        if len(text) > _MOST_TEXT:
            raise ValueError("too long")
        return Needs.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        reason = ": ".join([".".join(map(str, first["loc"])), first["msg"]]).lstrip(": ")
    except (ValueError, RecursionError) as error:
        reason = str(error)[:200]
    raise UserError(
        "{name}: metadata {key} can't be read ({reason})", name=name, key=KEY, reason=reason
    )
