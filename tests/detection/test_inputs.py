import numpy as np
import pytest

from pygoodvibes.detection.inputs import Inputs

FRAMES = [np.zeros((4, 2))] * 3
INPUTS = Inputs(np.arange(12.0).reshape(3, 4), np.arange(15.0).reshape(3, 5), FRAMES)


def seen(source, components=None, inputs=INPUTS):
    return inputs.seen_by({"input": source, "components": components})


def test_a_detector_sees_what_its_settings_say():
    assert seen("mel") is FRAMES
    assert seen("embedding") is INPUTS.embedding
    assert np.array_equal(seen("projection"), INPUTS.projected)


@pytest.mark.parametrize("components", [1, 3, 9])
def test_the_first_components_are_those_of_largest_variance(components):
    assert np.array_equal(seen("projection", components), INPUTS.projected[:, :components])


def test_names_of_columns_are_chosen_alike():
    names = Inputs(np.array(["a", "b"]), np.array(["PC1", "PC2", "PC3"]))
    assert list(seen("embedding", inputs=names)) == ["a", "b"]
    assert list(seen("projection", 2, names)) == ["PC1", "PC2"]
    assert seen("mel", inputs=names) is None
