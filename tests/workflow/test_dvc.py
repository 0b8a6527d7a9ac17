"""DVC on top of Snakemake: what really runs, after every kind of change.

One small project goes through its life: first run, changed settings in the workspace, in copies and
from the queue, changed clips, changed code, another clone. Every job that really runs leaves a line
in a trace file, so the counts are those of executed scripts, not of what a tool reports.
"""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest
import soundfile
import yaml

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("dvc")]

PARAMS = "config/config.yaml"
DATA = "data/synthetic"
RESULTS = "results/synthetic"
DETECTORS = ["lof", "knn"]

# which jobs follow which, for 2 machine types, 3 machine IDs and 2 detectors
SUMMARY = dict.fromkeys(
    (
        *("gather_metrics", "write_tables", "write_choice", "compare_detectors", "write_summary"),
        *("write_representation", "publish", "publish_manifest", "pack_models"),
        "write_provenance",
    ),
    1,
)
AFTER_SCORES = {**SUMMARY, "plot_scores": 2, "plot_roc": 1, "plot_sweep": 1, "plot_bars": 1}
DETECT = {
    **AFTER_SCORES,
    "detect": 3,
    "choose": 2,
    "evaluate": 3,
    "plot_deviation": 3,
    "write_costs": 1,
}
PROJECT = {**DETECT, "project": 3, "plot_id_clouds": 2, "plot_ocsvm_contours": 3}
REPRESENTATION = {"check_representation": 1, "plot_representation": 1}
EMBED = {**PROJECT, **REPRESENTATION, "embed": 3, "project_overview": 1, "plot_clouds": 1}
MEL = {**EMBED, "mel": 3, "plot_examples": 2, "check_clips": 2, "gather_clips": 1, "plot_clips": 1}
FIRST = {**MEL, "find_clips": 1, "list_clips": 2, "synthesize_dataset": 2}
# one clip of one machine ID
CLIP = {
    **AFTER_SCORES,
    **REPRESENTATION,
    **dict.fromkeys(("find_clips", "check_clips", "gather_clips", "plot_clips"), 1),
    "list_clips": 2,
    "project_overview": 1,
    **dict.fromkeys(("mel", "embed", "project", "detect", "evaluate"), 1),
    **dict.fromkeys(("plot_examples", "plot_id_clouds", "plot_ocsvm_contours", "plot_clouds"), 1),
    "plot_deviation": 1,
    "write_costs": 1,
    "choose": 1,
}


