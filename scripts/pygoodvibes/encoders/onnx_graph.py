"""A graph of ONNX, node by node: operators and constants go in, the bytes of a model come out."""

from collections.abc import Mapping, Sequence

import numpy as np

OPSET = 17
"""Version of the operators."""

IR_VERSION = 8
"""Version of the file format; the oldest that has these operators."""

BATCH = "clips"
"""Name of the first axis of inputs and outputs: any number of clips."""


class Graph:
    """A graph that grows; values of it are known by name.

    Attributes
    ----------
    nodes, constants : list
        What it holds so far, as ONNX has it.
    """

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, array: np.ndarray) -> str:
        """Add a constant and return its name."""
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Add a node and return the name of its one output.

        Parameters
        ----------
        operator : str
            Its name in ONNX.
        inputs : str
            Names of values.
        attributes
            As the operator takes them.
        """
        from onnx import helper

        name = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def to_bytes(
        self,
        *,
        inputs: Mapping[str, Sequence[int | str]],
        output: tuple[str, str, int],
        metadata: Mapping[str, str],
    ) -> bytes:
        """Return the model whole.

        Parameters
        ----------
        inputs : mapping of str to sequence of int or str
            Names of inputs that nodes use, and their shapes, float32; an axis of any length is a
            text that names it.
        output : tuple of (name of a value, name of the output, d)
            What goes out, shape (clips, d), float32.
        metadata : mapping of str to str
            Kept in the model under these keys.

        Returns
        -------
        bytes
            The same for the same graph.
        """
        from onnx import TensorProto, checker, helper

        value, name, width = output
        nodes = [*self.nodes, helper.make_node("Identity", [value], [name])]
        graph = helper.make_graph(
            nodes,
            "encoder",
            [
                helper.make_tensor_value_info(each, TensorProto.FLOAT, list(shape))
                for each, shape in inputs.items()
            ],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, width])],
            initializer=self.constants,
        )
        model = helper.make_model(
            graph,
            producer_name="pygoodvibes",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        helper.set_model_props(model, dict(metadata))
        checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)
