"""Embeddings: one module per method, each with a `Settings` class and two functions.

`embed(frames, settings)` turns the log-mel frames of one clip, shape (n_frames, n_mels) in dB, into
a vector of shape (d,); `columns(n_mels, settings)` names its d values.
"""

METHODS = ("statistics",)
"""Methods of this package, by module name."""


def module_of(method: str) -> str:
    """Return the full name of the module that implements a `method` of the config."""
    return f"{__package__}.{method}"
