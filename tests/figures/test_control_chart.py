import numpy as np
import pandas as pd
import pytest

from made_figures import SUFFIX, by_gid, panel
from pygoodvibes.figures.control_chart import plot_control_chart
from pygoodvibes.util.errors import UserError

LIMIT = 0.65


def table(count=60, **changed):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "time": [f"2026-05-01T06:{minute:02d}:00Z" for minute in range(count)],
            "score": rng.normal(size=count),
            "threshold": 1.5,
            "verdict": "normal",
            "ewma": np.linspace(0, 1, count),
            "level": rng.normal(size=count),
            "drift": "",
        }
    )
    return rows.assign(**changed)


def shown(axes, label):
    [line] = [line for line in axes.lines if line.get_label() == label]
    return line.get_xdata(), line.get_ydata()


def test_scores_chart_and_level_stand_above_each_other():
    rows = table()
    rows.loc[40, ["score", "verdict"]] = 500.0, "anomalous"
    rows.loc[45, "drift"] = "the scores have risen since about $a$.wav"
    figure = plot_control_chart(rows, limit=LIMIT, run_length=500, title_suffix=SUFFIX)
    scores, chart, levels = figure.axes
    assert [list(values) for values in shown(scores, "anomalous clip")] == [[41], [500.0]]
    assert len(shown(scores, "clip")[0]) == 59 and scores.get_ylim()[1] > 500
    assert [line.get_ydata()[0] for line in by_gid(chart, "limit")] == [-LIMIT, LIMIT]
    out = shown(panel(figure, "EWMA"), "beyond a limit")
    np.testing.assert_array_equal(out[1], rows["ewma"][rows["ewma"] > LIMIT])
    for axes in figure.axes:
        [told] = by_gid(axes, "told")
        assert told.get_xdata()[0] == 46
    assert r"1  clip 46: the scores have risen since about \$a\$.wav" in levels.get_xlabel()
    assert "1\n2026-05-01\n06:00" in [label.get_text() for label in levels.get_xticklabels()]


def test_what_is_not_known_is_left_out():
    none = [None] * 30
    figure = plot_control_chart(
        table(30, level=none, ewma=[None] * 10 + [0.1] * 20, time=""),
        limit=LIMIT,
        run_length=500,
        title_suffix=SUFFIX,
    )
    _, chart = figure.axes
    assert chart.get_xlabel() == "clip" and len(shown(chart, "EWMA")[0]) == 20


def test_many_sentences_are_counted():
    figure = plot_control_chart(
        table(drift="moved"), limit=LIMIT, run_length=500, title_suffix=SUFFIX
    )
    assert figure.axes[-1].get_xlabel().endswith("... and 48 more")


def test_a_table_without_clips_is_refused():
    with pytest.raises(UserError, match="a control chart has no row"):
        plot_control_chart(table().iloc[:0], limit=LIMIT, run_length=500, title_suffix=SUFFIX)
