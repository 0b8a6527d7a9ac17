"""Which embeddings there are: one module a method, with a `Settings` class and two functions.

`embed(frames, settings)` turns the log-mel frames of one clip, shape (n_frames, n_mels) in dB, into
a vector of shape (d,); `columns(n_mels, settings)` names its d values. In place of `embed`, an
embedding of samples has `embed_signal(signal, settings, sample_rate=...)`, which takes the samples
of one clip, shape (n_samples,), and the sample rate in Hz. An embedding by an encoder has neither:
its settings are `EncoderSettings`, and `pygoodvibes.embeddings.encoder` makes the vectors, of
samples too.
"""

import functools
import importlib
import pathlib
from typing import TYPE_CHECKING

from pygoodvibes.util.registry import find_members

if TYPE_CHECKING:
    from pygoodvibes.util.settings import Section

METHODS = find_members(pathlib.Path(__file__).parent, "method")
"""Methods of this package, by module name."""


def module_of(method: str) -> str:
    """Return the full name of the module that implements a `method` of the config."""
    return f"{__package__}.{method}"


def settings_of(method: str) -> type["Section"]:
    """Return the class that checks the settings of a `method` of the config."""
    return importlib.import_module(module_of(method)).Settings


@functools.cache
def sees_signal(method: str) -> bool:
    """Tell whether a `method` of the config works on samples, and not on log-mel frames."""
    module = importlib.import_module(module_of(method))
    return hasattr(module, "embed_signal") or uses_encoder(method)


@functools.cache
def trains_encoder(method: str) -> bool:
    """Tell whether the workflow trains the encoder that a `method` of the config runs."""
    from pygoodvibes.embeddings.trained_settings import TrainedSettings

    return issubclass(settings_of(method), TrainedSettings)


@functools.cache
def uses_encoder(method: str) -> bool:
    """Tell whether a `method` of the config runs an encoder, which is a file."""
    from pygoodvibes.embeddings.encoder_needs import EncoderSettings

    return issubclass(settings_of(method), EncoderSettings)
