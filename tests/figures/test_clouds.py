import numpy as np
import pandas as pd

from made_figures import FULL, SUFFIX, drawn_points, panel, texts_of
from pygoodvibes.figures.clouds import plot_clouds


def test_clouds_draw_every_clip_by_type_and_by_id(full):
    figure = plot_clouds(full.points, title_suffix=SUFFIX)
    assert len(figure.axes) == 2 + 2
    everything = panel(figure, "All machine types: 232 clips")
    for machine in ("fan", "valve"):
        mine = full.points[full.points["machine"] == machine]
        points = drawn_points(everything, f"machine={machine}")
        assert sorted(map(tuple, points)) == sorted(zip(mine["PC1"], mine["PC2"], strict=True))
        axes = panel(figure, f"{machine}: ")
        for id_, rows in mine.groupby("id"):
            points = drawn_points(axes, f"id={id_}")
            assert sorted(points[:, 0]) == sorted(rows["PC1"])
        shown = [text.get_text() for text in axes.get_legend().get_texts()]
        assert shown == sorted(FULL[machine])
    solid = [axes for axes in figure.axes if axes.name == "3d"]
    assert len(solid) == 1 and solid[0].get_zlabel().startswith("PC3")
    top = figure.subfigs[0]
    assert [t.get_text() for t in top.legends[0].get_texts()] == ["fan", "valve"]


def test_clouds_say_what_is_not_shown(full):
    flat = plot_clouds(full.points.drop(columns="PC3"), title_suffix=SUFFIX)
    assert any("no 3-D view" in word.replace("\n", " ") for word in texts_of(flat))
    far = full.points.copy()
    far.loc[0, "PC1"] = 1e4
    figure = plot_clouds(far, title_suffix=SUFFIX)
    assert "1 clip beyond the axes" in panel(figure, "fan: ").get_title(loc="left")
    lost = plot_clouds(full.points.assign(PC1=np.nan), title_suffix=SUFFIX)
    assert "No clip could be projected." in texts_of(lost)


def test_large_clouds_show_a_fixed_sample_in_3d():
    rng = np.random.default_rng(0)
    points = pd.DataFrame(rng.uniform(size=(9000, 3)), columns=["PC1", "PC2", "PC3"])
    points = points.assign(machine="fan", id="00")
    figure = plot_clouds(points, title_suffix=SUFFIX)
    assert "8,000 of 9,000 clips" in "".join(texts_of(figure))
    (solid,) = [axes for axes in figure.axes if axes.name == "3d"]
    assert sum(len(c.get_offsets()) for c in solid.collections if c.get_gid()) == 8000
