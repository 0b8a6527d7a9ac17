import pytest

from pygoodvibes.figures.embeddings import plot_embeddings


def row(embedding, detector, **values):
    names = [f"auc{of}{end}" for of in ("", "_first", "_control") for end in ("", "_low", "_high")]
    return {"embedding": embedding, "detector": detector, **dict.fromkeys(names), **values}


STATISTICS = row("statistics", "lof", auc=0.9, auc_low=0.85, auc_high=0.95)
LEARNT = row("triplet", "lof", auc=0.8, auc_low=0.7, auc_high=0.85) | {
    "auc_first": -0.1,
    "auc_first_low": -0.15,
    "auc_first_high": -0.05,
}


def drawn(panel):
    return [line.get_xdata()[0] for line in panel.lines if line.get_marker() != "None"]


def plot(rows):
    return plot_embeddings(rows, title="Learnt", confidence=0.95, title_suffix="made")


def test_panels_are_what_there_is_to_compare():
    auc, first = plot([STATISTICS, LEARNT]).axes
    assert drawn(auc) == pytest.approx([90, 80]) and drawn(first) == pytest.approx([-10])
    assert [text.get_text() for text in auc.get_yticklabels()] == ["statistics", "triplet"]
    assert "AUC to statistics" in first.get_title(loc="left") + first.get_title()
    control = {"auc_control": 0.02, "auc_control_low": None, "auc_control_high": None}
    *_, last = plot([STATISTICS, LEARNT | control]).axes
    assert drawn(last) == pytest.approx([2])
    assert len(plot([STATISTICS]).axes) == 1


def test_without_any_auc_there_is_a_sentence():
    figure = plot([row("statistics", "lof")])
    assert "No embedding could be evaluated." in figure.axes[0].texts[0].get_text()
