import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import textwrap

import pytest

from pygoodvibes.detectors import registry as detectors
from pygoodvibes.embeddings import registry as embeddings
from pygoodvibes.workflow.code_hash import PACKAGE, code_files, code_hash, imports_of, modules

MEL = {
    "__init__.py",
    "audio/__init__.py",
    "audio/mel.py",
    "audio/mel_code.py",
    "audio/mel_kernel.py",
    "audio/mel_plan.py",
    "audio/mel_steps.py",
    "util/__init__.py",
    "util/code_writing.py",
    "util/compiled.py",
    "util/errors.py",
    "util/messages.py",
}
"""What importing `pygoodvibes.audio.mel` runs."""


def names_of(paths, package=PACKAGE):
    return {path.relative_to(package).as_posix() for path in paths}


def script(tmp_path, text):
    path = tmp_path / "rule.py"
    path.write_text(textwrap.dedent(text))
    return path


def test_modules_are_followed_however_deep_they_are_imported(tmp_path):
    rule = script(tmp_path, "from pygoodvibes.detection import fit")
    found = names_of(code_files(rule))
    assert {"__init__.py", "detection/__init__.py", "detection/fit.py"} <= found
    assert {"util/csv_files.py", "util/errors.py", "embeddings/vectors.py"} <= found
    assert {"detectors/__init__.py", "detectors/base.py", "util/settings.py"} <= found
    rooms = {name.partition("/")[0] for name in found}
    assert not rooms & {"figures", "report", "config", "monitoring", "evaluation", "cli"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import pygoodvibes.audio.mel", MEL),
        ("import numpy, pygoodvibes.audio.mel as m", MEL),
        ("from pygoodvibes.audio.mel import log_mel", MEL),
        ("from pygoodvibes.audio import mel as m", MEL),
        ("def f():\n    from pygoodvibes.audio import mel", MEL),
        ("if 0:\n    import pygoodvibes.audio.mel", MEL),
        ("if 0:\n    pass\nelse:\n    import pygoodvibes.audio.mel", MEL),
        ("try:\n    pass\nexcept KeyError:\n    import pygoodvibes.audio.mel", MEL),
        ("try:\n    pass\nfinally:\n    import pygoodvibes.audio.mel", MEL),
        ("match 1:\n    case 1:\n        import pygoodvibes.audio.mel", MEL),
        ("from pygoodvibes.audio import (\n    mel,  # the frames (log)\n)", MEL),
        ("from pygoodvibes.audio \\\n    import mel", MEL),
        (
            "'\nimport pygoodvibes before NumPy\n'\nimport pygoodvibes.audio.mel".replace(
                "'", '"' * 3
            ),
            MEL,
        ),
        ("import pygoodvibes_other, numpy", set()),
        ("x = 'from pygoodvibes.audio import mel'", set()),
    ],
)
def test_every_way_to_import_is_seen(tmp_path, line, expected):
    assert names_of(code_files(script(tmp_path, line))) == expected


def test_no_module_imports_in_a_way_that_is_not_seen():
    for path in PACKAGE.glob("**/*.py"):
        found = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        expected = {name for name in found if name.partition(".")[0] == "pygoodvibes"}
        assert set(imports_of(path)) == expected, path


def test_modules_have_the_names_that_python_imports_them_by(tmp_path):
    rule = script(tmp_path, "from pygoodvibes.embeddings import statistics")
    found = modules(rule, ("pygoodvibes.detectors.lof",))
    assert {"pygoodvibes", "pygoodvibes.embeddings", "pygoodvibes.embeddings.statistics"} <= set(
        found
    )
    assert "pygoodvibes.detectors.lof" in found
    for name in found:
        importlib.import_module(name)


def test_a_module_comes_with_the_packages_on_its_way_and_not_with_its_neighbours(tmp_path):
    found = names_of(code_files(script(tmp_path, "from pygoodvibes.data.sources import archive")))
    assert {"data/__init__.py", "data/sources/__init__.py", "data/sources/archive.py"} <= found
    assert not {"data/sources/kaggle.py", "data/manifest.py"} & found


