import json

from pygoodvibes.evaluation.official_scores import copy_files, write_official


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
