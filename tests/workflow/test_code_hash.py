import importlib
import os
import shutil
import subprocess
import sys
import textwrap

import pytest

from pygoodvibes.detectors import registry
from pygoodvibes.embeddings.registry import module_of
from pygoodvibes.workflow import code_hash
from pygoodvibes.workflow.code_hash import PACKAGE, _imports, code_files, code_hash, modules
from pygoodvibes.workflow.fingerprint import fingerprint, state, take_snapshot
from pygoodvibes.workflow.result_cache import drop_broken_links


def names_of(paths, package=PACKAGE):
    return {path.relative_to(package).as_posix() for path in paths}


def script(tmp_path, text):
    path = tmp_path / "rule.py"
    path.write_text(textwrap.dedent(text))
    return path


def test_modules_are_followed_however_deep_they_are_imported(tmp_path):
    rule = script(tmp_path, "from pygoodvibes import detection")
    found = names_of(code_files(rule))
    assert {"__init__.py", "detection.py", "records.py", "errors.py", "vectors.py"} <= found
    assert {"detectors/__init__.py", "detectors/base.py", "settings.py"} <= found
    assert "publishing.py" not in found and "config.py" not in found
    assert not any(name.startswith("figures") for name in found)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import pygoodvibes.audio.mel", {"__init__.py", "mel.py", "errors.py"}),
        ("import numpy, pygoodvibes.audio.mel as m", {"__init__.py", "mel.py", "errors.py"}),
        ("from pygoodvibes.audio.mel import log_mel", {"__init__.py", "mel.py", "errors.py"}),
        ("from pygoodvibes import mel as m", {"__init__.py", "mel.py", "errors.py"}),
        ("def f():\n    from pygoodvibes import mel", {"__init__.py", "mel.py", "errors.py"}),
        ("if 0:\n    import pygoodvibes.audio.mel", {"__init__.py", "mel.py", "errors.py"}),
        ("import pygoodvibes_other, numpy", set()),
        ("x = 'from pygoodvibes import mel'", set()),
    ],
)
def test_every_way_to_import_is_seen(tmp_path, line, expected):
    assert names_of(code_files(script(tmp_path, line))) == expected


def test_modules_have_the_names_that_python_imports_them_by(tmp_path):
    rule = script(tmp_path, "from pygoodvibes.embeddings.registry import statistics")
    found = modules(rule, ("pygoodvibes.detectors.lof",))
    assert {
        "pygoodvibes",
        "pygoodvibes.embeddings.registry",
        "pygoodvibes.embeddings.statistics",
    } <= set(found)
    assert {"pygoodvibes.audio.mel_cache", "pygoodvibes.detectors.lof"} <= set(found)
    for name in found:
        importlib.import_module(name)


def test_a_package_is_its_init_and_what_that_imports(tmp_path):
    rule = script(tmp_path, "from pygoodvibes.embeddings.registry import statistics")
    found = names_of(code_files(rule))
    assert {"embeddings/__init__.py", "embeddings/statistics.py", "mel_cache.py", "mel.py"} <= found