class Project:
    """A copy of the project with few, short clips, under git and DVC."""

    def __init__(self, folder: pathlib.Path, trace: pathlib.Path):
        self.folder = folder
        self.trace = trace

    def call(
        self, *command: str, check: bool = True, heard: bool = True
    ) -> subprocess.CompletedProcess:
        """Run a command in the project; if not heard, don't wait for what it leaves behind."""
        names = ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE")
        environment = {key: value for key, value in os.environ.items() if key not in names}
        environment |= {
            "PYGOODVIBES_TRACE": str(self.trace),
            "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        }
        output = subprocess.PIPE if heard else subprocess.DEVNULL
        done = subprocess.run(
            command, cwd=self.folder, env=environment, stdout=output, stderr=output, text=True
        )
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def dvc(self, *arguments: str) -> str:
        """Run DVC and return what it prints."""
        return self.call(sys.executable, "-m", "dvc", *arguments).stdout

    def commit(self) -> None:
        """Commit all there is."""
        self.call("git", "add", "-A")
        self.call("git", "commit", "-q", "--allow-empty", "-m", "state")

    def executed(self) -> dict[str, int]:
        """Return how many jobs of each rule ran since the last call."""
        lines = self.trace.read_text().splitlines() if self.trace.is_file() else []
        self.trace.write_text("")
        parts = [pathlib.PurePosixPath(line).parts[2] for line in lines]
        return dict(collections.Counter(part.removesuffix(".log") for part in parts))

    def configure(self, **changes) -> None:
        """Change keys of the config, named with two underscores between their parts."""
        path = self.folder / PARAMS
        content = yaml.safe_load(path.read_text())
        for name, value in changes.items():
            *parents, last = name.split("__")
            section = content
            for parent in parents:
                section = section[parent]
            section[last] = value
        path.write_text(yaml.safe_dump(content, sort_keys=False, default_flow_style=False))

    def metrics(self) -> dict:
        """Return the headline of the workspace."""
        return json.loads((self.folder / RESULTS / "metrics.json").read_text())


def copy_of_project(root: pathlib.Path, folder: pathlib.Path) -> None:
    names = ("Snakefile", "rules", "scripts", "config", "profiles", "report", "envs", "dvc.yaml")
    for name in (
        *names,
        ".dvcignore",
        ".gitignore",
        ".dvc/config",
        ".dvc/.gitignore",
        ".dvc/plots",
    ):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (root / name).is_dir():
            shutil.copytree(root / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(root / name, target)


@pytest.fixture(scope="module")
def project(root, tmp_path_factory):
    """Return the project after its first run."""
    folder = tmp_path_factory.mktemp("dvc") / "project"
    folder.mkdir()
    copy_of_project(root, folder)
    project = Project(folder, folder.parent / "trace.txt")
    project.configure(
        dataset__machines={"fan": ["00", "02"], "valve": ["00"]},
        dataset__train_clips=8,
        dataset__test_normal_clips=4,
        dataset__test_anomaly_clips=4,
        dataset__seconds=2.0,
        detectors={"lof": {"method": "lof", "n_neighbors": 4}, "knn": {"method": "knn"}},
        # the choice as the default ties the machine IDs of a type to each other
        default_detector="lof",
        evaluation__bootstrap=50,
        figures={"contour_gammas": [1.0], "contour_nus": [0.2]},
    )
    project.call("git", "init", "-q", ".")
    project.commit()
    project.dvc("repro")
    project.first = project.executed()
    project.commit()
    return project


@pytest.fixture
def clean(project):
    """Return the project, and bring it back to its first state afterwards."""
    yield project
    project.call("git", "checkout", "-q", "--", ".")
    project.dvc("checkout", "--force")
    project.executed()


def test_the_first_run_runs_everything_once(project):
    assert project.first == FIRST
    assert set(project.metrics()) == {"auc", "pauc", "auc_by_type"}
    assert not project.call("git", "status", "--porcelain").stdout


def test_nothing_changed_nothing_runs(project):
    seconds = []
    for _ in range(3):  # the quickest counts: other tests may load the machine
        begin = time.monotonic()
        project.dvc("repro")
        seconds.append(time.monotonic() - begin)
    assert min(seconds) < 5
    assert project.executed() == {}
    assert "up to date" in project.dvc("status")


def test_metrics_params_and_plots_can_be_shown(project):
    shown = json.loads(project.dvc("metrics", "show", "--json"))
    values = shown[""]["data"][f"{RESULTS}/metrics.json"]["data"]
    assert values == project.metrics()
    leaves = [key for part in values.values() for key in part]
    assert len(leaves) <= 2 * len(DETECTORS) + 2  # readable columns, not hundreds
    plots = json.loads(project.dvc("plots", "show", "--json"))["data"]
    assert set(plots) == {"ROC", "Sensitivity against specificity", f"{RESULTS}/metrics.csv"}
    for [plot] in plots.values():
        text = json.dumps(plot["content"])
        assert "valve" in text and "<DVC_METRIC" not in text


def test_a_detector_setting_in_the_workspace(clean):
    clean.dvc("exp", "run", "-S", f"{PARAMS}:detectors.lof.n_neighbors=3")
    assert clean.executed() == DETECT
    assert "n_neighbors" in clean.dvc("params", "diff")
    assert "lof" in clean.dvc("metrics", "diff", "--all")
    assert "rev" in clean.dvc("plots", "diff", "--json")
    # back to the setting before: its results are still known
    clean.configure(detectors__lof__n_neighbors=4)
    clean.dvc("repro")
    assert clean.executed() == {}


def test_a_detector_setting_in_a_copy(clean):
    before = clean.metrics()
    clean.dvc("exp", "run", "--temp", "-n", "copy", "-S", f"{PARAMS}:detectors.lof.n_neighbors=2")
    assert clean.executed() == DETECT
    assert clean.metrics() == before
    shown = clean.dvc("exp", "show", "--csv")
    assert "copy" in shown and "auc.lof" in shown


def test_two_experiments_from_the_queue_at_once(clean):
    project = clean
    project.dvc(
        *("exp", "run", "--queue", "-S", f"{PARAMS}:projection.n_components=2,3"),
        *("-S", f"{PARAMS}:mel.n_mels=48"),
    )
    # of two workers of DVC, the one that ends last may miss the word that there is no more to do
    queue = ("exp", "run", "--run-all", "--jobs", "2")
    project.call(sys.executable, "-m", "dvc", *queue, heard=False)
    for _ in range(600):  # workers end a little after their experiments
        states = project.dvc("queue", "status")
        if "Running" not in states and "Queued" not in states.replace("Queued:", ""):
            break
        time.sleep(1)
    executed = project.executed()
    project.call(sys.executable, "-m", "dvc", "queue", "stop", "--kill", check=False)
    assert states.count("Success") == 2, states
    # both need the new mel frames: either may be the one that finds them made by the other
    assert 3 <= executed["mel"] <= 6 and 3 <= executed["embed"] <= 6
    for rule in ("project", "detect", "evaluate"):
        assert executed[rule] == 6
    assert not {"synthesize_dataset", "find_clips", "list_clips"} & set(executed)
    # what two wrote at a time is whole: each setting once more, computed from what is kept
    for number in (2, 3):
        project.configure(projection__n_components=number, mel__n_mels=48)
        project.call(sys.executable, "-m", "snakemake", "-j2", "--quiet", "all")
        assert set(project.executed()) <= {*SUMMARY, "write_costs"}
    shown = json.loads(project.dvc("exp", "show", "--json"))
    text = json.dumps(shown)
    assert '"n_components": 2' in text and '"n_components": 3' in text


def test_components_of_the_projection(clean):
    clean.configure(projection__n_components=4)
    clean.dvc("repro")
    assert clean.executed() == PROJECT


def test_parameters_of_the_spectrogram(clean):
    clean.dvc("exp", "run", "--temp", "-S", f"{PARAMS}:mel.n_mels=64")
    assert clean.executed() == MEL


def test_an_edited_library_module(clean):
    path = clean.folder / "scripts/pygoodvibes/embeddings/statistics.py"
    path.write_text(path.read_text() + "\n# edited\n")
    clean.dvc("repro")
    executed = clean.executed()
    assert {rule: executed.get(rule) for rule in EMBED} == EMBED  # never less
    # the config's models import the module's settings; what lists the clips reads those
    assert set(executed) - set(EMBED) <= {"find_clips", "list_clips"}


def change_clip(project, name, how):
    folder = project.folder / DATA / "fan" / "train"
    path = folder / name
    if how == "replaced":
        samples, rate = soundfile.read(path)
        path.unlink()
        soundfile.write(path, 0.5 * samples, rate, subtype="PCM_16")
    elif how == "removed":
        path.unlink()
    else:
        shutil.copyfile(path, folder / "normal_id_02_99999999.wav")


@pytest.mark.parametrize("how", ["replaced", "removed", "added"])
def test_a_changed_clip_runs_its_machine_id_only(clean, how):
    change_clip(clean, "normal_id_02_00000003.wav", how)
    clean.dvc("repro")
    assert clean.executed() == CLIP
    manifest = (clean.folder / RESULTS / "manifest.csv").read_text()
    assert manifest.count("normal_id_02_99999999.wav") == (2 if how == "added" else 0)
    if how == "replaced":
        # in a copy the changed clip is there, too: with another setting, that setting only
        clean.commit()
        clean.dvc("exp", "run", "--temp", "-S", f"{PARAMS}:detectors.lof.n_neighbors=5")
        # the manifest of the other machine type did not have to be completed before
        assert clean.executed() == {**DETECT, "check_clips": 1}
        clean.call("git", "reset", "-q", "--hard", "HEAD~1")


def test_a_dropped_machine_id(clean):
    clean.configure(dataset__machines={"fan": ["00"], "valve": ["00"]})
    clean.dvc("repro")
    executed = clean.executed()
    for rule in ("mel", "embed", "project", "detect", "evaluate", "plot_ocsvm_contours"):
        assert rule not in executed
    assert executed["list_clips"] == 2 and executed["gather_metrics"] == 1


def test_a_clone_with_the_remote_computes_nothing(clean, tmp_path):
    remote = tmp_path / "remote"
    clean.dvc("remote", "add", "-d", "storage", str(remote))
    clean.dvc("push")
    clean.commit()
    clone = Project(tmp_path / "clone", clean.trace)
    clean.call("git", "clone", "-q", str(clean.folder), str(clone.folder))
    clone.dvc("pull")
    clone.dvc("repro")
    assert clone.executed() == {}
    assert "up to date" in clone.dvc("status")
    for name in ("metrics.csv", "figures/roc.png", "official/lof/anomaly_score_fan_id_00.csv"):
        ours, theirs = clean.folder / RESULTS / name, clone.folder / RESULTS / name
        assert ours.read_bytes() == theirs.read_bytes()
    assert len(list((clone.folder / DATA).rglob("*.wav"))) == 3 * 16
    clean.call("git", "reset", "-q", "--hard", "HEAD~1")
