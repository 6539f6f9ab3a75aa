"""Trajectories of the optimizers, by PyTorch's torch.optim."""

from __future__ import annotations

from typing import Any

import torch
from common import network, set_parameters, train, write

MODEL = {"data.train": "/classes", "model.layers": "dense 4, tanh, dense 3", "model.loss": "cross_entropy"}

# Name of the case, gdmpi's settings, PyTorch's class and its arguments.
CASES: list[tuple[str, dict[str, object], type[torch.optim.Optimizer], dict[str, Any]]] = [
    ("sgd", {"name": "sgd", "lr": 0.1}, torch.optim.SGD, {"lr": 0.1}),
    ("momentum", {"name": "momentum", "lr": 0.1, "momentum": 0.8}, torch.optim.SGD, {"lr": 0.1, "momentum": 0.8}),
    ("adam", {"name": "adam", "lr": 0.02}, torch.optim.Adam, {"lr": 0.02}),
    (
        "adam, other betas and eps",
        {"name": "adam", "lr": 0.02, "beta1": 0.7, "beta2": 0.9, "eps": 0.001},
        torch.optim.Adam,
        {"lr": 0.02, "betas": (0.7, 0.9), "eps": 0.001},
    ),
]


def main() -> None:
    for name, settings, kind, arguments in CASES:
        model = network()
        set_parameters(model)
        train(model, torch.nn.functional.cross_entropy, "/classes", kind(model.parameters(), **arguments))
        write(name, {**MODEL, **{f"optimizer.{key}": value for key, value in settings.items()}}, model)


main()
