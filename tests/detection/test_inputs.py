import numpy as np
import pytest

from pygoodvibes.detection.inputs import Inputs
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import fit_pca, project_vectors
from pygoodvibes.embeddings.vectors import ClipVectors

FRAMES = [np.zeros((4, 2))] * 3
INPUTS = Inputs(np.arange(12.0).reshape(3, 4), np.arange(30.0).reshape(3, 2, 5), 4, FRAMES)


def seen(source, components=None, inputs=INPUTS):
    return inputs.seen_by({"input": source, "components": components})


def test_a_detector_sees_what_its_settings_say():
    assert seen("mel") is FRAMES
    assert seen("embedding") is INPUTS.embedding
    assert np.array_equal(seen("projection"), INPUTS.projected)


@pytest.mark.parametrize("components", [1, 3, 4])
def test_the_first_components_are_those_of_largest_variance(components):
    assert np.array_equal(seen("projection", components), INPUTS.projected[:, :, :components])


def test_the_residual_is_no_component():
    assert seen("projection", 9).shape == (3, 2, 4)
    assert seen("projection").shape == (3, 2, 5)


def test_each_projection_is_that_of_its_pca():
    values = np.random.default_rng(0).normal(size=(9, 6))
    pcas = [fit_pca(values[start:], n_components=2, residual=True) for start in (0, 3)]
    inputs = Inputs.of(values, pcas)
    assert inputs.components == 2 and inputs.frames is None
    for number, pca in enumerate(pcas):
        assert np.array_equal(inputs.projected[:, number], pca.transform(values))
    names = Inputs.names(np.array(list("abcdef")), pcas)
    assert list(seen("projection", inputs=names)) == ["PC1", "PC2", "residual"]
    assert Inputs.of(values, []).projected.shape == (9, 1, 0)
    assert len(seen("projection", 2, Inputs.names(np.array(["a"]), []))) == 0


@pytest.mark.parametrize("n_train", [1, 20])
def test_what_is_projected_already_is_seen_as_it_is(n_train):
    values = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    split = np.array(["train"] * n_train + ["test"] * (30 - n_train))
    embedded = ClipVectors(split, split, split, values, np.array(list("abcdef")))
    projected = project_vectors(
        embedded,
        fold_clips(n_train, folds=5, seed=0),
        n_components=3,
        standardize=True,
        whiten=False,
        residual=True,
    )
    found, expected = Inputs.of_projected(values, projected), Inputs.of(values, projected.pcas)
    assert np.array_equal(found.projected, expected.projected)
    assert found.components == expected.components == 3 * (n_train > 1)


def test_names_of_columns_are_chosen_alike():
    names = Inputs(np.array(["a", "b"]), np.array(["PC1", "PC2", "PC3"]), 3)
    assert list(seen("embedding", inputs=names)) == ["a", "b"]
    assert list(seen("projection", 2, names)) == ["PC1", "PC2"]
    assert seen("mel", inputs=names) is None
