import csv
import subprocess

import pytest
import yaml

from made_experiments import CONFIG, cells_of, metrics
from pygoodvibes.cli.main import main
from pygoodvibes.experiments.compare import (
    write_comparison,
)
from pygoodvibes.util.errors import UserError


class Repository:
    """A git repository with a baseline, and experiments kept the way DVC keeps them."""

    def __init__(self, folder):
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "nobody@example.org")
        self.git("config", "user.name", "nobody")

    def git(self, *arguments):
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, config, rows):
        (self.folder / "config").mkdir(exist_ok=True)
        (self.folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))
        place = self.folder / "results" / config["dataset"]["name"]
        place.mkdir(parents=True, exist_ok=True)
        with (place / "metrics.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x", "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def experiment(self, name, config, rows, lock=None):
        head = self.git("rev-parse", "HEAD")
        self.write(config, rows)
        if lock:
            (self.folder / "dvc.lock").write_text(yaml.safe_dump(lock))
        revision = self.commit()
        self.git("update-ref", f"refs/exps/{head[:2]}/{head[2:]}/{name}", revision)
        self.git("reset", "-q", "--hard", head)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    made = Repository(tmp_path)
    made.write(CONFIG, metrics(lof=[0.5, 0.6, 0.7, 0.8], knn=[0.5, 0.5, 0.5, 0.5]))
    made.commit()
    monkeypatch.chdir(tmp_path)
    return made


def test_compare_reads_experiments_from_git(repository, capsys):
    changed = {**CONFIG, "detectors": {"lof": {"n_neighbors": 5}, "knn": None}}
    repository.experiment(
        "shiny-cat", changed, metrics(lof=[0.6, 0.7, 0.8, 0.9], knn=[0.5, 0.5, 0.5, 0.5])
    )
    head = repository.git("rev-parse", "HEAD")
    repository.git("update-ref", "refs/exps/exec/EXEC_HEAD", head)
    repository.git("update-ref", "refs/exps/celery/stash", head)
    assert main(["compare"]) == 0
    said = capsys.readouterr().out
    folder = repository.folder / "results" / "tiny"
    text = (folder / "experiments.md").read_text()
    assert text in said
    assert text.startswith("## Experiments against the baseline (synthetic data, no recordings)")
    rows = cells_of(text)
    assert [row["Experiment"] for row in rows] == ["shiny-cat", "baseline"]
    assert rows[0]["AUC difference"] == "+10.0 [+10.0, +10.0]"
    assert (folder / "experiments.png").stat().st_size > 5000
    with (folder / "experiments.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 4
    first = (folder / "experiments.csv").read_bytes()
    main(["compare", "--sort", "valve"])
    assert (folder / "experiments.csv").read_bytes() == first


def test_changed_data_and_code_show_as_parameters(repository):
    deps = [{"path": "data/tiny", "md5": "0123456789.dir"}, {"path": "report", "md5": "a"}]
    lock = {"stages": {"results": {"deps": deps}}}
    repository.experiment("new-clips", CONFIG, metrics(lof=[0.6, 0.7, 0.8, 0.9]), lock=lock)
    table = write_comparison("config/config.yaml")
    [row] = [row for row in cells_of(table.markdown()) if row["Experiment"] == "new-clips"]
    assert row["data/tiny"] == "0123456"
    assert "report" not in row


def test_experiments_that_cannot_be_compared_are_named(repository):
    other = {**CONFIG, "dataset": {"name": "other", "source": "synthetic"}}
    rows = metrics(lof=[0.6, 0.7, 0.8, 0.9])
    repository.experiment("other-data", other, rows)
    with pytest.raises(UserError, match=r"none of 1 experiment.*other-data.*data set is other"):
        write_comparison("config/config.yaml")
    repository.experiment("fine", CONFIG, rows)
    repository.experiment("broken", CONFIG, [{"machine": "fan", "auc": "0.5"}])
    text = write_comparison("config/config.yaml").markdown()
    assert "- other-data: left out, its data set is other." in text
    assert "- broken: left out, its results/tiny/metrics.csv is no table of metrics." in text


def test_no_experiments_yet(repository, capsys):
    assert main(["compare"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: no experiments of this commit yet; make one with: dvc exp run")
    assert said.count("\n") == 1


def test_experiments_of_other_commits(repository):
    repository.experiment("old", CONFIG, metrics(lof=[0.6, 0.7, 0.8, 0.9]))
    repository.commit()
    with pytest.raises(UserError, match="1 of other commits: --all-commits"):
        write_comparison("config/config.yaml")
    repository.git("update-ref", "refs/exps/celery/failed/abc", repository.git("rev-parse", "HEAD"))
    text = write_comparison("config/config.yaml", all_commits=True).markdown()
    assert {row["Experiment"] for row in cells_of(text)} == {"old", "baseline"}
    assert "abc" not in text


def test_no_baseline(tmp_path, monkeypatch):
    made = Repository(tmp_path)
    (tmp_path / "config").mkdir()
    monkeypatch.chdir(tmp_path)
    made.commit()
    with pytest.raises(UserError, match=r"config/config\.yaml: not in the last commit"):
        write_comparison("config/config.yaml")
    (tmp_path / "config" / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    made.commit()
    with pytest.raises(UserError, match=r"no results to compare with.*dvc repro"):
        write_comparison("config/config.yaml")


def test_no_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UserError, match="not a git repository"):
        write_comparison("config/config.yaml")
