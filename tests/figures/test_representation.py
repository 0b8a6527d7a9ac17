import numpy as np
import pandas as pd
import pytest

from made_figures import SUFFIX, named_clips, panel, texts_of, words_and_boxes
from pygoodvibes.figures.representation import plot_representation


def numbers_of(axes):
    """Return what stands in the cells of a matrix by (row, column)."""
    return {tuple(t.get_position()[::-1]): t.get_text() for t in axes.texts}


def test_confusions_stand_beside_each_other_in_percent_of_the_row(full):
    accuracies, confusion = named_clips(full.points)
    accuracies.loc[accuracies["classifier"] == "knn", "accuracy"] = 0.5
    figure = plot_representation(accuracies, confusion, title_suffix=SUFFIX)
    normal, anomalous = panel(figure, "Test, normal"), panel(figure, "Test, anomalous")
    assert "SVM 75.0 %, kNN 50.0 %" in normal.get_title(loc="left")
    names = ["fan 00", "fan 02", "valve 00", "valve 04"]
    for axes in (normal, anomalous):
        assert [label.get_text() for label in axes.get_yticklabels()] == names
        assert [label.get_text() for label in axes.get_xticklabels()] == names
        assert axes.images[0].get_clim() == (0, 100)
    # 12, 15, 11 and 10 normal clips, three of four of them taken for their own
    assert numbers_of(normal) == {
        **{(0, 0): "75", (0, 1): "25", (1, 1): "73", (1, 2): "27"},
        **{(2, 2): "73", (2, 3): "27", (3, 3): "70", (3, 0): "30"},
    }
    assert normal.images[0].get_array()[0].tolist() == [75, 25, 0, 0]
    assert numbers_of(anomalous)[0, 0] == "71"  # 10 of 14


def test_confusions_leave_the_row_of_an_id_without_clips_empty(gaps):
    figure = plot_representation(*named_clips(gaps.points), title_suffix=SUFFIX)
    image = panel(figure, "Test, normal").images[0].get_array()
    # fan 06 has no normal test clips
    assert image[2].mask.all() and not image[:2].mask.any()


def test_confusions_that_there_are_none_of_are_said(full):
    accuracies, confusion = named_clips(full.points)
    accuracies["note"] = "there is one machine ID only"
    figure = plot_representation(accuracies, confusion.iloc[:0], title_suffix=SUFFIX)
    assert "No confusion matrix: there is one machine ID only." in texts_of(figure)
    lost = accuracies.assign(accuracy=np.nan)
    figure = plot_representation(lost, confusion, title_suffix=SUFFIX)
    assert panel(figure, "Test, normal").get_title(loc="left") == "Test, normal: no clips"


@pytest.mark.parametrize("count", [23, 60])
def test_many_confusions_can_be_read(count):
    keys = [(f"machine{number // 4}", f"{number % 4:02d}") for number in range(count)]
    points = pd.DataFrame(keys, columns=["machine", "id"])
    parts = [("train", "normal"), *[("test", "normal"), ("test", "anomaly")] * 4]
    points = pd.concat(points.assign(split=split, label=label) for split, label in parts)
    figure = plot_representation(*named_clips(points), title_suffix=SUFFIX)
    words = list(words_and_boxes(figure))
    for number, (text, (left, bottom, right, top)) in enumerate(words):
        for other, box in words[number + 1 :]:
            across = min(right, box[2]) - max(left, box[0])
            down = min(top, box[3]) - max(bottom, box[1])
            assert across < 2 or down < 2, (text, other)
    axes = panel(figure, "Test, anomalous")
    assert len(axes.texts) == (2 * count if count == 23 else 0)
    assert len(axes.get_xticklabels()) == (count if count == 23 else 15)


def test_sections_are_called_so(full):
    accuracies, confusion = named_clips(full.points)
    accuracies["target"] = accuracies["target"].replace("machine ID", "section")
    figure = plot_representation(accuracies, confusion, title_suffix=SUFFIX)
    words = " ".join(texts_of(figure))
    assert "Sections that test clips are taken for" in words and "ID" not in words
    assert panel(figure, "Test, normal").get_ylabel() == "Section of the clip"
