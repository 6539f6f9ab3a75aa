"""Trajectories by PyTorch of steps of all rows, of one, in parts, and of normalized rows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from common import BATCH, INPUTS, ROWS, SHARDS, batches, network, set_parameters, small, targets, write

SETTINGS = {
    "data.train": "/classes",
    "model.layers": "dense 4, tanh, dense 3",
    "model.loss": "cross_entropy",
    "optimizer.name": "momentum",
    "optimizer.lr": 0.1,
}


def as_it_is(x: torch.Tensor) -> torch.Tensor:
    return x


def standardize(x: torch.Tensor) -> torch.Tensor:
    return (x - x.mean(0)) / x.std(0, unbiased=False)


def minmax(x: torch.Tensor) -> torch.Tensor:
    return (x - x.min(0).values) / (x.max(0).values - x.min(0).values)


# What it shows, settings, shards, rows of a step, and what becomes of x.
CASES: list[tuple[str, dict[str, object], int, int, Callable[[torch.Tensor], torch.Tensor]]] = [
    ("batch gradient descent", {"train.batch_size": 0}, SHARDS, ROWS, as_it_is),
    ("pure SGD", {"train.batch_size": 1, "data.shards": 1}, 1, 1, as_it_is),
    ("accumulate, 3", {"train.accumulate": 3}, SHARDS, BATCH, as_it_is),
    ("accumulate, 5 of all rows", {"train.batch_size": 0, "train.accumulate": 5}, SHARDS, ROWS, as_it_is),
    ("standardize", {"data.normalize": "standardize"}, SHARDS, BATCH, standardize),
    ("minmax", {"data.normalize": "minmax"}, SHARDS, BATCH, minmax),
]


def main() -> None:
    y = targets("/classes")
    for name, settings, shards, batch_size, normalize in CASES:
        model = network()
        set_parameters(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        x = normalize(small(31, INPUTS))
        for rows in batches(shards, batch_size):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        write(name, "PyTorch", SETTINGS | settings, model)


main()
