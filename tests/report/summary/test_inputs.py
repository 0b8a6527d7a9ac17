"""What the page is made of: files read once, machine IDs with what belongs to each."""

import dataclasses
import json

import pytest

from pygoodvibes.report.summary.inputs import PageFiles, PageSettings, read_tables
from pygoodvibes.util.csv_files import write_records


@pytest.fixture
def files(tmp_path):
    """Return the files of a run on two machine IDs with a clip each, one of them unusable."""
    rows = [
        {"machine": "fan", "id": machine_id, "split": "test", "clip": "a.wav", "status": status}
        for machine_id, status in (("00", "ok"), ("02", "silent"))
    ]
    tables = ("manifest", "coverage", "metrics", "averages")
    for name in tables:
        write_records(tmp_path / f"{name}.csv", rows, list(rows[0]))
    (tmp_path / "metrics.json").write_text('{"auc": {"knn": 0.9}}')
    evaluations = [tmp_path / f"{row['id']}.json" for row in rows]
    scores = [tmp_path / f"{row['id']}.csv" for row in rows]
    for row, evaluation, path in zip(rows, evaluations, scores, strict=True):
        evaluation.write_text(json.dumps({"machine": row["machine"], "id": row["id"]}))
        write_records(path, [{"clip": f"of {row['id']}"}], ["clip"])
    return PageFiles(
        template=tmp_path / "page.html.j2",
        **{name: tmp_path / f"{name}.csv" for name in tables},
        headline=tmp_path / "metrics.json",
        evaluations=evaluations,
        scores=scores,
        mels=["00.npy", "02.npy"],
        mel_clips=["00.clips.csv", "02.clips.csv"],
    )


def test_a_machine_id_keeps_its_own_evaluation_scores_and_mel_cache(files):
    tables = read_tables(files)
    assert tables.headline == {"auc": {"knn": 0.9}}
    assert [own.key for own in tables.machine_ids] == [("fan", "00"), ("fan", "02")]
    assert [own.scores for own in tables.machine_ids] == [[{"clip": "of 00"}], [{"clip": "of 02"}]]
    assert [own.mel for own in tables.machine_ids] == [
        ("00.npy", "00.clips.csv"),
        ("02.npy", "02.clips.csv"),
    ]


def test_without_mel_caches_no_machine_id_has_one(files):
    tables = read_tables(dataclasses.replace(files, mels=[], mel_clips=[]))
    assert [own.mel for own in tables.machine_ids] == [None, None]


@pytest.mark.parametrize("lacking", [{"scores": []}, {"mels": ["00.npy"]}])
def test_files_of_machine_ids_must_be_as_many(files, lacking):
    with pytest.raises(ValueError, match="zip"):
        read_tables(dataclasses.replace(files, **lacking))


def test_clips_that_cant_be_used_stand_apart(files):
    tables = read_tables(files)
    assert [row["id"] for row in tables.left_out] == ["02"]
    assert list(tables.usable) == [("fan", "00", "test", "a.wav")]


def test_the_page_tells_of_the_first_detector():
    settings = PageSettings(
        detectors=["lof", "knn"],
        false_alarm_rates={"knn": 0.2, "lof": 0.1},
        data="data set plant",
        source="folder",
        published="none",
        data_folder=None,
        config={},
    )
    assert (settings.detector, settings.planned) == ("lof", 0.1)
