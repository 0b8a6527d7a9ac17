import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, precision_score, roc_auc_score

from pygoodvibes.evaluation import metrics

# few different scores, so that there are ties
tied_scores = st.lists(st.integers(-4, 4), min_size=2, max_size=40)
max_fprs = st.floats(0.01, 1.0)


@st.composite
def labelled(draw, scores=tied_scores):
    values = np.array(draw(scores), dtype=float)
    anomalous = np.array(draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    anomalous[0], anomalous[-1] = False, True
    return anomalous, values


@given(labelled(), max_fprs)
def test_equal_to_scikit_learn_with_ties(data, max_fpr):
    anomalous, scores = data
    assert metrics.auc(anomalous, scores) == pytest.approx(roc_auc_score(anomalous, scores))
    expected = roc_auc_score(anomalous, scores, max_fpr=max_fpr)
    assert metrics.partial_auc(anomalous, scores, max_fpr=max_fpr) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_scikit_learn_on_many_clips(seed):
    rng = np.random.default_rng(seed)
    anomalous = rng.random(700) < 0.4
    scores = rng.normal(size=700) + anomalous
    assert metrics.auc(anomalous, scores) == pytest.approx(roc_auc_score(anomalous, scores))
    assert metrics.partial_auc(anomalous, scores) == pytest.approx(
        roc_auc_score(anomalous, scores, max_fpr=0.1)
    )


@given(labelled())
def test_auc_is_how_often_an_anomalous_clip_outscores_a_normal_one(data):
    anomalous, scores = data
    pairs = scores[anomalous][:, None] - scores[~anomalous]
    assert metrics.auc(anomalous, scores) == pytest.approx(((np.sign(pairs) + 1) / 2).mean())


@given(labelled(), max_fprs)
def test_only_the_order_of_scores_counts(data, max_fpr):
    anomalous, scores = data
    for rising in (scores * 3 - 7, np.exp(scores), np.arctan(scores), scores**3):
        assert metrics.auc(anomalous, rising) == pytest.approx(metrics.auc(anomalous, scores))
        assert metrics.partial_auc(anomalous, rising, max_fpr=max_fpr) == pytest.approx(
            metrics.partial_auc(anomalous, scores, max_fpr=max_fpr)
        )


@given(labelled(), st.randoms(use_true_random=False))
def test_order_of_clips_does_not_count(data, random):
    anomalous, scores = data
    order = list(range(len(scores)))
    random.shuffle(order)
    assert metrics.auc(anomalous[order], scores[order]) == pytest.approx(
        metrics.auc(anomalous, scores)
    )


@given(labelled())
def test_negated_scores_give_the_complement(data):
    anomalous, scores = data
    total = metrics.auc(anomalous, scores) + metrics.auc(anomalous, -scores)
    assert total == pytest.approx(1.0)
    assert metrics.auc(~anomalous, scores) == pytest.approx(metrics.auc(anomalous, -scores))


@given(labelled(), max_fprs)
def test_bounds(data, max_fpr):
    anomalous, scores = data
    assert 0 <= metrics.auc(anomalous, scores) <= 1
    # nothing found below max_fpr gives the lowest possible value
    least = 0.5 * (1 - max_fpr**2 / 2 / (max_fpr - max_fpr**2 / 2))
    value = metrics.partial_auc(anomalous, scores, max_fpr=max_fpr)
    assert least - 1e-12 <= value <= 1 + 1e-12


def test_known_values():
    anomalous = np.array([False, False, True, True])
    assert metrics.auc(anomalous, [1, 2, 3, 4]) == 1.0
    assert metrics.auc(anomalous, [4, 3, 2, 1]) == 0.0
    assert metrics.auc(anomalous, [1, 1, 1, 1]) == 0.5
    assert metrics.partial_auc(anomalous, [1, 2, 3, 4]) == pytest.approx(1.0)
    assert metrics.partial_auc(anomalous, [1, 1, 1, 1]) == pytest.approx(0.5)
    # not the area divided by max_fpr, which would be 0.05 here
    assert metrics.partial_auc(anomalous, [4, 3, 2, 1]) == pytest.approx(0.5 * (1 - 0.005 / 0.095))


@given(labelled())
def test_roc_curve_rises_from_corner_to_corner(data):
    fpr, tpr = metrics.roc_curve(*data)
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)
    assert (np.diff(fpr) >= 0).all()
    assert (np.diff(tpr) >= 0).all()
    assert len(fpr) == len(set(data[1])) + 1
    assert np.trapezoid(tpr, fpr) == pytest.approx(metrics.auc(*data))


def test_equal_infinite_scores_are_ties():
    assert metrics.auc([True, False], [np.inf, np.inf]) == 0.5
    assert metrics.auc([False, True], [np.inf, np.inf]) == 0.5
    assert metrics.auc([True, False, True], [np.inf, 0, -np.inf]) == 0.5


@pytest.mark.parametrize("anomalous", [[], [True, True], [False, False]])
def test_a_class_without_clips_gives_nan(anomalous):
    scores = np.arange(len(anomalous), dtype=float)
    assert math.isnan(metrics.auc(anomalous, scores))
    assert math.isnan(metrics.partial_auc(anomalous, scores))
    assert np.isnan(metrics.bootstrap(anomalous, scores, resamples=5)).all()


