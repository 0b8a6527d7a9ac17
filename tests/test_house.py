"""The order of the house: tests mirror rooms and know no private names, packages hold no code."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "scripts/pygoodvibes"
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PACKAGES = sorted(path.parent for path in LIBRARY.rglob("__init__.py"))

NO_ROOMS = {"app", "benchmarks", "security", "soak"}
"""Folders of tests of what is no room of the library."""

NO_MODULE = {
    # what runs Snakemake and DVC, or what Snakemake runs
    "workflow/test_environments.py",
    "workflow/test_faults.py",
    "workflow/test_domains.py",
    "workflow/test_dvc.py",
    "workflow/test_object_store.py",
    "workflow/test_plot_scripts.py",
    "workflow/test_rules.py",
    "workflow/test_slurm.py",
    "workflow/test_supplemental.py",
    "workflow/test_train_encoder.py",
    "workflow/test_workflow.py",
    # Snakemake's plugin, which stands outside the rooms
    "workflow/test_calm_log.py",
    # the installed command
    "cli/test_install.py",
    # the pages themselves
    "documentation/test_docs.py",
    # model files that somebody has altered
    "models/test_hostile_models.py",
}
"""Tests of more than one module."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def private_names(text: str) -> list[str]:
    """Return the private names of the library that code imports, reads or replaces."""
    tree = ast.parse(text)
    found, known = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pygoodvibes"):
            found += [alias.name for alias in node.names if is_private(alias.name)]
            known |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names = [alias for alias in node.names if alias.name.startswith("pygoodvibes")]
            known |= {alias.asname or "pygoodvibes" for alias in names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            root = node.value
            while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, ast.Name) and root.id in known:
                found.append(node.attr)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "setattr":
            texts = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
            found += [name for name in texts if is_private(str(name).rpartition(".")[2])]
    return found


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_no_test_knows_a_private_name_of_the_library(path):
    assert private_names(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "from pygoodvibes.audio.mel import _pad, log_mel",
        "from pygoodvibes.audio import mel\nmel._pad(3)",
        "from pygoodvibes.audio import mel as m\nm.Bands(3)._sums",
        "import pygoodvibes.audio.mel\npygoodvibes.audio.mel._pad",
        "monkeypatch.setattr(mel, '_pad', None)",
        "monkeypatch.setattr('pygoodvibes.audio.mel._pad', None)",
    ],
)
def test_a_private_name_would_be_seen(text):
    assert len(private_names(text)) == 1


def test_names_of_ones_own_and_those_that_python_gives_are_free():
    text = "from pygoodvibes.audio import mel\nmel.__file__\nself._own\n_sum = other._sum"
    assert private_names(text) == []


def test_each_test_file_of_a_room_has_a_module_of_its_name_in_that_room():
    without = set()
    for path in TESTS:
        place = path.relative_to(ROOT / "tests")
        room = place.parent.as_posix()
        if room == "." or room in NO_ROOMS or not path.name.startswith("test_"):
            continue
        if not (LIBRARY / room / path.name.removeprefix("test_")).is_file():
            without.add(place.as_posix())
    assert without == NO_MODULE


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_each_package_says_what_it_is_and_holds_nothing_else(package):
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    # an import here would run again all that imports from the room
    assert len(tree.body) == 1 or package == LIBRARY
