"""The process that runs the graph of an encoder, with limits of memory and time: inputs in, output.

Started by `pygoodvibes.embeddings.encoder_run`; reads its standard input and writes to its standard
output, one message after the other: 8 bytes with the length, little endian, then the message. The
first message is the ONNX file. Each further one asks for an output: a line of JSON with the name of
the output and name and shape of each input, then their values, float32. The answers: a line of
JSON, with the shape of the output, then its values, or with the reason why there is none.

Nothing of the file can be trusted here. The process opens no file, and nothing but numbers and the
words of a library go back.
"""

import json
import math
import os
import struct
import sys
from typing import BinaryIO

MOST_MEMORY = 4 * 2**30
"""Bytes of address space; more makes an operation fail."""

MOST_SECONDS = 120
"""Seconds of processor time for one message."""

MOST_VALUES = 2**24
"""Largest output of a piece, values."""

_SIZE = struct.Struct("<Q")


def send(stream: BinaryIO, *parts: bytes | memoryview) -> None:
    """Write a message."""
    stream.write(_SIZE.pack(sum(map(len, parts))))
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO, most: int | None = None) -> bytes:
    """Read a message.

    Parameters
    ----------
    stream : binary file
        Where it comes from.
    most : int, optional
        Bytes of the longest message that is taken.

    Raises
    ------
    EOFError
        If the other side has ended, or sends more.
    """
    head = stream.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(head)
    if most is not None and size > most:
        raise EOFError
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content


def _limit(name: str, value: int) -> None:
    """Set a limit of this process, where the system has it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = getattr(resource, name, None)
    if limit is not None:
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, hard))


def _session(content: bytes):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        content, sess_options=options, providers=["CPUExecutionProvider"]
    )


def _answer(session, question: bytes) -> tuple[bytes, bytes]:
    import numpy as np

    line, _, values = question.partition(b"\n")
    asked = json.loads(line)
    inputs, start = {}, 0
    for name, shape in asked["inputs"]:
        inputs[name] = np.frombuffer(values, "<f4", math.prod(shape), start).reshape(shape)
        start += 4 * math.prod(shape)
    try:
        (output,) = session.run([asked["output"]], inputs)
    # onnxruntime has errors of many kinds; a clip too short for the graph is one
    except Exception as error:
        given = ", ".join(f"{name} {array.shape}" for name, array in inputs.items())
        raise ValueError(f"given {given}: {error}") from error
    if output.size > MOST_VALUES:
        raise ValueError(f"an output of {output.size} values, more than {MOST_VALUES}")
    output = np.ascontiguousarray(output, dtype="<f4")
    return json.dumps({"shape": output.shape}).encode() + b"\n", output.tobytes()


def _reason_of(error: Exception) -> bytes:
    text = " ".join(str(error).split())[:300]
    return json.dumps({"reason": text or type(error).__name__}).encode() + b"\n"


def main() -> None:
    """Answer until the other side ends."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_AS", MOST_MEMORY)
    session = None
    while True:
        try:
            question = receive(questions)
        except EOFError:
            return
        _limit("RLIMIT_CPU", math.ceil(sum(os.times()[:2])) + MOST_SECONDS)
        try:
            if session is None:
                session, answer = _session(question), (b"{}\n",)
            else:
                answer = _answer(session, question)
        # whatever a library raises of a file made to do harm
        except Exception as error:
            answer = (_reason_of(error),)
        send(answers, *answer)


if __name__ == "__main__":
    main()
