import io
import json

import numpy as np
import pytest
from onnx import helper

from made_encoders import of_samples, tensor
from pygoodvibes.embeddings import encoder_process
from pygoodvibes.embeddings.encoder_process import receive, send

resource = pytest.importorskip("resource")


def answers(monkeypatch, *questions):
    """Return what the process answers, in this process and without its limits."""
    asked, answered = io.BytesIO(), io.BytesIO()
    for question in questions:
        send(asked, *question)
    asked.seek(0)
    monkeypatch.setattr(resource, "setrlimit", lambda *limits: None)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(asked))
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(answered))
    encoder_process.main()
    answered.seek(0)
    found = []
    while True:
        try:
            line, _, values = receive(answered).partition(b"\n")
        except EOFError:
            return found
        found.append((json.loads(line), values))


def test_a_graph_is_loaded_and_asked_until_the_other_side_ends(monkeypatch):
    node = helper.make_node("Mul", ["samples", "factor"], ["vectors"])
    content = of_samples([node], [tensor("factor", [3.0])])
    asked = json.dumps({"output": "vectors", "inputs": [["samples", [2]]]}).encode() + b"\n"
    values = np.array([1, 2], "<f4").tobytes()
    loaded, first, wrong, second = answers(
        monkeypatch, (content,), (asked, values), (b"nonsense",), (asked, values)
    )
    assert loaded == ({}, b"")
    assert first == second == ({"shape": [2]}, np.array([3, 6], "<f4").tobytes())
    assert "reason" in wrong[0]


def test_a_file_that_can_not_be_loaded_is_told_and_another_may_follow(monkeypatch):
    (told,) = answers(monkeypatch, (b"no graph",))
    assert told[0]["reason"] and not told[1]


def test_a_message_that_is_cut_off_is_none():
    whole = io.BytesIO()
    send(whole, b"abc", b"de")
    assert receive(io.BytesIO(whole.getvalue())) == b"abcde"
    with pytest.raises(EOFError):
        receive(io.BytesIO(whole.getvalue()), 4)
    for stop in (0, 3, 10):
        with pytest.raises(EOFError):
            receive(io.BytesIO(whole.getvalue()[:stop]))
