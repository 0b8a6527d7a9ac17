import pathlib
import subprocess
import sys

import pytest

from pygoodvibes.cli.main import COMMANDS, main


@pytest.mark.parametrize("name", ["fit", "score"])
def test_help_has_examples(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out and f"pygoodvibes {name} " in out and "xit code" in out


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_standard_output_is_one_sentence(root):
    command = [sys.executable, "-m", "pygoodvibes", "check", root / "config" / "config.yaml"]
    with pathlib.Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr == "Error: No space left on device\n"


def test_a_shell_completes_commands_and_options(capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        main(["--completion", "bash"])
    assert ended.value.code == 0
    script = tmp_path / "completion"
    script.write_text(capsys.readouterr().out)
    for words, expected in ((["sc"], "score"), (["score", "--mod"], "--model")):
        typed = " ".join(["pygoodvibes", *words])
        found = subprocess.run(
            [
                "bash",
                "-c",
                f". {script}; COMP_WORDS=({typed}); COMP_CWORD={len(words)}; "
                f"_shtab_pygoodvibes pygoodvibes {words[-1]} pygoodvibes; echo ${{COMPREPLY[@]}}",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert expected in found.stdout.split()


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("pygoodvibes ")


def test_a_package_that_is_not_there_is_named_with_what_brings_it(monkeypatch, capsys):
    def lacking(_, **__):
        raise ModuleNotFoundError("No module named 'matplotlib.figure'", name="matplotlib.figure")

    monkeypatch.setitem(COMMANDS, "pdf", (lacking, ""))
    assert main(["pdf"]) == 1
    said = capsys.readouterr().err
    assert "the package matplotlib, which" in said and "pip install 'pygoodvibes[workflow]'" in said
    assert said.count("\n") == 1

    # what the project itself lacks is a fault of its own
    def nothing(_, **__):
        __import__("pygoodvibes.nothing")

    monkeypatch.setitem(COMMANDS, "pdf", (nothing, ""))
    with pytest.raises(ModuleNotFoundError):
        main(["pdf"])
