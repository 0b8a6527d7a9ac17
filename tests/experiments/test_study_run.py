import csv
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from pygoodvibes.cli.main import main
from pygoodvibes.config.validate import validate
from pygoodvibes.experiments.study import changed, check_study, free, points_of, read_study
from pygoodvibes.experiments.study_plan import _distinct, plan
from pygoodvibes.experiments.study_table import axes_of, csv_rows, figure_rows, rows_of, study_table
from pygoodvibes.figures.studies import MOST_BARS, _apart, plot_study
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.settings import NAME_PATTERN

IDS = [("fan", "00"), ("fan", "02"), ("valve", "00"), ("valve", "02")]
CONFIG = validate(
    {
        "dataset": {"name": "tiny", "source": "synthetic"},
        "detectors": {"lof": {"n_neighbors": 4}, "knn": None, "other": {"method": "gmm"}},
    }
)
BOOTSTRAP = {"resamples": 100, "confidence": 0.95, "seed": 1}
MEASURES = {"auc": "AUC", "pauc": "pAUC"}


def study(**keys):
    return check_study({"title": "A study", **keys}, name="s.yaml")


def planned(config=CONFIG, **keys):
    return plan(study(**keys), config, name="s.yaml")


def metrics(run, auc):
    """Return rows of metrics.csv of a run, given the AUC of each of IDS by variant."""
    return [
        {
            "machine": machine,
            "id": machine_id,
            "detector": variant,
            "auc": value,
            "pauc": value / 2,
            "sensitivity": value - 0.15,
            "specificity": 0.9,
            "f1": 0.6,
        }
        for variant, values in auc.items()
        for (machine, machine_id), value in zip(IDS, values, strict=True)
    ]


def found(auc=lambda number: [0.5 + 0.01 * number, 0.6, 0.7, 0.8], **keys):
    """Return the rows of a study with made metrics."""
    rows, number = [], 0
    for run in planned(**keys):
        made = {}
        for variant in run.variants:
            made[variant] = auc(number)
            number += 1
        rows += rows_of(run, metrics(run, made), **BOOTSTRAP)
    return rows


def figure_of(rows, measures=MEASURES):
    axes = axes_of(rows)
    return plot_study(
        figure_rows(rows, axes),
        axes,
        measures,
        title="A study",
        confidence=0.95,
        title_suffix="made",
    )


