"""The real thing: Snakemake on a copy of the project, with few and short clips."""

import base64
import collections
import concurrent.futures
import csv
import dataclasses
import json
import operator
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
import yaml

import made_encoders
from pygoodvibes.config.validate import validate
from pygoodvibes.embeddings import vectors
from pygoodvibes.evaluation.official_scores import decision_file, evaluate_file, read, score_file
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring import score_clip
from pygoodvibes.util.errors import UserError

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]

PARTS = ("Snakefile", "rules", "scripts", "config", "profiles", "report", "envs")
IDS = [("fan", "00"), ("fan", "02"), ("valve", "00"), ("valve", "02")]
DETECTORS = ["lof", "knn"]
FIGURES = [
    *(f"{name}.png" for name in ("clips", "clouds", "representation", "roc", "sweep", "bars")),
    *(f"scores/{name}.png" for name in DETECTORS),
    *(
        f"{kind}/{machine}.png"
        for kind in ("examples", "id_clouds")
        for machine in ("fan", "valve")
    ),
    *(
        f"{kind}/{machine}_id_{machine_id}.png"
        for kind in ("ocsvm_contours", "deviation")
        for machine, machine_id in IDS
    ),
]
# what has to follow when the scores of the clips change
AFTER_DETECT = {
    "evaluate": 4,
    "gather_metrics": 1,
    "pack_models": 1,
    "write_tables": 1,
    "compare_detectors": 1,
    "write_summary": 1,
    "plot_scores": 2,
    "plot_deviation": 4,
    "plot_roc": 1,
    "plot_sweep": 1,
    "plot_bars": 1,
    "publish": 1,
    "write_provenance": 1,
    "all": 1,
}
# the choice reads the fitted detectors, not their evaluation
CHOICE = {"choose": 2, "write_choice": 1}
AFTER_PROJECT = {
    **AFTER_DETECT,
    **CHOICE,
    "detect": 4,
    "write_costs": 1,
    "plot_id_clouds": 2,
    "plot_ocsvm_contours": 4,
}
AFTER_MEL = {
    **AFTER_PROJECT,
    "check_clips": 2,
    "gather_clips": 1,
    "publish_manifest": 1,
    "plot_clips": 1,
    "embed": 4,
    "project": 4,
    "project_overview": 1,
    "plot_clouds": 1,
    "check_representation": 1,
    "write_representation": 1,
    "plot_representation": 1,
    "plot_examples": 2,
}

TINY = {
    "dataset": {
        "name": "tiny",
        "source": "synthetic",
        "machines": {"fan": ["00", "02"], "valve": ["00", "02"]},
        "train_clips": 8,
        "test_normal_clips": 4,
        "test_anomaly_clips": 4,
        "seconds": 2.0,
    },
    "detectors": {"lof": {"n_neighbors": 4}, "knn": {}},
    "evaluation": {"bootstrap": 50},
    "figures": {"contour_gammas": [1.0], "contour_nus": [0.2]},
}


def tiny(**sections):
    """Return the config of the tiny data set with other values for some keys of some sections."""
    changed = json.loads(json.dumps(TINY))
    for name, keys in sections.items():
        changed[name] = {**changed.get(name, {}), **keys}
    return changed


@dataclasses.dataclass
class Run:
    code: int
    text: str
    errors: str

    @property
    def jobs(self):
        """Return (rule, message) of each job that was finished."""
        messages = dict(re.findall(r"^Job (\d+): (.*)$", self.text, flags=re.MULTILINE))
        finished = re.findall(r"^Finished jobid: (\d+) \(Rule: (\w+)\)$", self.text, re.MULTILINE)
        return [(rule, messages.get(number, "")) for number, rule in finished]

    @property
    def rules(self):
        """Return how many jobs of each rule were finished."""
        return dict(collections.Counter(rule for rule, _ in self.jobs))

    @property
    def planned(self):
        """Return how many jobs of each rule a dry run would start."""
        table = self.text.partition("Job stats:\n")[2].partition("\n\n")[0]
        return {
            name: int(count)
            for name, count in re.findall(r"^(\w+) +(\d+)$", table, flags=re.MULTILINE)
            if name != "total"
        }

    def errors_said(self):
        return [line for line in self.errors.splitlines() if line.startswith("Error:")]


def environment(**more):
    names = ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE", "PYTHONPATH")
    return {**{k: v for k, v in os.environ.items() if k not in names}, **more}


def command(name, *arguments, jobs=2):
    return [sys.executable, "-m", "snakemake", "-p", *arguments, f"-j{jobs}", "--configfile", name]


@dataclasses.dataclass
class Project:
    """A copy of the project to run things in."""

    path: pathlib.Path

    def write(self, settings, name="tiny.yaml"):
        text = settings if isinstance(settings, str) else yaml.safe_dump(settings, sort_keys=False)
        (self.path / name).write_text(text)
        return name

    def snakemake(self, settings=None, *arguments, jobs=2, name="tiny.yaml", **variables):
        """Run Snakemake to its end, whatever the end is."""
        self.write(TINY if settings is None else settings, name)
        done = subprocess.run(
            command(name, *arguments, jobs=jobs),
            cwd=self.path,
            env=environment(**variables),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr, done.stderr)

    def run(self, settings=None, *arguments, **options):
        """Run Snakemake; it must end well."""
        result = self.snakemake(settings, *arguments, **options)
        if result.code:
            pytest.fail(result.text[-5000:], pytrace=False)
        return result

    def plan(self, settings=None, **options):
        """Return how many jobs of each rule a run would start."""
        return self.run(settings, "--dry-run", **options).planned

    def results(self, name="tiny"):
        """Return the bytes of all results by path."""
        folder = self.path / "results" / name
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def table(self, path):
        with (self.path / path).open(newline="") as file:
            return list(csv.DictReader(file))

    def twin(self, path):
        """Return a copy with all that was computed, times of change included."""
        shutil.copytree(self.path, path, symlinks=True)
        return Project(path)


@pytest.fixture(scope="module")
def new_project(root, tmp_path_factory):
    def make():
        folder = tmp_path_factory.mktemp("project")
        for part in PARTS:
            if (root / part).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(root / part, folder / part, ignore=ignored)
            elif (root / part).is_file():
                shutil.copy(root / part, folder / part)
        return Project(folder)

    return make


@pytest.fixture(scope="module")
def finished(new_project):
    """A project after a whole run with -j8; nobody changes it."""
    project = new_project()
    project.first_run = project.run(jobs=8)
    return project


