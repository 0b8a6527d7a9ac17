"""A folder with a model and recordings, and the command `score` in it."""

import pytest

import own_machine
from pygoodvibes.cli.lines import SPOKEN
from pygoodvibes.cli.main import main
from pygoodvibes.models import machine_model
from pygoodvibes.util.language import ENGLISH


@pytest.fixture(autouse=True)
def english():
    """Let each test begin in English: a command that was asked for another language keeps it."""
    SPOKEN.set(ENGLISH)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with a model, a fourth as sensitive one, and some recordings."""
    folder = tmp_path_factory.mktemp("place")
    fit = own_machine.fit(folder / "pump", detectors="fusion,knn")
    machine_model.save(folder / "pump.pgv", fit.model)
    for number in range(3):
        own_machine.write(folder / "new" / f"good{number}.wav", 100 + number)
    own_machine.write(folder / "odd.wav", 200, whistle=0.05)
    (folder / "text.wav").write_text("hello")
    return folder


@pytest.fixture
def run(place, monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.chdir(place)
        code = main(["score", *map(str, arguments)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call
