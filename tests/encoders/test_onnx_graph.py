import numpy as np
import onnx
import onnxruntime
import pytest

from pygoodvibes.encoders.onnx_graph import Graph


def doubled():
    graph = Graph()
    value = graph.add("Mul", "given", graph.constant(np.float32(2)))
    shapes = {"given": ["clips", 3]}
    return graph.to_bytes(inputs=shapes, output=(value, "taken", 3), metadata={"key": "text"})


def test_a_graph_runs_and_carries_its_metadata():
    content = doubled()
    session = onnxruntime.InferenceSession(content)
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    [found] = session.run(["taken"], {"given": values})
    assert np.array_equal(found, 2 * values)
    assert session.get_modelmeta().custom_metadata_map == {"key": "text"}
    assert content == doubled()


def test_a_graph_that_is_wrong_is_refused():
    graph = Graph()
    value = graph.add("Mul", "given", "missing")
    with pytest.raises(onnx.checker.ValidationError):
        graph.to_bytes(inputs={"given": ["clips", 3]}, output=(value, "taken", 3), metadata={})
