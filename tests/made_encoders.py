"""Small encoders in ONNX, made here: what tests run, and what they must refuse."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pygoodvibes.embeddings.encoder_needs import KEY, Needs, written

N_MELS, WIDTH = 16, 8


def needs(**changed):
    """Return what `small` takes and gives."""
    told = {
        "sample_rate": 16000,
        "inputs": [{"name": "frames", "kind": "frames", "n_mels": N_MELS, "axes": "bctf"}],
        "output": "vectors",
        "axes": "bdtf",
        "pooling": "mean",
    }
    return Needs.model_validate({**told, **changed})


def tensor(name, values):
    return numpy_helper.from_array(np.asarray(values, dtype=np.float32), name)


def value(name, *axes):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(axes))


def packed(nodes, inputs, outputs, constants=(), *, told=None, opsets=(("", 17),), **more):
    """Return the bytes of a file with a graph."""
    graph = helper.make_graph(nodes, "graph", inputs, outputs, initializer=list(constants))
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(*opset) for opset in opsets], **more
    )
    model.ir_version = 9
    if told is not None:
        text = told if isinstance(told, str) else written(told)
        helper.set_model_props(model, {KEY: text})
    return model.SerializeToString()


def small(*, seed=0, told=None, channels=WIDTH):
    """Return the file of a convolution and what follows it, on log-mel frames."""
    rng = np.random.default_rng(seed)
    weights = tensor("weights", rng.normal(scale=0.1, size=(channels, 1, 3, 3)))
    offsets = tensor("offsets", rng.normal(size=channels))
    nodes = [
        helper.make_node(
            "Conv", ["frames", "weights", "offsets"], ["found"], strides=[2, 4], pads=[1, 1, 1, 1]
        ),
        helper.make_node("Relu", ["found"], ["vectors"]),
    ]
    inputs = [value("frames", 1, 1, "time", N_MELS)]
    outputs = [value("vectors", 1, channels, "steps", N_MELS // 4)]
    return packed(nodes, inputs, outputs, [weights, offsets], told=told or needs())


def of_samples(nodes, constants=(), *, told=None, axes=("samples",), **more):
    """Return the file of a graph from `samples`, shape (t,), to `vectors`."""
    return packed(
        nodes,
        [value("samples", *axes)],
        [
            onnx.ValueInfoProto(
                name="vectors", type=helper.make_tensor_type_proto(TensorProto.FLOAT, None)
            )
        ],
        constants,
        told=told or samples_needs(),
        **more,
    )


def samples_needs(**changed):
    told = {
        "sample_rate": 16000,
        "inputs": [{"name": "samples", "kind": "signal", "axes": "t"}],
        "output": "vectors",
        "axes": "t",
    }
    return Needs.model_validate({**told, **changed})
