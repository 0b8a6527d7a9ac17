import random

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from made_encoders import N_MELS, of_samples, packed, small, tensor, value
from pygoodvibes.embeddings import onnx_file
from pygoodvibes.embeddings.encoder_needs import KEY
from pygoodvibes.embeddings.onnx_file import check, with_random_weights
from pygoodvibes.util.errors import UserError

RELU = helper.make_node("Relu", ["samples"], ["vectors"])


def changed(edit, content=None):
    """Return a file with a change by hand."""
    model = onnx.load_from_string(content or small())
    edit(model)
    return model.SerializeToString()


def first_weights(model):
    return model.graph.initializer[0]


def nested(levels):
    """Return a branch in a branch, so many levels deep."""
    inner = helper.make_node("Relu", ["samples"], ["out"])
    for _ in range(levels):
        graph = helper.make_graph([inner], "g", [], [value("out", None)])
        inner = helper.make_node("If", ["c"], ["out"], then_branch=graph, else_branch=graph)
    return of_samples([inner, helper.make_node("Relu", ["out"], ["vectors"])])


def test_a_file_tells_its_inputs_outputs_metadata_and_weights():
    content = small()
    graph = check(content, "a.onnx")
    assert graph.inputs == {"frames": (1, 1, None, N_MELS)}
    assert graph.outputs == {"vectors": (1, 8, None, N_MELS // 4)}
    assert graph.nodes == 2 and list(graph.metadata) == [KEY]
    stored = {each.name: each for each in onnx.load_from_string(content).graph.initializer}
    for each in graph.weights:
        assert content[each.start : each.stop] == stored[each.name].raw_data
        assert each.shape == tuple(stored[each.name].dims)


def test_arrays_that_are_not_raw_are_read_too():
    weights = helper.make_tensor("w", TensorProto.FLOAT, [2, 3], np.arange(6.0))
    numbers = helper.make_tensor("n", TensorProto.INT64, [2], [-1, 5])
    content = of_samples([RELU], [weights, numbers])
    (found,) = check(content, "a.onnx").weights
    assert np.frombuffer(content, "<f4", 6, found.start).tolist() == [0, 1, 2, 3, 4, 5]


def with_metadata(model):
    """Write entries of metadata wherever torch.onnx.export writes some."""
    graph = model.graph
    for place in (graph.input[0], graph.output[0], graph.node[0], first_weights(model), graph):
        for key in ("namespace", "stack_trace"):
            place.metadata_props.add(key=key, value="of no use here")


def test_metadata_of_all_parts_as_torch_writes_it_is_read():
    graph = check(changed(with_metadata), "a.onnx")
    plain = check(small(), "a.onnx")
    assert graph.inputs == plain.inputs and graph.outputs == plain.outputs


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no ONNX file"),
        (b"PK\3\4 not at all", "no ONNX file|not known"),
        (small()[:-3], "no ONNX file"),
        (small() * 2, "no ONNX file|comes twice"),
        (
            changed(lambda m: setattr(first_weights(m), "data_location", 1)),
            r"in another file \(external data\)",
        ),
        (
            changed(lambda m: first_weights(m).external_data.add(key="location", value="../../x")),
            r"field 13",
        ),
        (changed(lambda m: setattr(m.graph.node[0], "domain", "evil")), "not of the standard"),
        (changed(lambda m: m.opset_import.add(domain="evil", version=1)), "not of the standard"),
        (changed(lambda m: m.functions.add(name="f")), "field 25"),
        (changed(lambda m: m.training_info.add()), "field 20"),
        (changed(lambda m: first_weights(m).dims.append(2**40)), "too large axes"),
        (changed(lambda m: first_weights(m).dims.extend([1] * 9)), "too many"),
        (changed(lambda m: first_weights(m).dims.append(1000)), "size that it claims"),
        (changed(lambda m: first_weights(m).float_data.append(1.0)), "not in one piece"),
        (changed(lambda m: setattr(first_weights(m), "data_type", 8)), "array of texts"),
        (changed(lambda m: setattr(m.graph.node[0], "op_type", "RandomNormal")), "at random"),
        (changed(lambda m: m.metadata_props.add(key=KEY, value="{}")), "comes twice"),
        (nested(onnx_file.DEEPEST), "more than 3 levels"),
        (
            packed([RELU], [helper.make_tensor_value_info("samples", 7, [1])], [value("v", 1)]),
            "no array of float32",
        ),
        (packed([RELU], [], [value("vectors", 1)]), "no inputs"),
    ],
)
def test_a_file_that_is_not_run_says_why(content, said):
    with pytest.raises(UserError, match=rf"a\.onnx: not run \(.*({said})"):
        check(content, "a.onnx")


def test_branches_of_few_levels_are_run():
    assert check(nested(onnx_file.DEEPEST - 1), "a.onnx").nodes > 3


def test_a_graph_of_empty_operations_is_refused_before_it_takes_memory(monkeypatch):
    body = b"\x0a\x00" * 1_000_000
    size = bytes([0x80 | len(body) & 127, 0x80 | len(body) >> 7 & 127, 0x80 | len(body) >> 14, 0])
    with pytest.raises(UserError, match="more than 20000 operations"):
        check(b"\x42\x02\x10\x11\x3a" + size + body, "a.onnx")
    monkeypatch.setattr(onnx_file, "MOST_FIELDS", 20)
    with pytest.raises(UserError, match="more than 20 entries"):
        check(small(), "a.onnx")
    monkeypatch.setattr(onnx_file, "MOST_BYTES", 100)
    with pytest.raises(UserError, match=r"a\.onnx: not run \(more than"):
        check(small(), "a.onnx")


def test_damage_anywhere_is_refused_or_read_but_never_another_error():
    content, draw = small(), random.Random(0)
    refused = 0
    for _ in range(3000):
        altered = bytearray(content)
        for _ in range(draw.randint(1, 3)):
            altered[draw.randrange(len(altered))] = draw.randrange(256)
        try:
            check(bytes(altered), "a.onnx")
        except UserError:
            refused += 1
    assert 0 < refused < 3000


def test_random_weights_have_the_mean_and_spread_of_the_learned_ones():
    matrix = np.random.default_rng(0).normal(3, 2, (200, 100))
    content = of_samples(
        [RELU], [tensor("matrix", matrix), tensor("offsets", np.arange(100)), tensor("one", [[7]])]
    )
    graph = check(content, "a.onnx")
    drawn = with_random_weights(content, graph, seed=1)
    before, after = (
        {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
        for model in map(onnx.load_from_string, (content, drawn))
    )
    assert np.array_equal(before["offsets"], after["offsets"]) and after["one"] == 7
    assert abs(np.corrcoef(before["matrix"].ravel(), after["matrix"].ravel())[0, 1]) < 0.03
    assert after["matrix"].mean() == pytest.approx(3, abs=0.05)
    assert after["matrix"].std() == pytest.approx(2, abs=0.05)
    assert with_random_weights(content, graph, seed=1) == drawn
    assert with_random_weights(content, graph, seed=2) != drawn
    assert with_random_weights(content, graph, seed=1, keeps=["mat"]) == content
