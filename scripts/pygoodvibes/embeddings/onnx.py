"""Any network in ONNX as an embedding: a file of one's own, or one that others have trained.

The vectors come from `pygoodvibes.embeddings.encoder`; here stands which file it runs. How to
export the common networks: `docs/how-to/pretrained.md`.
"""

from typing import Annotated, Literal

from pydantic import Field

from pygoodvibes.embeddings.encoder_needs import EncoderSettings, Needs
from pygoodvibes.util.paths import locate

SHA256_PATTERN = "^[0-9a-fA-F]{64}$"


class Settings(EncoderSettings):
    """A network in a file, run with onnxruntime; models carry it with them."""

    method: Literal["onnx"]
    file: Annotated[str, Field(min_length=1, max_length=1000)]
    """The ONNX file."""

    sha256: Annotated[str, Field(pattern=SHA256_PATTERN)] | None = None
    """Its SHA-256; another file is refused (null: any file). Results follow the content of the file
    either way."""

    needs: Needs | None = None
    """What the network takes and gives (null: what the file says itself, as those that were trained
    here do)."""

    def source(self) -> dict[str, object]:
        """Return the file, its checksum and what is told of it."""
        return {"path": locate(self.file), "sha256": self.sha256, "needs": self.needs}