@pytest.fixture
def twin(finished, tmp_path):
    return finished.twin(tmp_path / "twin")


# a whole run


def test_a_run_builds_every_table_and_figure(finished):
    files = finished.results()
    expected = {
        "metrics.json",
        "metrics.csv",
        "averages.csv",
        "sweep.csv",
        "roc.csv",
        "manifest.csv",
        "provenance.json",
        "summary.html",
        "costs.csv",
        "costs.md",
    }
    tables = (
        "averages.md",
        "machine_ids.md",
        "thresholds.md",
        "clips.md",
        "detector_comparison.md",
        "choice.md",
        "choice.csv",
        "representation.md",
        "representation.csv",
        "representation_confusion.csv",
        "tables.html",
    )
    expected |= {f"tables/{name}" for name in tables}
    expected |= {f"figures/{name}" for name in FIGURES}
    expected |= {f"models/{machine}_id_{machine_id}.pgv" for machine, machine_id in IDS}
    expected.add("models/models.csv")
    for detector in DETECTORS:
        for machine, machine_id in IDS:
            expected.add(f"official/{detector}/{score_file(machine, machine_id)}")
            expected.add(f"official/{detector}/{decision_file(machine, machine_id)}")
    assert set(files) == expected
    assert all(files.values()), "an empty file"
    for name in FIGURES:
        assert files[f"figures/{name}"].startswith(b"\x89PNG")


def test_the_tables_hold_every_machine_id_and_detector_and_say_synthetic(finished):
    rows = finished.table("results/tiny/metrics.csv")
    assert [(row["machine"], row["id"], row["detector"]) for row in rows] == [
        (*machine_id, detector) for machine_id in IDS for detector in DETECTORS
    ]
    assert all(0 <= float(row["auc"]) <= 1 and not row["note"] for row in rows)
    assert len(finished.table("results/tiny/manifest.csv")) == 4 * 16
    assert len(finished.table("results/tiny/sweep.csv")) == 4 * 2 * 25
    for name in (
        "averages.md",
        "machine_ids.md",
        "thresholds.md",
        "clips.md",
        "detector_comparison.md",
        "choice.md",
        "tables.html",
    ):
        assert "synthetic" in finished.results()[f"tables/{name}"].decode()


def test_every_rule_ran_once_for_each_of_its_outputs(finished):
    assert finished.first_run.rules == {
        **AFTER_MEL,
        "mel": 4,
        "synthesize_dataset": 2,
        "find_clips": 1,
        "list_clips": 2,
    }


def test_one_machine_type_is_computed_while_the_clips_of_the_next_are_read(new_project):
    project = new_project()
    project.run(TINY, "resources/tiny/coverage/fan.csv")
    plan = project.plan()
    assert plan["list_clips"] == 1, "valve"
    # all of fan up to its scores, and nothing of valve, whose machine IDs nobody knows
    steps = ("mel", "embed", "project", "detect", "evaluate")
    assert {rule: plan.get(rule) for rule in steps} == dict.fromkeys(steps, 2)
    assert plan["check_clips"] == 2 and plan["gather_clips"] == 1


def test_a_second_run_has_nothing_to_do(finished, tmp_path):
    result = finished.twin(tmp_path / "twin").run(jobs=8)
    assert "Nothing to be done" in result.text
    assert result.jobs == []


def test_the_official_files_say_what_the_metrics_say(finished):
    for row in finished.table("results/tiny/metrics.csv"):
        name = score_file(row["machine"], row["id"])
        path = finished.path / "results/tiny/official" / row["detector"] / name
        again = evaluate_file(path)
        assert f"{again['auc']:.6g}" == row["auc"]
        assert f"{again['pauc']:.6g}" == row["pauc"]
        assert again["n_normal"] == again["n_anomaly"] == 4
        decisions = read(path.with_name(decision_file(row["machine"], row["id"])))
        assert set(decisions) == set(read(path))
        assert set(decisions.values()) <= {0.0, 1.0}


