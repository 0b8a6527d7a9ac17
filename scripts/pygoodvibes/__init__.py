"""PyGoodVibes: unsupervised anomalous sound detection, from raw audio to reviewed tables."""

__version__ = "0.1.0"
