"""Running the graph of an encoder in a process of its own: inputs come in, its output goes out.

A file tells nothing about who made it: what stands in it can be written by anybody. So no graph
runs in this process. That costs 0.2 s at the first clip, and as much as copying the samples of a
clip later; it keeps this process free of threads of another library, so that it can be forked.
Each process that runs encoders has two such processes at most, the last ones used.
"""

import atexit
import contextlib
import importlib.util
import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

import numpy as np

from pygoodvibes.embeddings.encoder_process import MOST_VALUES, receive, send
from pygoodvibes.util.errors import UserError

MOST_SECONDS = 60.0
"""Seconds that a graph may take to be loaded, and for one piece of a clip."""

MOST_PROCESSES = 2
"""Encoders that are kept running."""

_MOST_ANSWER = 4 * MOST_VALUES + 10_000


class _Process:
    """A process that has loaded one graph."""

    def __init__(self, content: bytes, name: str):
        self.lock = threading.Lock()
        folders = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pygoodvibes.embeddings.encoder_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": folders, "OMP_NUM_THREADS": "1"},
        )
        self.ask(name, content)

    def ask(self, name: str, *parts: bytes | memoryview) -> tuple[dict, memoryview]:
        """Send a message and return the answer: its first line, and the values."""
        process = self._process
        timer = threading.Timer(MOST_SECONDS, process.kill)
        started = time.monotonic()
        timer.start()
        try:
            send(process.stdin, *parts)
            answer = receive(process.stdout, _MOST_ANSWER)
        except (OSError, EOFError):
            self.close()
            if time.monotonic() - started >= MOST_SECONDS:
                reason = f"it took more than {MOST_SECONDS:g} s"
            else:
                reason = f"its process ended, code {process.returncode}"
            raise UserError(
                "{name}: the encoder gives no vector ({reason})", name=name, reason=reason
            ) from None
        finally:
            timer.cancel()
        line, _, _ = answer.partition(b"\n")
        said = json.loads(line)
        if "reason" in said:
            raise UserError(
                "{name}: the encoder gives no vector ({reason})",
                name=name,
                reason=str(said["reason"])[:300],
            )
        return said, memoryview(answer)[len(line) + 1 :]

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        self._process.wait()


_running: dict[str, _Process] = {}
_lock = threading.Lock()


def _forget() -> None:
    """In a fork: the processes, and locks that are held, belong to the one that started them."""
    global _lock
    _running.clear()
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _started(content: bytes, sha256: str, name: str) -> _Process:
    with _lock:
        process = _running.pop(sha256, None)
        if process is None or process.ended:
            if importlib.util.find_spec("onnxruntime") is None:
                raise UserError(
                    "{name}: an encoder runs with onnxruntime, which is not installed; install it "
                    "with 'pip install --require-hashes -r requirements-encoder.txt'",
                    name=name,
                )
            process = _Process(content, name)
        _running[sha256] = process
        for oldest in list(_running)[:-MOST_PROCESSES]:
            _running.pop(oldest).close()
        return process


def run(
    content: bytes, inputs: Mapping[str, np.ndarray], output: str, *, sha256: str, name: str
) -> np.ndarray:
    """Run a graph once.

    Parameters
    ----------
    content : bytes
        A checked ONNX file.
    inputs : mapping of str to np.ndarray [dtype=float32]
        By name.
    output : str
        Name of the output.
    sha256 : str
        Of the content: the process that has loaded it is asked again.
    name : str
        What messages call the encoder.

    Returns
    -------
    np.ndarray [dtype=float32]
        The output.

    Raises
    ------
    UserError
        If onnxruntime is missing, or the graph fails, takes too long or too much memory.
    """
    asked = {"output": output, "inputs": [(key, array.shape) for key, array in inputs.items()]}
    parts = [memoryview(array.astype("<f4", copy=False)).cast("B") for array in inputs.values()]
    process = _started(content, sha256, name)
    with process.lock:
        said, values = process.ask(name, json.dumps(asked).encode() + b"\n", *parts)
    shape = tuple(said["shape"])
    if len(values) != 4 * math.prod(shape):
        reason = f"an output of shape {shape}"
        raise UserError("{name}: the encoder gives no vector ({reason})", name=name, reason=reason)
    return np.frombuffer(values, "<f4").reshape(shape)


def end_all() -> None:
    """End the processes that were started here."""
    with _lock:
        while _running:
            _running.popitem()[1].close()


atexit.register(end_all)
