import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from pygoodvibes.workflow import fork_server
from pygoodvibes.workflow.fork_server import ForkServer

pytestmark = pytest.mark.skipif(not fork_server.AVAILABLE, reason="scripts start anew here")


@pytest.fixture
def server():
    found = ForkServer(["json"])
    yield found
    found.close()


@pytest.fixture
def script(tmp_path):
    def write(text, name="script.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return path

    return write


def wait_for(path):
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x = 1", 0),
        ("raise SystemExit", 0),
        ("raise SystemExit(0)", 0),
        ("import sys; sys.exit(3)", 3),
        ("raise SystemExit('no such clip')", 1),
        ("raise ValueError('no such clip')", 1),
        ("raise KeyboardInterrupt", 1),
        ("x = (", 1),
        ("import sys; sys.stdout.close()", 0),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    ],
)
def test_status_is_that_of_the_script(server, script, text, status):
    assert server.start(script(text)).wait() == status


def test_what_a_script_prints_and_why_it_failed_are_seen(script, capfd):
    server = ForkServer()
    server.start(script("print('heard', end='')")).wait()
    server.start(script("raise SystemExit('no such clip')")).wait()
    server.start(script("raise ValueError('broken')", name="bad.py")).wait()
    server.close()
    out, err = capfd.readouterr()
    assert out == "heard"
    assert "no such clip" in err and "ValueError: broken" in err and "bad.py" in err


def test_a_script_runs_as_if_python_had_been_started_with_it(server, script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script("word = 'beside it'", name="neighbour.py")
    path = script(
        """
        import os, pathlib, signal, sys
        import neighbour
        assert __name__ == "__main__" and sys.argv == [__file__] and sys.path[0] != ""
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL
        found = f"{neighbour.word} {os.environ['SOUND']} {os.getpid()}"
        pathlib.Path("found.txt").write_text(found)
        """
    )
    running = server.start(path, environment={"SOUND": "hum"})
    assert running.wait() == 0
    assert (tmp_path / "found.txt").read_text() == f"beside it hum {running.pid}"


def test_modules_are_imported_once_and_for_all(script, tmp_path, monkeypatch):
    script("open('imports.txt', 'a').write('x')", name="costly.py")
    script("open('imports.txt', 'a').write('y')", name="costly_too.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    server = ForkServer(["no_such_module", "costly"])
    user = script("import sys; assert 'costly' in sys.modules; import costly, costly_too")
    assert server.start(user, modules=["costly"]).wait() == 0
    assert server.start(user, modules=["costly", "no_such_module", "costly_too"]).wait() == 0
    assert server.start(user).wait() == 0
    server.close()
    # the first script had to import the second module by itself
    assert (tmp_path / "imports.txt").read_text() == "xyy"


def test_scripts_end_with_the_server_however_it_ends(server, script, tmp_path):
    path = script(
        f"""
        import pathlib, time
        pathlib.Path({str(tmp_path / "began")!r}).touch()
        time.sleep(60)
        """
    )
    running = server.start(path).begin()
    wait_for(tmp_path / "began")
    os.kill(server.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while pathlib.Path(f"/proc/{running.pid}").exists():
        status = pathlib.Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2]
        if status.split()[0] == "Z":
            break
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(ChildProcessError):
        running.wait()


def test_what_waits_is_imported_while_there_is_nothing_to_do(script, tmp_path, monkeypatch):
    script("open('imported.txt', 'w')", name="costly.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    server = ForkServer(["costly"])
    wait_for(tmp_path / "imported.txt")
    server.close()


def test_the_first_modules_are_imported_as_if_others_were_not_installed(
    script, tmp_path, monkeypatch
):
    script("import heavy", name="light.py")
    script("try:\n import heavy\nexcept ImportError:\n heavy = None", name="tolerant.py")
    script("open('imported.txt', 'w')", name="last.py")
    script("", name="heavy.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    server = ForkServer(["tolerant", "light", "last"], without=["heavy"])
    seen = script(
        """
        import sys, tolerant
        assert tolerant.heavy is None and "heavy" not in sys.modules and "light" not in sys.modules
        import heavy, light
        """
    )
    wait_for(tmp_path / "imported.txt")
    assert server.start(seen).wait() == 0
    server.close()


def test_what_to_import_may_be_said_later(script, tmp_path, monkeypatch):
    script("open('imported.txt', 'w')", name="costly.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    server = ForkServer()
    server.import_later(["no_such_module", "costly"])
    wait_for(tmp_path / "imported.txt")
    assert server.start(script("x = 1")).wait() == 0
    server.close()


def test_a_function_is_called_once_for_all_forks(script, tmp_path, monkeypatch):
    script(
        """
        warm = 0
        def warm_up():
            global warm
            warm += 1
        def fails():
            raise OSError
        """,
        name="slow.py",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    server = ForkServer()
    seen = script("import slow; assert slow.warm == 1")
    for _ in range(2):
        assert server.start(seen, modules=["slow", "slow:fails", "slow:warm_up"]).wait() == 0
    assert server.start(seen).wait() == 0
    server.close()


def test_scripts_run_side_by_side_and_leave_no_trace_in_each_other(server, script, tmp_path):
    there = tmp_path / "there"
    waits = script(
        f"""
        import json, pathlib, time
        while not pathlib.Path({str(there)!r}).exists():
            time.sleep(0.01)
        assert not hasattr(json, "mark")
        """,
        name="waits.py",
    )
    first = server.start(waits).begin()
    marks = script(f"import json; json.mark = 1; open({str(there)!r}, 'w')", name="marks.py")
    second = server.start(marks, modules=["json"]).begin()
    assert (first.wait(), second.wait()) == (0, 0)
    assert first.pid != second.pid


def gone(pid):
    """Wait until a process has ended; tell whether it has."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status = pathlib.Path(f"/proc/{pid}/status")
        try:
            if "\nState:\tZ" in status.read_text():
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_it_ends_with_the_process_that_made_it():
    code = (
        "import os; from pygoodvibes.workflow.fork_server import ForkServer; "
        "server = ForkServer(); "
        "print(server.pid, flush=True); os._exit(0)"
    )
    made = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=60)
    assert gone(int(made.stdout))


def test_a_server_that_was_killed_is_an_error_and_not_a_result(server, script, tmp_path):
    started = tmp_path / "started"
    running = server.start(
        script(f"import time; open({str(started)!r}, 'w'); time.sleep(60)")
    ).begin()
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(ChildProcessError, match="has ended"):
        running.wait()
    os.kill(running.pid, signal.SIGKILL)
    with pytest.raises(ChildProcessError, match="has ended"):
        server.start(script("x = 1")).wait()


def test_a_script_begins_when_it_is_waited_for_so_that_its_process_can_be_watched(
    server, script, tmp_path
):
    began = tmp_path / "began"
    running = server.start(script(f"open({str(began)!r}, 'w')"))
    time.sleep(0.5)
    assert not began.exists() and pathlib.Path(f"/proc/{running.pid}").exists()
    assert running.wait() == 0 and began.exists()