def cells_of(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


READY_MADE = sorted((pathlib.Path(__file__).parents[2] / "config" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", READY_MADE, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", ["config.yaml", "dcase2020.yaml"])
def test_ready_made_studies_fit_the_configs(path, name, root):
    config = validate(yaml.safe_load((root / "config" / name).read_text()))
    runs = plan(read_study(path), config, name=path.name)
    counts = {
        "ocsvm_gamma_nu": (1, 49),
        "lof": (1, 54),
        "pca_components": (
            7,
            sum(each.input == "projection" for each in config.detectors.values()),
        ),
        "mel": (9, len(config.detectors)),
    }
    assert (len(runs), len(runs[0].variants)) == counts[path.stem]


def test_a_study_compares_its_variants_and_chooses_none_of_them(root):
    config = validate(yaml.safe_load((root / "config/config.yaml").read_text()))
    assert config.with_choice
    runs = plan(read_study(root / "config/studies/lof.yaml"), config, name="lof")
    assert not any(run.config.with_choice for run in runs)


def test_every_ready_made_study_is_in_the_list(root):
    text = (root / "config" / "studies" / "README.md").read_text()
    assert len(READY_MADE) == 4
    assert set(re.findall(r"^\| `(\w+\.yaml)`", text, re.MULTILINE)) == {
        path.name for path in READY_MADE
    }


def test_a_hop_is_half_the_window(root):
    study = read_study(root / "config" / "studies" / "mel.yaml")
    points = points_of(study)
    assert {(point["mel.n_mels"], point["mel.n_fft"]) for point in points} == {
        (bands, window) for bands in (32, 64, 128) for window in (512, 1024, 2048)
    }
    assert all(point["mel.hop_length"] * 2 == point["mel.n_fft"] for point in points)


NO_KEY = "there is no such key; "
ALLOWED = "allowed here: title, grid, combinations, detectors, measures"
WRONG = [
    ({}, "title: this key is missing; it must be text, not empty"),
    ({"title": 3}, "title: 3 is not allowed; title must be text, not empty"),
    ({"title": "x"}, "nothing to vary; it needs the key grid or combinations"),
    ({"title": "x", "gird": {}}, f"gird: {NO_KEY}did you mean grid? {ALLOWED}"),
    (
        {"title": "x", "grid": {"mel.n_mels": 64}},
        "grid.mel.n_mels: 64 is not allowed; grid must be a table of keys of the config, each with "
        "a list of at least one value",
    ),
    (
        {"title": "x", "grid": {"mel.n_mels": []}},
        "grid.mel.n_mels: [] is not allowed; grid must be a table of keys of the config, each with "
        "a list of at least one value",
    ),
    (
        {"title": "x", "combinations": [{"mel.n_mels": 3}, {"mel.n_fft": 3}]},
        "combinations.1: all combinations must have the same keys in the same order, mel.n_mels",
    ),
    (
        {"title": "x", "grid": {"mel.n_mels": [1]}, "combinations": [{"mel.n_mels": 3}]},
        "mel.n_mels: it is in grid and in combinations; choose one",
    ),
    (
        {"title": "x", "grid": {"dataset.name": ["a"]}},
        "dataset.name: a study is about one data set; write a config file for each data set and "
        "run the study with both",
    ),
    (
        {"title": "x", "grid": {"detectors.lof": [None]}},
        "detectors.lof: must be the path of one value, as in mel.n_mels or "
        "detectors.lof.n_neighbors",
    ),
    (
        {"title": "x", "grid": {"seed": [1]}, "measures": ["aoc"]},
        "measures.0: 'aoc' is not allowed; measures must be a list of some of auc, pauc, "
        "sensitivity, specificity, f1",
    ),
]


@pytest.mark.parametrize(("content", "message"), WRONG)
def test_wrong_studies(content, message):
    with pytest.raises(UserError) as error:
        check_study(content, name="s.yaml")
    assert str(error.value) == f"s.yaml: {message}"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"grid": {"mel.n_mel": [64]}}, "s.yaml: mel.n_mel: there is no such key; did you mean"),
        ({"grid": {"mel.n_mels": [0]}}, "s.yaml: mel.n_mels: 0 is not allowed; it must be a whole"),
        (
            {"grid": {"detectors.lof.n_neighbors": [0]}},
            "s.yaml: detectors.lof.n_neighbors-0.n_neighbors: 0 is not allowed",
        ),
        (
            {"grid": {"mel.n_mels": [64]}, "detectors": ["lov"]},
            "s.yaml: detectors: the config has no detector lov; it has lof, knn, other",
        ),
        (
            {"grid": {"audio.sample_rate": [8000]}},
            "s.yaml: audio.sample_rate: the clips of source synthetic have one sample rate",
        ),
    ],
)
def test_studies_that_do_not_fit_the_config(keys, message):
    with pytest.raises(UserError) as error:
        planned(**keys)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file or directory"),
        ("title: [", "no valid YAML"),
        ("- a", "must be a table of keys: title, grid"),
    ],
)
def test_files_that_are_no_study(tmp_path, text, message):
    path = tmp_path / "s.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=re.escape(f"{path}: {message}")):
        read_study(path)


def test_every_combination_with_the_whole_grid():
    points = points_of(
        study(
            grid={"a": [1, 2], "b": ["x", "y"]},
            combinations=[{"c": 1, "d": 1}, {"c": 2, "d": 3}],
        )
    )
    assert len(points) == 8
    assert points[:3] == [
        {"a": 1, "b": "x", "c": 1, "d": 1},
        {"a": 1, "b": "x", "c": 2, "d": 3},
        {"a": 1, "b": "y", "c": 1, "d": 1},
    ]


def test_a_changed_config_leaves_the_first_as_it_was():
    config = {"mel": {"n_fft": 1024, "n_mels": 128}, "seed": 1}
    other = changed(config, {"mel.n_mels": 64, "new.part": 2, "seed": 3})
    assert other == {"mel": {"n_fft": 1024, "n_mels": 64}, "seed": 3, "new": {"part": 2}}
    assert config == {"mel": {"n_fft": 1024, "n_mels": 128}, "seed": 1}


def test_settings_of_detectors_share_one_run():
    [run] = planned(
        grid={"detectors.lof.n_neighbors": [2, 5], "detectors.lof.contamination": [0.1, 0.2]}
    )
    assert list(run.variants) == [
        "lof.n_neighbors-2.contamination-0.1",
        "lof.n_neighbors-2.contamination-0.2",
        "lof.n_neighbors-5.contamination-0.1",
        "lof.n_neighbors-5.contamination-0.2",
    ]
    settings = run.config.detectors["lof.n_neighbors-5.contamination-0.1"]
    assert (settings.method, settings.n_neighbors, settings.contamination) == ("lof", 5, 0.1)
    assert run.config.evaluation.bootstrap == 0
    assert list(run.config.detectors) == list(run.variants)


