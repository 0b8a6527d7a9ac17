import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

import http_server
from mqtt_broker import free_port
from pygoodvibes.cli.main import main
from pygoodvibes.cli.serve import token_for
from pygoodvibes.util.errors import UserError


@contextlib.contextmanager
def serving(place, *arguments):
    """Run the command; gives its address and its process."""
    port = free_port()
    command = [sys.executable, "-m", "pygoodvibes", "serve", *arguments, "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout.readline() == (
            f"Serving pump at http://127.0.0.1:{port}; Ctrl-C ends.\n"
        )
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.kill()
        server.communicate()


def test_the_command_answers_as_score_does_until_it_is_stopped(place):
    with serving(place, "pump.pgv", "--false-alarm-rate", "0.2") as (address, server):
        for _ in range(100):
            with contextlib.suppress(OSError):
                status, text = http_server.ask(
                    f"{address}/score/pump?name=odd.wav", (place / "odd.wav").read_bytes()
                )
                break
            time.sleep(0.1)
        server.send_signal(signal.SIGINT)
        assert server.wait(30) in (0, 130)
        assert server.stderr.read() == ""
    command = "score pump.pgv odd.wav --json - --false-alarm-rate 0.2"
    scored = subprocess.run(
        [sys.executable, "-m", "pygoodvibes", *command.split()],
        cwd=place,
        capture_output=True,
        text=True,
    )
    assert status == 200
    document = json.loads(scored.stdout)
    assert document["clips"][0].pop("time") != ""
    assert json.loads(text) == {**document, "clips": [{**document["clips"][0], "time": ""}]}


def test_without_a_token_only_this_machine_can_ask(monkeypatch):
    monkeypatch.delenv("PYGOODVIBES_TOKEN", raising=False)
    assert token_for("127.0.0.1") is None
    for host in ("0.0.0.0", "192.168.0.7", "::"):
        with pytest.raises(UserError, match="others could ask, too; set a token"):
            token_for(host)


def test_a_token_that_can_be_guessed_is_refused(monkeypatch):
    for token in ("short", "with spaces in it, long", "schlüsselschlüssel"):
        monkeypatch.setenv("PYGOODVIBES_TOKEN", token)
        with pytest.raises(UserError, match="a token has 16 characters or more"):
            token_for("127.0.0.1")
    monkeypatch.setenv("PYGOODVIBES_TOKEN", "0123456789abcdef")
    assert token_for("0.0.0.0") == "0123456789abcdef"


def test_what_keeps_it_from_serving_is_a_sentence(place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    assert main(["serve", "none.pgv"]) == 1
    assert capsys.readouterr().err == (
        "Error: none.pgv: can't be read (No such file or directory)\n"
    )
    assert main(["serve", "pump.pgv", "--host", "0.0.0.0"]) == 1
    assert "set a token in the environment variable PYGOODVIBES_TOKEN" in capsys.readouterr().err


def test_a_package_that_is_missing_is_named_with_its_extra(place, tmp_path):
    (tmp_path / "fastapi.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'fastapi'\", name='fastapi')"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    found = subprocess.run(
        [sys.executable, "-m", "pygoodvibes", "serve", "pump.pgv"],
        cwd=place,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert found.returncode == 1
    assert found.stderr == (
        "Error: this takes the package fastapi, which is not installed: "
        "pip install 'pygoodvibes[serve]'\n"
    )