def test_one_job_at_a_time_gives_the_same_bytes_as_eight(finished, new_project):
    project = new_project()
    # nor does the number of threads that a user's shell asks for
    project.run(jobs=1, OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2")
    assert differing(project, finished) == []


CHOSEN = {"default_detector": "choice", "choice": {"fixed": "knn"}}


def test_the_choice_has_all_that_a_detector_has_and_moves_no_other(finished, new_project):
    project = new_project()
    project.run({**TINY, **CHOSEN}, jobs=1)
    eight = new_project()
    eight.run({**TINY, **CHOSEN}, jobs=8)
    assert differing(project, eight) == []
    rows = project.table("results/tiny/metrics.csv")
    names = ["choice", "knn", "lof"]
    assert [(row["machine"], row["id"], row["detector"]) for row in rows] == [
        (*machine_id, name) for machine_id in IDS for name in names
    ]
    mine = [row for row in rows if row["detector"] == "choice"]
    assert all(row["auc"] and row["threshold"] for row in mine)
    assert all(row["note"].startswith("chosen: ") for row in mine)
    key = operator.itemgetter("machine", "id", "detector")
    others = sorted((row for row in rows if row["detector"] != "choice"), key=key)
    assert others == sorted(finished.table("results/tiny/metrics.csv"), key=key)
    headline = json.loads((project.path / "results/tiny/metrics.json").read_text())
    assert list(headline["auc"]) == names
    files = project.results()
    assert files["figures/scores/choice.png"].startswith(b"\x89PNG")
    assert f"official/choice/{score_file('fan', '00')}" in files
    assert b"choice against the others" in files["tables/detector_comparison.md"]
    assert b"Fixed default: knn" in files["tables/choice.md"]
    assert b"the default of the config" not in files["summary.html"]
    assert b"the default of the config" in finished.results()["summary.html"]
    costs = project.table("results/tiny/costs.csv")
    assert [row["detector"] for row in costs] == names and int(costs[0]["machine_ids"]) == 4
    # a model file says of a clip what the workflow says, to the last bit
    packed = project.table("results/tiny/models/models.csv")
    assert [row["detectors"] for row in packed] == ["choice knn lof"] * 4
    scores = {
        (row["machine"], row["id"], row["clip"]): row["score"]
        for row in project.table("resources/tiny/scores.csv")
        if (row["detector"], row["split"]) == ("choice", "test")
    }
    assert len(scores) == 4 * 8
    manifest = project.table("results/tiny/manifest.csv")
    for machine, machine_id in IDS:
        path = project.path / f"results/tiny/models/{machine}_id_{machine_id}.pgv"
        model = machine_model.load(path)
        for row in manifest:
            if (row["machine"], row["id"], row["split"]) == (machine, machine_id, "test"):
                found = score_clip.score_clip(model, project.path / "data/tiny" / row["path"])
                assert found.detector == "choice"
                assert found.score == float(scores[machine, machine_id, row["clip"]])


def test_without_the_choice_nothing_is_chosen_and_all_else_is_as_it_was(finished, new_project):
    project = new_project()
    done = project.run({**TINY, "choice": None}, "tables", "results/tiny/metrics.json")
    assert not {"choose", "write_choice"} & set(done.rules) and done.rules["compare_detectors"] == 1
    files, others = project.results(), finished.results()
    assert files["metrics.csv"] == others["metrics.csv"]
    assert b"oracle" in others["tables/detector_comparison.md"].partition(b"## ")[2]
    # the detectors' part, without the table before it
    assert files["tables/detector_comparison.md"] in others["tables/detector_comparison.md"]


def test_the_only_machine_id_of_a_type_gets_the_fixed_default(new_project):
    project = new_project()
    settings = {**tiny(dataset={"machines": {"fan": ["00"]}}), **CHOSEN}
    project.run(settings, "results/tiny/metrics.json")
    mine, fixed, _ = project.table("results/tiny/metrics.csv")
    assert (mine.pop("detector"), fixed.pop("detector")) == ("choice", "knn")
    assert "only machine ID" in mine.pop("note")
    fixed.pop("note")
    assert mine == fixed


def test_no_job_takes_more_memory_than_its_rule_declares(finished):
    text = "".join(path.read_text() for path in sorted((finished.path / "rules").glob("*.smk")))
    parts = re.split(r"^ *(?:rule|checkpoint) (\w+):\n", text, flags=re.MULTILINE)
    declared = {
        name: int(re.search(r"mem_mb=(\d+)", rule)[1])
        for name, rule in zip(parts[1::2], parts[2::2], strict=True)
    }
    logs = finished.path / "logs/tiny"
    taken = {}
    for path in logs.rglob("*.log"):
        rule = path.relative_to(logs).parts[0].removesuffix(".log")
        [peak] = re.findall(r"finished: \S+ s, (\d+) MiB", path.read_text())
        taken[rule] = max(taken.get(rule, 0), int(peak))
    assert {"mel", "detect", "plot_roc"} <= taken.keys()
    assert {rule: peak for rule, peak in taken.items() if peak > declared[rule]} == {}


def differing(one, other):
    """Return the results that are not the same bytes, but for those that say how long jobs took."""
    first, second = one.results(), other.results()
    names = first.keys() | second.keys()
    return sorted(
        name
        for name in names - {"provenance.json", "costs.csv", "costs.md"}
        if first.get(name) != second.get(name)
    )


@pytest.fixture(scope="module")
def killed(new_project):
    """A project whose run was killed in the middle and started again."""
    project = new_project()
    project.write(TINY)
    with subprocess.Popen(
        command("tiny.yaml"),
        cwd=project.path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        patience = time.monotonic() + 120
        # two may be at work, and of those Snakemake does not know that they are done
        while len(list(project.path.glob("resources/tiny/evaluation/*/*.json"))) < 3:
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < patience
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    project.left_after_kill = (
        set(project.results()) if (project.path / "results").exists() else set()
    )
    # Snakemake can't tell a killed run from one that goes on: it wants to be told
    locked = project.snakemake()
    assert locked.code == 1 and "--unlock" in locked.text, locked.text
    project.run(None, "--unlock")
    project.second_run = project.run()
    return project


def test_a_killed_run_started_again_ends_with_the_same_bytes(killed, finished):
    assert "metrics.json" not in killed.left_after_kill
    assert killed.second_run.rules["evaluate"] < 4, "it began anew"
    assert differing(killed, finished) == []


def test_what_a_killed_job_has_left_is_made_again(finished, twin):
    half = "resources/tiny/evaluation/valve/02.json"
    (twin.path / half).unlink()  # a link to an earlier result
    (twin.path / half).write_text("half of it")
    marks = twin.path / ".snakemake/incomplete"
    marks.mkdir(exist_ok=True)
    (marks / base64.urlsafe_b64encode(half.encode()).decode()).touch()
    twin.run(None, "--dry-run")
    assert (twin.path / half).read_text() == "half of it"
    again = twin.run()
    assert f"{half} was not finished; it is made again" in again.text
    assert differing(twin, finished) == []
    assert twin.run().rules == {}


# what runs again


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"detectors": {"lof": {"n_neighbors": 5}}},
            {**AFTER_DETECT, **CHOICE, "detect": 4, "write_costs": 1},
        ),
        ({"threshold": {"false_alarm_rate": 0.2}}, AFTER_DETECT),
        ({"detectors": {"knn": {"false_alarm_rate": 0.2}}}, AFTER_DETECT),
        ({"projection": {"n_components": 3}}, {**AFTER_PROJECT, "project": 4}),
        ({"mel": {"n_mels": 64}}, {**AFTER_MEL, "mel": 4}),
        (
            {"choice": {"sample": 20}},
            {
                **CHOICE,
                **dict.fromkeys(
                    ("compare_detectors", "write_summary", "write_provenance", "all"), 1
                ),
            },
        ),
        (
            {"figures": {"contour_nus": [0.1]}},
            # two pages hold the whole config
            {
                **{"plot_ocsvm_contours": 4, "publish": 1, "write_summary": 1},
                **{"write_provenance": 1, "all": 1},
            },
        ),
    ],
    ids=["detector", "threshold", "its own threshold", "projection", "mel", "choice", "figures"],
)
def test_a_changed_key_runs_what_depends_on_it(finished, change, expected):
    assert finished.plan(tiny(**change), name="changed.yaml") == expected


def test_a_wish_for_the_manifest_alone_draws_no_figure(twin):
    shutil.rmtree(twin.path / "results" / "tiny")
    shutil.rmtree(twin.path / "resources" / "tiny" / "figures", ignore_errors=True)
    wish = "results/tiny/manifest.csv"
    assert twin.run(None, "--dry-run", wish).planned == {"publish_manifest": 1}