def test_detectors_vary_apart_from_each_other():
    [run] = planned(
        grid={"detectors.lof.n_neighbors": [2, 5, 7], "detectors.other.n_components": [1, 2]}
    )
    assert [detector for detector, _ in run.variants.values()] == ["lof"] * 3 + ["other"] * 2
    assert run.config.detectors["other.n_components-2"].method == "gmm"


def test_other_settings_take_a_run_each():
    runs = planned(
        grid={"projection.n_components": [2, 0.95, "all"], "detectors.lof.n_neighbors": [2, 3]},
        detectors=["lof", "knn"],
    )
    assert [run.name for run in runs] == [
        "projection.n_components-2",
        "projection.n_components-0.95",
        "projection.n_components-all",
    ]
    assert [run.config.projection.n_components for run in runs] == [2, 0.95, "all"]
    assert all(
        list(run.variants) == ["lof.n_neighbors-2", "lof.n_neighbors-3", "knn"] for run in runs
    )


def test_all_detectors_take_part_where_none_is_named():
    [run] = planned(grid={"mel.n_mels": [64]})
    assert list(run.variants) == ["lof", "knn", "other"]


def test_detectors_that_do_not_see_the_projection_have_no_part_in_its_study():
    document = CONFIG.model_dump(mode="json")
    document["detectors"]["knn"]["input"] = "embedding"
    config = validate(document)
    [run] = planned(config, grid={"projection.whiten": [True]})
    assert list(run.variants) == ["lof", "other"]
    [run] = planned(config, grid={"projection.whiten": [True], "mel.n_mels": [64]})
    assert list(run.variants) == ["lof", "knn", "other"]


def test_a_detector_that_only_the_study_has():
    [run] = planned(grid={"detectors.ocsvm.nu": [0.1]})
    assert run.config.detectors["ocsvm.nu-0.1"].method == "ocsvm"


def test_names_are_valid_and_differ():
    grid = {"embedding.quantiles": [[0.5], [0.5, 0.9], []], "embedding.std": [True, False]}
    names = [run.name for run in planned(grid=grid)]
    assert len(set(names)) == 6
    assert all(re.fullmatch(NAME_PATTERN, name) for name in names)
    # one letter that no file name may have makes the same name of two values
    same = [run.name for run in planned(grid={"mel.window": ["hann", "hamming"]})]
    assert same == ["mel.window-hann", "mel.window-hamming"]
    assert free("a", ["a", "a.2"]) == "a.3"


def test_numbers_that_python_calls_equal_are_different_settings():
    grid = {"projection.n_components": [1, 0.5], "projection.whiten": [True]}
    assert len(planned(grid=grid)) == 2
    assert len(_distinct([{"a": 1}, {"a": True}, {"a": 1.0}, {"a": 1}])) == 3


def test_rows_have_means_and_intervals_over_machine_ids():
    rows = found(grid={"detectors.lof.n_neighbors": [2, 5]})
    assert [row["settings"] for row in rows] == [
        {"detectors.lof.n_neighbors": 2},
        {"detectors.lof.n_neighbors": 5},
    ]
    assert rows[1]["means"]["auc"] == pytest.approx((0.51 + 0.6 + 0.7 + 0.8) / 4)
    assert rows[1]["types"]["auc"] == pytest.approx({"fan": 0.555, "valve": 0.75})
    low, high = rows[1]["bounds"]["auc"]
    assert 0.5 < low < rows[1]["means"]["auc"] < high < 0.8


def test_table_marks_the_best_and_says_oracle():
    rows = found(grid={"detectors.lof.n_neighbors": [2, 5]})
    table = study_table(rows, title="Neighbours", data="made", confidence=0.95)
    cells = cells_of(table.markdown())
    assert table.title == "Neighbours (made)"
    assert cells[1]["AUC"].startswith("**65.2 [")
    assert cells[0]["AUC"].startswith("65.0 [")
    assert (cells[0]["fan"], cells[1]["fan"]) == ("55.0", "**55.5**")
    assert (cells[0]["Sensitivity"], cells[0]["Specificity"], cells[0]["F1"]) == (
        "50.0",
        "90.0",
        "60.0",
    )
    assert "oracle" in table.markdown()
    assert "No interval" not in table.markdown()


