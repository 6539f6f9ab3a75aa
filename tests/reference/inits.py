"""How PyTorch's torch.nn.init draws the weights [50, 80] and biases of a layer: those of tests/model/init_test.c.

    python3 tests/reference/inits.py > tests/reference/inits.txt

A line has a method of gdmpi, how it draws numbers, and their bound, or deviation, for weights and for biases; or the
gain of an activation, if PyTorch knows one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import init

FAN_OUT, FAN_IN = 50, 80
torch.set_default_dtype(torch.float64)
drawn: list[str] = []


def uniform(tensor: torch.Tensor, low: float = 0, high: float = 1) -> torch.Tensor:
    """In the place of a tensor's own: its bound, rather than random numbers up to that."""
    assert low == -high
    drawn.append("uniform")
    return tensor.fill_(high)


def normal(tensor: torch.Tensor, mean: float = 0, deviation: float = 1) -> torch.Tensor:
    assert mean == 0
    drawn.append("normal")
    return tensor.fill_(deviation)


METHODS: dict[str, Callable[[torch.Tensor], object]] = {
    "uniform": lambda w: init.uniform_(w, -1, 1),
    "normal": init.normal_,
    "xavier_uniform": init.xavier_uniform_,
    "xavier_normal": init.xavier_normal_,
    "he_uniform": lambda w: init.kaiming_uniform_(w, nonlinearity="relu"),
    "he_normal": lambda w: init.kaiming_normal_(w, nonlinearity="relu"),
    "lecun_uniform": lambda w: init.kaiming_uniform_(w, nonlinearity="linear"),
    "lecun_normal": lambda w: init.kaiming_normal_(w, nonlinearity="linear"),
}


def main() -> None:
    torch.Tensor.uniform_, torch.Tensor.normal_ = uniform, normal  # type: ignore[assignment, method-assign]
    layer = torch.nn.Linear(FAN_IN, FAN_OUT)
    print(f"default {drawn[-1]} {layer.weight[0, 0].item():.17g} {layer.bias[0].item():.17g}")
    for name, method in METHODS.items():
        method(layer.weight)
        print(f"{name} {drawn[-1]} {layer.weight[0, 0].item():.17g} 0")
    for name in ("relu", "leaky_relu", "tanh", "sigmoid"):
        print(f"gain {name} {init.calculate_gain(name):.17g}")


main()