def test_modules_that_only_the_config_names_are_added(tmp_path):
    rule = script(tmp_path, "from pygoodvibes import detection")
    assert "detectors/lof.py" not in names_of(code_files(rule))
    with_lof = code_files(rule, (registry.module_of("lof"),))
    assert "detectors/lof.py" in names_of(with_lof)
    other = code_files(rule, (registry.module_of("sklearn.svm.OneClassSVM"),))
    assert "detectors/estimator.py" in names_of(other)
    assert code_hash(rule) != code_hash(rule, registry.module_of("lof"))


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
def copied(tmp_path, monkeypatch, root):
    """Return a copy of the library whose provenance looks at the copy."""
    shutil.copytree(
        root / "scripts/pygoodvibes",
        tmp_path / "copy/pygoodvibes",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    monkeypatch.setattr(code_hash, "PACKAGE", tmp_path / "copy/pygoodvibes")

    def forget():
        _imports.cache_clear()
        code_hash.cache_clear()

    forget()
    yield tmp_path / "copy/pygoodvibes", forget
    forget()


def test_an_edit_of_a_module_far_below_changes_the_hash(copied, tmp_path):
    package, forget = copied
    rule = script(tmp_path, "from pygoodvibes.embeddings.registry import embed_clips")
    module = module_of("statistics")
    before = code_hash(rule, module)
    forget()
    assert code_hash(rule, module) == before
    for name in ("errors.py", "mel.py", "embeddings/statistics.py", "__init__.py", "settings.py"):
        original = (package / name).read_text()
        (package / name).write_text(original + "\n# another line\n")
        forget()
        assert code_hash(rule, module) != before, name
        (package / name).write_text(original)
    (package / "tables.py").write_text("broken = True\n")
    forget()
    assert code_hash(rule, module) == before


def test_the_hash_knows_which_file_holds_what(copied, tmp_path):
    package, forget = copied
    rule = script(tmp_path, "from pygoodvibes import one, two")
    (package / "one.py").write_text("a = 1\n")
    (package / "two.py").write_text("a = 2\n")
    before = code_hash(rule)
    forget()
    (package / "one.py").write_text("a = 2\n")
    (package / "two.py").write_text("a = 1\n")
    assert code_hash(rule) != before


def test_modules_that_import_each_other_come_to_an_end(copied, tmp_path):
    package, _ = copied
    (package / "one.py").write_text("import pygoodvibes.two\n")
    (package / "two.py").write_text("import pygoodvibes.one\n")
    rule = script(tmp_path, "from pygoodvibes import one")
    assert names_of(code_files(rule), package) == {"__init__.py", "one.py", "two.py"}


def test_library_code_is_imported_in_the_ways_that_are_followed(root):
    # a relative import would not be
    for path in (root / "scripts").rglob("*.py"):
        lines = [line.strip() for line in path.read_text().splitlines()]
        assert not [line for line in lines if line.startswith(("from .", "import ."))], path


# --- the state of a folder of clips


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "fan"
    (folder / "train").mkdir(parents=True)
    (folder / "test").mkdir()
    for name in ("train/a.wav", "train/b.wav", "test/a.wav"):
        (folder / name).write_bytes(b"some sound")
    return folder


def test_a_folder_that_we_made_is_fresh_until_it_changes(clips):
    assert state(clips) != ""
    take_snapshot(clips)
    assert state(clips) == ""


@pytest.mark.parametrize("change", ["add", "remove", "rename", "touch", "grow", "move"])
def test_every_change_of_a_folder_shows(clips, change):
    take_snapshot(clips)
    file = clips / "train/a.wav"
    if change == "add":
        (clips / "test/c.wav").write_bytes(b"some sound")
    elif change == "remove":
        file.unlink()
    elif change == "rename":
        file.rename(clips / "train/c.wav")
    elif change == "move":
        file.rename(clips / "test/c.wav")
    elif change == "touch":
        os.utime(file, ns=(0, 1_000_000_000))
    else:
        status = file.stat()
        file.write_bytes(b"some more sound")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = state(clips)
    assert changed != ""
    assert state(clips) == changed


def test_names_with_a_dot_in_front_do_not_count(clips):
    before = fingerprint(clips)
    (clips / ".downloads").mkdir()
    (clips / ".downloads/part.zip").write_bytes(b"x")
    (clips / "train/.hidden").write_bytes(b"x")
    assert fingerprint(clips) == before


def test_a_fingerprint_reads_no_file(clips):
    for path in clips.rglob("*.wav"):
        path.chmod(0)
    assert len(fingerprint(clips)) == 16


def test_links_and_odd_names_in_a_folder_do_no_harm(clips):
    before = fingerprint(clips)
    (clips / "train/broken.wav").symlink_to("nowhere.wav")
    (clips / "train/round").symlink_to(clips)
    os.close(os.open(os.fsencode(clips) + b"/\xff.wav", os.O_CREAT))
    after = fingerprint(clips)
    assert after != before
    assert fingerprint(clips) == after


def test_state_of_a_file_and_of_nothing(tmp_path):
    assert state(tmp_path / "nothing") == ""
    table = tmp_path / "table.csv"
    table.write_text("a\n")
    os.utime(table, ns=(0, 5))
    assert state(table) == "2-5"
    table.write_text("ab\n")
    assert state(table) != "2-5"


def test_broken_links_are_dropped_and_nothing_else(tmp_path):
    folder = tmp_path / "resources"
    (folder / "mel").mkdir(parents=True)
    (tmp_path / "cached").write_text("x")
    (folder / "mel/good").symlink_to(tmp_path / "cached")
    (folder / "mel/broken").symlink_to(tmp_path / "gone")
    (folder / "file").write_text("x")
    drop_broken_links(folder)
    assert sorted(path.name for path in folder.rglob("*")) == ["file", "good", "mel"]
    drop_broken_links(tmp_path / "nothing")


def test_code_and_tests_look_at_the_same_package():
    importlib.invalidate_caches()
    assert PACKAGE.name == "pygoodvibes"
    assert (PACKAGE / "provenance.py").is_file()
