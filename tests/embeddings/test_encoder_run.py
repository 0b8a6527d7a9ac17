import hashlib
import importlib.util
import multiprocessing
import sys
import time

import numpy as np
import onnx
import psutil
import pytest
from onnx import helper, numpy_helper

from made_encoders import of_samples, tensor
from pygoodvibes.embeddings import encoder_run
from pygoodvibes.util.errors import UserError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of Linux and macOS")
SAMPLES = np.arange(5, dtype=np.float32)


@pytest.fixture(autouse=True)
def _nothing_goes_on():
    yield
    encoder_run.end_all()


def ints(name, values):
    return numpy_helper.from_array(np.asarray(values, dtype=np.int64), name)


def run(content, samples=SAMPLES, output="vectors"):
    sha256 = hashlib.sha256(content).hexdigest()
    return encoder_run.run(content, {"samples": samples}, output, sha256=sha256, name="a.onnx")


def times(factor):
    node = helper.make_node("Mul", ["samples", "factor"], ["vectors"])
    return of_samples([node], [tensor("factor", [factor])])


def endless():
    """Return a graph with a loop that never ends."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["goes"]),
            helper.make_node("Add", ["carried", "carried"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("count", onnx.TensorProto.INT64, []),
            helper.make_tensor_value_info("go", onnx.TensorProto.BOOL, []),
            helper.make_tensor_value_info("carried", onnx.TensorProto.FLOAT, [None]),
        ],
        [
            helper.make_tensor_value_info("goes", onnx.TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", onnx.TensorProto.FLOAT, [None]),
        ],
    )
    always = numpy_helper.from_array(np.array(True), "always")
    loop = helper.make_node("Loop", ["", "always", "samples"], ["vectors"], body=body)
    return of_samples([loop], [always])


def test_a_graph_is_run_in_another_process_which_is_asked_again():
    twice, thrice = times(2.0), times(3.0)
    assert np.array_equal(run(twice), 2 * SAMPLES)
    assert np.array_equal(run(thrice, SAMPLES[:2]), 3 * SAMPLES[:2])
    assert np.array_equal(run(twice), 2 * SAMPLES)


def test_the_oldest_of_many_is_ended_and_started_again_if_it_is_asked_for():
    factors = [1.0, 2.0, 3.0, 1.0]
    assert len(set(factors)) > encoder_run.MOST_PROCESSES
    for factor in factors:
        assert np.array_equal(run(times(factor)), factor * SAMPLES)


def test_memory_that_explodes_is_refused_and_the_process_goes_on():
    node = helper.make_node("Expand", ["samples", "shape"], ["vectors"])
    content = of_samples([node], [ints("shape", [40_000, 8_000, 5])])
    with pytest.raises(UserError, match=r"no vector \(.*(alloc|memory)"):
        run(content)
    content = of_samples([node], [ints("shape", [4_000, 1_000, 5])])
    with pytest.raises(UserError, match="an output of 20000000 values, more than 16777216"):
        run(content)
    assert np.array_equal(run(times(2.0)), 2 * SAMPLES)


def test_a_graph_that_never_ends_is_ended(monkeypatch):
    monkeypatch.setattr(encoder_run, "MOST_SECONDS", 1.5)
    started = time.monotonic()
    with pytest.raises(UserError, match=r"a\.onnx: .* took more than 1\.5 s"):
        run(endless())
    assert time.monotonic() - started < 10
    monkeypatch.setattr(encoder_run, "MOST_SECONDS", 60)
    assert np.array_equal(run(times(2.0)), 2 * SAMPLES)


def test_what_the_library_refuses_is_said_in_one_line():
    with pytest.raises(UserError, match=r"a\.onnx: the encoder gives no vector \(.*NoSuch") as told:
        run(of_samples([helper.make_node("NoSuch", ["samples"], ["vectors"])]))
    assert "\n" not in str(told.value)
    with pytest.raises(UserError, match="no vector"):
        run(times(2.0), output="others")


def test_a_clip_too_short_for_the_graph_is_said_with_its_size():
    kernel = tensor("kernel", [[[1.0] * 9]])
    shape = numpy_helper.from_array(np.array([1, 1, -1]), "shape")
    nodes = [
        helper.make_node("Reshape", ["samples", "shape"], ["row"]),
        helper.make_node("Conv", ["row", "kernel"], ["vectors"]),
    ]
    with pytest.raises(UserError, match=r"given samples \(5,\): "):
        run(of_samples(nodes, [kernel, shape]))


def test_without_onnxruntime_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install .* -r requirements-encoder\.txt"):
        run(times(5.0))


def _in_fork(queue):
    found = run(times(2.0))
    queue.put((len(psutil.Process().children()), found))


@pytest.mark.skipif(sys.platform != "linux", reason="forks as the workflow does on Linux")
def test_a_fork_starts_a_process_of_its_own():
    assert np.array_equal(run(times(2.0)), 2 * SAMPLES)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    forks = [context.Process(target=_in_fork, args=(queue,)) for _ in range(2)]
    for fork in forks:
        fork.start()
    found = [queue.get(timeout=30) for _ in forks]
    for fork in forks:
        fork.join()
    assert [started for started, _ in found] == [1, 1]
    assert all(np.array_equal(values, 2 * SAMPLES) for _, values in found)
    assert np.array_equal(run(times(2.0), SAMPLES[:3]), 2 * SAMPLES[:3])