def fits(project):
    """Return the names of the fits that are kept, one a detector and machine ID."""
    return {path.name for path in (project.path / "resources/.cache").glob("*.fit")}


def test_a_changed_detector_runs_as_planned_and_back_again_comes_from_the_cache(finished, twin):
    first = fits(twin)
    assert len(first) == 4 * 2
    costs = {row["detector"]: row for row in twin.table("resources/tiny/detection/fan/00.cost.csv")}
    changed = tiny(detectors={"lof": {"n_neighbors": 2}})
    result = twin.run(changed, "results/tiny/metrics.json")
    assert result.rules == {"detect": 4, "evaluate": 4, "gather_metrics": 1}
    # it alone was fitted; what was not costs what it did
    assert fits(twin) > first and len(fits(twin)) == 4 * 3
    [_, knn] = twin.table("resources/tiny/detection/fan/00.cost.csv")
    assert knn == costs["knn"] and float(knn["fit_seconds"]) > 0
    assert "metrics.csv" in differing(twin, finished)
    result = twin.run(None, "results/tiny/metrics.json")
    assert len(re.findall(r"detection/\S+\.scores\.csv from cache", result.text)) == 4
    assert " to cache" not in result.text
    assert twin.results()["metrics.csv"] == finished.results()["metrics.csv"]


def test_an_added_detector_is_fitted_alone_and_a_removed_one_fits_nothing(finished, twin):
    first = fits(twin)
    rows = finished.table("results/tiny/metrics.csv")
    twin.run({**TINY, "detectors": {"knn": {}}}, "results/tiny/metrics.json")
    assert fits(twin) == first
    assert twin.table("results/tiny/metrics.csv") == [
        row for row in rows if row["detector"] == "knn"
    ]
    twin.run(tiny(detectors={"mahalanobis": {}}), "results/tiny/metrics.json")
    assert len(fits(twin) - first) == 4
    # and the code of a method is part of its fits alone
    edit(twin, "detectors/lof.py")
    first = fits(twin)
    twin.run(None, "results/tiny/metrics.json")
    assert len(fits(twin) - first) == 4
    assert twin.results()["metrics.csv"] == finished.results()["metrics.csv"]


BEFORE_DETECT = {
    "find_clips",
    "list_clips",
    "check_clips",
    "mel",
    "embed",
    "project",
    "project_overview",
}
PAGES = {"publish": 1, "write_provenance": 1, "all": 1}


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        (
            [
                "detectors/gmm.py",  # not in this config
                "experiments/compare.py",
                "monitoring/judge.py",
                "cli/fit.py",
                "documentation/files.py",
            ],
            {},
        ),
        (["audio/mel.py"], {**AFTER_MEL, "mel": 4}),
        (["detectors/lof.py"], {**AFTER_DETECT, **CHOICE, "detect": 4, "write_costs": 1}),
        (
            ["explanation/deviation.py"],
            {"pack_models": 1, "plot_deviation": 4, "write_summary": 1, **PAGES},
        ),
        (
            ["embeddings/statistics.py"],
            {
                name: count
                for name, count in AFTER_MEL.items()
                if name
                not in (
                    "check_clips",
                    "gather_clips",
                    "publish_manifest",
                    "plot_clips",
                    "plot_examples",
                )
            },
        ),
        (["data/synthesis/fan.py"], {"synthesize_dataset": 2}),
        (["choice/indicators.py"], {**CHOICE, "compare_detectors": 1, "all": 1}),
        (
            ["report/run_tables.py"],
            {"write_tables": 1, "write_summary": 1, "write_provenance": 1, "all": 1},
        ),
        (["figures/roc.py"], {"plot_roc": 1, **PAGES}),
        (["report/cost_tables.py"], {"write_costs": 1, "all": 1}),
        (["config/messages.py"], {"pack_models": 1, "all": 1}),
        (["models/packing.py"], {"pack_models": 1, "all": 1}),
    ],
)
def test_edited_modules_run_their_rules_and_what_follows_and_nothing_else(twin, modules, expected):
    for module in modules:
        edit(twin, module)
    plan = twin.plan()
    if modules[0].startswith("data/"):  # a plan ends where clips are made or listed anew
        assert {rule: plan.get(rule, 0) for rule in expected} == expected
    else:
        assert plan == expected
    if modules[0].startswith("detectors/"):
        assert not BEFORE_DETECT & set(plan)


def test_an_edit_of_what_is_told_of_recordings_fits_nothing_again(twin):
    edit(twin, "data/condition.py")
    plan = twin.plan()
    assert plan["check_clips"] == 2 and plan["pack_models"] == 1
    assert not {"list_clips", "mel", "embed", "project", "detect", "evaluate"} & set(plan)


def test_an_edit_of_how_thresholds_are_set_fits_nothing_again(twin):
    edit(twin, "detection/threshold.py")
    # a model keeps the scores that thresholds are set on
    expected = {name: count for name, count in AFTER_DETECT.items() if name != "pack_models"}
    assert twin.plan() == expected


def edit(project, module):
    with (project.path / "scripts/pygoodvibes" / module).open("a") as file:
        file.write("\n# edited\n")


CHAIN = {
    "find_clips": 1,
    "list_clips": 2,
    "check_clips": 1,
    "gather_clips": 1,
    "mel": 1,
    "embed": 1,
    "project": 1,
    "detect": 1,
    "evaluate": 1,
    "gather_metrics": 1,
}


def test_a_changed_clip_runs_its_machine_id_only(finished, twin):
    folder = twin.path / "data/tiny/fan/test"
    clip = folder / "normal_id_00_00000000.wav"
    samples, rate = soundfile.read(clip, dtype="int16")

    def runs(text):
        result = twin.run(None, "results/tiny/metrics.json")
        assert result.rules == CHAIN, text
        per_id = [message for rule, message in result.jobs if rule in ("mel", "evaluate")]
        assert all(message.endswith(" fan 00") for message in per_id), per_id
        return twin.table("resources/tiny/final/manifest.csv")

    soundfile.write(clip, samples[::-1], rate, subtype="PCM_16")
    assert len(runs("replaced")) == 64
    soundfile.write(folder / "anomaly_id_00_00000099.wav", samples[::2].repeat(2), rate)
    assert len(runs("added")) == 65
    clip.unlink()
    rows = runs("removed")
    assert len(rows) == 64
    left = {
        (row["id"], row["clip"])
        for row in rows
        if (row["machine"], row["split"]) == ("fan", "test")
    }
    assert ("00", clip.name) not in left and ("02", "normal_id_02_00000000.wav") in left
    assert twin.run(None, "results/tiny/metrics.json").jobs == []


