"""Trajectories through every kind of layer, by PyTorch's torch.nn."""

from __future__ import annotations

import torch
from common import INPUTS, OUTPUTS, set_parameters, train, write
from torch.nn import LayerNorm, Linear, ReLU, Sequential, SiLU, Softmax

# Layers as gdmpi writes them, between dense 4 and dense 3, and PyTorch's.
CASES: list[tuple[str, torch.nn.Module]] = [
    ("relu", ReLU()),
    ("leaky_relu", torch.nn.LeakyReLU()),
    ("leaky_relu 0.3", torch.nn.LeakyReLU(0.3)),
    ("tanh", torch.nn.Tanh()),
    ("sigmoid", torch.nn.Sigmoid()),
    ("elu", torch.nn.ELU()),
    ("elu 0.3", torch.nn.ELU(0.3)),
    ("gelu", torch.nn.GELU()),
    ("silu", SiLU()),
    ("softplus", torch.nn.Softplus()),
    ("softmax", Softmax(dim=1)),
    ("layer_norm", LayerNorm(4)),
    ("layer_norm 0.1", LayerNorm(4, eps=0.1)),
]


class Residual(Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + super().forward(x)


LOSSES = {
    "cross_entropy": ("/classes", torch.nn.functional.cross_entropy),
    "mse": ("/values", torch.nn.functional.mse_loss),
}


def run(name: str, layers: str, loss: str, *modules: torch.nn.Module) -> None:
    model = Sequential(*modules)
    set_parameters(model)
    group, function = LOSSES[loss]
    train(model, function, group, torch.optim.SGD(model.parameters(), lr=0.1))
    settings = {"data.train": group, "model.layers": layers, "model.loss": loss}
    settings |= {"optimizer.name": "sgd", "optimizer.lr": 0.1}
    write(name, settings, model)


def main() -> None:
    for text, module in CASES:
        layers = f"dense 4, {text}, dense 3"
        run(text, layers, "cross_entropy", Linear(INPUTS, 4), module, Linear(4, OUTPUTS))
    run(
        "layer_norm first",
        "layer_norm, dense 4, layer_norm, relu, dense 3",
        "cross_entropy",
        LayerNorm(INPUTS),
        Linear(INPUTS, 4),
        LayerNorm(4),
        ReLU(),
        Linear(4, OUTPUTS),
    )
    run(
        "softmax last",
        "dense 4, silu, dense 3, softmax",
        "mse",
        Linear(INPUTS, 4),
        SiLU(),
        Linear(4, OUTPUTS),
        Softmax(dim=1),
    )
    run(
        "residual",
        "residual(dense 4, relu, dense 5), dense 4, residual(silu), residual(layer_norm, dense 4), dense 3",
        "cross_entropy",
        Residual(Linear(INPUTS, 4), ReLU(), Linear(4, INPUTS)),
        Linear(INPUTS, 4),
        Residual(SiLU()),
        Residual(LayerNorm(4), Linear(4, 4)),
        Linear(4, OUTPUTS),
    )


main()
