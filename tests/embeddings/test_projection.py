import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from pygoodvibes.embeddings.projection import (
    assign_folds,
    fit_pca,
    project,
    project_overview,
    project_vectors,
)
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.util.errors import UserError

SETTINGS = {"n_components": "all", "standardize": True, "whiten": False}
SHAPES = [(40, 6), (6, 40), (12, 12)]  # more clips than columns, fewer, as many

matrices = arrays(
    np.float64, st.tuples(st.integers(2, 12), st.integers(1, 8)), elements=st.floats(-1e3, 1e3)
)


def correlated(n_clips, d, seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(d, d)) * np.geomspace(1, 0.05, d)[:, None]
    return rng.normal(size=(n_clips, d)) @ mixing + rng.normal(size=d) * 10


def clip_vectors(values, n_train):
    n_clips = len(values)
    return ClipVectors(
        clip=np.array([f"c{number}.wav" for number in range(n_clips)]),
        split=np.array(["train"] * n_train + ["test"] * (n_clips - n_train), dtype=str),
        label=np.array(["normal"] * n_clips, dtype=str),
        values=np.asarray(values, np.float32),
        columns=np.array([f"v{number}" for number in range(values.shape[1])]),
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("whiten", [False, True])
def test_equal_to_scikit_learn(shape, standardize, whiten):
    values, others = correlated(*shape), correlated(5, shape[1], seed=1)
    if standardize:
        scaler = StandardScaler().fit(values)
        reference_input, reference_others = scaler.transform(values), scaler.transform(others)
    else:
        reference_input, reference_others = values, others
    kept = min(shape[0] - 1, shape[1])
    reference = PCA(kept, whiten=whiten, svd_solver="full").fit(reference_input)
    ours = fit_pca(values, standardize=standardize, whiten=whiten)
    assert np.allclose(ours.explained_variance_ratio, reference.explained_variance_ratio_)
    theirs = reference.transform(reference_others)
    # a component's sign is a matter of convention
    signs = np.sign((ours.components * reference.components_).sum(axis=1))
    assert np.allclose(ours.transform(others), theirs * signs, rtol=1e-4, atol=1e-4)


@given(matrices, st.booleans())
@settings(deadline=None, max_examples=60)
def test_components_are_orthonormal_and_variance_falls(values, standardize):
    assume(np.ptp(values, axis=0).max() > 1e-3)
    pca = fit_pca(values, standardize=standardize)
    identity = pca.components @ pca.components.T
    assert np.allclose(identity, np.eye(len(pca.components)), atol=1e-8)
    assert (np.diff(pca.explained_variance_ratio) <= 1e-12).all()
    assert pca.explained_variance_ratio.sum() == pytest.approx(1.0)
    largest = np.abs(pca.components).argmax(axis=1)
    assert (pca.components[np.arange(len(largest)), largest] > 0).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_share_of_variance_keeps_the_fewest_components_that_carry_it(shape):
    values = correlated(*shape)
    ratio = fit_pca(values).explained_variance_ratio
    for share in (0.1, 0.5, 0.9, 0.99, 0.999999):
        kept = len(fit_pca(values, n_components=share).components)
        assert ratio[:kept].sum() >= share - 1e-9
        assert ratio[: kept - 1].sum() < share


@pytest.mark.parametrize("shape", SHAPES)
def test_number_of_components(shape):
    values = correlated(*shape)
    rank = min(shape[0] - 1, shape[1])
    for asked in (1, 3, rank, rank + 1, 1000):
        assert len(fit_pca(values, n_components=asked).components) == min(asked, rank)
    assert len(fit_pca(values, n_components="all").components) == rank


def test_whitened_components_have_standard_deviation_1():
    values = correlated(50, 6)
    projected = fit_pca(values, whiten=True).transform(values)
    assert np.allclose(projected.std(axis=0, ddof=1), 1, rtol=1e-4)


def test_a_constant_column_keeps_its_unit():
    values = correlated(30, 4)
    values[:, 2] = -100.0
    pca = fit_pca(values)
    assert pca.scale[2] == 1
    clip = values[:1].copy()
    clip[0, 2] += 5
    assert np.isfinite(pca.transform(clip)).all()
    # at float32 and with a mean that no float holds, the deviation is rounding only
    values[:, 2] = np.float32(-33.333333)
    assert fit_pca(values.astype(np.float32)).scale[2] == 1


def test_equal_clips_have_no_variance_but_can_be_projected():
    pca = fit_pca(np.ones((5, 3)), n_components=0.99)
    assert np.array_equal(pca.explained_variance_ratio, np.zeros(len(pca.components)))
    assert (pca.transform(np.ones((2, 3))) == 0).all()
    assert np.isfinite(fit_pca(np.ones((5, 3)), whiten=True).transform(np.zeros((1, 3)))).all()


def test_same_values_same_bytes():
    one, two = fit_pca(correlated(40, 9)), fit_pca(correlated(40, 9))
    for name in ("mean", "scale", "components", "explained_variance_ratio"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


@given(st.integers(0, 200), st.integers(2, 20), st.integers(0, 2**32 - 1))
def test_folds_are_a_partition_into_even_parts(n_clips, folds, seed):
    fold = assign_folds(n_clips, folds=folds, seed=seed)
    assert fold.shape == (n_clips,)
    sizes = np.bincount(fold, minlength=1)
    assert len(sizes) == max(min(folds, n_clips), 1)
    assert sizes.max() - sizes.min() <= 1
    assert np.array_equal(fold, assign_folds(n_clips, folds=folds, seed=seed))


def test_folds_are_random_and_follow_the_seed():
    folds = [tuple(assign_folds(60, folds=5, seed=seed)) for seed in range(5)]
    assert len(set(folds)) == 5
    assert all(list(fold) != sorted(fold) for fold in folds)


def projected_case(values, n_train, folds=4):
    train = np.arange(len(values)) < n_train
    fold = assign_folds(n_train, folds=folds, seed=0)
    return train, fold, project(values, train, fold, **SETTINGS)


@pytest.mark.parametrize("shape", [(30, 5), (30, 60)])
def test_no_test_clip_influences_the_projection(shape):
    values = correlated(*shape)
    _, _, (pca, projected, held_out) = projected_case(values, 20)
    changed = values.copy()
    changed[20:] += 1000 * np.random.default_rng(5).normal(size=changed[20:].shape)
    _, _, (pca_again, projected_again, held_out_again) = projected_case(changed, 20)
    assert np.array_equal(pca.components, pca_again.components)
    assert np.array_equal(pca.mean, pca_again.mean)
    assert np.array_equal(pca.scale, pca_again.scale)
    assert np.array_equal(projected[:20], projected_again[:20])
    assert not np.array_equal(projected[20:], projected_again[20:])
    for one, two in zip(held_out, held_out_again, strict=True):
        assert np.array_equal(one, two)


@pytest.mark.parametrize("shape", [(30, 5), (30, 60)])
def test_a_clip_does_not_influence_the_projection_of_the_fold_that_holds_it_out(shape):
    values = correlated(*shape)
    _, fold, (_, _, held_out) = projected_case(values, 20)
    changed = values.copy()
    changed[7] *= 3
    _, _, (_, _, held_out_again) = projected_case(changed, 20)
    others = np.arange(20) != 7
    for number, (one, two) in enumerate(zip(held_out, held_out_again, strict=True)):
        same = np.array_equal(one[others], two[others])
        assert same == (number == fold[7])


def test_each_fold_is_the_pca_of_the_other_clips():
    values = correlated(30, 8)
    _, fold, (pca, projected, held_out) = projected_case(values, 20)
    assert np.array_equal(projected, pca.transform(values))
    assert len(held_out) == 4
    for number, part in enumerate(held_out):
        own = fit_pca(values[:20][fold != number], n_components=len(pca.components))
        assert np.array_equal(part, own.transform(values[:20]))


@pytest.mark.parametrize("n_train", [2, 3, 5, 12])
@pytest.mark.parametrize("asked", ["all", 0.99, 8])
def test_whole_and_folds_have_as_many_components(n_train, asked):
    values = correlated(n_train + 4, 40)
    train = np.arange(len(values)) < n_train
    fold = assign_folds(n_train, folds=5, seed=0)
    _, projected, held_out = project(
        values, train, fold, n_components=asked, standardize=True, whiten=False
    )
    assert {part.shape for part in held_out} == {(n_train, projected.shape[1])}
    assert np.isfinite(projected).all()
    assert all(np.isfinite(part).all() for part in held_out)


def test_clips_of_a_machine_id():
    values = correlated(30, 8)
    embedded = clip_vectors(values, 20)
    projected, more = project_vectors(embedded, folds=5, seed=3, **{**SETTINGS, "n_components": 3})
    assert projected.values.shape == (30, 3)
    assert list(projected.columns) == ["PC1", "PC2", "PC3"]
    assert np.array_equal(projected.clip, embedded.clip)
    assert np.array_equal(more["fold"], assign_folds(20, folds=5, seed=3))
    assert [more[f"held_out_{number}"].shape for number in range(5)] == [(20, 3)] * 5
    assert "held_out_5" not in more
    assert more["explained_variance_ratio"].shape == (3,)
    centred = (embedded.values - more["mean"]) / more["scale"]
    assert np.allclose(centred @ more["components"].T, projected.values, atol=1e-4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n_train", [0, 1])
def test_without_training_clips_there_are_no_components(n_train):
    embedded = clip_vectors(correlated(6, 4), n_train)
    projected, more = project_vectors(embedded, folds=5, seed=0, **SETTINGS)
    assert projected.values.shape == (6, 0)
    assert len(projected.columns) == len(more["explained_variance_ratio"]) == 0
    assert more["fold"].shape == (n_train,)
    assert all(more[f"held_out_{number}"].shape == (n_train, 0) for number in range(n_train))


def test_overview_is_fitted_on_the_training_clips_of_all():
    parts = {
        ("fan", "00"): clip_vectors(correlated(20, 6), 10),
        ("pump", "02"): clip_vectors(correlated(15, 6, seed=1), 9),
    }
    projected, more = project_overview(parts)
    assert projected.values.shape == (35, 3)
    assert list(more["machine"]) == ["fan"] * 20 + ["pump"] * 15
    assert list(more["id"]) == ["00"] * 20 + ["02"] * 15
    training = np.concatenate([part.values[part.train] for part in parts.values()])
    everything = np.concatenate([part.values for part in parts.values()])
    expected = fit_pca(training, n_components=3).transform(everything)
    assert np.array_equal(projected.values, expected)


def test_overview_passes_over_ids_that_do_not_fit_the_first_with_clips():
    parts = {
        ("fan", "00"): clip_vectors(np.zeros((0, 0)), 0),
        ("fan", "02"): clip_vectors(correlated(12, 6), 0),
        ("pump", "00"): clip_vectors(correlated(12, 7), 6),
    }
    projected, more = project_overview(parts)
    assert set(more["id"]) == {"02"}
    assert set(more["machine"]) == {"fan"}
    assert projected.values.shape == (12, 3)
    with pytest.raises(UserError, match="no clip of any machine ID"):
        project_overview({("fan", "00"): clip_vectors(np.zeros((0, 0)), 0)})
