"""A copy of the project with a tiny data set, to run elsewhere than here."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import yaml

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
    "figures": {"contour_gammas": [1.0], "contour_nus": [0.2]},
}
METRICS = "results/tiny/metrics.json"


def make(root: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Copy the project into a folder that isn't there yet."""
    folder.mkdir(parents=True)
    for part in PARTS:
        if (root / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / part, folder / part, ignore=ignored)
        else:
            shutil.copy(root / part, folder / part)
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    return folder


def snakemake(folder: pathlib.Path, *arguments: str, **variables: str) -> str:
    """Run Snakemake and return what it says; the test fails if it doesn't end, or not well."""
    names = ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE", "PYTHONPATH")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "-p", "--configfile", "tiny.yaml", *arguments],
            cwd=folder,
            env={**{k: v for k, v in os.environ.items() if k not in names}, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        pytest.fail(f"{late}\n{(late.stdout or b'').decode()[-5000:]}", pytrace=False)
    if done.returncode:
        pytest.fail(done.stdout[-5000:], pytrace=False)
    return done.stdout