def test_machine_types_of_any_name_and_without_a_machine_id_are_listed(finished, new_project):
    project = new_project()
    folder = project.path / "clips"
    for name in ("fan", "fan.coverage"):
        shutil.copytree(finished.path / "data/tiny/fan", folder / name)
    clip = folder / "fan/train/normal_id_00_00000000.wav"
    (folder / "misc/train").mkdir(parents=True)
    shutil.copy(clip, folder / "misc/train/hello.wav")
    settings = {**TINY, "dataset": {"name": "odd", "source": "folder", "path": "clips"}}
    wish = "results/odd/manifest.csv"
    project.run(settings, wish)
    rows = project.table(wish)
    ok = {row["machine"] for row in rows if row["status"] == "ok"}
    assert len(rows) == 65 and ok == {"fan", "fan.coverage"}
    assert [row["path"] for row in rows if row["machine"] == "misc"] == ["misc/train/hello.wav"]

    # what is no machine type is told before any job starts
    result = project.snakemake(settings, "resources/odd/listed/nope.csv")
    assert result.code and "MissingRuleException" in result.text and result.jobs == []

    # a version before had one manifest of all, and its folder was a link to earlier results
    earlier = project.path / "resources/.cache/earlier_ids"
    resources = project.path / "resources/odd"
    shutil.move(resources / "manifests", earlier)
    (resources / "manifests").symlink_to(earlier)
    shutil.rmtree(resources / "coverage")
    before = sorted(earlier.rglob("*"))
    (folder / "fan/train/normal_id_00_00000001.wav").unlink()
    (project.path / "results/odd/manifest.csv").unlink()
    project.run(settings, wish)
    assert sorted(earlier.rglob("*")) == before and not (resources / "manifests").is_symlink()
    assert len(project.table(wish)) == 64


def test_who_stopped_while_clips_were_looked_for_has_them_listed_again(twin):
    metrics = "results/tiny/metrics.json"
    (twin.path / "data/tiny/fan/test/normal_id_00_00000000.wav").unlink()
    # Snakemake removes what a job leaves that is stopped, and forgets that it was ever made
    lost = [f"resources/tiny/{name}" for name in ("found", "unplaced.csv")]
    twin.run(None, "--cleanup-metadata", *lost)
    for path in lost:
        (twin.path / path).unlink()
    assert twin.run(None, metrics).rules["list_clips"] == 2
    assert len(twin.table("resources/tiny/final/manifest.csv")) == 63


def test_a_moved_project_and_one_without_its_cache_run_on(killed, finished, tmp_path):
    moved = Project(tmp_path / "moved" / "project")
    moved.path.parent.mkdir()
    shutil.move(killed.path, moved.path)
    try:
        assert not (moved.path / "resources/tiny/mel/fan/00.npy").exists(), "links are absolute"
        moved.run()
        assert differing(moved, finished) == []
        shutil.rmtree(moved.path / "resources/.cache")
        moved.run(tiny(detectors={"lof": {"n_neighbors": 3}}), "results/tiny/metrics.json")
        assert "metrics.csv" in differing(moved, finished)
        shutil.rmtree(moved.path / "resources/.cache")
        moved.run()
        assert differing(moved, finished) == []
        assert moved.run().jobs == []
    finally:
        shutil.move(moved.path, killed.path)


# other sources


@pytest.fixture(scope="module")
def from_folder(finished, new_project, tmp_path_factory):
    """A run on a folder with broken files, an ID without training, an ID without anomalies."""
    folder = tmp_path_factory.mktemp("recordings")
    for clip in finished.path.glob("data/tiny/*/*/*.wav"):
        machine, split, name = clip.parts[-3:]
        if machine == "fan" and "id_02" in name and split == "train":
            continue
        if machine == "valve" and "id_00" in name and name.startswith("anomaly"):
            continue
        target = folder / machine / split / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, target)
    train = folder / "fan/train"
    good = (train / "normal_id_00_00000000.wav").read_bytes()
    (train / "normal_id_00_00000090.wav").write_bytes(good[:20000])
    (train / "normal_id_00_00000091.wav").write_text("these are words\n")
    (train / "normal_id_00_00000092.wav").write_bytes(b"")
    rng = np.random.default_rng(0)
    soundfile.write(train / "normal_id_00_00000093.wav", rng.normal(0, 0.1, 44100), 44100)
    soundfile.write(train / "normal_id_00_00000094.wav", np.zeros(32000), 16000)
    (train / "recording.wav").write_bytes(good)
    (train / "anomaly_id_00_00000095.wav").write_bytes(good)
    # twice the same, in bytes and in samples only
    (train / "normal_id_00_00000096.wav").write_bytes(good)
    first = train / "normal_id_00_00000000.wav"
    samples, rate = soundfile.read(first, dtype="int16")
    soundfile.write(folder / "fan/test/normal_id_00_00000097.flac", samples, rate)
    project = new_project()
    project.run(
        {
            "dataset": {"name": "plant", "source": "folder", "path": str(folder)},
            "detectors": TINY["detectors"],
            "evaluation": TINY["evaluation"],
        }
    )
    return project


def test_broken_files_are_listed_with_their_reason(from_folder):
    rows = from_folder.table("results/plant/manifest.csv")
    reasons = {row["clip"]: row["status"] for row in rows if row["status"] != "ok"}
    size = 2 * 32000
    expected = {
        "normal_id_00_00000090.wav": (
            f"truncated: the header promises {size} bytes, {20000 - 44} follow"
        ),
        "normal_id_00_00000091.wav": "no readable audio",
        "normal_id_00_00000092.wav": "empty file (0 bytes)",
        "normal_id_00_00000093.wav": "sample rate 44100 Hz, but audio.sample_rate is 16000 Hz",
        "normal_id_00_00000094.wav": "digital silence: all samples are equal",
        "recording.wav": "wrong name: not like normal_id_00_00000000.wav",
        "anomaly_id_00_00000095.wav": "an anomaly among the training clips",
        "normal_id_00_00000096.wav": ("the same recording as fan/train/normal_id_00_00000000.wav"),
        "normal_id_00_00000097.flac": (
            "the same recording as fan/train/normal_id_00_00000000.wav, a training clip"
        ),
    }
    assert set(reasons) == set(expected)
    for name, reason in expected.items():
        assert reasons[name].startswith(reason), (name, reasons[name])
    good = [row for row in rows if row["status"] == "ok"]
    assert len(good) == 64 - 8 - 4
    assert all(len(row["xxh3_128"]) == 32 and float(row["seconds"]) == 2.0 for row in good)


