"""The wheel in an environment of its own, elsewhere than here, with what it says it needs alone.

The packages come from this environment, linked: what the wheel's metadata doesn't name, directly or
through what it names, isn't there.
"""

import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from packaging.requirements import Requirement

import own_machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("pyproject.toml", "README.md", "LICENSE", "scripts")


def call(command, folder, **variables):
    """Run a command without anything of this environment; return its exit code and what it says."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**kept, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return a wheel of the project, built from a copy."""
    folder = tmp_path_factory.mktemp("source")
    for part in PARTS:
        if (ROOT / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        else:
            shutil.copy(ROOT / part, folder)
    code = "import setuptools.build_meta as build; build.build_wheel('dist')"
    exit_code, said = call([sys.executable, "-c", code], folder)
    assert exit_code == 0, said
    [built] = (folder / "dist").glob("*.whl")
    return built


def needed(wheel: pathlib.Path) -> set[str]:
    """Return the distributions that the wheel asks for, and those that they ask for."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = archive.read(name).decode()
    wanted = [text.strip() for text in re.findall(r"^Requires-Dist: (.*)$", metadata, re.MULTILINE)]
    found: set[str] = set()
    while wanted:
        requirement = Requirement(wanted.pop())
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if requirement.name not in found:
            found.add(requirement.name)
            wanted += importlib.metadata.requires(requirement.name) or []
    return found


@pytest.fixture(scope="module")
def command(wheel, tmp_path_factory):
    """Return the command of the wheel in an environment of its own."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    exit_code, said = call([sys.executable, "-m", "venv", "--without-pip", folder], ROOT)
    assert exit_code == 0, said
    [packages] = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    for name in needed(wheel):
        distribution = importlib.metadata.distribution(name)
        parts = {pathlib.PurePath(path).parts[0] for path in distribution.files or ()}
        for part in sorted(parts - {"..", "__pycache__"}):
            if not (packages / part).exists():
                (packages / part).symlink_to(distribution.locate_file(part))
    # what an installer writes for the entry of the wheel
    script = folder / "bin" / "pygoodvibes"
    script.write_text(
        f"#!{folder}/bin/python\n"
        "import sys\nfrom pygoodvibes.cli.main import main\nsys.exit(main())\n"
    )
    script.chmod(0o755)
    return script


def test_the_core_is_light(wheel):
    names = {name.lower().replace("_", "-") for name in needed(wheel)}
    assert {"numpy", "scipy", "scikit-learn", "soundfile"} <= names
    assert not names & {"dvc", "snakemake", "kaggle", "librosa", "pandas", "matplotlib", "requests"}
    assert len(names) <= 25


def test_the_wheel_has_its_languages(command, tmp_path):
    code = "from pygoodvibes.util.language import languages, language_of as of; "
    code += "print([of(each).name for each in languages()])"
    exit_code, said = call([command.with_name("python"), "-c", code], tmp_path)
    assert exit_code == 0 and said == "['English', 'Deutsch', 'Français']\n"


def test_the_wheel_learns_and_scores_elsewhere(command, tmp_path):
    own_machine.healthy(tmp_path / "pump", 12)
    own_machine.write(tmp_path / "odd.wav", 99, whistle=0.5)
    exit_code, said = call([command, "--version"], tmp_path)
    assert exit_code == 0 and re.fullmatch(r"pygoodvibes \d+\.\d+\.\d+\n", said)
    exit_code, said = call([command, "fit", "pump", "--detectors", "all"], tmp_path)
    assert exit_code == 0, said
    exit_code, said = call([command, "score", "pump.pgv", "odd.wav", "--threshold", "2"], tmp_path)
    assert exit_code == 3 and "anomalous" in said
    (tmp_path / "c.yaml").write_text(
        "dataset:\n  name: x\n  source: folder\n  path: pump\ndetectors:\n  lof: {}\n"
    )
    exit_code, said = call([command, "set", "c.yaml", "detectors.lof.n_neighbors=4"], tmp_path)
    assert exit_code == 0 and said == "c.yaml: detectors.lof.n_neighbors is 4; it was not set\n"
