import io

import numpy as np
import pandas as pd
import pytest
import soundfile

from pygoodvibes.report.table import Table
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.errors import UserError
from ui import browse

AUDIO = {"sample_rate": 16000, "resample": False, "channel": 1}


@pytest.fixture
def manifest(tmp_path):
    """Five clips of two machines; one is left out."""
    clips = [
        ("fan", "00", "train", "normal", "a.wav", "ok"),
        ("fan", "00", "test", "normal", "b.wav", "ok"),
        ("fan", "02", "test", "anomaly", "c.wav", "ok"),
        ("valve", "00", "test", "anomaly", "d.wav", "empty file (0 bytes)"),
        ("valve", "00", "test", "unknown", "E.wav", "ok"),
    ]
    columns = ("machine", "id", "split", "label", "clip", "status")
    rows = [dict(zip(columns, clip, strict=True)) for clip in clips]
    for row in rows:
        row |= {
            "path": f"{row['machine']}/{row['split']}/{row['clip']}",
            "seconds": 10,
            "xxh3_128": 1,
        }
    write_records(tmp_path / "manifest.csv", rows, list(rows[0]))
    return browse.read_manifest(tmp_path / "manifest.csv")


def test_ids_stay_text_and_only_what_is_shown_is_read(manifest):
    assert list(manifest.columns) == list(browse.SHOWN)
    assert manifest["id"].tolist() == ["00", "00", "02", "00", "00"]


def test_levels_count_clips_from_the_centre_outwards(manifest):
    nodes = browse.levels(manifest, ["split", "machine", "id"]).set_index("node")
    assert nodes.loc["test", ["parent", "level", "clips"]].tolist() == ["", 0, 4]
    assert nodes.loc["test/fan", "clips"] == 2
    assert nodes.loc["test/fan/02", ["parent", "value"]].tolist() == ["test/fan", "02"]
    for _, ring in nodes.groupby("level"):
        assert ring["clips"].sum() == 5
    # no empty nodes: there is no training clip of a valve
    assert "train/valve" not in nodes.index


@pytest.mark.parametrize(
    ("text", "wanted", "clips"),
    [
        ("", {}, "abcdE"),
        ("fan", {}, "abc"),
        ("anomaly FAN", {}, "c"),
        ("e.wav", {}, "E"),
        ("empty file", {}, "d"),
        ("", {"machine": "valve", "label": "anomaly"}, "d"),
        ("00", {"split": "test", "label": ""}, "bdE"),
        ("no such clip", {}, ""),
        ("(", {}, "d"),
    ],
)
def test_a_search_wants_all_its_words(manifest, text, wanted, clips):
    found = browse.search(manifest, text, **wanted)
    assert "".join(name[0] for name in found["clip"]) == clips


def test_left_out_clips_are_counted_by_reason(manifest):
    rows = browse.left_out(manifest).to_dict("records")
    reason = "empty file (0 bytes)"
    assert rows == [{"machine": "valve", "id": "00", "status": reason, "clips": 1}]


def test_what_is_played_is_the_channel_the_detectors_hear(tmp_path):
    samples = np.stack([np.zeros(1600), 0.5 * np.sin(np.arange(1600) / 5)], axis=1)
    soundfile.write(tmp_path / "two.flac", samples, 16000)
    played, rate = soundfile.read(io.BytesIO(browse.playable(tmp_path / "two.flac", AUDIO)))
    assert rate == 16000
    assert np.abs(played - samples[:, 1]).max() < 1e-4  # as loud as it is, not louder
    with pytest.raises(UserError, match="can't be read"):
        browse.playable(tmp_path / "none.wav", AUDIO)


def test_loud_samples_are_cut_and_do_not_wrap():
    played, _ = soundfile.read(io.BytesIO(browse.wav(np.array([0.0, 1.7, -2.0]), 8000)))
    assert played == pytest.approx([0.0, 1.0, -1.0], abs=1e-4)


def test_an_envelope_holds_every_peak():
    signal = np.zeros(1001)
    signal[[3, 500, 1000]] = [0.9, -0.7, 0.4]
    low, high = browse.envelope(signal, steps=10)
    assert len(low) == len(high) == 10
    assert (high[0], low[4], high[-1]) == (0.9, -0.7, 0.4)
    low, high = browse.envelope(np.array([1.0, -1.0]), steps=10)
    assert low.tolist() == high.tolist() == [1.0, -1.0]


def test_columns_are_sorted_by_what_they_measure():
    columns = ["mean_001", "mean_000", "gwrp0.9_000", "gwrp0.9_001", "x", "y_0", "once_000"]
    groups = browse.profiles(columns)
    assert {name: places.tolist() for name, places in groups.items()} == {
        "mean": [1, 0],
        "gwrp0.9": [2, 3],
    }


def test_scores_of_one_detector(tmp_path):
    rows = [
        {"detector": name, "clip": "a", "split": "test", "label": "normal", "score": score}
        for name, score in (("lof", 1.5), ("knn", ""))
    ]
    write_records(tmp_path / "scores.csv", rows, list(rows[0]))
    [score] = browse.scores_of(tmp_path / "scores.csv", "lof")["score"]
    assert score == 1.5
    assert pd.isna(browse.scores_of(tmp_path / "scores.csv")["score"].iloc[1])
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="no table of scores, it lacks clip, detector"):
        browse.scores_of(tmp_path / "other.csv")


def test_a_table_is_read_back_from_markdown():
    table = Table(
        "Title", ["Name", "AUC | pAUC"], [["a|b", "**88.0**"], ["c", "-1.5"]], ["A note."]
    )
    other = Table("Another", ["x"], [["y"]])
    found = browse.first_table(f"Words first.\n{table.markdown()}\n{other.markdown()}")
    assert found.columns.tolist() == ["Name", "AUC | pAUC"]
    assert found.to_numpy().tolist() == [["a|b", "88.0"], ["c", "-1.5"]]
    assert browse.first_table("no table").empty


def test_faults_stand_apart_from_choices():
    metrics = pd.DataFrame(
        {
            "machine": "fan",
            "id": ["00", "02", "04"],
            "detector": "choice",
            "note": ["chosen: lof (a 1.0, b)", "", "no AUC: no normal test clip; chosen: knn (c)"],
        }
    )
    faults, choices = browse.notes(metrics)
    assert faults[["id", "note"]].values.tolist() == [["04", "no AUC: no normal test clip"]]
    assert choices["note"].tolist() == ["chosen: lof (a 1.0, b)", "chosen: knn (c)"]
    assert all(len(each) == 0 for each in browse.notes(metrics[1:2]))
