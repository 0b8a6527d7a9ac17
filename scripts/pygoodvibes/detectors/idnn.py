"""Interpolation network: the middle frame predicted from the frames around it.

An autoencoder gives back what it sees, so it may learn to copy, and it fails on sounds that change
quickly although they are normal. This one has to say what it does not see: of five frames in a row
it gets the outer four, and is measured on the middle one. The score is the mean squared error in dB
squared. Network and training are those of `pygoodvibes.detectors.autoencoder`, so that the two
differ in the task alone; the paper's network has other sizes.

References
----------
Suefusa et al. (2020), Anomalous sound detection based on interpolation deep neural network.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from pygoodvibes.detectors import autoencoder


class Settings(autoencoder.Settings):
    """Interpolation network (IDNN): the middle log-mel frame predicted from those around it.

    The score is the mean squared error in dB squared. One network a machine ID.
    """

    target: ClassVar[str] = "middle"

    method: Literal["idnn"]
    stack: Annotated[int, Field(ge=3, le=15)] = 5
    """Frames in a row, the predicted one in their middle: an odd number."""

    @field_validator("stack")
    @classmethod
    def _has_a_middle(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(f"{value} frames have no middle one; must be an odd number")
        return value


FITTED = autoencoder.FITTED