def test_table_says_why_there_is_no_interval():
    [run] = planned(grid={"detectors.lof.n_neighbors": [2]})
    made = metrics(run, {"lof.n_neighbors-2": [0.5, 0.6, 0.7, 0.8]})
    rows = rows_of(run, made, resamples=0, confidence=0.95, seed=1)
    table = study_table(rows, title="x", data="made", confidence=0.95)
    assert "No interval: it takes 3 machine IDs" in table.markdown()
    assert cells_of(table.markdown())[0]["AUC"] == "65.0"


def test_csv():
    written, columns = csv_rows(found(grid={"projection.n_components": [2, "all"]}))
    assert [row["projection.n_components"] for row in written] == ["2"] * 3 + ["all"] * 3
    assert all(list(row) == columns for row in written)
    assert written[0]["auc"] == "0.65"
    assert float(written[0]["auc_low"]) < 0.65 < float(written[0]["auc_high"])


def test_what_follows_from_another_key_is_no_axis():
    rows = found(
        grid={"mel.n_mels": [32, 64], "mel.power": [2.0]},
        combinations=[
            {"mel.n_fft": 512, "mel.hop_length": 256},
            {"mel.n_fft": 1024, "mel.hop_length": 512},
        ],
    )
    assert axes_of(rows) == {"mel.n_mels": ["32", "64"], "mel.n_fft": ["512", "1024"]}


def test_two_keys_make_heat_maps():
    rows = found(
        grid={"detectors.lof.n_neighbors": [2, 5, 7], "detectors.lof.contamination": [0.1, 0.2]}
    )
    figure = figure_of(rows, {"auc": "AUC", "sensitivity": "Sensitivity"})
    auc, sensitivity = figure.axes
    assert [text.get_text() for text in auc.texts] == [
        f"{100 * rows[number]['means']['auc']:.1f}" for number in (0, 2, 4, 1, 3, 5)
    ]
    best = [patch for patch in auc.patches if patch.get_gid() == "best"]
    assert [(patch.get_x(), patch.get_y()) for patch in best] == [(1.5, 0.5)]
    # sensitivity alone says nothing of which setting is best
    assert not [patch for patch in sensitivity.patches if patch.get_gid() == "best"]
    assert "oracle" in figure.get_suptitle()


def test_one_key_makes_lines():
    grid = {"projection.n_components": [2, 8, "all"]}
    rows = found(grid=grid)
    figure = figure_of(rows)
    assert len(figure.axes) == 2 + 3
    lines = figure.axes[0].get_lines()
    assert [line.get_label() for line in lines] == ["lof", "knn", "other"]
    assert lines[1].get_ydata() == pytest.approx(
        [100 * row["means"]["auc"] for row in rows if row["detector"] == "knn"]
    )
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks == ["2", "8", "all"]
    types = [line for line in figure.axes[2].get_lines() if str(line.get_gid()).startswith("type")]
    assert [line.get_gid() for line in types] == ["type fan", "type valve"]
    assert types[1].get_ydata() == pytest.approx([75, 75, 75])


def test_a_detector_that_the_key_does_not_concern_is_a_level_line():
    rows = found(grid={"detectors.lof.n_neighbors": [2, 5]}, detectors=["lof", "knn"])
    figure = figure_of(rows)
    assert len(figure.axes) == 2 + 1
    assert set(figure.axes[0].get_lines()[1].get_ydata()) == {100 * rows[2]["means"]["auc"]}


def test_heat_maps_of_many_detectors_stand_side_by_side():
    rows = found(grid={"mel.n_mels": [32, 64], "mel.power": [1.0, 2.0]})
    figure = figure_of(rows)
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == [
        "lof: AUC, %",
        "lof: pAUC, %",
    ]
    spec = figure.axes[0].get_subplotspec().get_gridspec()
    assert (spec.nrows, spec.ncols) == (2, 4)
    grid = {
        "detectors.lof.n_neighbors": list(range(2, 12)),
        "detectors.lof.contamination": [0.1, 0.2],
    }
    wide = found(grid=grid)
    every = {name: name for name in ("auc", "pauc", "f1", "sensitivity")}
    spec = figure_of(wide, every).axes[0].get_subplotspec().get_gridspec()
    assert (spec.nrows, spec.ncols) == (4, 1)


@pytest.mark.parametrize(
    ("heights", "moved"),
    [
        ([], []),
        ([1, 5], [1, 5]),
        ([1, 1], [0.5, 1.5]),
        ([0, 0.2, 5], [-0.4, 0.6, 5]),
        ([0, 1.2, 1.3, 1.4], [-0.525, 0.475, 1.475, 2.475]),
    ],
)
def test_names_at_the_end_of_lines_stand_apart(heights, moved):
    assert _apart(heights, 1.0) == pytest.approx(moved)