def test_nan_scores_and_other_shapes_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        metrics.auc([True, False], [np.nan, 1])
    with pytest.raises(ValueError, match="do not go with"):
        metrics.auc([True, False], [1.0])


def clips(n=60, seed=0, shift=1.0):
    rng = np.random.default_rng(seed)
    anomalous = rng.random(n) < 0.5
    return anomalous, rng.normal(size=n) + shift * anomalous


def test_bootstrap_is_deterministic_and_depends_on_its_seed():
    first = metrics.bootstrap(*clips(), resamples=50, seed=1)
    again = metrics.bootstrap(*clips(), resamples=50, seed=1)
    other = metrics.bootstrap(*clips(), resamples=50, seed=2)
    for one, two, three in zip(first, again, other, strict=True):
        assert one.shape == (50,)
        assert np.array_equal(one, two)
        assert not np.array_equal(one, three)


def drawn(anomalous, resamples, seed):
    """Return how often each clip is drawn, shape (resamples, clips)."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((resamples, len(anomalous)), int)
    for of_class in (anomalous, ~anomalous):
        clips_of_class = np.flatnonzero(of_class)
        count = len(clips_of_class)
        places = rng.integers(count, size=(resamples, count), dtype=np.int32)
        np.add.at(weights, (np.arange(resamples)[:, None], clips_of_class[places]), 1)
    return weights


@pytest.mark.parametrize("digits", [1, 9])  # with and without ties
def test_a_bootstrap_sample_is_the_metric_of_repeated_clips(digits):
    anomalous, scores = clips(30)
    scores = scores.round(digits)
    auc, pauc = metrics.bootstrap(anomalous, scores, resamples=4, seed=3)
    for sample, weight in enumerate(drawn(anomalous, 4, 3)):
        repeated = np.repeat(anomalous, weight), np.repeat(scores, weight)
        assert auc[sample] == pytest.approx(roc_auc_score(*repeated))
        assert pauc[sample] == pytest.approx(roc_auc_score(*repeated, max_fpr=0.1))


@pytest.mark.parametrize("digits", [1, 9])  # with and without ties
def test_how_many_resamples_are_worked_on_at_a_time_makes_no_difference(monkeypatch, digits):
    anomalous, scores = clips()
    scores = scores.round(digits)
    whole = metrics.bootstrap(anomalous, scores, resamples=10, seed=1)
    monkeypatch.setattr(metrics, "BLOCK", 3)
    monkeypatch.setattr(metrics, "COUNTED", 4)
    assert np.array_equal(whole, metrics.bootstrap(anomalous, scores, resamples=10, seed=1))


@given(st.integers(0, 1000), st.floats(0.01, 1.0), st.integers(1, 9))
@settings(deadline=None)
def test_counted_areas_are_those_under_the_curve(seed, max_fpr, digits):
    anomalous, scores = clips(seed=seed)
    scores[anomalous] = scores[anomalous].round(digits) + 1e-10  # ties within a class alone
    scores[~anomalous] = scores[~anomalous].round(digits)
    counted = metrics.bootstrap(anomalous, scores, max_fpr=max_fpr, resamples=20, seed=seed)
    weights = drawn(anomalous, 20, seed)
    area = metrics.weighted_areas(anomalous, scores, weights, max_fpr=max_fpr)
    assert np.allclose(counted, area, rtol=0, atol=1e-12)


@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_bootstrap_interval_holds_the_value_and_narrows_with_more_clips(seed):
    widths = []
    for n in (40, 640):
        data = clips(n, seed)
        samples, _ = metrics.bootstrap(*data, resamples=300, seed=seed)
        low, high = np.quantile(samples, [0.005, 0.995])
        assert low <= metrics.auc(*data) <= high
        widths.append(high - low)
    assert widths[1] < widths[0]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_confusion_is_scikit_learns(pairs):
    anomalous, decision = np.array(pairs).T
    rates = metrics.confusion(anomalous, decision)
    tn, fp, fn, tp = confusion_matrix(anomalous, decision, labels=[False, True]).ravel()
    expected = {
        "sensitivity": tp / (tp + fn) if tp + fn else math.nan,
        "recall": tp / (tp + fn) if tp + fn else math.nan,
        "specificity": tn / (tn + fp) if tn + fp else math.nan,
        "precision": precision_score(anomalous, decision) if tp + fp else math.nan,
        "f1": f1_score(anomalous, decision) if tp + fn else math.nan,
    }
    assert rates == pytest.approx(expected, nan_ok=True)


def test_harmonic_mean():
    assert metrics.harmonic_mean([0.5, 1.0]) == pytest.approx(2 / 3)
    assert metrics.harmonic_mean([0.5, 0.0]) == 0.0
    assert math.isnan(metrics.harmonic_mean([]))


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=20))
def test_harmonic_mean_is_at_most_the_arithmetic_one(values):
    assert min(values) - 1e-12 <= metrics.harmonic_mean(values) <= np.mean(values) + 1e-12
