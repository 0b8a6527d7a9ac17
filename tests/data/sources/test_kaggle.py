"""The real client of Kaggle, talking to a server on this machine."""

import collections
import json
import os
import random
import shutil
import subprocess
import sys

import pytest

import local_server
from local_server import Fault, make_zip, read_tree
from pygoodvibes.data.sources import kaggle
from pygoodvibes.data.sources.registry import open_source
from pygoodvibes.util.errors import UserError

server = local_server.server

DOWNLOAD = "/v1/datasets.DatasetApiService/DownloadDataset"
INTROSPECT = "/v1/security.OAuthService/IntrospectToken"
FILES = ["train/normal_id_00_00000000.wav", "test/anomaly_id_00_00000000.wav"]
MACHINES = ["fan", "pump"]


def clips(machines=MACHINES, prefix=""):
    return {
        f"{prefix.format(machine)}{machine}/{name}": random.Random(machine + name).randbytes(30_000)
        for machine in machines
        for name in FILES
    }


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No credentials of whoever runs the tests, and no folders in their home."""
    for name in [name for name in os.environ if name.startswith("KAGGLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def kaggle_server(server, monkeypatch):
    """A server that answers as Kaggle does; the client is sent to it, with an old-style key."""
    send_client_to(server.url, monkeypatch)
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.redirects[DOWNLOAD] = server.url + "/storage/archive.zip"
    server.files["/storage/archive.zip"] = make_zip(clips())
    return server


def send_client_to(url, monkeypatch):
    from kagglesdk import kaggle_http_client

    monkeypatch.setattr(kaggle_http_client, "get_endpoint", lambda environment: url)


# --- credentials


def test_no_credentials(server, folder):
    with pytest.raises(UserError) as caught:
        kaggle.fetch(folder, machines=MACHINES)
    for hint in (
        "'Create New Token'",
        "KAGGLE_API_TOKEN",
        "~/.kaggle/access_token",
        "kaggle.json",
        "KAGGLE_USERNAME and KAGGLE_KEY",
        "dataset.source to zenodo, which needs no account",
    ):
        assert hint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not folder.exists()


def test_missing_credentials_are_found_without_the_client(tmp_path, root):
    code = (
        "import sys\n"
        "from pygoodvibes.util.errors import UserError\n"
        "from pygoodvibes.data.sources import kaggle\n"
        "try:\n"
        "    kaggle.fetch('data', machines=['fan'])\n"
        "except UserError:\n"
        "    print(sorted(name for name in sys.modules if name.startswith('kaggle')))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(root / "scripts")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert list((tmp_path / "home").iterdir()) == []


def test_token_in_the_environment(home, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_" + "x" * 5000)
    assert kaggle.find_credentials() == "KAGGLE_API_TOKEN"
    token = home / "token"
    monkeypatch.setenv("KAGGLE_API_TOKEN", str(token))
    token.write_text("KGAT_x\n")
    assert kaggle.find_credentials() == "KAGGLE_API_TOKEN"
    token.write_text("\n")
    assert kaggle.find_credentials() is None


@pytest.mark.parametrize("name", ["access_token", "access_token.txt"])
def test_token_in_a_file(home, name):
    (home / ".kaggle").mkdir()
    file = home / ".kaggle" / name
    file.write_text(" \n")
    assert kaggle.find_credentials() is None
    file.write_bytes(b"\xff\xff")
    assert kaggle.find_credentials() is None
    file.write_text("KGAT_x\n")
    assert kaggle.find_credentials() == str(file)


@pytest.mark.parametrize("where", ["home", "xdg", "config", "given"])
def test_older_key_in_a_file(home, monkeypatch, where):
    folder = home / {"home": ".kaggle", "config": ".config/kaggle"}.get(where, where)
    if where == "xdg":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
        folder /= "kaggle"
    if where == "given":
        monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(folder))
    folder.mkdir(parents=True)
    file = folder / "kaggle.json"
    for incomplete in ("", "{", "[]", '{"username": "me"}', '{"username": "me", "key": ""}'):
        file.write_text(incomplete)
        assert kaggle.find_credentials() is None
    file.write_text('{"username": "me", "key": "secret"}')
    assert kaggle.find_credentials() == str(file)


def test_older_key_in_the_environment(monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    assert kaggle.find_credentials() is None
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    assert kaggle.find_credentials() == "KAGGLE_USERNAME and KAGGLE_KEY"


def test_session_of_the_client(home):
    (home / ".kaggle").mkdir()
    file = home / ".kaggle" / "credentials.json"
    file.write_text('{"username": "me"}')
    assert kaggle.find_credentials() is None
    file.write_text('{"refresh_token": "x"}')
    assert kaggle.find_credentials() == str(file)


# --- download


@pytest.mark.parametrize("prefix", ["", "dev_data_{}/", "dataset/", "a/b/c/"])
def test_fetch(kaggle_server, folder, prefix, capfd):
    kaggle_server.files["/storage/archive.zip"] = make_zip(clips(prefix=prefix))
    open_source("kaggle").fetch(folder, machines=MACHINES)
    assert read_tree(folder) == clips()
    names = sorted(path.name for path in (folder / ".downloads").iterdir())
    assert names == ["fan.json", "pump.json"]
    method, path, headers = kaggle_server.seen[0]
    assert (method, path) == ("POST", DOWNLOAD)
    assert headers["Authorization"].startswith("Basic ")
    out, err = capfd.readouterr()
    assert out == ""
    assert "downloading daisukelab/dc2020task2 from Kaggle\n" in err
    assert "downloaded dc2020task2.zip\n" in err
    assert "secret" not in err


def test_quiet(kaggle_server, folder, capfd):
    kaggle.fetch(folder, machines=MACHINES, progress=False)
    assert capfd.readouterr() == ("", "")


def test_second_run_needs_neither_network_nor_credentials(kaggle_server, folder, monkeypatch):
    kaggle.fetch(folder, machines=MACHINES)
    kaggle_server.seen.clear()
    monkeypatch.delenv("KAGGLE_KEY")
    kaggle.fetch(folder, machines=MACHINES)
    assert kaggle_server.seen == []
    with pytest.raises(UserError, match="needs credentials"):
        kaggle.fetch(folder, machines=[*MACHINES, "valve"])


def test_killed_before_the_last_step(kaggle_server, folder, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(kaggle, "place_machine", lambda *_: sys.exit("killed"))
        with pytest.raises(SystemExit):
            kaggle.fetch(folder, machines=MACHINES)
    assert read_tree(folder) == {}
    kaggle_server.seen.clear()
    kaggle.fetch(folder, machines=MACHINES)
    assert read_tree(folder) == clips()
    assert kaggle_server.seen == []


def test_only_the_machines_asked_for(kaggle_server, folder):
    kaggle.fetch(folder, machines=["pump"])
    assert read_tree(folder) == clips(["pump"])


def test_access_token(kaggle_server, folder, monkeypatch):
    monkeypatch.delenv("KAGGLE_KEY")
    monkeypatch.delenv("KAGGLE_USERNAME")
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_x")
    kaggle_server.answers[INTROSPECT] = json.dumps({"active": True, "username": "me"}).encode()
    kaggle.fetch(folder, machines=MACHINES)
    assert read_tree(folder) == clips()
    headers = [headers for _, path, headers in kaggle_server.seen if path == DOWNLOAD]
    assert [header["Authorization"] for header in headers] == ["Bearer KGAT_x"]


def test_expired_access_token(kaggle_server, folder, monkeypatch, capfd):
    monkeypatch.delenv("KAGGLE_KEY")
    monkeypatch.delenv("KAGGLE_USERNAME")
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_x")
    kaggle_server.answers[INTROSPECT] = json.dumps({"active": False}).encode()
    # Not SystemExit, with which the client ends.
    with pytest.raises(UserError, match="does not accept the credentials in KAGGLE_API_TOKEN"):
        kaggle.fetch(folder, machines=MACHINES)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, r"refuses daisukelab/dc2020task2 with the credentials in KAGGLE_USERNAME .*\(401\)"),
        (403, r"refuses .*\(403\).*zenodo"),
        (404, r"has no data set daisukelab/dc2020task2 \(404\)"),
        (500, r"answers with an error .*500.*run again later"),
    ],
)
def test_refusals(kaggle_server, folder, status, message):
    kaggle_server.faults.extend([Fault(status=status)] * 20)
    with pytest.raises(UserError, match=message):
        kaggle.fetch(folder, machines=MACHINES, progress=False)


def test_nobody_answers(kaggle_server, folder, monkeypatch):
    send_client_to("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(UserError, match=r"stopped .*run again to resume.*zenodo"):
        kaggle.fetch(folder, machines=MACHINES, progress=False)


def test_cut_connection_is_resumed(kaggle_server, folder):
    # The client throws away what it has of a block of 1 MiB when the connection is cut.
    content = {**clips(), "padding.bin": random.Random(1).randbytes(3 << 20)}
    kaggle_server.files["/storage/archive.zip"] = make_zip(content)
    half = len(kaggle_server.files["/storage/archive.zip"]) // 2
    kaggle_server.faults.extend([None, Fault(cut_after=half)])
    kaggle.fetch(folder, machines=MACHINES, progress=False)
    assert read_tree(folder) == clips()
    ranges = [headers.get("Range") for _, _, headers in kaggle_server.of("GET")]
    assert ranges == [None, "bytes=1048576-"]


def test_goes_on_in_a_second_run(kaggle_server, folder):
    content = {**clips(), "padding.bin": random.Random(1).randbytes(3 << 20)}
    kaggle_server.files["/storage/archive.zip"] = make_zip(content)
    kaggle_server.faults.extend([None, Fault(cut_after=2 << 20)] + [Fault(cut_after=0)] * 20)
    with pytest.raises(UserError, match="run again to resume"):
        kaggle.fetch(folder, machines=MACHINES, progress=False)
    assert read_tree(folder) == {}
    kaggle_server.faults.clear()
    kaggle_server.seen.clear()
    kaggle.fetch(folder, machines=MACHINES, progress=False)
    assert read_tree(folder) == clips()
    ranges = [headers.get("Range") for _, _, headers in kaggle_server.of("GET")]
    assert ranges[-1] == "bytes=2097152-"


def test_disk_too_small(kaggle_server, folder, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 1000))
    with pytest.raises(UserError, match="are free on its disk"):
        kaggle.fetch(folder, machines=MACHINES, progress=False)
    assert not (folder / ".downloads" / "dc2020task2.zip").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (make_zip(clips(["fan", "valve"])), "has no clips of pump, only of fan, valve"),
        (make_zip({"readme.txt": b""}), "has no clips of fan, pump, only of no machine"),
        (make_zip({"fan/normal_id_00_00000000.wav": b""}), "is not in <machine>/train"),
        (make_zip({"../fan/train/normal_id_00_00000000.wav": b""}), "leads out of the folder"),
        (b"<html>", "is not a zip file"),
    ],
)
def test_archive_that_is_not_what_it_should_be(kaggle_server, folder, content, message):
    kaggle_server.files["/storage/archive.zip"] = content
    with pytest.raises(UserError, match=message):
        kaggle.fetch(folder, machines=MACHINES, progress=False)
    assert read_tree(folder) == {}


def test_client_not_installed(folder, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "x")
    monkeypatch.setitem(sys.modules, "kaggle.api.kaggle_api_extended", None)
    with pytest.raises(UserError, match="the package kaggle can't be imported"):
        kaggle.fetch(folder, machines=MACHINES)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dataset": "dc2020task2"}, "the Kaggle data set is 'dc2020task2'; it must be like dais"),
        ({"machines": []}, "no machine is named"),
    ],
)
def test_bad_settings(folder, settings, message):
    with pytest.raises(UserError, match=message):
        kaggle.fetch(folder, **settings)
