import numpy as np

from made_figures import SUFFIX, by_gid, legend_of, panel, texts_of
from pygoodvibes.figures.scores import plot_scores


def test_score_histograms_count_the_clips_given(full):
    figure = plot_scores(full.scores, full.metrics, detector="lof", title_suffix=SUFFIX)
    assert len(figure.axes) == 2
    axes = panel(figure, "fan")
    rows = full.scores[(full.scores["machine"] == "fan") & (full.scores["detector"] == "lof")]
    (drawn,) = by_gid(axes, "02 anomaly")
    heights, edges, base = drawn.get_data()
    wanted = rows[(rows["id"] == "02") & (rows["label"] == "anomaly")]["score"]
    counts, _ = np.histogram(np.clip(wanted, edges[0], edges[-1]), edges)
    np.testing.assert_allclose((heights - base) / 0.84 * counts.max(), counts, atol=1e-9)
    assert counts.sum() == 10
    thresholds = sorted(float(c.get_segments()[0][0, 0]) for c in axes.collections)
    known = full.metrics[full.metrics["detector"] == "lof"].set_index(["machine", "id"])
    assert thresholds == sorted(known.loc["fan", "threshold"])
    assert legend_of(figure) == [
        "training, normal (held out)",
        "test, normal",
        "test, anomalous",
        "threshold",
    ]


def test_scores_name_missing_groups_and_ids(gap_figures):
    figure = gap_figures["scores"]
    words = [text.get_text() for text in panel(figure, "fan").texts]
    assert words == ["no scores", "no anomalous test clips", "no normal test clips"]
    assert panel(figure, "valve").texts[0].get_text() == "no finite score"


def test_heavy_tails_use_a_log_axis_or_the_end_bins(full):
    spread = full.scores.assign(score=np.exp(4 * np.log(full.scores["score"])))
    far = full.metrics.assign(threshold=1.0)
    figure = plot_scores(spread, far, detector="lof", title_suffix=SUFFIX)
    axes = panel(figure, "fan")
    assert axes.get_xscale() == "log" and "log scale" in axes.get_xlabel()
    signed = full.scores.assign(score=full.scores["score"] - 2)
    row = signed.index[(signed["machine"] == "fan") & (signed["label"] == "anomaly")][0]
    signed.loc[row, "score"] = 1e6
    figure = plot_scores(signed, far, detector="lof", title_suffix=SUFFIX)
    axes = panel(figure, "fan")
    assert axes.get_xscale() == "linear" and axes.get_xlim()[1] < 100
    assert "1 score beyond the axis" in axes.get_title(loc="left")
    signed.loc[row, "score"] = np.nan
    figure = plot_scores(signed, far, detector="lof", title_suffix=SUFFIX)
    assert "1 score not finite" in panel(figure, "fan").get_title(loc="left")


def test_a_detector_without_scores_says_so(full):
    figure = plot_scores(full.scores, full.metrics, detector="gmm", title_suffix=SUFFIX)
    assert any("No clip has a score of gmm" in word for word in texts_of(figure))


def test_normal_clips_of_the_target_domain_are_told_apart_without_colour(full):
    number = np.arange(len(full.scores))
    scores = full.scores.assign(domain=np.where(number % 3, "source", "target"))
    figure = plot_scores(scores, full.metrics, detector="lof", title_suffix=SUFFIX)
    axes = panel(figure, "fan")
    assert axes.get_ylabel() == "Section" and "per section" in figure.get_suptitle()
    rows = scores[(scores["machine"] == "fan") & (scores["detector"] == "lof")]
    rows = rows[(rows["id"] == "02") & (rows["split"] == "test") & (rows["label"] == "normal")]
    for domain in ("source", "target"):
        (drawn,) = by_gid(axes, f"02 normal, {domain}")
        heights, edges, base = drawn.get_data()
        counts, _ = np.histogram(rows.loc[rows["domain"] == domain, "score"], edges)
        np.testing.assert_allclose((heights - base) / 0.84 * counts.max(), counts, atol=1e-9)
        assert counts.sum() > 0
    assert sum(patch.get_hatch() is not None for patch in axes.patches) == 2  # a section each
    assert not by_gid(axes, "02 normal")
    assert {"test, normal, source", "test, normal, target"} < set(legend_of(figure))


def test_clips_whose_domain_is_hidden_stay_one_histogram(full):
    scores = full.scores.assign(domain="")
    figure = plot_scores(scores, full.metrics, detector="lof", title_suffix=SUFFIX)
    assert by_gid(panel(figure, "fan"), "02 normal")
    assert panel(figure, "fan").get_ylabel() == "Machine ID"
