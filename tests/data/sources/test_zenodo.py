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
from pygoodvibes.protocols.dcase2020 import MACHINES
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
        for part in zenodo.PARTS:
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
    open_source("zenodo").fetch(tmp_path, machines=["fan"], parts=list(zenodo.PARTS), **options)
    expected = {}
    for part in zenodo.PARTS:
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
    names = [zenodo.file_name(part, m) for part in zenodo.PARTS for m in MACHINES]
    assert sorted(names) == sorted(zenodo.MD5)
    assert len(set(zenodo.MD5.values())) == 18
    assert all(re.fullmatch("[0-9a-f]{32}", md5) for md5 in zenodo.MD5.values())


@pytest.mark.shared
def test_table_equals_the_notes(shared):
    rows = (shared / "field" / "workflow_anchors.md").read_text().splitlines()
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows if row.startswith("| ")]
    table = {}
    for row in rows:
        if len(row) == 6 and row[0] in MACHINES:
            for part, machine, md5 in zip(zenodo.PARTS, row[::2], row[1::2], strict=True):
                table[zenodo.file_name(part, machine)] = md5
    assert table == zenodo.MD5


# later years: the record itself says what it has

LATER = {
    "development": ("10902294", "dev_fan.zip", "fan"),
    "additional_training": ("11259435", "eval_data_3DPrinter_train_r2.zip", "3DPrinter"),
    "evaluation": ("11363076", "eval_data_3DPrinter_test.zip", "3DPrinter"),
}
LATER_MEMBERS = {
    "development": {
        "fan/train/section_00_source_train_normal_0000_m-n_W.wav": wav("a"),
        "fan/test/section_00_target_test_anomaly_0000_m-n_X.wav": wav("b"),
        "fan/supplemental/section_00_clean_0000.wav": wav("c"),
        "fan/attributes_00.csv": b"file_name,d1p,d1v\n",
        "fan/readme.txt": b"no clip",
    },
    "additional_training": {"3DPrinter/train/section_00_source_train_normal_0000_n.wav": wav("d")},
    "evaluation": {"3DPrinter_r2/test/section_00_0000.wav": wav("e")},
}
PLACED = {
    **{
        name: content
        for name, content in LATER_MEMBERS["development"].items()
        if "readme" not in name
    },
    **LATER_MEMBERS["additional_training"],
    "3DPrinter/test/section_00_0000.wav": wav("e"),
}


def new_words(name, content):
    md5 = hashlib.md5(content).hexdigest()
    return {"key": name, "size": len(content), "checksum": f"md5:{md5}", "links": {"self": "x"}}


def old_words(name, content):
    md5 = hashlib.md5(content).hexdigest()
    return {"filename": name, "filesize": len(content), "checksum": md5}


@pytest.fixture
def later(server):
    """Put the archives of 2024 on the server, and what its records say of them."""

    def publish(words=new_words, **wrong):
        for part, (record, name, _) in LATER.items():
            content = make_zip(LATER_MEMBERS[part])
            server.files[f"/record/{record}/files/{name}"] = content
            # an earlier edition, which the record still has
            files = [words(name.replace("_r2", ""), b"withdrawn"), words(name, content)]
            files = [{**file, **wrong} for file in files]
            server.answers[f"/api/records/{record}"] = json.dumps({"files": files}).encode()
        return {"year": 2024, "base_url": server.url, "progress": False, "retries": 0}

    return publish


@pytest.mark.parametrize("words", [new_words, old_words])
def test_a_later_year_is_checked_by_what_its_records_say(server, later, tmp_path, words):
    options = later(words)
    machines = ["fan", "3DPrinter"]
    zenodo.fetch(tmp_path, machines=machines, parts=zenodo.PARTS, **options)
    assert read_tree(tmp_path) == PLACED
    found = {path.name for path in (tmp_path / ".downloads").iterdir()}
    assert found == {"fan.json", "3DPrinter.json"}
    by_path = {clip.path: clip for clip in find_clips(tmp_path)}
    clip = by_path["fan/test/section_00_target_test_anomaly_0000_m-n_X.wav"]
    assert (clip.id, clip.domain, clip.label) == ("00", "target", "anomaly")
    reasons = {path: str(clip.reason) for path, clip in by_path.items() if clip.reason}
    assert list(reasons) == ["fan/supplemental/section_00_clean_0000.wav"]
    # a second time, nobody is asked
    server.seen.clear()
    zenodo.fetch(tmp_path, machines=machines, parts=zenodo.PARTS, **options)
    assert not server.seen


