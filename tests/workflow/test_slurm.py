"""The workflow on a real Slurm: the same bytes as here, in fewer jobs than rules to run."""

import os
import re

import pytest
import yaml

import slurm_cluster
import tiny_project
from tiny_project import METRICS, snakemake

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

SLURM = ("--profile", "profiles/slurm")


@pytest.fixture(scope="module")
def slurm():
    try:
        slurm_cluster.make_ready()
    except slurm_cluster.NotPossible as reason:
        if os.environ.get(slurm_cluster.REQUIRED):
            raise
        pytest.skip(str(reason))
    with slurm_cluster.running():
        yield slurm_cluster


def logs(folder):
    return {path.relative_to(folder).as_posix() for path in folder.glob("logs/tiny/**/*.log")}


# what is chosen for a machine ID takes the other IDs of its type, so its job ends before that
GROUPS = ["clips", "evaluation", "list", "machine", "machine", "metrics"]


@pytest.mark.parametrize(
    ("default", "groups"), [("lof", GROUPS), ("choice", ["choose", *GROUPS])], ids=["lof", "choice"]
)
def test_same_metrics_as_here_in_grouped_jobs(slurm, root, tmp_path, default, groups):
    before = len(slurm.jobs())
    settings = {**tiny_project.TINY, "default_detector": default}
    there, here = (tiny_project.make(root, tmp_path / name) for name in ("there", "here"))
    for folder in (there, here):
        (folder / "tiny.yaml").write_text(yaml.safe_dump(settings))
    text = snakemake(there, *SLURM, "--", METRICS)
    snakemake(here, "-j2", "--", METRICS)
    assert (there / METRICS).read_bytes() == (here / METRICS).read_bytes()
    assert logs(there) == logs(here)

    # all that ran, ran in Slurm's jobs, and these are fewer
    jobs = slurm.jobs()[before:]
    assert {job.state for job in jobs} == {"COMPLETED"}
    assert {job.cpus for job in jobs} == {1}
    submitted = re.findall(r"has been submitted with SLURM jobid (\d+)", text)
    assert sorted(map(int, submitted)) == [job.number for job in jobs]
    # the comment is rule_<group>_<its rules>...
    assert sorted(job.comment.split("_")[1] for job in jobs) == sorted(groups)
    assert len(logs(there)) == 16 + (default == "choice")

    # outputs are kept in the same place as without Slurm
    mel = there / "resources/tiny/mel/fan/00.npy"
    assert mel.is_symlink()
    assert mel.resolve().parent == there / "resources/.cache"

    # the rest of the workflow can be grouped too, and what is there isn't made again
    plan = snakemake(there, *SLURM, "--dry-run")
    assert "rule plot_deviation" in plan or "Draw what the detector heard" in plan
    assert "Compute the mel frames" not in plan


def test_groups_name_rules_that_exist(root):
    profile = yaml.safe_load((root / "profiles/slurm/config.yaml").read_text())
    text = "\n".join(path.read_text() for path in sorted((root / "rules").glob("*.smk")))
    rules = set(re.findall(r"^ *rule (\w+):\n", text, flags=re.MULTILINE))
    # a checkpoint can't be among them: what hangs on it is known only after it
    assert set(profile["groups"]) <= rules
    assert set(profile["group-components"]) <= set(profile["groups"].values())
