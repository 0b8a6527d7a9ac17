import os
import pathlib
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

PROGRAM = """
import os, sys, time
from pygoodvibes.util.parent import end_with
parent = os.getpid()
child = os.fork()
if not child:
    end_with({parent})
    time.sleep(60)
print(child, flush=True)
time.sleep({seconds})
os._exit(0)
"""


def start(*, parent="parent", seconds):
    program = PROGRAM.format(parent=parent, seconds=seconds)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def is_running(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_until_ended(pid):
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_ends_with_its_killed_parent():
    process, child = start(seconds=60)
    assert is_running(child)
    process.kill()
    process.wait()
    wait_until_ended(child)


def test_a_process_whose_parent_has_ended_already_ends_at_once():
    process, child = start(parent="parent + 1", seconds=60)
    wait_until_ended(child)
    os.kill(process.pid, 9)
    process.wait()
