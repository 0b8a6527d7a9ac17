import pytest
from pydantic import ValidationError

from pygoodvibes.embeddings.embed import open_encoder
from pygoodvibes.embeddings.triplet import Settings
from pygoodvibes.util.errors import UserError


def test_the_originals_size_may_be_set():
    settings = Settings(method="triplet", channels=[128, 128, 64, 32], frames_joined=1)
    assert settings.dimensions == 128 and settings.batch == 12 and settings.dropout == 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": []},
        {"calibration": 0.0},
        {"held_out": 1.0},
        {"dropout": 1.0},
        {"negatives": "all"},
    ],
)
def test_what_can_not_be_trained_is_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(method="triplet", **wrong)


def test_its_encoder_is_that_of_the_workflow():
    with pytest.raises(UserError, match="the encoder of triplet is trained by the workflow"):
        open_encoder({"method": "triplet"})
