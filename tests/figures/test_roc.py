import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from made_figures import FULL, SUFFIX, by_gid, make, panel, texts_of
from pygoodvibes.figures import roc
from pygoodvibes.figures.roc import plot_roc
from pygoodvibes.figures.sweep import plot_sweep


def test_roc_corners_hold_the_auc():
    rng = np.random.default_rng(2)
    normal, anomaly = rng.integers(0, 9, 40) * 1.0, rng.integers(3, 12, 30) * 1.0
    false, true = roc.roc_points(normal, anomaly)
    area = np.trapezoid(true, false)
    scores = np.concatenate([normal, anomaly])
    assert area == pytest.approx(roc_auc_score(np.repeat([0, 1], [40, 30]), scores))
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)


def test_vertical_average_of_a_perfect_and_a_useless_curve():
    perfect = roc.roc_points(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    useless = roc.roc_points(np.zeros(2), np.zeros(2))
    mean, low, high = roc.vertical_average([perfect, useless])
    np.testing.assert_allclose(mean, 0.5 + 0.5 * roc.RATES)
    np.testing.assert_allclose(low, roc.RATES)
    np.testing.assert_allclose(high, 1)


def test_roc_draws_the_mean_curve_the_zone_and_the_mean_numbers(full):
    figure = plot_roc(full.scores, full.metrics, title_suffix=SUFFIX, max_fpr=0.2)
    axes = panel(figure, "fan: 2 machine IDs")
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    means = full.metrics.groupby(["machine", "detector"])[["auc", "pauc"]].mean() * 100
    for detector, text in zip(("lof", "knn"), legend, strict=True):
        auc, pauc = means.loc["fan", detector]
        assert text == f"{detector}  {auc:.1f} / {pauc:.1f}"
    (zone,) = by_gid(axes, "pAUC zone")
    assert (zone.get_x(), zone.get_width()) == (0, 0.2)
    assert len(by_gid(axes, "chance")) == 1
    (line,) = [line for line in axes.lines if line.get_label() == legend[0]]
    assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(
        means.loc["fan", "lof"]["auc"] / 100, abs=0.01
    )
    assert "band: lowest to highest ID" in figure.get_suptitle()
    assert len(axes.collections) == 2


def test_roc_of_many_detectors_has_no_bands_and_shortens_dotted_names():
    data = make(FULL, ("lof", "knn", "sklearn.ensemble.IsolationForest"))
    figure = plot_roc(data.scores, data.metrics, title_suffix=SUFFIX)
    axes = panel(figure, "fan")
    assert "band" not in figure.get_suptitle() and not axes.collections
    assert axes.get_legend().get_texts()[2].get_text().startswith("IsolationForest ")


def test_roc_names_ids_without_a_curve(gaps):
    figure = plot_roc(gaps.scores, gaps.metrics.drop(columns="note"), title_suffix=SUFFIX)
    assert "without ID 02, 04, 06" in panel(figure, "fan: 1 machine ID").get_title(loc="left")
    assert panel(figure, "valve").texts[0].get_text() == "no curve for ID 00"
    figure = plot_roc(gaps.scores, gaps.metrics, title_suffix=SUFFIX)
    title = panel(figure, "fan").get_title(loc="left").replace("\n", " ")
    assert "02 (no training clips), 04 (no anomalous test clips)" in title
    empty = plot_roc(gaps.scores.iloc[:0], gaps.metrics, title_suffix=SUFFIX)
    assert any("No clip has a score" in word for word in texts_of(empty))


def test_roc_says_when_a_detector_lacks_an_id(full):
    lost = (full.scores["detector"] == "knn") & (full.scores["id"] == "02")
    figure = plot_roc(full.scores[~lost], full.metrics, title_suffix=SUFFIX)
    labels = [text.get_text() for text in panel(figure, "fan").get_legend().get_texts()]
    assert labels[1].endswith("(1 of 2 IDs)") and "IDs" not in labels[0]


@pytest.mark.parametrize("count", [2, 14, 15, 20])
@pytest.mark.parametrize("kind", ["roc", "sweep"])
def test_legends_beside_the_panels_stay_within_them_however_many_detectors(full, kind, count):
    names = ["random_projection", *(f"detector {number}" for number in range(1, count))]
    knn = {
        name: getattr(full, name)[getattr(full, name)["detector"] == "knn"]
        for name in ("metrics", "scores", "sweep")
    }
    many = {
        name: pd.concat([rows.assign(detector=each) for each in names])
        for name, rows in knn.items()
    }
    if kind == "roc":
        figure = plot_roc(many["scores"], many["metrics"], title_suffix=SUFFIX)
    else:
        figure = plot_sweep(many["sweep"], many["metrics"], title_suffix=SUFFIX)
    figure.canvas.draw()
    whole = figure.bbox
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend() is not None]
    boxes = [legend.get_window_extent() for legend in legends]
    assert len(boxes) > 1
    for number, box in enumerate(boxes):
        assert whole.x0 <= box.x0 and box.x1 <= whole.x1
        assert whole.y0 <= box.y0 and box.y1 <= whole.y1
        assert not any(box.overlaps(other) for other in boxes[:number])


@pytest.mark.parametrize("year", [None, 2021, 2023])
@pytest.mark.parametrize(
    "named", ["section_00_{}_test_{}_{}.wav", "section_00_{}_test_{}_{}_a_1.wav"]
)
def test_the_first_detector_has_a_curve_a_domain_as_its_auc_counts_clips(full, named, year):
    scores, domains = full.scores.copy(), ("source", "target")
    scores["domain"] = [domains[place % 2] for place in range(len(scores))]
    scores["clip"] = [
        named.format(domain, label, place)
        for place, (domain, label) in enumerate(zip(scores["domain"], scores["label"], strict=True))
    ]
    metrics = full.metrics.assign(auc_source=0.9, auc_target=0.7)
    axes = panel(plot_roc(scores, metrics, title_suffix=SUFFIX, year=year), "fan: 2 sections")
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "lof, source  90.0" in labels and "lof, target  70.0" in labels
    for domain in domains:
        (line,) = by_gid(axes, f"domain {domain}")
        areas = []
        for machine_id in ("00", "02"):
            rows = scores[(scores["machine"] == "fan") & (scores["id"] == machine_id)]
            rows = rows[(rows["detector"] == "lof") & (rows["split"] == "test")]
            own = rows["domain"] == domain
            # in 2021, whose names tell no attribute, a domain has its own anomalies
            of_2021 = year == 2021 or (year is None and "_a_1" not in named)
            counts = own if of_2021 else own | (rows["label"] == "anomaly")
            areas.append(roc_auc_score(rows["label"][counts] == "anomaly", rows["score"][counts]))
        area = np.trapezoid(line.get_ydata(), line.get_xdata())
        assert area == pytest.approx(np.mean(areas), abs=0.01)


def test_without_domains_there_are_no_curves_of_domains(full):
    axes = panel(plot_roc(full.scores, full.metrics, title_suffix=SUFFIX), "fan: 2 machine IDs")
    assert not [line for line in axes.lines if str(line.get_gid()).startswith("domain")]
