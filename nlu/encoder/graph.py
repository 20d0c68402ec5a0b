"""The encoder as an int8 network: 4-bit weights plus the adapter's low-rank changes, in ONNX for onnxruntime.

In: the embedded pieces of one text, (pieces, width) float32, positions added. Out: (width,), the last layer's mean.
Matrices are int8 by channel in seven bits, because processors without VNNI overflow with eight.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from nlu.encoder.weights import Weights

_OPSET = 20


class _Graph:
    """Nodes and constants under construction; every method returns the name of what it makes."""

    def __init__(self, weights: Weights, changes: Mapping[str, np.ndarray]) -> None:
        self.weights, self.changes = weights, changes
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, inputs: list[str], name: str, **options: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **options))
        return name

    def linear(self, source: str, name: str) -> str:
        weight = self.constant(f"{name}.w", self.matrix(name).T)
        bias = self.constant(f"{name}.b", self.weights.vector(f"{name}.b"))
        return self.add("Add", [self.add("MatMul", [source, weight], f"{name}.m"), bias], name)

    def matrix(self, name: str) -> np.ndarray:
        """(out, in): the packed weights with the adapter's change."""
        weights = self.weights
        part = name.split(".")[1]
        rows = weights.inner if part == "fi" else weights.width
        columns = weights.inner if part == "fo" else weights.width
        packed = weights.matrix(f"{name}.w", rows, columns)
        change = self.changes.get(name)
        return packed if change is None else packed + change

    def normalised(self, source: str, name: str) -> str:
        scale = self.constant(f"{name}.scale", self.weights.vector(f"{name}.w"))
        shift = self.constant(f"{name}.shift", self.weights.vector(f"{name}.b"))
        return self.add("LayerNormalization", [source, scale, shift], name, epsilon=float(self.weights.epsilon))

    def attention(self, source: str, layer: str) -> str:
        weights = self.weights
        size = weights.width // weights.heads
        split = self.constant(f"{layer}.split", np.array([0, weights.heads, size], np.int64))
        joined = self.constant(f"{layer}.joined", np.array([0, weights.width], np.int64))
        heads = {}
        for part, order in (("q", [1, 0, 2]), ("k", [1, 2, 0]), ("v", [1, 0, 2])):
            flat = self.linear(source, f"{layer}.{part}")
            parted = self.add("Reshape", [flat, split], f"{layer}.{part}.r")
            heads[part] = self.add("Transpose", [parted], f"{layer}.{part}.t", perm=order)
        scores = self.add("MatMul", [heads["q"], heads["k"]], f"{layer}.scores")
        factor = self.constant(f"{layer}.factor", np.array(size**-0.5, np.float32))
        shares = self.add("Softmax", [self.add("Mul", [scores, factor], f"{layer}.scaled")], f"{layer}.shares", axis=-1)
        mixed = self.add("MatMul", [shares, heads["v"]], f"{layer}.mixed")
        back = self.add("Transpose", [mixed], f"{layer}.back", perm=[1, 0, 2])
        return self.linear(self.add("Reshape", [back, joined], f"{layer}.flat"), f"{layer}.ao")

    def layer(self, source: str, layer: str) -> str:
        attended = self.add("Add", [source, self.attention(source, layer)], f"{layer}.a")
        middle = self.normalised(attended, f"{layer}.aln")
        wide = self.add("Gelu", [self.linear(middle, f"{layer}.fi")], f"{layer}.gelu")
        return self.normalised(
            self.add("Add", [middle, self.linear(wide, f"{layer}.fo")], f"{layer}.o"), f"{layer}.oln"
        )


def build(weights: Weights, changes: Mapping[str, np.ndarray], target: Path) -> None:
    """Write the int8 network to `target`; `changes` are (out, in) by tensor name, such as `l3.q`."""
    graph = _Graph(weights, changes)
    state = graph.normalised("pieces", "emb.ln")
    for number in range(weights.layers):
        state = graph.layer(state, f"l{number}")
    axes = graph.constant("axes", np.array([0], np.int64))
    graph.add("ReduceMean", [state, axes], "meaning", keepdims=0)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "encoder",
            [helper.make_tensor_value_info("pieces", TensorProto.FLOAT, ["n", weights.width])],
            [helper.make_tensor_value_info("meaning", TensorProto.FLOAT, [weights.width])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
    )
    onnx.checker.check_model(model)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        onnx.save(model, str(plain))
        quantize_dynamic(
            plain, target, op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=True,
            weight_type=QuantType.QInt8, extra_options={"MatMulConstBOnly": True},
        )  # fmt: skip
