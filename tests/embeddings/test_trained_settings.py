import pytest

from pygoodvibes.embeddings import id_classifier, triplet

KINDS = (triplet.Settings, id_classifier.Settings)


@pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.__module__)
def test_no_file_is_named_and_some_clips_are_kept_out_by_default(kind):
    method = kind.__module__.rpartition(".")[2]
    settings = kind(method=method)
    assert settings.source() == {}
    assert settings.calibration == 0.2 and settings.held_out == 0.1
    # the control beside it
    assert kind(method=method, epochs=0).epochs == 0