def test_machine_ids_that_lack_clips_are_in_the_tables_and_the_rest_goes_on(from_folder, finished):
    metrics = {
        (row["machine"], row["id"], row["detector"]): row
        for row in from_folder.table("results/plant/metrics.csv")
    }
    assert len(metrics) == 8
    for detector in DETECTORS:
        untrained = metrics["fan", "02", detector]
        assert untrained["auc"] == "" and untrained["n_train"] == "0"
        assert "no detector can be fitted: 0 usable training clip(s)" in untrained["note"]
        one_sided = metrics["valve", "00", detector]
        assert one_sided["auc"] == "" and one_sided["n_test_anomaly"] == "0"
        assert "no AUC: no anomalous test clip" in one_sided["note"]
        assert 0 <= float(metrics["fan", "00", detector]["auc"]) <= 1
    page = from_folder.results("plant")["tables/clips.md"].decode()
    assert "no detector can be fitted" in page and "no anomalous test clip" in page
    # the same clips give the same numbers, whatever lies beside them
    same = [row for row in finished.table("results/tiny/metrics.csv") if row["machine"] == "valve"]
    for row in same:
        if row["id"] == "02":
            assert metrics["valve", "02", row["detector"]]["auc"] == row["auc"]
    files = set(from_folder.results("plant"))
    assert "figures/examples/fan.png" in files and "figures/roc.png" in files
    assert "figures/ocsvm_contours/valve_id_00.png" in files
    assert "figures/ocsvm_contours/fan_id_02.png" not in files


def truth(finished, machine, machine_id):
    rows = finished.table(f"resources/tiny/manifests/{machine}/{machine_id}.csv")
    return {(row["split"], row["clip"]): row for row in rows}


def numbers(project, name):
    """Return what must not depend on the way in: AUC and pAUC."""
    return {
        (row["machine"], row["id"], row["detector"]): (row["auc"], row["pauc"])
        for row in project.table(f"results/{name}/metrics.csv")
    }


def settings_of(dataset):
    return {**tiny(), "dataset": dataset}


def test_an_embedding_of_samples_runs_and_scores_as_its_models_do(finished, new_project):
    project = new_project()
    shutil.copytree(finished.path / "data/tiny", project.path / "clips")
    dataset = {"name": "samples", "source": "folder", "path": "clips", "machines": {"fan": ["00"]}}
    embedding = {"method": "librosa", "mfcc": 8, "tempogram": 10}
    result = project.run({**settings_of(dataset), "embedding": embedding})
    assert result.rules["embed_signal"] == 1 and "embed" not in result.rules
    own, _ = vectors.load(project.path / "resources/samples/embedding/fan/00.npz")
    assert "tempogram_mean_009" in own.columns and np.isfinite(own.values).all()
    model = machine_model.load(project.path / "results/samples/models/fan_id_00.pgv")
    scored = [
        row
        for row in project.table("resources/samples/scores.csv")
        if (row["detector"], row["split"]) == ("knn", "test")
    ]
    assert len(scored) == 8
    for row in scored:
        path = project.path / "clips/fan/test" / row["clip"]
        found = score_clip.score_clip(model, path, detector="knn")
        assert found.score == pytest.approx(float(row["score"]), rel=1e-6)


def test_an_encoder_is_run_again_only_when_its_file_holds_something_else(finished, new_project):
    project = new_project()
    shutil.copytree(finished.path / "data/tiny", project.path / "clips")
    file = project.path / "small.onnx"
    file.write_bytes(made_encoders.small())
    dataset = {"name": "encoder", "source": "folder", "path": "clips", "machines": {"fan": ["00"]}}
    settings = {**settings_of(dataset), "embedding": {"method": "onnx", "file": "small.onnx"}}
    assert project.run(settings).rules["embed_signal"] == 1
    model = machine_model.load(project.path / "results/encoder/models/fan_id_00.pgv")
    assert model.encoder.content == made_encoders.small()
    own, _ = vectors.load(project.path / "resources/encoder/embedding/fan/00.npz")
    table = project.table("results/encoder/manifest.csv")
    paths = {(row["split"], row["clip"]): project.path / "clips" / row["path"] for row in table}
    for split, name, values in zip(own.split, own.clip, own.values, strict=True):
        signal = score_clip.read_clip(paths[split, name], model.settings)
        found = model.encoder.vector(signal, sample_rate=model.sample_rate)
        assert np.array_equal(found, values)
    scored = [
        row
        for row in project.table("resources/encoder/scores.csv")
        if (row["detector"], row["split"]) == ("knn", "test")
    ]
    assert len(scored) == 8
    for row in scored:
        found = score_clip.score_clip(model, paths["test", row["clip"]], detector="knn")
        assert found.score == pytest.approx(float(row["score"]), rel=1e-6)
    file.touch()
    assert not project.run(settings).rules
    file.write_bytes(made_encoders.small(seed=1))
    again = project.run(settings).rules
    assert again["embed_signal"] == again["pack_models"] == 1 and "mel" not in again
    other = machine_model.load(project.path / "results/encoder/models/fan_id_00.pgv")
    assert other.encoder.content == made_encoders.small(seed=1)
    settings["embedding"]["sha256"] = "0" * 64
    refused = project.snakemake(settings)
    assert refused.code and "small.onnx: another file than the config names" in refused.text


def test_mel_frames_from_elsewhere_give_the_same_numbers(finished, new_project, tmp_path):
    rows = []
    for machine, machine_id in IDS:
        source = finished.path / f"resources/tiny/mel/{machine}/{machine_id}"
        shutil.copy(f"{source}.npy", tmp_path / f"{machine}_{machine_id}.npy")
        rows += [
            {
                "clip": row["clip"],
                "machine": machine,
                "id": machine_id,
                "split": row["split"],
                "label": row["label"],
                "file": f"{machine}_{machine_id}.npy",
                "offset": row["offset"],
                "frames": row["frames"],
            }
            for row in finished.table(f"{source}.clips.csv")
        ]
    write_table(tmp_path / "clips.csv", rows)
    project = new_project()
    dataset = {"name": "frames", "source": "mel", "path": str(tmp_path / "clips.csv")}
    result = project.run(settings_of(dataset), "results/frames/metrics.csv")
    assert "mel" not in result.rules and result.rules["import_mel"] == 4
    assert numbers(project, "frames") == numbers(finished, "tiny")