def test_more_keys_make_a_line_a_setting():
    grid = {"mel.n_mels": [32, 64], "mel.power": [1.0, 2.0], "projection.whiten": [True, False]}
    rows = found(grid=grid, detectors=["lof", "knn"])
    figure = figure_of(rows)
    drawn = [line.get_xdata()[0] for line in figure.axes[0].lines]
    assert len(drawn) == 16
    assert drawn == sorted(drawn, reverse=True)
    many = {**grid, "mel.window": ["hann", "hamming", "boxcar"]}
    figure = figure_of(found(grid=many, detectors=["lof", "knn"]))
    assert len(figure.axes[0].lines) == MOST_BARS
    assert "8 more in the table" in [text.get_text() for text in figure.axes[1].texts]


def test_figure_when_nothing_was_evaluated():
    rows = found(lambda number: [math.nan] * 4, grid={"detectors.lof.n_neighbors": [2, 5]})
    assert "No detector could be evaluated" in figure_of(rows).axes[0].texts[0].get_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--jobs", "0"], "--jobs: 0 is not allowed; it must be a whole number of at least 1"),
        (["--config", "missing.yaml"], "missing.yaml: No such file or directory"),
        ([], "no-study.yaml: No such file or directory"),
    ],
)
def test_command_says_what_is_wrong(arguments, message, root, monkeypatch, capsys):
    monkeypatch.chdir(root)
    assert main(["study", "no-study.yaml", *arguments]) == 1
    assert capsys.readouterr().err == f"Error: {message}\n"


def test_command_outside_a_project(tmp_path, monkeypatch, capsys, root):
    monkeypatch.chdir(tmp_path)
    assert main(["study", "x.yaml", "--config", str(root / "config/config.yaml")]) == 1
    assert "no Snakefile here" in capsys.readouterr().err


@pytest.mark.workflow
@pytest.mark.xdist_group("workflow")
def test_a_study_from_clips_to_figure(tmp_path, root):
    for part in ("Snakefile", "rules", "scripts", "config", "profiles", "report", "envs"):
        source = root / part
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, tmp_path / part)
    tiny = {
        "dataset": {
            "name": "tiny",
            "source": "synthetic",
            "machines": {"fan": ["00", "02"], "valve": ["00"]},
            "train_clips": 8,
            "test_normal_clips": 4,
            "test_anomaly_clips": 4,
            "seconds": 1.0,
        },
        "detectors": {"lof": {"n_neighbors": 4}, "knn": None},
        "evaluation": {"bootstrap": 50},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(tiny))
    settings = {"projection.n_components": [2, "all"], "detectors.lof.n_neighbors": [2, 3]}
    content = {"title": "Both", "grid": settings, "detectors": ["lof", "knn"]}
    (tmp_path / "both.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE")
    }
    environment["PYTHONPATH"] = str(tmp_path / "scripts")
    words = ["-m", "pygoodvibes", "study", "both.yaml", "--config", "tiny.yaml", "--jobs", "2"]

    def run():
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "run 2 of 2: projection.n_components-all" in run()
    results = tmp_path / "results" / "tiny" / "studies"
    with (results / "both.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [
        (row["projection.n_components"], row["detector"], row["detectors.lof.n_neighbors"])
        for row in rows
    ] == [
        (components, *detector)
        for components in ("2", "all")
        for detector in (("lof", "2"), ("lof", "3"), ("knn", ""))
    ]
    assert all(row["auc"] and row["auc_low"] for row in rows)
    assert (results / "both.png").stat().st_size > 5000
    first = {path.name: path.read_bytes() for path in results.iterdir()}

    # the clips, their mel frames and embeddings are shared, and lie in the project's own cache
    runs = tmp_path / "resources" / "tiny" / "studies" / "both"
    frames = [
        (runs / name / "resources/tiny/mel/fan/00.npy").resolve()
        for name in ("projection.n_components-2", "projection.n_components-all")
    ]
    assert frames[0] == frames[1]
    assert tmp_path / "resources" / ".cache" in frames[0].parents
    assert len(list((tmp_path / "data" / "tiny").glob("*/*/*.wav"))) == 3 * 16
    document = json.loads(
        (runs / "projection.n_components-2/results/tiny/metrics.json").read_text()
    )
    assert "lof.n_neighbors-2" in json.dumps(document)

    # nothing to do the second time, and the same bytes
    assert "run 2 of 2" in run()
    said = (runs / "projection.n_components-2" / "snakemake.log").read_text()
    assert "Finished jobid" not in said
    assert {path.name: path.read_bytes() for path in results.iterdir()} == first
