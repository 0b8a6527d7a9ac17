import collections
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys

import pytest

import local_server
from local_server import Fault, make_zip, read_tree
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.sources import archive as archive_module
from pygoodvibes.data.sources import download as download_module
from pygoodvibes.data.sources import zenodo
from pygoodvibes.data.sources.registry import open_source
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow.fingerprint import SNAPSHOT, state

server = local_server.server

RECORDS = {"development": 3678171, "additional_training": 3727685, "evaluation": 3841772}


def wav(text):
    return random.Random(text).randbytes(3000)


def members(part, machine, prefix=""):
    names = {
        "development": [
            "train/normal_id_00_00000000.wav",
            "train/normal_id_00_00000001.wav",
            "test/normal_id_00_00000000.wav",
            "test/anomaly_id_00_00000000.wav",
        ],
        "additional_training": ["train/normal_id_01_00000000.wav"],
        "evaluation": ["test/id_01_00000000.wav", "test/id_01_00000001.wav"],
    }[part]
    return {f"{prefix}{machine}/{name}": wav(machine + name) for name in names}


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    monkeypatch.setattr(download_module.time, "sleep", lambda _: None)


@pytest.fixture
def publish(server):
    """Put archives on the server; collects the keywords for `fetch`."""
    options = {"base_url": server.url, "progress": False, "md5": {}}

    def add(part, machine, content=None, **extra):
        name = zenodo.file_name(part, machine)
        content = make_zip({**members(part, machine), **extra}) if content is None else content
        server.files[f"/record/{RECORDS[part]}/files/{name}"] = content
        options["md5"][name] = hashlib.md5(content).hexdigest()

    options["add"] = add
    return options


@pytest.fixture
def options(publish):
    add = publish.pop("add")
    for machine in ("fan", "pump"):
        for part in zenodo.RECORDS:
            add(part, machine)
    return publish


def test_development_set(server, options, tmp_path):
    zenodo.fetch(tmp_path, machines=["fan", "pump"], **options)
    expected = {**members("development", "fan"), **members("development", "pump")}
    assert read_tree(tmp_path) == expected
    assert sorted(p.name for p in (tmp_path / ".downloads").iterdir()) == ["fan.json", "pump.json"]
    assert {request[1] for request in server.of("GET")} == {
        "/record/3678171/files/dev_data_fan.zip?download=1",
        "/record/3678171/files/dev_data_pump.zip?download=1",
    }
    clips = find_clips(tmp_path)
    assert len(clips) == len(expected)
    assert not any(clip.reason for clip in clips)


def test_all_parts_share_the_machines_folder(options, tmp_path):
    open_source("zenodo").fetch(tmp_path, machines=["fan"], parts=list(zenodo.RECORDS), **options)
    expected = {}
    for part in zenodo.RECORDS:
        expected |= members(part, "fan")
    assert len(expected) == 7
    assert read_tree(tmp_path) == expected


def test_second_run_asks_the_server_for_nothing(server, options, tmp_path):
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    server.seen.clear()
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert server.seen == []
    zenodo.fetch(tmp_path, machines=["fan", "pump"], **options)
    assert all("pump" in request[1] for request in server.seen)


def test_workflow_removed_the_folder(options, tmp_path):
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    shutil.rmtree(tmp_path / "fan")
    (tmp_path / "fan").mkdir()
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert read_tree(tmp_path) == members("development", "fan")


def test_what_an_older_run_extracted_is_not_mixed_in(options, tmp_path):
    old = tmp_path / ".downloads" / "fan.extracted" / "fan" / "train" / "id_09_00000000.wav"
    old.parent.mkdir(parents=True)
    old.touch()
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert read_tree(tmp_path) == members("development", "fan")


def test_other_parts_than_there(options, tmp_path):
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    with pytest.raises(UserError, match="fan holds 4 clips that this download did not put there"):
        zenodo.fetch(tmp_path, machines=["fan"], parts=["evaluation"], **options)
    assert read_tree(tmp_path) == members("development", "fan")


