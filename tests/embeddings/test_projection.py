import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from pygoodvibes.embeddings import vectors
from pygoodvibes.embeddings.held_out import Groups, fold_clips
from pygoodvibes.embeddings.projection import (
    PCA_ARRAYS,
    arrays_of,
    fit_pca,
    load,
    pca_of,
    project_overview,
    project_vectors,
    save,
    transform_by_all,
)
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.util.errors import UserError

SETTINGS = {"n_components": "all", "standardize": True, "whiten": False, "residual": False}
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


@given(matrices, st.booleans(), st.booleans(), st.integers(1, 7))
@settings(deadline=None, max_examples=100)
def test_components_and_residual_are_all_of_a_clip(values, standardize, whiten, kept):
    assume(np.ptp(values, axis=0).max() > 1e-3)
    others = np.random.default_rng(0).normal(size=(5, values.shape[1])) * np.ptp(values)
    options = {"n_components": kept, "standardize": standardize, "whiten": whiten}
    pca = fit_pca(values, **options, residual=True)
    plain = fit_pca(values, **options)
    found = pca.transform(others).astype(np.float64)
    assert np.array_equal(found[:, : len(pca.components)], plain.transform(others))
    if len(pca.components) == values.shape[1]:
        assert list(pca.columns) == list(plain.columns)  # nothing is left out
        return
    assert list(pca.columns) == [*plain.columns, "residual"]
    centred = (others - pca.mean) / pca.scale
    directions = pca.components / np.linalg.norm(pca.components, axis=1, keepdims=True)
    outside = centred - centred @ directions.T @ directions
    assert (found[:, -1] >= 0).all()
    unit = 1 / np.linalg.norm(pca.components[-1])  # 1 but for whitened components
    length = np.linalg.norm(centred, axis=1)
    assert np.allclose(
        found[:, -1] * unit, np.linalg.norm(outside, axis=1), rtol=1e-3, atol=1e-4 * length.max()
    )


def test_a_training_clip_has_no_residual_where_all_components_are_kept():
    values = correlated(6, 40)
    pca = fit_pca(values, residual=True)
    assert (pca.transform(values)[:, -1] == 0).all()
    off = values[:1] + np.random.default_rng(1).normal(size=(1, 40))
    distance = np.linalg.norm((off - values) / pca.scale, axis=1)
    # so the distance to a training clip is that of the whole embedding
    projected = np.linalg.norm(pca.transform(off) - pca.transform(values), axis=1)
    assert np.allclose(projected, distance, rtol=1e-4)


def projected_case(values, n_train, folds=4):
    groups = fold_clips(n_train, folds=folds, seed=0)
    return project_vectors(clip_vectors(values, n_train), groups, **SETTINGS)


@pytest.mark.parametrize("shape", [(30, 5), (30, 60)])
def test_no_test_clip_influences_the_projection(shape):
    values = correlated(*shape)
    before = projected_case(values, 20)
    changed = values.copy()
    changed[20:] += 1000 * np.random.default_rng(5).normal(size=changed[20:].shape)
    after = projected_case(changed, 20)
    for name in ("components", "mean", "scale"):
        assert np.array_equal(getattr(before.pca, name), getattr(after.pca, name))
    assert np.array_equal(before.clips.values[:20], after.clips.values[:20])
    assert not np.array_equal(before.clips.values[20:], after.clips.values[20:])
    for one, two in zip(before.pcas, after.pcas, strict=True):
        assert np.array_equal(one.components, two.components)


@pytest.mark.parametrize("shape", [(30, 5), (30, 60)])
def test_a_clip_does_not_influence_the_projection_of_the_fold_that_holds_it_out(shape):
    values = correlated(*shape)
    before = projected_case(values, 20)
    changed = values.copy()
    changed[7] *= 3
    after = projected_case(changed, 20)
    for number, (one, two) in enumerate(zip(before.pcas, after.pcas, strict=True)):
        same = np.array_equal(one.components, two.components)
        assert same == (number == before.groups.number[7])


def test_each_fold_is_the_pca_of_the_other_clips():
    embedded = clip_vectors(correlated(30, 8), 20)
    found = project_vectors(embedded, fold_clips(20, folds=4, seed=0), **SETTINGS)
    assert np.array_equal(found.clips.values, found.pca.transform(embedded.values))
    assert len(found.pcas) == 5 and found.pcas[-1] is found.pca
    training, count = embedded.values[:20], len(found.pca.components)
    for number, part in enumerate(found.pcas[:-1]):
        own = fit_pca(training[found.groups.number != number], n_components=count)
        assert np.array_equal(part.transform(training), own.transform(training))


