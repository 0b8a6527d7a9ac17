import collections
import hashlib
import io
import random
import shutil
import socket

import pytest

import local_server
from local_server import Fault
from pygoodvibes.data.sources import download as module
from pygoodvibes.data.sources.download import download, file_md5, remote_size, require_space
from pygoodvibes.util.errors import UserError

server = local_server.server

DATA = random.Random(0).randbytes(300_000)
MD5 = hashlib.md5(DATA).hexdigest()


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Record the pauses instead of making them."""
    pauses = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    return pauses


@pytest.fixture
def url(server):
    server.files["/file.zip"] = DATA
    return server.url + "/file.zip"


def ranges(server):
    return [headers.get("Range") for _, _, headers in server.of("GET")]


def test_whole_file(server, url, tmp_path, waits):
    target = tmp_path / "deep" / "file.zip"
    assert download(url, target, md5=MD5, size=len(DATA), progress=False) == target
    assert target.read_bytes() == DATA
    assert [path.name for path in target.parent.iterdir()] == ["file.zip"]
    assert ranges(server) == [None]
    assert waits == []


def test_nothing_to_do(server, url, tmp_path):
    target = tmp_path / "file.zip"
    target.write_bytes(DATA)
    for expected in ({"md5": MD5.upper()}, {"size": len(DATA)}, {}):
        download(url, target, progress=False, **expected)
    assert server.seen == []


@pytest.mark.parametrize("content", [b"", DATA[:-1], bytes(len(DATA)), DATA + b"x"])
def test_wrong_file_in_the_place_of_the_target(url, tmp_path, content):
    target = tmp_path / "file.zip"
    target.write_bytes(content)
    download(url, target, md5=MD5, progress=False)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("there", [1, 100_000, len(DATA) - 1])
def test_resumes_what_an_earlier_run_left(server, url, tmp_path, there):
    (tmp_path / "file.zip.partial").write_bytes(DATA[:there])
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert ranges(server) == [f"bytes={there}-"]
    assert server.sent == len(DATA) - there


def test_partial_file_that_is_whole(server, url, tmp_path):
    (tmp_path / "file.zip.partial").write_bytes(DATA)
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert server.sent == 0


def test_partial_file_that_is_too_long(url, tmp_path):
    (tmp_path / "file.zip.partial").write_bytes(DATA + DATA)
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA


def test_partial_file_of_another_version(server, url, tmp_path):
    (tmp_path / "file.zip.partial").write_bytes(bytes(1000))
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert ranges(server) == ["bytes=1000-", None]


def test_without_md5_an_old_part_is_not_trusted(server, url, tmp_path):
    (tmp_path / "file.zip.partial").write_bytes(bytes(1000))
    download(url, tmp_path / "file.zip", progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA


def test_server_without_ranges(server, url, tmp_path):
    server.ranges = False
    (tmp_path / "file.zip.partial").write_bytes(DATA[:1000])
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA


def test_server_that_sends_another_range(server, url, tmp_path):
    server.faults.append(Fault(shift=5))
    (tmp_path / "file.zip.partial").write_bytes(DATA[:1000])
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert ranges(server) == ["bytes=1000-", None]


def test_server_that_sends_a_shorter_range(server, url, tmp_path):
    server.faults.append(Fault(at_most=500))
    (tmp_path / "file.zip.partial").write_bytes(DATA[:1000])
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert ranges(server) == ["bytes=1000-", "bytes=1500-"]


def test_cut_connection_is_resumed(server, url, tmp_path, waits):
    server.faults.extend([Fault(cut_after=100_000), Fault(cut_after=50_000), Fault(cut_after=0)])
    download(url, tmp_path / "file.zip", progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert ranges(server) == [None, "bytes=100000-", "bytes=150000-", "bytes=150000-"]
    assert server.of("GET")[1][2]["If-Range"]
    assert waits == [1.0, 1.0, 2.0]
    assert server.sent == len(DATA)


def test_file_changed_on_the_server_while_it_is_fetched(server, url, tmp_path, monkeypatch):
    server.faults.append(Fault(cut_after=100_000))

    def change(_):
        server.files["/file.zip"] = bytes(200_000)

    monkeypatch.setattr(module.time, "sleep", change)
    download(url, tmp_path / "file.zip", progress=False)
    assert (tmp_path / "file.zip").read_bytes() == bytes(200_000)


def test_many_cuts_with_progress_are_no_reason_to_give_up(server, url, tmp_path):
    server.faults.extend([Fault(cut_after=20_000)] * 12)
    download(url, tmp_path / "file.zip", md5=MD5, progress=False, retries=2)
    assert (tmp_path / "file.zip").read_bytes() == DATA


@pytest.mark.parametrize("ranges_work", [True, False])
def test_cuts_without_progress_end_it(server, url, tmp_path, waits, ranges_work):
    server.ranges = ranges_work
    server.faults.append(Fault(cut_after=7_000))
    server.faults.extend([Fault(cut_after=0 if ranges_work else 7_000)] * 50)
    with pytest.raises(UserError, match=r"stopped after 7000 bytes .* run again to resume"):
        download(url, tmp_path / "file.zip", md5=MD5, progress=False, retries=3)
    assert len(server.of("GET")) == 4
    assert waits == [1.0, 2.0, 4.0]
    assert not (tmp_path / "file.zip").exists()
    server.faults.clear()
    server.ranges = True
    sent = server.sent
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert server.sent - sent == len(DATA) - 7_000


def test_announced_length_does_not_come(server, url, tmp_path):
    server.faults.append(Fault(announce=10))
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA


def test_wrong_md5_twice(server, url, tmp_path):
    with pytest.raises(UserError, match="twice in a row") as caught:
        download(url, tmp_path / "file.zip", md5="0" * 32, progress=False)
    assert url in str(caught.value)
    assert MD5 in str(caught.value)
    assert "0" * 32 in str(caught.value)
    assert len(server.of("GET")) == 2
    assert list(tmp_path.iterdir()) == []


def test_wrong_md5_once(server, url, tmp_path, monkeypatch):
    server.files["/file.zip"] = bytes(len(DATA))
    original = file_md5

    def heal(path):
        found = original(path)
        server.files["/file.zip"] = DATA
        return found

    monkeypatch.setattr(module, "file_md5", heal)
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA


def test_wrong_size(url, tmp_path):
    with pytest.raises(UserError, match=f"has {len(DATA)} bytes, but 5 are expected"):
        download(url, tmp_path / "file.zip", size=5, progress=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_refusal_is_final(server, url, tmp_path, status):
    server.faults.extend([Fault(status=status)] * 9)
    with pytest.raises(UserError, match=f"the server answers {status} .*check the address"):
        download(url, tmp_path / "file.zip", progress=False)
    assert len(server.of("GET")) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_busy_server_is_asked_again(server, url, tmp_path, waits, status):
    server.faults.append(Fault(status=status, headers={"Retry-After": "17"}))
    server.faults.append(Fault(status=status, headers={"Retry-After": "100000"}))
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert waits == [17.0, 60.0]


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_nobody_answers(server, tmp_path):
    url = f"http://127.0.0.1:{closed_port()}/x"
    with pytest.raises(UserError, match=r"stopped after 0 bytes .*refused.*run again"):
        download(url, tmp_path / "x", progress=False, retries=1)
    with pytest.raises(UserError, match=r"can't reach .*refused"):
        remote_size(url, retries=1)


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/x", "http://"])
def test_bad_address(url, tmp_path):
    with pytest.raises(UserError, match="check the address"):
        download(url, tmp_path / "x", progress=False)


def test_server_that_says_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(UserError, match=r"[Tt]imed? ?out"):
            download(url, tmp_path / "x", progress=False, timeout=0.1, retries=1)


def test_remote_size(server, url):
    assert remote_size(url) == len(DATA)
    assert server.of("GET") == []
    server.redirects["/old"] = url
    assert remote_size(server.url + "/old") == len(DATA)
    with pytest.raises(UserError, match="404"):
        remote_size(server.url + "/nothing")
    server.no_head = True
    assert remote_size(url) is None


def test_redirection_keeps_the_range(server, url, tmp_path):
    server.redirects["/old"] = url
    (tmp_path / "file.zip.partial").write_bytes(DATA[:1000])
    download(server.url + "/old", tmp_path / "file.zip", md5=MD5, progress=False)
    assert (tmp_path / "file.zip").read_bytes() == DATA
    assert server.sent == len(DATA) - 1000


Usage = collections.namedtuple("Usage", "total used free")


def test_disk_too_small(server, url, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, len(DATA) - 1))
    with pytest.raises(UserError, match=r"needs 0.0003 GB, but only 0.0003 GB are free"):
        download(url, tmp_path / "file.zip", md5=MD5, progress=False)
    # What is there already needs no room.
    (tmp_path / "file.zip.partial").write_bytes(DATA[:1000])
    download(url, tmp_path / "file.zip", md5=MD5, progress=False)


def test_require_space(tmp_path):
    require_space(tmp_path / "not" / "there" / "yet", 1)
    with pytest.raises(UserError, match=r"needs 1e\+06 GB, but only [0-9.e+]+ GB are free"):
        require_space(tmp_path, 10**15)


def test_folder_that_is_a_file(url, tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(UserError, match=r"can't write .*a.*check the disk"):
        download(url, tmp_path / "a" / "file.zip", progress=False)


def test_lines_instead_of_a_bar_where_stderr_is_no_terminal(url, tmp_path, capsys):
    download(url, tmp_path / "file.zip")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "downloading file.zip, 0.3 MB\ndownloaded file.zip\n"
    download(url, tmp_path / "again.zip", progress=False)
    assert capsys.readouterr() == ("", "")


def test_bar_on_a_terminal(url, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    download(url, tmp_path / "file.zip")
    assert "100%" in terminal.getvalue()
    assert "file.zip" in terminal.getvalue()


def test_md5(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert file_md5(tmp_path / "x") == "900150983cd24fb0d6963f7d28e17f72"