@pytest.fixture(scope="module")
def embedded(finished):
    """All vectors of the finished run, with their clips."""
    rows, values = [], []
    for machine, machine_id in IDS:
        path = finished.path / f"resources/tiny/embedding/{machine}/{machine_id}.npz"
        own, _ = vectors.load(path)
        for clip, split, label in zip(own.clip, own.split, own.label, strict=True):
            rows.append({"machine": machine, "id": machine_id, "clip": clip, "split": split})
            rows[-1]["label"] = str(label)
        values.append(own.values)
    return rows, np.concatenate(values)


def test_an_array_of_vectors_gives_the_same_numbers(finished, embedded, new_project, tmp_path):
    rows, values = embedded
    np.save(tmp_path / "vectors.npy", values)
    french = {"normal": "non", "anomaly": "oui"}
    write_table(
        tmp_path / "clips.csv",
        [
            {
                "name": row["clip"],
                "kind": row["machine"],
                "unit": row["id"],
                "set": row["split"],
                "anomalous": french[row["label"]],
            }
            for row in rows
        ],
    )
    project = new_project()
    dataset = {
        "name": "array",
        "source": "embedding",
        "path": str(tmp_path / "clips.csv"),
        "array": "vectors.npy",
        "columns": {
            "clip": "name",
            "machine": "kind",
            "id": "unit",
            "split": "set",
            "label": "anomalous",
            "normal": "non",
            "anomaly": "oui",
        },
    }
    result = project.run(settings_of(dataset))
    assert result.rules["import_embedding"] == 4 and "embed" not in result.rules
    assert numbers(project, "array") == numbers(finished, "tiny")
    figures = {name for name in project.results("array") if name.startswith("figures/")}
    from_mel = ("examples/", "deviation/")  # there are no spectrograms to draw
    assert figures == {f"figures/{name}" for name in FIGURES if not name.startswith(from_mel)}


def test_a_table_of_vectors_gives_the_same_numbers(finished, embedded, new_project, tmp_path):
    rows, values = embedded
    write_table(
        tmp_path / "vectors.csv",
        [
            {
                "clip": f"{row['machine']}/{row['split']}/{row['clip']}",
                "remark": "all of this row is made up",
                **{f"v{column}": repr(float(value)) for column, value in enumerate(vector)},
            }
            for row, vector in zip(rows, values, strict=True)
        ],
    )
    project = new_project()
    dataset = {"name": "table", "source": "embedding", "path": str(tmp_path / "vectors.csv")}
    project.run(settings_of(dataset), "results/table/metrics.csv")
    assert numbers(project, "table") == numbers(finished, "tiny")


def write_table(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


# wrong input


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """Folders and tables that can't be used, by name."""
    place = tmp_path_factory.mktemp("faulty")
    (place / "empty").mkdir()
    (place / "file.wav").write_text("x")
    (place / "strange/deep/down").mkdir(parents=True)
    tone = np.sin(np.arange(16000) / 9) / 4
    soundfile.write(place / "strange/deep/down/sound.wav", tone, 16000)
    (place / "plant/fan/train").mkdir(parents=True)
    soundfile.write(place / "plant/fan/train/normal_id_00_00000000.wav", tone, 16000)
    (place / "broken/fan/train").mkdir(parents=True)
    for number in range(3):
        (place / f"broken/fan/train/normal_id_00_0000000{number}.wav").write_text("words")
    (place / "lacks.csv").write_text("path,machine\na.wav,fan\n")
    (place / "nothing.csv").write_text("clip,machine,id,split,label,file\n")
    (place / "vectors.csv").write_text("clip,x\nfan/train/normal_id_00_00000000.wav,1.0\n")
    np.save(place / "two.npy", np.zeros((2, 3)))
    return place


def data(source, **keys):
    return settings_of({"name": "x", "source": source, **keys})


def faults(place):
    """Return config, part of the message, and variables of the environment, by name."""
    folder = place / "plant"
    return {
        "unknown key": (tiny(mel={"n_mel": 64}), "mel.n_mel: there is no such key; did you mean"),
        "unknown ID": (tiny(dataset={"machines": {"fan": ["99"]}}), "'99'"),
        "estimator": (
            tiny(detectors={"x": {"method": "sklearn.svm.SVC"}}),
            "detectors.x.method: 'sklearn.svm.SVC' has no methods fit and score_samples",
        ),
        "empty config": ("{}", "dataset: this key is missing"),
        "no folder": (data("folder", path=str(place / "none")), "none: no such folder"),
        "a file": (data("folder", path=str(place / "file.wav")), "is a file, not a folder"),
        "empty folder": (data("folder", path=str(place / "empty")), "empty: no recordings in it"),
        "layout": (data("folder", path=str(place / "strange")), "in no known layout"),
        "machine": (
            data("folder", path=str(folder), machines={"pump": "all"}),
            "dataset.machines: no clip of machine type 'pump'; there are fan",
        ),
        "only broken clips": (
            data("folder", path=str(place / "broken")),
            "none of its 3 clips can be used; most often: no readable audio",
        ),
        "no manifest": (
            data("folder", path=str(folder), layout="manifest", manifest=str(place / "no.csv")),
            "no.csv does not exist",
        ),
        "columns of a manifest": (
            data("folder", path=str(folder), layout="manifest", manifest=str(place / "lacks.csv")),
            "lacks the columns id, split, label",
        ),
        "no mel table": (data("mel", path=str(place / "no.csv")), "no.csv: no such file"),
        "columns of a mel table": (
            data("mel", path=str(place / "lacks.csv")),
            "lacks the column(s) clip, id, split, label, file",
        ),
        "empty mel table": (data("mel", path=str(place / "nothing.csv")), "holds no row below"),
        "columns of vectors": (
            data("embedding", path=str(place / "vectors.csv"), columns={"clip": "fichier"}),
            "lacks the column(s) fichier; it has clip, x",
        ),
        "rows of an array": (
            data("embedding", path=str(place / "vectors.csv"), array="two.npy"),
            "two.npy: has 2 rows, its table has 1",
        ),
        "no token": (data("kaggle"), "set dataset.source to zenodo, which needs no account"),
    }


WRONG_KEYS = {
    "hop": (tiny(mel={"hop_length": 4096}), "mel.hop_length: 4096 is more than the window"),
    "fmax": (tiny(mel={"fmax": 9000}), "mel.fmax: 9000 Hz is above half the sample rate"),
    "type": (tiny(audio={"sample_rate": "16k"}), "audio.sample_rate: '16k' is not allowed"),
    "number for an ID": (tiny(dataset={"machines": {"fan": [0]}}), "put machine IDs in quotes"),
    "method": (tiny(detectors={"loff": None}), "detectors.loff: no method has this"),
    "parameter": (
        tiny(detectors={"lof": {"neighbors": 3}}),
        "detectors.lof.neighbors: there is no such key",
    ),
    "no detectors": ({"dataset": TINY["dataset"]}, "detectors: this key is missing"),
    "source": (data("tape"), "dataset.source: 'tape' is not allowed"),
}
"""What reading the config tells, and all that the workflow does with it is to pass it on."""


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_a_wrong_key_is_told_in_one_sentence(name):
    settings, said = WRONG_KEYS[name]
    with pytest.raises(UserError) as error:
        validate(settings, name="tiny.yaml")
    [line] = str(error.value).splitlines()
    assert line.startswith("tiny.yaml: ") and said in line


def test_wrong_input_gets_one_clear_sentence(new_project, faulty, tmp_path):
    project = new_project()
    home = {"HOME": str(tmp_path), "KAGGLE_CONFIG_DIR": str(tmp_path), "KAGGLE_API_TOKEN": ""}

    def attempt(item):
        number, (settings, _) = item
        return project.snakemake(settings, "--nolock", name=f"fault_{number}.yaml", **home)

    cases = faults(faulty)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, enumerate(cases.values())))
    problems = {}
    for (name, (_, message)), result in zip(cases.items(), results, strict=True):
        said = result.errors_said()
        wanted = result.code == 1 and "Traceback" not in result.text
        if not (wanted and len(said) == 1 and message in result.errors):
            problems[name] = (result.code, result.errors)
    assert not problems, "\n\n".join(
        f"{name}: {code}\n{text}" for name, (code, text) in problems.items()
    )
    assert len(cases) + len(WRONG_KEYS) >= 25
    assert not (project.path / "results").exists()


