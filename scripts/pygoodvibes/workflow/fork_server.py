"""Run scripts in forks of one process that has loaded what they need.

Many a job of the workflow works for a tenth of the time that it takes to start Python and to import
NumPy and scikit-learn. Here one process imports them once; each script then runs in a fork of it,
which begins within milliseconds with all modules in place and everything else untouched. The forks
end with that process, and it ends with the one that asks.
"""

import collections
import contextlib
import gc
import importlib
import json
import logging
import os
import pathlib
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from typing import NoReturn

from pygoodvibes.util.parent import end_with

AVAILABLE = sys.platform == "linux"
"""Elsewhere a fork after imports isn't safe (macOS), or there is none."""

_MESSAGE = 2**16
"""Longest request, bytes."""

_BEGIN = "\n"
"""What the one who waits says to a fork, so that it begins."""


class ForkServer:
    """A process that runs scripts in forks of itself. It ends with the process that made it.

    Parameters
    ----------
    modules : sequence of str
        What it imports, in this order, whenever it has nothing else to do; 'module:function' also
        calls a function of the module, once.
    without : sequence of str
        Modules that these would import and can do without, as if they were not installed.

    Attributes
    ----------
    pid : int
        Number of the process.
    """

    def __init__(self, modules: Sequence[str] = (), *, without: Sequence[str] = ()):
        self._socket, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            first = json.dumps({"modules": list(modules), "without": list(without)})
            command = [sys.executable, "-m", __name__, str(its.fileno()), first]
            self._process = subprocess.Popen(command, pass_fds=[its.fileno()])
        self.pid = self._process.pid
        self._sending = threading.Lock()

    def start(
        self,
        script: str | pathlib.Path,
        *,
        modules: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> "Running":
        """Start a Python script.

        Parameters
        ----------
        script : path
            Runs as the main module, in the current folder.
        modules : sequence of str
            What the server imports before it forks, if it has not yet. One that can't be imported
            is skipped: the script that needs it will say so.
        environment : mapping of str to str, optional
            Variables to set for the script alone.

        Returns
        -------
        Running
            Its process.

        Raises
        ------
        ChildProcessError
            If the server has ended.
        """
        request = {
            "script": str(script),
            "folder": str(pathlib.Path.cwd()),
            "environment": dict(environment or {}),
        }
        ours, its = socket.socketpair()
        with its:
            try:
                self._send({"modules": list(modules), "run": request}, its.fileno())
            except ChildProcessError:
                ours.close()
                raise
        return Running(ours)

    def import_later(self, modules: Sequence[str]) -> None:
        """Add modules to those that the server imports when it has nothing else to do."""
        self._send({"later": list(modules)})

    def _send(self, message: Mapping, *places: int) -> None:
        try:
            with self._sending:
                socket.send_fds(self._socket, [json.dumps(message).encode()], places)
        except OSError as error:
            raise ChildProcessError(f"the process that starts jobs has ended: {error}") from None

    def close(self) -> None:
        """End the server, and what it runs with it."""
        self._socket.close()
        self._process.terminate()
        self._process.wait()


class Running:
    """A process for a script, which begins when it is told to, or waited for.

    So who wants to watch it finds it, however short the script is.

    Parameters
    ----------
    answers : socket.socket
        Where the server says a number for the process, and later its exit status.

    Attributes
    ----------
    pid : int
        Number of its process.
    """

    def __init__(self, answers: socket.socket):
        self._answers = answers.makefile("rw")
        answers.close()
        self._begun = False
        self.pid = self._next()

    def begin(self) -> "Running":
        """Let it begin."""
        if not self._begun:
            self._begun = True
            with contextlib.suppress(BrokenPipeError):  # it may have been killed already
                self._answers.write(_BEGIN)
                self._answers.flush()
        return self

    def wait(self) -> int:
        """Wait until it ends; return its exit status, -N if it was killed by signal N."""
        with self.begin()._answers:
            return self._next()

    def _next(self) -> int:
        line = ""
        with contextlib.suppress(ConnectionResetError):  # killed before it began
            line = self._answers.readline()
        if not line:
            self._answers.close()
            raise ChildProcessError("the process that starts jobs has ended")
        return int(line)


def _serve(requests: socket.socket, modules: Sequence[str], without: Sequence[str]) -> None:
    """Fork for every request until the other side has closed; import modules in between."""
    # Ctrl-C reaches the whole group of processes: the scripts end, and then the one that asks
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    ended, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    waiting = collections.deque((name, without) for name in modules)
    running: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select(0 if waiting else None)}
            if ended in ready:
                os.read(ended, 2**16)
                _tell_ended(running)
            if requests.fileno() in ready:
                message, places, _, _ = socket.recv_fds(requests, _MESSAGE, 1)
                if not message:
                    return
                request = json.loads(message)
                waiting += ((name, ()) for name in request.get("later", ()))
                if "run" not in request:
                    continue
                for name in request["modules"]:
                    _import(name)
                answers = socket.socket(fileno=places[0])
                # else a fork's collector would write to all that is shared with it, and so copy it
                gc.freeze()
                server = os.getpid()
                pid = os.fork()
                if not pid:
                    end_with(server)
                    signal.set_wakeup_fd(-1)
                    selector.close()
                    for connection in (requests, *running.values()):
                        connection.close()
                    with answers:
                        begin = answers.recv(len(_BEGIN))
                    if not begin:  # nobody waits any longer
                        os._exit(1)
                    _run(**request["run"])
                running[pid] = answers
                _say(answers, pid)
            elif waiting and not ready:
                _import(*waiting.popleft())


def _tell_ended(running: dict[int, socket.socket]) -> None:
    """Say the exit status of each script that has ended to the one who waits for it."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with running.pop(pid) as answers:
            _say(answers, os.waitstatus_to_exitcode(status))


def _say(answers: socket.socket, number: int) -> None:
    # nobody may wait for it any longer
    with contextlib.suppress(OSError):
        answers.sendall(f"{number}\n".encode())


_called: set[str] = set()


def _import(name: str, without: Sequence[str] = ()) -> None:
    module, _, function = name.partition(":")
    if module in sys.modules and (not function or name in _called):
        return
    hidden = [library for library in without if library not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        imported = importlib.import_module(module)
        if function:
            _called.add(name)
            getattr(imported, function)()
    except Exception:
        logging.getLogger(__name__).debug("%s can't be loaded", name, exc_info=True)
    finally:
        for library in hidden:
            del sys.modules[library]


def _run(script: str, folder: str, environment: Mapping[str, str]) -> NoReturn:
    """Run a script as if Python had been started with it; end the process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 1
    try:
        os.chdir(folder)
        os.environ.update(environment)
        sys.argv = [script]
        sys.path[0] = str(pathlib.Path(script).resolve().parent)
        runpy.run_path(script, run_name="__main__")
        status = 0
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        # an ordinary end would take all modules apart again, for nothing
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as requests_:
        _serve(requests_, **json.loads(sys.argv[2]))
