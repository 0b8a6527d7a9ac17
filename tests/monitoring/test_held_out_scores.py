import csv
import dataclasses

import numpy as np
import pytest

import own_machine
from pygoodvibes.monitoring import held_out_scores
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.refit import refit
from pygoodvibes.util.errors import UserError


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return own_machine.fit(tmp_path_factory.mktemp("fit") / "pump", detectors="fusion,knn")


def with_scores(fit, scores):
    """Return the model with other held-out scores of knn, and what judges by them."""
    scores = np.array(scores, dtype=float)
    held_out = {**fit.model.held_out, "knn": scores}
    model = dataclasses.replace(fit.model, held_out=held_out)
    return model, judge(model, detector="knn")


def rows_of(names):
    return [{"path": f"{name}.wav", "offset": ""} for name in names]


def test_the_clip_that_alone_sets_a_threshold_is_named(fit):
    model, judging = with_scores(fit, [0.2, 6.7, 1.2, -1.0, 0.4, np.nan])
    said = held_out_scores.far_above(model, judging, rows_of("abcdef"))
    assert said.startswith("the threshold comes from b.wav: a held-out score of 6.7, and 1.2 at")
    assert "--exclude" in said


def test_several_are_named_with_the_highest_first_and_recordings_once(fit):
    few = [float(number) for number in range(12)]
    model, judging = with_scores(fit, [*few, 60, 70, 65, 80])
    said = held_out_scores.far_above(model, judging, rows_of("abcdefghijklmnop"))
    assert "comes from p.wav, n.wav, o.wav and 1 more: a held-out score of 80, and 11" in said
    model, judging = with_scores(fit, [*few, 60, 70])
    said = held_out_scores.far_above(model, judging, rows_of([*"abcdefghijkl", "long", "long"]))
    assert "comes from long.wav: " in said


@pytest.mark.parametrize(
    "scores",
    [
        [0.2, 3.4, 1.2, -1.0, 0.4],  # no further off than the others are wide
        [1.0, 1.0, 1.0, 1.0, 9.0],  # no width to compare with
        [0.0, 1.0, 2.0, 90.0],  # too few to tell
        [0.0, 1.0, 2.0, 90.0, 91.0, 92.0],  # half of all: no exception
        [*map(float, range(30)), 900.0],  # the threshold lies among the others
    ],
)
def test_nobody_is_named_without_a_reason(fit, scores):
    model, judging = with_scores(fit, scores)
    assert held_out_scores.far_above(model, judging, rows_of(map(str, range(len(scores))))) == ""


def test_names_and_scores_stay_together_in_the_file(fit, tmp_path):
    held_out_scores.write(tmp_path / "scores.csv", fit.model, fit.clips)
    with (tmp_path / "scores.csv").open(newline="") as file:
        records = list(csv.DictReader(file))
    assert tuple(records[0]) == held_out_scores.COLUMNS
    for name in ("fusion", "knn"):
        own = [record for record in records if record["detector"] == name]
        assert {record["clip"]: float(record["score"]) for record in own} == dict(
            zip(fit.model.kept.paths, fit.model.held_out[name].tolist(), strict=True)
        )
        assert [record["above"] for record in own] == ["1"] * 1 + ["0"] * 19
        assert {float(record["threshold"]) for record in own} == {
            judge(fit.model, detector=name).threshold
        }
    assert {record["start"] for record in records} == {""}


def test_a_clip_that_was_left_out_has_no_line_and_moves_none(tmp_path):
    own_machine.healthy(tmp_path / "pump", 12)
    (tmp_path / "pump" / "000.wav").write_text("hello")
    (tmp_path / "pump" / "005.wav").write_bytes((tmp_path / "pump" / "004.wav").read_bytes())
    fit = own_machine.fit(tmp_path / "pump")
    assert len(fit.rows) == 12
    scores = {each["clip"]: each["score"] for each in held_out_scores.table(fit.model, fit.clips)}
    assert sorted(scores) == fit.model.kept.paths and len(scores) == 10
    assert float(scores["003.wav"]) == fit.model.held_out["fusion"][2]
    # and after another fit, without one and with new ones
    own_machine.write(tmp_path / "new" / "0005.wav", 30)
    again = refit(fit.model, add=tmp_path / "new", exclude=["004.wav"])
    scores = {
        each["clip"]: each["score"] for each in held_out_scores.table(again.model, again.clips)
    }
    assert "004.wav" not in scores and again.model.kept.paths[0] == "0005.wav"
    assert {clip: float(score) for clip, score in scores.items()} == dict(
        zip(again.model.kept.paths, again.model.held_out["fusion"].tolist(), strict=True)
    )


def test_windows_have_a_start_and_clips_without_a_score_come_last(fit):
    model, _ = with_scores(fit, [0.2, np.nan, 1.2])
    rows = [{"path": "night.wav", "offset": number * 4000} for number in range(3)]
    records = held_out_scores.table(dataclasses.replace(model, estimators={"knn": None}), rows)
    assert [record["start"] for record in records] == ["1.0", "0.0", "0.5"]
    assert [record["score"] for record in records] == ["1.2", "0.2", ""]
    assert records[-1]["above"] == ""


def test_what_can_not_be_written_is_told(fit, tmp_path):
    with pytest.raises(UserError, match=r"no/scores.csv: can't be written \(No such file"):
        held_out_scores.write(tmp_path / "no" / "scores.csv", fit.model, fit.clips)
