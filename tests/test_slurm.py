"""The workflow on a real Slurm: the same bytes as here, in fewer jobs than rules to run."""

import os
import re
import shutil
import subprocess
import sys

import pytest
import slurm_cluster
import yaml

pytestmark = pytest.mark.cluster

PARTS = ("Snakefile", "rules", "scripts", "config", "profiles", "report", "envs")
TINY = {
    "dataset": {
        "name": "tiny",
        "source": "synthetic",
        "machines": {"fan": ["00", "02"]},
        "train_clips": 8,
        "test_normal_clips": 4,
        "test_anomaly_clips": 4,
        "seconds": 2.0,
    },
    "detectors": {"lof": {"n_neighbors": 4}},
    "evaluation": {"bootstrap": 20},
}
METRICS = "results/tiny/metrics.json"


@pytest.fixture(scope="module")
def slurm():
    try:
        with slurm_cluster.running():
            yield slurm_cluster
    except slurm_cluster.NotPossible as reason:
        if os.environ.get(slurm_cluster.REQUIRED):
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def project(root, tmp_path_factory):
    """Return a function that makes a copy of the project with the tiny config."""

    def make(name):
        folder = tmp_path_factory.mktemp(name)
        for part in PARTS:
            if (root / part).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(root / part, folder / part, ignore=ignored)
            else:
                shutil.copy(root / part, folder / part)
        (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
        return folder

    return make


def snakemake(folder, *arguments):
    """Run Snakemake and return what it says; it must end, and well, within two minutes or so."""
    names = ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE", "PYTHONPATH")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", *arguments],
            cwd=folder,
            env={k: v for k, v in os.environ.items() if k not in names},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=int(os.environ.get("PYGOODVIBES_CLUSTER_TIMEOUT", 200)),
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        pytest.fail(f"{late}\n{(late.stdout or b'').decode()[-5000:]}", pytrace=False)
    if done.returncode:
        pytest.fail(done.stdout[-5000:], pytrace=False)
    return done.stdout


def test_same_metrics_as_here_with_grouped_jobs(slurm, project):
    there = project("there")
    text = snakemake(there, "--profile", "profiles/slurm", "--", METRICS)

    here = project("here")
    snakemake(here, "-j2", "--", METRICS)
    assert (there / METRICS).read_bytes() == (here / METRICS).read_bytes()

    # the rules ran inside of Slurm's jobs, grouped
    jobs = slurm.jobs()
    assert {job.state for job in jobs} == {"COMPLETED"}
    submitted = re.findall(r"has been submitted with SLURM jobid (\d+)", text)
    assert sorted(map(int, submitted)) == [job.number for job in jobs]
    ran = {path.relative_to(there / "logs/tiny") for path in there.glob("logs/tiny/**/*.log")}
    assert ran == {path.relative_to(here / "logs/tiny") for path in here.glob("logs/tiny/**/*.log")}
    groups = [re.sub(r"_wildcards.*", "", job.comment) for job in jobs]
    assert sorted(name.split("_")[1] for name in groups) == [
        "clips",
        "list",
        "machine",
        "machine",
        "metrics",
    ]
    assert len(ran) == 14
    assert {job.cpus for job in jobs} == {1}

    # outputs are kept in the same place as without Slurm
    mel = there / "resources/tiny/mel/fan/00.npy"
    assert mel.is_symlink()
    assert mel.resolve().parent == there / "resources/.cache"

    # the rest of the workflow can be grouped too
    plan = snakemake(there, "--profile", "profiles/slurm", "--dry-run")
    assert "plot_deviation" in plan
    assert "\nmel " not in plan
