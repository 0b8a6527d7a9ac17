import pytest
from pydantic import ValidationError

from pygoodvibes.embeddings.id_classifier import Settings


def test_features_are_exchanged_between_two_branches_only():
    with pytest.raises(ValidationError, match="give spectrum_seconds, or take 'statistics'"):
        Settings(method="id_classifier", exchange="features", spectrum_seconds=0.0)
    assert Settings(method="id_classifier", exchange="features").spectrum_seconds == 10
    assert Settings(method="id_classifier", exchange="statistics", spectrum_seconds=0.0)


@pytest.mark.parametrize(
    "wrong",
    [{"loss": "softmax"}, {"mixup": 1.5}, {"margin": 2.0}, {"batch": 1}, {"exchange_share": 0.0}],
)
def test_what_can_not_be_trained_is_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(method="id_classifier", **wrong)