def test_goes_on_after_the_connection_failed(server, options, tmp_path):
    path = "/record/3678171/files/dev_data_pump.zip"
    half = len(server.files[path]) // 2
    server.faults.extend([None, Fault(cut_after=half), *[Fault(status=503)] * 2])
    with pytest.raises(UserError, match=r"dev_data_pump\.zip.*run again to resume"):
        zenodo.fetch(tmp_path, machines=["fan", "pump"], retries=2, **options)
    # The first machine waits, of the second there is only a part of its archive. A folder already
    # in its place would be lost: Snakemake deletes the outputs of a job that failed.
    assert read_tree(tmp_path) == {}
    assert read_tree(tmp_path / ".downloads" / "fan.ready") == {
        name.removeprefix("fan/"): content
        for name, content in members("development", "fan").items()
    }
    assert not (tmp_path / ".downloads" / "dev_data_fan.zip").exists()
    partial = tmp_path / ".downloads" / "dev_data_pump.zip.partial"
    assert partial.stat().st_size == half

    server.seen.clear()
    zenodo.fetch(tmp_path, machines=["fan", "pump"], **options)
    assert [headers.get("Range") for _, _, headers in server.of("GET")] == [f"bytes={half}-"]
    assert read_tree(tmp_path) == {
        **members("development", "fan"),
        **members("development", "pump"),
    }


@pytest.mark.parametrize("where", ["extract_member", "make_ready", "clear_away", "place_machine"])
def test_killed_on_the_way(server, options, tmp_path, monkeypatch, where):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    module = archive_module if where == "extract_member" else zenodo
    original = getattr(module, where)
    ready = tmp_path / ".downloads" / "fan.ready"
    if where == "clear_away":  # the one after the clips are ready
        monkeypatch.setattr(module, where, lambda path: (die if ready.exists() else original)(path))
    else:
        monkeypatch.setattr(module, where, die)
    with pytest.raises(Killed):
        zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert read_tree(tmp_path) == {}
    assert ready.exists() == (where in ("clear_away", "place_machine"))
    monkeypatch.setattr(module, where, original)
    server.seen.clear()
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert server.of("GET") == []
    assert read_tree(tmp_path) == members("development", "fan")
    assert [p.name for p in (tmp_path / ".downloads").iterdir()] == ["fan.json"]


@pytest.mark.parametrize("prefix", ["./", "dev_data_fan/", "a/b/"])
def test_folders_above(publish, tmp_path, prefix):
    add = publish.pop("add")
    extra = {"__MACOSX/fan/train/._normal_id_00_00000000.wav": b"", "readme.txt": b"hello"}
    add("development", "fan", make_zip({**members("development", "fan", prefix), **extra}))
    zenodo.fetch(tmp_path, machines=["fan"], **publish)
    assert read_tree(tmp_path) == members("development", "fan")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (make_zip({"fan/normal_id_00_00000000.wav": b"x"}), "is not in <machine>/train"),
        (make_zip({"../fan/train/normal_id_00_00000000.wav": b"x"}), "leads out of the folder"),
        (make_zip({"pump/train/normal_id_00_00000000.wav": b"x"}), "no clips of the machine 'fan'"),
        (make_zip({"readme.txt": b"x"}), "no clips of the machine 'fan'"),
        (make_zip({"fan/test/1.wav": b"x", "b/fan/test/1.wav": b"y"}), "are both to become fan/"),
        (b"<html>not found</html>", "is not a zip file"),
    ],
)
def test_archive_that_is_not_what_it_should_be(publish, tmp_path, content, message):
    publish.pop("add")("development", "fan", content)
    with pytest.raises(UserError, match=message):
        zenodo.fetch(tmp_path, machines=["fan"], **publish)
    assert read_tree(tmp_path) == {}
    assert not (tmp_path.parent / "fan").exists()


def test_wrong_md5(options, tmp_path):
    options["md5"] = {"dev_data_fan.zip": zenodo.MD5["dev_data_fan.zip"]}
    with pytest.raises(UserError, match="649bdfc06263ae7a838963f43b6641e6 is expected"):
        zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert read_tree(tmp_path) == {}


