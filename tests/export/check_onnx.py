"""Is every FOLDER/*.onnx a model that onnx's own checker takes, and does it make of the rows of the
.txt beside it, x and then y on each line, what stands there? It is evaluated here, operator by
operator as their definitions have them, so that no runtime is needed.

    python3 tests/export/check_onnx.py TOLERANCE FOLDER

with Debian's python3-onnx. The difference is relative to the largest number of a row, or to 1.
"""

from __future__ import annotations

import math
import pathlib
import sys

import numpy
import onnx
from onnx import helper, numpy_helper

erf = numpy.vectorize(math.erf, otypes=[float])


def gather(table: numpy.ndarray, index: numpy.ndarray) -> numpy.ndarray:
    assert index.min() >= 0 and index.max() < len(table)
    return table[index]


def slice_of(x: numpy.ndarray, *bounds: numpy.ndarray) -> numpy.ndarray:
    start, end, axis = (int(number) for number, in bounds)
    return x.take(range(start, end), axis=axis)


def softmax(x: numpy.ndarray) -> numpy.ndarray:
    powers = numpy.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


OPERATORS = {
    "Add": numpy.add,
    "Cast": lambda x, to: x.astype(onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[to]),
    "Concat": lambda *x, axis: numpy.concatenate(x, axis=axis),
    "Div": numpy.divide,
    "Erf": lambda x: erf(x).astype(x.dtype),
    "Exp": numpy.exp,
    "Flatten": lambda x: x.reshape(len(x), -1),
    "Gather": gather,
    "Gemm": lambda x, w, b, transB: x @ (w.T if transB else w) + b,
    "Greater": numpy.greater,
    "Log": numpy.log,
    "Mul": numpy.multiply,
    "ReduceMean": lambda x, axes: x.mean(axis=tuple(axes), keepdims=True),
    "Relu": lambda x: numpy.maximum(x, x.dtype.type(0)),
    "Sigmoid": lambda x: 1 / (1 + numpy.exp(-x)),
    "Slice": slice_of,
    "Softmax": softmax,
    "Sqrt": numpy.sqrt,
    "Sub": numpy.subtract,
    "Tanh": numpy.tanh,
    "Where": numpy.where,
}


def evaluate(graph: onnx.GraphProto, x: numpy.ndarray) -> numpy.ndarray:
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    values[graph.input[0].name] = x
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs = [values[name] for name in node.input]
        values[node.output[0]] = OPERATORS[node.op_type](*inputs, **attributes)
    return values[graph.output[0].name]


def shape_of(value: onnx.ValueInfoProto) -> list[str | int]:
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def check(path: pathlib.Path, tolerance: float) -> str | None:
    """What does not hold."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    graph = model.graph
    data = graph.input[0].type.tensor_type.elem_type
    dtype = onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[data]
    rows = numpy.loadtxt(path.with_suffix(".txt"), ndmin=2)
    inputs = shape_of(graph.input[0])[1]
    wanted = rows[:, inputs:]
    if graph.input[0].name != "x" or shape_of(graph.input[0])[0] != "rows":
        return f"the input is {graph.input[0].name} {shape_of(graph.input[0])}"
    if shape_of(graph.output[0]) != ["rows", wanted.shape[1]]:
        return f"the output is {shape_of(graph.output[0])}"
    with numpy.errstate(over="ignore"):
        y = evaluate(graph, rows[:, :inputs].astype(dtype))
    if y.dtype != dtype or graph.output[0].type.tensor_type.elem_type != data:
        return f"the output is of {y.dtype}"
    off = abs(y - wanted) / numpy.maximum(1, abs(wanted).max(axis=1, keepdims=True))
    return None if (off <= tolerance).all() else f"is off by {off.max()} in row {off.argmax()}"


def main() -> None:
    tolerance, folder = float(sys.argv[1]), pathlib.Path(sys.argv[2])
    paths = sorted(folder.glob("*.onnx"))
    wrong = {path.name: what for path in paths if (what := check(path, tolerance))}
    for name, what in wrong.items():
        print(f"{name}: {what}")
    print(f"{len(paths)} models, {len(wrong)} wrong")
    sys.exit(1 if wrong or not paths else 0)


if __name__ == "__main__":
    main()
