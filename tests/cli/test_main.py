import pathlib
import subprocess
import sys

import pytest

from pygoodvibes.cli.main import main


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
