import csv
import dataclasses
import math
import subprocess

import pytest
import yaml

from pygoodvibes.cli.main import main
from pygoodvibes.experiments import settings_diff
from pygoodvibes.experiments.compare import (
    compare,
    comparison_table,
    csv_rows,
    figure_rows,
    sort_rows,
    write_comparison,
)
from pygoodvibes.experiments.dvc_experiments import Experiment
from pygoodvibes.experiments.settings_diff import differing, plain
from pygoodvibes.figures.experiments import MOST_EXPERIMENTS, plot_experiments
from pygoodvibes.report.table import NOTHING
from pygoodvibes.util.errors import UserError

IDS = [("fan", "00"), ("fan", "02"), ("valve", "00"), ("valve", "02")]
CONFIG = {
    "dataset": {"name": "tiny", "source": "synthetic"},
    "mel": {"n_mels": 128},
    "detectors": {"lof": {"n_neighbors": 20}, "knn": None},
    "evaluation": {"bootstrap": 200},
}
BOOTSTRAP = {"resamples": 200, "confidence": 0.95, "seed": 1}


def metrics(**detectors):
    """Return rows of metrics.csv: for each detector, the AUC of each of IDS."""
    return [
        {
            "machine": machine,
            "id": machine_id,
            "detector": detector,
            "auc": "" if auc is None else str(auc),
            "pauc": "" if auc is None else str(auc / 2),
        }
        for detector, values in detectors.items()
        for (machine, machine_id), auc in zip(IDS, values, strict=True)
    ]


def experiment(name, rows, **settings):
    return Experiment(name, {**settings_diff.flat(CONFIG), **settings}, rows)


BASE = experiment("baseline", metrics(lof=[0.5, 0.6, 0.7, 0.8], knn=[0.5, 0.5, 0.5, 0.5]))
BETTER = experiment(
    "better",
    metrics(lof=[0.6, 0.7, 0.8, 0.9], knn=[0.5, 0.5, 0.5, 0.5]),
    **{"detectors.lof.n_neighbors": 5},
)
MIXED = experiment(
    "mixed", metrics(lof=[0.9, 0.4, 0.7, 0.8], gmm=[0.9, 0.9, 0.5, 0.5]), **{"mel.n_mels": 64}
)


def compared(*experiments, **options):
    rows = compare(BASE, experiments, **BOOTSTRAP | options)
    return {(row["experiment"], row["detector"]): row for row in rows}


def cells_of(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def table_of(*experiments, sort="auc", **options):
    rows = sort_rows(list(compared(*experiments, **options).values()), sort)
    return comparison_table(rows, data="made", confidence=0.95)


def test_settings_by_dotted_key():
    flat = settings_diff.flat(CONFIG)
    assert flat["detectors.lof.n_neighbors"] == 20
    assert flat["detectors.knn"] is None
    assert settings_diff.flat({"a": {}}) == {"a": None}
    assert settings_diff.flat({"a": {"b": [1, 2]}}) == {"a.b": [1, 2]}


def test_only_parameters_that_differ():
    settings = [{"a": 1, "b": 2, "c": True}, {"a": 1, "b": 3, "c": 1, "new": 4}]
    assert differing({"a": 1, "b": 2, "c": True}, settings) == ["b", "c", "new"]
    assert differing({"a": 1}, [{"a": 1}]) == []


def test_differences_are_paired_by_machine_id():
    row = compared(BETTER)["better", "lof"]
    assert row["auc"] == pytest.approx(0.75)
    assert row["auc_difference"] == pytest.approx(0.1)
    # every machine ID gains the same: no resample says otherwise, however much they differ
    assert row["auc_difference_low"] == pytest.approx(0.1)
    assert row["auc_difference_high"] == pytest.approx(0.1)
    assert row["pauc_difference"] == pytest.approx(0.05)
    assert row["machines"] == pytest.approx({"fan": 0.65, "valve": 0.85})
    assert row["changes"] == {"detectors.lof.n_neighbors": 5}
    mixed = compared(MIXED)["mixed", "lof"]
    assert mixed["auc_difference"] == pytest.approx(0.05)
    assert mixed["auc_difference_low"] < 0 < mixed["auc_difference_high"]


def test_machine_ids_that_only_one_has_are_in_no_difference():
    lacking = experiment("lacking", metrics(lof=[0.6, None, 0.9, 0.8]))
    row = compared(lacking)["lacking", "lof"]
    assert row["n_ids"] == 3
    # fan: +0.1; valve: mean of +0.2 and 0
    assert row["auc_difference"] == pytest.approx(0.1)
    assert row["auc"] == pytest.approx((0.6 + 0.85) / 2)


def test_a_detector_that_the_baseline_lacks_has_no_difference():
    row = compared(MIXED)["mixed", "gmm"]
    assert math.isnan(row["auc_difference"])
    cells = {
        (each["Experiment"], each["Detector"]): each
        for each in cells_of(table_of(MIXED).markdown())
    }
    assert cells["mixed", "gmm"]["AUC difference"] == NOTHING
    assert cells["baseline", "lof"]["AUC difference"] == NOTHING
    assert "the baseline has no AUC of this detector" in table_of(MIXED).markdown()


def test_fewer_than_three_machine_ids_no_interval_and_it_says_so():
    two = experiment("two", metrics(lof=[0.6, 0.7, None, None]))
    row = compared(two)["two", "lof"]
    assert row["auc_difference"] == pytest.approx(0.1)
    assert row["auc_difference_low"] is None
    text = table_of(two).markdown()
    assert "it takes 3 machine IDs (the fewest here: 2)" in text
    assert "it takes 3 machine IDs" not in table_of(BETTER).markdown()


def test_what_an_experiment_left_alone_is_not_repeated():
    rows = compared(BETTER, MIXED)
    assert rows["better", "knn"]["unchanged"]
    assert not rows["better", "lof"]["unchanged"]
    text = table_of(BETTER).markdown()
    shown = [(row["Experiment"], row["Detector"]) for row in cells_of(text)]
    assert shown == [("better", "lof"), ("baseline", "lof"), ("baseline", "knn")]
    assert "1 row(s) not shown" in text
    # the same setting, other numbers: something else was changed
    other = dataclasses.replace(BETTER, metrics=metrics(knn=[0.5, 0.5, 0.5, 0.6]))
    assert not compared(other)["better", "knn"]["unchanged"]
    # a setting that concerns all detectors
    same = dataclasses.replace(MIXED, metrics=metrics(knn=[0.5, 0.5, 0.5, 0.5]))
    assert not compared(same)["mixed", "knn"]["unchanged"]


def test_an_experiment_that_changed_nothing_is_named():
    same = experiment("same", BASE.metrics)
    assert "No detector differs from the baseline in: same." in table_of(same).markdown()
    assert "No detector differs" not in table_of(BETTER).markdown()


def test_table():
    rows = cells_of(table_of(BETTER, MIXED).markdown())
    assert list(rows[0]) == [
        "Experiment",
        "Detector",
        "mel.n_mels",
        "detectors.lof.n_neighbors",
        "AUC",
        "pAUC",
        "AUC difference",
        "pAUC difference",
        "fan",
        "valve",
    ]
    best = {row["Detector"]: row for row in rows if row["Experiment"] == "better"}["lof"]
    assert best["AUC"] == "**75.0**"
    assert best["AUC difference"] == "+10.0 [+10.0, +10.0]"
    assert (best["mel.n_mels"], best["detectors.lof.n_neighbors"]) == ("128", "5")
    assert {row["fan"] for row in rows if "**" in row["fan"]} == {"**90.0**"}
    assert {row["valve"] for row in rows if "**" in row["valve"]} == {"**85.0**"}


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("auc", ("better", "lof")),
        ("pauc", ("better", "lof")),
        ("difference", ("better", "lof")),
        ("pauc_difference", ("better", "lof")),
        ("fan", ("mixed", "gmm")),
        ("valve", ("better", "lof")),
    ],
)
def test_sorted_by_any_metric(sort, first):
    rows = sort_rows(list(compared(MIXED, BETTER).values()), sort)
    assert (rows[0]["experiment"], rows[0]["detector"]) == first
    if "difference" in sort:
        # none last
        assert math.isnan(rows[-1]["auc_difference"])