def test_room_for_all_of_it_is_checked_first(server, options, tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    sizes = {
        name.split("_")[-1][:-4]: len(b) for name, b in server.files.items() if "/dev_" in name
    }
    needed = round(sum(sizes.values()) * 4 / 3 + max(sizes.values()))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, needed - 2))
    with pytest.raises(UserError, match="are free on its disk"):
        zenodo.fetch(tmp_path, machines=["fan", "pump"], **options)
    assert server.of("GET") == []
    assert len(server.of("HEAD")) == 2
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, needed + 2))
    zenodo.fetch(tmp_path, machines=["fan", "pump"], **options)


def test_server_that_does_not_tell_sizes(server, options, tmp_path):
    server.no_head = True
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert read_tree(tmp_path) == members("development", "fan")


def test_record_that_is_gone(server, options, tmp_path):
    server.files.clear()
    with pytest.raises(UserError, match=r"dev_data_fan\.zip.* answers 404"):
        zenodo.fetch(tmp_path, machines=["fan"], **options)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"machines": ["Fan"]}, "machine 'Fan' is unknown; Zenodo has fan, pump, slider, valve"),
        ({"machines": []}, "no machine is named"),
        ({"parts": ["dev"]}, "part 'dev' is unknown; Zenodo has development, additional_training"),
        ({"parts": []}, "no part is named"),
        ({"md5": {}}, r"the table of MD5s lacks dev_data_fan\.zip"),
    ],
)
def test_bad_settings(server, tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        zenodo.fetch(tmp_path, base_url=server.url, **settings)
    assert server.seen == []


def test_rule_script(server, options, tmp_path, root):
    # In a process of its own, since it sets up logging for the process.
    code = (
        "import json, runpy, sys, types\n"
        "script, params, log = sys.argv[1:]\n"
        "params = types.SimpleNamespace(**json.loads(params))\n"
        "job = types.SimpleNamespace(params=params, log=[log], input=[], output=params.output)\n"
        "names = {'snakemake': job}\n"
        "runpy.run_path(script, init_globals=names, run_name='__main__')\n"
    )

    def run():
        params = {
            "source": "zenodo",
            "machines": ["fan"],
            "settings": {"folder": str(tmp_path / "data"), **options},
            "output": [str(tmp_path / "data" / "fan")],
        }
        script = str(root / "scripts" / "fetch_dataset.py")
        return subprocess.run(
            [sys.executable, "-c", code, script, json.dumps(params), str(tmp_path / "log")],
            env={**os.environ, "PYTHONPATH": str(root / "scripts")},
            capture_output=True,
            text=True,
        )

    assert run().returncode == 0
    assert state(tmp_path / "data" / "fan") == ""  # as it was made
    (tmp_path / "data" / "fan" / SNAPSHOT).unlink()
    assert read_tree(tmp_path / "data") == members("development", "fan")
    shutil.rmtree(tmp_path / "data")
    server.files.clear()
    done = run()
    assert done.returncode == 1
    assert "dev_data_fan.zip?download=1: the server answers 404 Not Found" in done.stderr
    assert "Traceback" not in done.stderr


def test_table():
    names = [zenodo.file_name(part, m) for part in zenodo.RECORDS for m in zenodo.MACHINES]
    assert sorted(names) == sorted(zenodo.MD5)
    assert len(set(zenodo.MD5.values())) == 18
    assert all(re.fullmatch("[0-9a-f]{32}", md5) for md5 in zenodo.MD5.values())


@pytest.mark.shared
def test_table_equals_the_notes(shared):
    rows = (shared / "field" / "workflow_anchors.md").read_text().splitlines()
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows if row.startswith("| ")]
    table = {}
    for row in rows:
        if len(row) == 6 and row[0] in zenodo.MACHINES:
            for part, machine, md5 in zip(zenodo.RECORDS, row[::2], row[1::2], strict=True):
                table[zenodo.file_name(part, machine)] = md5
    assert table == zenodo.MD5