# real data, from the folder beside the project


@pytest.mark.shared
def test_real_recordings_run_by_config_alone(shared, new_project):
    project = new_project()
    clips = 0
    for name, folder in (("mimii", "mimii_fan_0db"), ("dcase", "dcase2020_clips")):
        dataset = {"name": name, "source": "folder", "path": str(shared / "data" / folder)}
        project.run({**settings_of(dataset)})
        rows = project.table(f"results/{name}/manifest.csv")
        assert {row["status"] for row in rows} == {"ok"}
        clips += len(rows)
        metrics = project.table(f"results/{name}/metrics.csv")
        for row in metrics:
            enough = int(row["n_train"]) >= 3
            assert enough or "no detector can be fitted" in row["note"]
            assert bool(row["auc"]) == (
                enough and int(row["n_test_normal"]) > 0 and int(row["n_test_anomaly"]) > 0
            )
        assert any(row["auc"] for row in metrics)
    assert clips == 205
    assert any("no detector can be fitted" in row["note"] for row in metrics)


def published_vectors(shared):
    """Return the data set of the original's embeddings of all 30,987 clips: three columns."""
    table = shared / "golden/pygoodvibes/final_encoded_machine_dataset.csv"
    return {
        "name": "golden",
        "source": "embedding",
        "path": str(table),
        "published": "dcase2020",
        "columns": {"clip": "fichier", "values": ["x", "y", "z"]},
    }


@pytest.mark.shared
def test_all_detectors_on_the_published_vectors(shared, new_project):
    project = new_project()
    default = yaml.safe_load((project.path / "config/dcase2020.yaml").read_text())
    config = {key: default[key] for key in ("default_detector", "choice", "detectors")}
    config |= {"dataset": published_vectors(shared), "evaluation": {"bootstrap": 100}}
    tables = [f"results/golden/tables/{name}.md" for name in ("detector_comparison", "choice")]
    project.run(config, *tables, "results/golden/averages.csv")
    auc = {
        row["detector"]: 100 * float(row["auc"])
        for row in project.table("results/golden/averages.csv")
        if row["over"] == "types" and row["mean"] == "arithmetic" and row["auc"]
    }
    # frames of vectors there are none
    assert set(auc) == {*default["detectors"], "choice"} - {"frames"}
    assert all(50 < value < 70 for value in auc.values())
    # on columns brought to one scale; the published 66.77 are on the columns as they are
    assert auc["lof"] == pytest.approx(66.6, abs=0.1)
    assert auc["choice"] > auc["fusion"] + 0.3
    benchmark, choice = ((project.path / name).read_text() for name in tables)
    for name in auc:
        # with an interval in each column
        [row] = re.findall(rf"^\| {name} +\|(.*)\|$", benchmark, flags=re.MULTILINE)[:1]
        assert len(re.findall(r"\[[\d.]+, [\d.]+\]", row)) >= 7, name
    assert "23 machine IDs" in choice


@pytest.mark.shared
def test_the_published_vectors_give_the_published_means(shared, new_project):
    project = new_project()
    project.run(
        {
            "dataset": published_vectors(shared),
            "detectors": {"lof": {"input": "embedding", "n_neighbors": 20}},
            "evaluation": {"bootstrap": 0},
        },
        "results/golden/averages.csv",
    )
    rows = project.table("results/golden/averages.csv")
    auc = {
        row["machine"]: 100 * float(row["auc"])
        for row in rows
        if row["over"] == f"IDs of {row['machine']}" and row["mean"] == "arithmetic"
    }
    published = {
        "ToyCar": 75.68,
        "ToyConveyor": 53.99,
        "fan": 73.65,
        "pump": 71.42,
        "slider": 51.59,
        "valve": 74.30,
    }
    assert auc == pytest.approx(published, abs=0.05)
    [types] = [row for row in rows if row["over"] == "types" and row["mean"] == "arithmetic"]
    assert 100 * float(types["auc"]) == pytest.approx(66.77, abs=0.05)
    assert 100 * float(types["pauc"]) == pytest.approx(60.50, abs=0.05)
    manifest = project.table("resources/golden/final/manifest.csv")
    assert len(manifest) == 30987
    assert {row["status"] for row in manifest} == {"ok"}
