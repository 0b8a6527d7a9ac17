import json

import pytest

from clip_folders import touch
from pygoodvibes.cli.main import main


def test_a_valid_config_is_called_valid(root, capsys):
    assert main(["check", str(root / "config" / "config.yaml")]) == 0
    assert capsys.readouterr().out.endswith("config.yaml: valid\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dataset: [", "no valid YAML"),
        ("- a\n", "must be a table of keys"),
        ("", "must be a table of keys"),
        ("dataset:\n  name: x\n  source: synthetic\n", "detectors: this key is missing"),
        (None, "No such file"),
    ],
)
def test_a_bad_config_gets_one_sentence_and_exit_code_1(tmp_path, capsys, text, said):
    path = tmp_path / "bad.yaml"
    if text is not None:
        path.write_text(text)
    for name in ("check", "show"):
        assert main([name, str(path)]) == 1
        shown = capsys.readouterr().err
        assert shown.startswith(f"Error: {path}: ") and said in shown and shown.count("\n") == 1


def test_a_folder_of_recordings_that_is_not_there_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = {
        "dataset": {"name": "x", "source": "folder", "path": "clips"},
        "detectors": {"knn": {}},
    }
    (tmp_path / "x.yaml").write_text(json.dumps(config))
    assert main(["check", "x.yaml"]) == 0
    assert capsys.readouterr().out == "x.yaml: valid, but dataset.path is not there: clips\n"
    (tmp_path / "clips").mkdir()
    assert main(["check", "x.yaml"]) == 0
    assert capsys.readouterr().out == "x.yaml: valid\n"


def test_the_manifest_of_a_config_is_read_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "a.wav", "b.wav")
    (tmp_path / "c.yaml").write_text(
        "dataset:\n  name: mine\n  source: folder\n  path: .\n  layout: manifest\n"
        "  manifest: clips.csv\ndetectors:\n  lof: {}\n"
    )
    rows = ["path,machine,id,split,label", "a.wav,fan,A,train,normal", "b.wav,fan,A,test,odd"]
    (tmp_path / "clips.csv").write_text("\n".join(rows))
    assert main(["check", "c.yaml"]) == 0
    assert capsys.readouterr().out == (
        "clips.csv: b.wav: left out, the label is 'odd', not normal, anomaly or unknown\n"
        "c.yaml: valid\n"
    )
    (tmp_path / "clips.csv").write_text("\n".join([*rows, "./a.wav,fan,A,test,normal"]))
    assert main(["check", "c.yaml"]) == 1
    shown = capsys.readouterr()
    assert "clips.csv, row 4: a.wav is already in row 2" in shown.err and not shown.out
    (tmp_path / "clips.csv").unlink()
    assert main(["check", "c.yaml"]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_results_are_shown_with_their_places(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        "dataset:\n  name: mine\n  source: synthetic\ndetectors:\n  lof: {}\n"
    )
    assert main(["show", "c.yaml"]) == 1
    assert "no results yet" in capsys.readouterr().err
    folder = tmp_path / "results" / "mine"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "averages.md").write_text("## AUC\n\n| lof |\n")
    (folder / "averages.csv").write_text(
        "detector,over,machine,mean,n,auc,pauc\nlof,types,,arithmetic,1,0.7,0.6\n"
    )
    assert main(["show", "c.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "lof, the default, has an AUC of 70.0 % (one machine type" in shown
    assert "results/mine/tables/averages.md" in shown and "report.html" not in shown
    for name in ("report.html", "summary.html"):
        (folder / name).write_text("")
        main(["show", "c.yaml"])
        assert f"results/mine/{name}" in capsys.readouterr().out
    main(["show", "c.yaml", "--table"])
    assert capsys.readouterr().out == "## AUC\n\n| lof |\n\n"
    main(["report-path", "c.yaml"])
    assert capsys.readouterr().out == "results/mine/report.html\n"


def test_settings_are_changed_by_their_keys(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (root / "config" / "config.yaml").read_text("utf-8")
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    assert main(["set", "c.yaml", "detectors.lof.n_neighbors=5", "seed=7"]) == 0
    assert "detectors.lof.n_neighbors is 5; it was 20\n" in capsys.readouterr().out
    after = (tmp_path / "c.yaml").read_text("utf-8").splitlines()
    lines = zip(text.splitlines(), after, strict=True)
    changed = [(old, new) for old, new in lines if old != new]
    assert changed == [("seed: 2020", "seed: 7"), ("    n_neighbors: 20", "    n_neighbors: 5")]
    before = (tmp_path / "c.yaml").read_bytes()
    assert main(["set", "c.yaml", "detectors.lof.n_neighbors=x"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("Error: c.yaml: detectors.lof.n_neighbors: ") and shown.count("\n") == 1
    assert (tmp_path / "c.yaml").read_bytes() == before