def test_modules_that_only_the_config_names_are_added(tmp_path):
    rule = script(tmp_path, "from pygoodvibes.detection import fit")
    assert "detectors/lof.py" not in names_of(code_files(rule))
    with_lof = code_files(rule, (detectors.module_of("lof"),))
    assert "detectors/lof.py" in names_of(with_lof)
    other = code_files(rule, (detectors.module_of("sklearn.svm.OneClassSVM"),))
    assert "detectors/estimator.py" in names_of(other)
    assert code_hash(rule) != code_hash(rule, detectors.module_of("lof"))


def test_what_a_rule_really_loads_is_among_its_files(root):
    """Run the imports of each rule's script in a fresh interpreter and compare."""
    code = """
        import ast, pathlib, sys
        tree = ast.parse(pathlib.Path(sys.argv[1]).read_text())
        lines = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
        exec(compile(ast.Module(lines, []), "rule", "exec"))
        for name, module in sorted(sys.modules.items()):
            if name.split(".")[0] == "pygoodvibes":
                print(module.__file__)
    """
    for name in ("detect", "gather_metrics"):
        rule = root / "scripts" / f"{name}.py"
        run = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(rule)],
            env={**os.environ, "PYTHONPATH": str(root / "scripts")},
            capture_output=True,
            text=True,
            check=True,
        )
        seen = {str(path) for path in code_files(rule)}
        assert set(run.stdout.split()) <= seen, name


@pytest.fixture
def copied(tmp_path, root):
    """Return a copy of the library, and what loads its own `code_hash`, which looks at the copy."""
    package = tmp_path / "copy/pygoodvibes"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "scripts/pygoodvibes", package, ignore=ignored)

    def load():
        path = package / "workflow/code_hash.py"
        spec = importlib.util.spec_from_file_location("copied_code_hash", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert package.resolve() == module.PACKAGE
        return module

    return package, load


def test_an_edit_of_a_module_far_below_changes_the_hash(copied, tmp_path):
    package, load = copied
    rule = script(tmp_path, "from pygoodvibes.embeddings.embed import embed_clips")
    module = embeddings.module_of("statistics")
    before = load().code_hash(rule, module)
    assert load().code_hash(rule, module) == before
    for name in (
        "util/errors.py",
        "audio/mel_cache.py",
        "embeddings/statistics.py",
        "__init__.py",
        "embeddings/__init__.py",
        "util/settings.py",
    ):
        original = (package / name).read_text()
        (package / name).write_text(original + "\n# another line\n")
        assert load().code_hash(rule, module) != before, name
        (package / name).write_text(original)
    (package / "report/run_tables.py").write_text("broken = True\n")
    assert load().code_hash(rule, module) == before


def test_the_hash_knows_which_file_holds_what(copied, tmp_path):
    package, load = copied
    rule = script(tmp_path, "from pygoodvibes import one, two")
    (package / "one.py").write_text("a = 1\n")
    before = load().code_hash(rule)
    (package / "one.py").rename(package / "two.py")
    assert load().code_hash(rule) != before


def test_modules_that_import_each_other_come_to_an_end(copied, tmp_path):
    package, load = copied
    (package / "one.py").write_text("import pygoodvibes.two\n")
    (package / "two.py").write_text("import pygoodvibes.one\n")
    rule = script(tmp_path, "from pygoodvibes import one")
    found = names_of(load().code_files(rule), package.resolve())
    assert found == {"__init__.py", "one.py", "two.py"}


def test_library_code_is_imported_in_the_ways_that_are_followed(root):
    # a relative import would not be
    for path in (root / "scripts").rglob("*.py"):
        lines = [line.strip() for line in path.read_text().splitlines()]
        assert not [line for line in lines if line.startswith(("from .", "import ."))], path


def test_code_and_tests_look_at_the_same_package():
    assert PACKAGE.name == "pygoodvibes"
    assert (PACKAGE / "workflow/code_hash.py").is_file()