def test_sorting_by_something_else_is_refused():
    with pytest.raises(
        UserError, match=r"can't sort by 'aoc'; allowed are auc, pauc, .*fan, valve"
    ):
        sort_rows(list(compared(BETTER).values()), "aoc")


def test_csv_has_all_rows_and_plain_numbers():
    written, columns = csv_rows(list(compared(BETTER).values()))
    assert len(written) == 4
    assert all(list(row) == columns for row in written)
    row = next(row for row in written if row["experiment"] == "better")
    assert (row["auc"], row["detectors.lof.n_neighbors"], row["n_ids"]) == ("0.75", "5", 4)
    assert next(iter(written))["auc_difference"] == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (0.5, "0.5"), ("all", "all"), ([1, 2], "1, 2"), ([], "none")],
)
def test_settings_as_text(value, text):
    assert plain(value) == text


def test_figure():
    rows = figure_rows(compared(BETTER, MIXED).values())
    assert [(row["experiment"], row["detector"]) for row in rows] == [
        ("better", "lof"),
        ("mixed", "lof"),
    ]
    figure = plot_experiments(rows, confidence=0.95, title_suffix="made")
    left, right = figure.axes
    drawn = [line.get_xdata()[0] for line in left.lines if line.get_marker() != "None"]
    assert drawn == pytest.approx([10, 5])
    drawn = [line.get_xdata()[0] for line in right.lines if line.get_marker() != "None"]
    assert drawn == pytest.approx([5, 2.5])
    labels = [text.get_text() for text in left.get_yticklabels()]
    assert labels == ["better\ndetectors.lof.n_neighbors = 5", "mixed\nmel.n_mels = 64"]
    assert "made" in figure.get_suptitle()


def test_figure_without_anything_to_compare():
    figure = plot_experiments([], confidence=0.95, title_suffix="made")
    assert "No experiment" in figure.axes[0].texts[0].get_text()


def test_figure_of_very_many_experiments_says_what_is_missing():
    [row] = figure_rows(compared(BETTER).values())
    rows = [{**row, "experiment": f"number-{n}"} for n in range(MOST_EXPERIMENTS + 3)]
    figure = plot_experiments(rows, confidence=0.95, title_suffix="")
    assert len(figure.axes[0].get_yticks()) == MOST_EXPERIMENTS
    assert "3 more in the table" in [text.get_text() for text in figure.axes[1].texts]


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
    assert [row["Experiment"] for row in rows] == ["shiny-cat", "baseline", "baseline"]
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
