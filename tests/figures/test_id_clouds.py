import numpy as np
import pandas as pd

from made_figures import SUFFIX, by_gid, drawn_points, legend_of, panel, texts_of
from pygoodvibes.figures import examples, style
from pygoodvibes.figures.id_clouds import plot_id_clouds
from pygoodvibes.figures.inputs import points_of_ids, with_domains

# Clouds


def test_id_clouds_draw_each_group_and_name_what_is_missing(gaps):
    fan = gaps.points[gaps.points["machine"] == "fan"]
    figure = plot_id_clouds(
        fan,
        machine="fan",
        title_suffix=SUFFIX,
        explained_variance_ratio={"00": [0.512, 0.2]},
        ids=["00", "02", "04", "06", "08"],
    )
    assert len(figure.axes) == 5
    axes = panel(figure, "ID 00")
    for kind, count in (("train", 40), ("normal", 12), ("anomaly", 14)):
        points = drawn_points(axes, kind)
        assert len(points) == count
    anomalies = fan[(fan["id"] == "00") & (fan["label"] == "anomaly")]
    np.testing.assert_array_equal(points, anomalies[["PC1", "PC2"]])
    assert axes.get_xlabel() == "PC1 (51.2 % of variance)"
    assert panel(figure, "ID 02").get_title(loc="left").count("no training clips") == 1
    assert "no anomalous test clips" in panel(figure, "ID 04").get_title(loc="left")
    assert "no normal test clips" in panel(figure, "ID 06").get_title(loc="left")
    assert panel(figure, "ID 08").texts[0].get_text() == "no clip could be projected"
    assert legend_of(figure) == ["training, normal", "test, normal", "test, anomalous"]
    colours = [handle.get_color() for handle in figure.legends[0].get_lines()]
    assert colours == [style.TRAIN, style.NORMAL, style.ANOMALY]


def test_clips_of_the_target_domain_are_hollow(full):
    fan = full.points[full.points["machine"] == "fan"].reset_index(drop=True)
    clips = fan.assign(domain=["source", "target", ""] * (len(fan) // 3) + [""] * (len(fan) % 3))
    twin = clips.assign(status="same name as another", domain="source")
    points = with_domains(fan, pd.concat([clips, twin]))
    assert list(points["domain"]) == list(clips["domain"])
    figure = plot_id_clouds(points, machine="fan", title_suffix=SUFFIX)
    axes = panel(figure, "Section 00")
    mine = clips[(clips["id"] == "00") & (clips["label"] == "anomaly")]
    of_target = mine["domain"] == "target"
    for gid, wanted in (("anomaly", mine[~of_target]), ("anomaly, target", mine[of_target])):
        np.testing.assert_array_equal(drawn_points(axes, gid), wanted[["PC1", "PC2"]])
    (hollow,) = by_gid(axes, "anomaly, target")
    assert not len(hollow.get_facecolor()) and len(hollow.get_edgecolor())
    assert legend_of(figure)[-1] == "hollow: target domain"


def test_where_no_clip_has_a_domain_points_stay_as_they_are(full):
    assert with_domains(full.points, full.points.assign(domain="")) is full.points


# Reading, and the scripts of the rules


def test_a_machine_type_without_any_id_to_show_gets_a_figure_that_says_so():
    points, ratios = points_of_ids([], "fan", [])
    assert points.empty and ratios == {}
    figure = plot_id_clouds(points, machine="fan", ids=[], title_suffix=SUFFIX)
    assert "No machine ID of fan could be projected." in texts_of(figure)
    figure = examples.plot_examples_of(
        "fan",
        [],
        [],
        [],
        hop_length=512,
        fmin=0.0,
        fmax=None,
        htk=False,
        audio={"sample_rate": 16000, "resample": False, "channel": 0},
        title_suffix=SUFFIX,
    )
    assert "fan has no labelled test clips." in texts_of(figure)
