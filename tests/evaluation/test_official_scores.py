import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pygoodvibes.evaluation.official_scores import (
    copy_files,
    decision_file,
    evaluate_file,
    naming,
    read,
    score_file,
    write,
    write_official,
)
from pygoodvibes.util.errors import UserError

names = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1)


def test_names_of_files():
    assert score_file("ToyCar", "01") == "anomaly_score_ToyCar_id_01.csv"
    assert decision_file("fan", "00") == "decision_result_fan_id_00.csv"


@given(st.dictionaries(names, st.floats(allow_nan=False), max_size=8))
@settings(deadline=None)
def test_scores_come_back_with_all_their_digits(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("official") / "s.csv"
    write(path, values)
    assert read(path) == values


def test_decisions_are_0_and_1_and_there_is_no_header(tmp_path):
    decisions = {
        "anomaly_id_00_00000000.wav": True,
        "normal_id_00_00000001.wav": False,
        "anomaly_id_00_00000001.wav": False,
        "normal_id_00_00000000.wav": True,
    }
    write(tmp_path / "d.csv", decisions)
    assert (tmp_path / "d.csv").read_bytes() == (
        b"normal_id_00_00000000.wav,1\n"
        b"normal_id_00_00000001.wav,0\n"
        b"anomaly_id_00_00000000.wav,1\n"
        b"anomaly_id_00_00000001.wav,0\n"
    )
    assert read(tmp_path / "d.csv") == decisions


def test_no_clips_make_an_empty_file(tmp_path):
    write(tmp_path / "s.csv", {})
    assert (tmp_path / "s.csv").read_bytes() == b""
    assert read(tmp_path / "s.csv") == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a.wav,0.5\nb.wav\n", "row 2: must be 'file name,number'"),
        ("file,score\na.wav,0.5\n", "row 1: .* found 'file,score'"),
        ("a.wav,0.5,1\n", "row 1"),
        ("a.wav,nan\n", "row 1"),
        ("a.wav,1\na.wav,2\n", r"row 2: a\.wav comes twice"),
    ],
)
def test_files_of_another_form_are_refused(tmp_path, content, message):
    (tmp_path / "s.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        read(tmp_path / "s.csv")


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(UserError, match="missing: no readable score file"):
        read(tmp_path / "missing")
    (tmp_path / "s.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="no readable score file"):
        read(tmp_path / "s.csv")


def example(n=60, seed=0):
    rng = np.random.default_rng(seed)
    labels = ["normal"] * (n // 2) + ["anomaly"] * (n // 2)
    clips = [f"{label}_id_00_{number:08d}.wav" for number, label in enumerate(labels)]
    scores = rng.normal(size=n) + (np.array(labels) == "anomaly")
    return dict(zip(clips, labels, strict=True)), dict(zip(clips, scores.tolist(), strict=True))


def test_the_file_name_decides_and_not_the_position(tmp_path):
    truth, scores = example()
    anomalous = [label == "anomaly" for label in truth.values()]
    expected = {
        "auc": roc_auc_score(anomalous, list(scores.values())),
        "pauc": roc_auc_score(anomalous, list(scores.values()), max_fpr=0.1),
        "n_normal": 30,
        "n_anomaly": 30,
    }
    rows = list(scores.items())
    np.random.default_rng(1).shuffle(rows)
    with (tmp_path / "s.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert evaluate_file(tmp_path / "s.csv") == pytest.approx(expected)
    shuffled = dict(sorted(truth.items(), key=lambda item: item[0][::-1]))
    assert evaluate_file(tmp_path / "s.csv", shuffled) == pytest.approx(expected)


def test_the_truth_given_goes_before_the_name(tmp_path):
    truth, scores = example()
    write(tmp_path / "s.csv", scores)
    turned = {clip: "normal" if label == "anomaly" else "anomaly" for clip, label in truth.items()}
    straight = evaluate_file(tmp_path / "s.csv")
    assert evaluate_file(tmp_path / "s.csv", turned)["auc"] == pytest.approx(1 - straight["auc"])


def test_clips_without_label_or_score_are_refused(tmp_path):
    truth, scores = example()
    write(tmp_path / "s.csv", scores | {"id_00_00000099.wav": 1.0})
    with pytest.raises(UserError, match=r"no label for 1 clip\(s\), the first is id_00_00000099"):
        evaluate_file(tmp_path / "s.csv")
    write(tmp_path / "s.csv", scores)
    with pytest.raises(UserError, match=r"no score for 1 clip\(s\), the first is more\.wav"):
        evaluate_file(tmp_path / "s.csv", truth | {"more.wav": "normal"})


@pytest.mark.shared
def test_the_published_scores_give_the_published_metrics(shared):
    folder = shared / "golden/mlcommons_toycar"
    lines = [line.split(",") for line in (folder / "result.csv").read_text().splitlines()]
    published = {row[0]: (float(row[1]), float(row[2])) for row in lines if row[0].isdigit()}
    assert sorted(published) == ["01", "02", "03", "04"]
    for machine_id, (auc, pauc) in published.items():
        result = evaluate_file(folder / score_file("ToyCar", machine_id))
        assert result["auc"] == pytest.approx(auc, abs=1e-9)
        assert result["pauc"] == pytest.approx(pauc, abs=1e-9)


def test_figures_are_copied_as_files_even_where_they_are_links(tmp_path):
    kept, source = tmp_path / "kept.png", tmp_path / "figures"
    kept.write_bytes(b"picture")
    (source / "scores").mkdir(parents=True)
    (source / "roc.png").write_bytes(b"curve")
    (source / "scores" / "lof.png").symlink_to(kept)
    files = [str(source / "roc.png"), str(source / "scores" / "lof.png")]
    copy_files(files, source, tmp_path / "results")
    copied = tmp_path / "results" / "scores" / "lof.png"
    assert copied.read_bytes() == b"picture" and not copied.is_symlink()
    assert (tmp_path / "results" / "roc.png").read_bytes() == b"curve"


def test_official_files_hold_every_test_clip_once_normal_ones_first(tmp_path):
    clips = {"anomaly_id_00_00000000.wav": 2.5, "normal_id_00_00000001.wav": 0.1 + 0.2}
    test = {
        "scores": clips,
        "decisions": {name: value > 1 for name, value in clips.items()},
    }
    document = {"machine": "fan", "id": "00", "test": {"lof": test}}
    path = tmp_path / "00.json"
    path.write_text(json.dumps(document))
    write_official([str(path)], tmp_path / "official")
    folder = tmp_path / "official" / "lof"
    assert sorted(path.name for path in folder.iterdir()) == [
        "anomaly_score_fan_id_00.csv",
        "decision_result_fan_id_00.csv",
    ]
    assert (folder / "anomaly_score_fan_id_00.csv").read_text() == (
        "normal_id_00_00000001.wav,0.30000000000000004\nanomaly_id_00_00000000.wav,2.5\n"
    )
    assert (folder / "decision_result_fan_id_00.csv").read_text() == (
        "normal_id_00_00000001.wav,0\nanomaly_id_00_00000000.wav,1\n"
    )


@pytest.mark.parametrize(
    ("ends", "files"),
    [
        # 2021: domain without attributes
        (
            ["source_test_normal_0000", "target_test_anomaly_0000"],
            ["section_03_source_test", "section_03_target_test"],
        ),
        (["source_test_0000", "source_test_0001"], ["section_03_source_test"]),
        # since 2022
        (["source_test_normal_0000_a_b", "target_test_normal_0000_c_d"], ["section_03_test"]),
        (["0000", "0001"], ["section_03_test"]),
        (["test_0000", "test_0001"], ["section_03_test"]),
    ],
)  # fmt: skip
def test_files_of_sections_are_called_as_their_years_have_it(tmp_path, ends, files):
    clips = [f"section_03_{end}.wav" for end in ends]
    test = {"scores": dict.fromkeys(clips, 0.5), "decisions": dict.fromkeys(clips, True)}
    (tmp_path / "03.json").write_text(
        json.dumps({"machine": "fan", "id": "03", "test": {"knn": test}})
    )
    write_official([str(tmp_path / "03.json")], tmp_path / "official")
    folder = tmp_path / "official/knn"
    for start, value in (("anomaly_score", "0.5"), ("decision_result", "1")):
        paths = [folder / f"{start}_fan_{name}.csv" for name in files]
        assert sorted(folder.glob(f"{start}*")) == paths
        rows = [row for path in paths for row in path.read_text().splitlines()]
        assert rows == [f"{clip},{value}" for clip in clips]


def test_clips_of_several_kinds_keep_the_names_of_2020():
    protocol, domains = naming(["section_03_0000.wav", "other.wav"])
    assert (protocol.year, domains) == (2020, {"": ["section_03_0000.wav", "other.wav"]})