def test_another_file_than_the_record_says_is_refused(later, tmp_path):
    options = later(checksum="md5:" + "0" * 32)
    with pytest.raises(UserError, match=r"has the MD5 \w+, but 0+ is expected, twice in a row"):
        zenodo.fetch(tmp_path, machines=["fan"], **options)
    options = later(size=12)
    with pytest.raises(UserError, match="but 12 are expected; the file on the server is another"):
        zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert not (tmp_path / "fan").exists()


def test_the_room_is_looked_at_before_anything_comes(server, later, tmp_path):
    with pytest.raises(UserError, match="GB are free on its disk"):
        zenodo.fetch(tmp_path, machines=["fan"], **later(size=10**17))
    assert not [path for _, path, _ in server.seen if "/files/" in path]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"<html>", "no JSON"),
        (b"[]", "doesn't tell name, size and MD5"),
        (b'{"files": [{"key": "dev_fan.zip"}]}', "doesn't tell name, size and MD5"),
        (
            b'{"files": [{"key": "../x.zip", "size": 1, "checksum": "md5:%s"}]}' % (b"0" * 32),
            "tell",
        ),
        (
            b'{"files": [{"key": "dev_fan.zip", "size": -1, "checksum": "%s"}]}' % (b"0" * 32),
            "tell",
        ),
        (b'{"files": []}', "has no dev_fan.zip; it has no files"),
        (b'{"files": [' + b" " * 10_000_001 + b"]}", "more than 10 MB"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_a_record_that_says_something_else(server, later, tmp_path, answer, said):
    options = later()
    server.answers["/api/records/10902294"] = answer
    with pytest.raises(UserError, match=re.escape(said)):
        zenodo.fetch(tmp_path, machines=["fan"], **options)


def test_a_record_that_is_cut_is_asked_again(server, later, tmp_path):
    options = later() | {"retries": 1}
    server.faults.append(Fault(status=503))
    zenodo.fetch(tmp_path, machines=["fan"], **options)
    assert (tmp_path / "fan" / "attributes_00.csv").is_file()
    server.faults.append(Fault(status=404))
    with pytest.raises(UserError, match="the server answers 404"):
        zenodo.fetch(tmp_path / "other", machines=["fan"], **options)


def test_machine_types_are_those_of_the_year_and_its_parts():
    def settings(**keys):
        return zenodo.Settings.model_validate({"name": "x", "source": "zenodo", **keys})

    assert settings().made_machines() == list(MACHINES)
    assert settings().title == "DCASE 2020 Task 2" and settings().published == "dcase2020"
    later = settings(year=2024, parts=["evaluation"])
    assert "ToyCircuit" in later.made_machines() and "fan" not in later.made_machines()
    assert later.title == "DCASE 2024 Task 2" and later.published == "none"
    both = settings(year=2024, parts=["development", "evaluation"]).made_machines()
    assert both[0] == "bearing" and set(both) > set(later.made_machines())
    assert settings(year=2021, parts=list(zenodo.PARTS)).made_machines()
    for keys, said in [
        (
            {"year": 2024, "machines": {"ToyCircuit": "all"}},
            "machines.ToyCircuit: there is no such",
        ),
        ({"year": 2023, "published": "dcase2020"}, "and the clips of 2023"),
    ]:
        with pytest.raises(ValueError, match=said):
            settings(**keys)


def test_what_the_config_sets_is_what_the_workflow_fetches(later, tmp_path):
    """As the rule does it: all that a download depends on is named in `fetched_with`."""
    url = later()["base_url"]
    keys = {"year": 2024, "parts": list(zenodo.PARTS), "base_url": url}
    machines = {"fan": "all", "3DPrinter": "all"}
    settings = zenodo.Settings.model_validate(
        {"name": "x", "source": "zenodo", "machines": machines, **keys}
    )
    section = settings.model_dump(mode="json", include=set(settings.fetched_with))
    assert section == keys
    for machine in settings.made_machines():
        zenodo.fetch(tmp_path, machines=[machine], progress=False, **section)
    assert read_tree(tmp_path) == PLACED