def test_a_group_is_projected_by_what_may_be_fitted_to_meanwhile():
    embedded = clip_vectors(correlated(30, 8), 20)
    number = np.arange(20) // 5
    fitted_to = [(number != group) & (np.arange(20) % 5 < 2) for group in range(4)]
    fitted_to[3][:] = False
    groups = Groups(number, fitted_to, at_random=False)
    found = project_vectors(embedded, groups, **SETTINGS)
    assert found.pca.components.shape == (1, 8)  # as many as the smallest fit can have
    for part, chosen in zip(found.pcas[:3], fitted_to[:3], strict=True):
        own = fit_pca(embedded.values[:20][chosen], n_components=1)
        assert np.array_equal(part.components, own.components)
    assert found.pcas[3] is found.pca


@pytest.mark.parametrize("n_train", [2, 3, 5, 12])
@pytest.mark.parametrize("asked", ["all", 0.99, 8])
def test_whole_and_folds_have_as_many_components(n_train, asked):
    found = project_vectors(
        clip_vectors(correlated(n_train + 4, 40), n_train),
        fold_clips(n_train, folds=5, seed=0),
        **{**SETTINGS, "n_components": asked},
    )
    projected = transform_by_all(found.pcas, found.clips.values @ found.pca.components)
    assert projected.shape == (n_train + 4, len(found.pcas), found.clips.values.shape[1])
    assert np.isfinite(found.clips.values).all() and np.isfinite(projected).all()


def of_three(embedded, folds):
    return project_vectors(embedded, folds, **{**SETTINGS, "n_components": 3})


def test_clips_of_a_machine_id():
    embedded, folds = clip_vectors(correlated(30, 8), 20), fold_clips(20, folds=5, seed=3)
    found = of_three(embedded, folds)
    assert found.clips.values.shape == (30, 3)
    assert list(found.clips.columns) == ["PC1", "PC2", "PC3"]
    assert np.array_equal(found.clips.clip, embedded.clip)
    assert found.groups is folds
    assert [part.components.shape for part in found.pcas] == [(3, 8)] * 6
    assert found.explained_variance_ratio.shape == (3,)
    centred = (embedded.values - found.pca.mean) / found.pca.scale
    assert np.allclose(centred @ found.pca.components.T, found.clips.values, atol=1e-4)
    assert np.array_equal(found.by_all, transform_by_all(found.pcas, embedded.values))
    assert np.array_equal(found.by_all[:, -1], found.clips.values)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n_train", [0, 1])
def test_without_training_clips_there_are_no_components(n_train):
    embedded = clip_vectors(correlated(6, 4), n_train)
    found = project_vectors(embedded, fold_clips(n_train, folds=5, seed=0), **SETTINGS)
    assert found.clips.values.shape == (6, 0)
    assert len(found.clips.columns) == len(found.explained_variance_ratio) == 0
    assert found.pca is None
    assert found.pcas == []


@pytest.mark.parametrize("n_train", [0, 1, 20])
def test_a_projection_comes_back_from_its_file(tmp_path, n_train):
    embedded = clip_vectors(correlated(30, 8), n_train)
    found = of_three(embedded, fold_clips(n_train, folds=5, seed=0))
    save(tmp_path / "p.npz", found)
    back = load(tmp_path / "p.npz")
    for name in ("clip", "split", "label", "values", "columns"):
        assert np.array_equal(getattr(back.clips, name), getattr(found.clips, name))
    assert np.array_equal(back.groups.number, found.groups.number)
    assert (back.pca is None) == (found.pca is None) == (n_train < 2)
    for one, two in zip(back.pcas, found.pcas, strict=True):
        for name in PCA_ARRAYS:
            assert np.array_equal(getattr(one, name), getattr(two, name))
    assert (back.by_all is None) == (n_train < 2)
    if n_train >= 2:
        assert back.by_all.tobytes() == found.by_all.tobytes()
    # what figures and the evaluation read of it
    _, arrays = vectors.load(tmp_path / "p.npz")
    assert len(arrays["explained_variance_ratio"]) == found.clips.values.shape[1]


def test_groups_that_are_no_folds_have_no_file(tmp_path):
    embedded, folds = clip_vectors(correlated(30, 8), 20), fold_clips(20, folds=5, seed=0)
    together = Groups(folds.number, folds.fitted_to, at_random=False)
    with pytest.raises(ValueError, match="folds"):
        save(tmp_path / "p.npz", of_three(embedded, together))


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


def test_a_pca_comes_back_from_its_arrays():
    pca = fit_pca(correlated(20, 6), n_components=3)
    arrays = arrays_of(pca)
    assert tuple(arrays) == PCA_ARRAYS
    back = pca_of({**arrays, "fold": np.zeros(20)})
    assert all(getattr(back, name) is getattr(pca, name) for name in PCA_ARRAYS)
