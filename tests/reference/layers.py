"""Trajectories through every kind of layer, by PyTorch's torch.nn."""

from __future__ import annotations

import torch
from common import INPUTS, OUTPUTS, SHARDS, batches, set_parameters, shard_of, small, targets, train, write
from torch.nn import BatchNorm1d, LayerNorm, Linear, ReLU, Sequential, SiLU, Softmax, Tanh

# Layers as gdmpi writes them, between dense 4 and dense 3, and PyTorch's.
CASES: list[tuple[str, torch.nn.Module]] = [
    ("relu", ReLU()),
    ("leaky_relu", torch.nn.LeakyReLU()),
    ("leaky_relu 0.3", torch.nn.LeakyReLU(0.3)),
    ("tanh", Tanh()),
    ("sigmoid", torch.nn.Sigmoid()),
    ("elu", torch.nn.ELU()),
    ("elu 0.3", torch.nn.ELU(0.3)),
    ("gelu", torch.nn.GELU()),
    ("silu", SiLU()),
    ("softplus", torch.nn.Softplus()),
    ("dropout 0", torch.nn.Dropout(0)),
    ("softmax", Softmax(dim=1)),
    ("layer_norm", LayerNorm(4)),
    ("layer_norm 0.1", LayerNorm(4, eps=0.1)),
]


class Residual(Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + super().forward(x)


class Embedding(torch.nn.Embedding):
    """Of columns `first` to `last` of what comes in."""

    def __init__(self, size: int, dim: int, first: int, last: int) -> None:
        super().__init__(size, dim)
        self.first, self.last = first, last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = super().forward(x[:, self.first : self.last + 1].long()).flatten(1)
        return torch.cat([x[:, : self.first], rows, x[:, self.last + 1 :]], 1)


LOSSES = {
    "cross_entropy": ("/classes", torch.nn.functional.cross_entropy),
    "mse": ("/values", torch.nn.functional.mse_loss),
}


def run(name: str, by: str, layers: str, loss: str, *modules: torch.nn.Module, group: str = "") -> None:
    model = Sequential(*modules)
    set_parameters(model)
    group_of_loss, function = LOSSES[loss]
    group = group or group_of_loss
    train(model, function, group, torch.optim.SGD(model.parameters(), lr=0.1))
    settings = {"data.train": group, "model.layers": layers, "model.loss": loss}
    settings |= {"optimizer.name": "sgd", "optimizer.lr": 0.1}
    write(name, f"PyTorch's {by}", settings, model)


class ByShard(torch.nn.Module):
    """Statistics are those of a shard's rows, and running ones their mean, by rows, over the shards."""

    def __init__(self, *modules: torch.nn.Module) -> None:
        super().__init__()
        self.model = Sequential(*modules)

    def forward(self, x: torch.Tensor, shard: torch.Tensor) -> torch.Tensor:
        buffers = [buffer for buffer in self.buffers() if buffer.is_floating_point()]
        before = [buffer.clone() for buffer in buffers]
        after = [torch.zeros_like(buffer) for buffer in buffers]
        outputs = []
        for number in range(SHARDS):
            for buffer, value in zip(buffers, before):
                buffer.data = value.clone()
            rows = x[shard == number]
            outputs.append(self.model(rows))
            for total, buffer in zip(after, buffers):
                total += buffer * len(rows) / len(x)
        for buffer, value in zip(buffers, after):
            buffer.data = value.clone()
        return torch.cat(outputs)


def run_by_shard(name: str, layers: str, *modules: torch.nn.Module) -> None:
    model = ByShard(*modules)
    set_parameters(model)
    group, function = LOSSES["cross_entropy"]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = small(31, INPUTS), targets(group)
    for rows in batches():
        rows = rows.sort().values
        optimizer.zero_grad()
        function(model(x[rows], shard_of(rows)), y[rows]).backward()
        optimizer.step()
    settings = {"data.train": group, "model.layers": layers, "model.loss": "cross_entropy"}
    settings |= {"optimizer.name": "sgd", "optimizer.lr": 0.1}
    write(name, "PyTorch's BatchNorm1d", settings, model)


def main() -> None:
    run("dense", "Linear", "dense 3", "cross_entropy", Linear(INPUTS, OUTPUTS))
    for text, module in CASES:
        name, by, layers = text.replace(" ", ", "), type(module).__name__, f"dense 4, {text}, dense 3"
        run(name, by, layers, "cross_entropy", Linear(INPUTS, 4), module, Linear(4, OUTPUTS))
    run(
        "layer_norm, first",
        "LayerNorm",
        "layer_norm, dense 4, layer_norm, relu, dense 3",
        "cross_entropy",
        LayerNorm(INPUTS),
        Linear(INPUTS, 4),
        LayerNorm(4),
        ReLU(),
        Linear(4, OUTPUTS),
    )
    run(
        "softmax, last",
        "Softmax",
        "dense 4, silu, dense 3, softmax",
        "mse",
        Linear(INPUTS, 4),
        SiLU(),
        Linear(4, OUTPUTS),
        Softmax(dim=1),
    )
    run(
        "residual",
        "Sequential, its input added",
        "residual(dense 4, relu, dense 5), dense 4, residual(silu), residual(layer_norm, dense 4), dense 3",
        "cross_entropy",
        Residual(Linear(INPUTS, 4), ReLU(), Linear(4, INPUTS)),
        Linear(INPUTS, 4),
        Residual(SiLU()),
        Residual(LayerNorm(4), Linear(4, 4)),
        Linear(4, OUTPUTS),
    )
    run(
        "embedding",
        "Embedding",
        "embedding size=8 dim=3 columns=3, embedding size=7 dim=2 columns=0, dense 4, tanh, dense 3",
        "cross_entropy",
        Embedding(8, 3, 3, 3),
        Embedding(7, 2, 0, 0),
        Linear(8, 4),
        Tanh(),
        Linear(4, OUTPUTS),
        group="/mixed",
    )
    run(
        "embedding, of two columns",
        "Embedding",
        "embedding size=7 dim=4 columns=2-3, relu, dense 3",
        "cross_entropy",
        Embedding(7, 4, 2, 3),
        ReLU(),
        Linear(11, OUTPUTS),
        group="/mixed",
    )
    run_by_shard(
        "batch_norm",
        "dense 4, batch_norm, tanh, residual(dense 4, batch_norm 0.3), dense 3",
        Linear(INPUTS, 4),
        BatchNorm1d(4),
        Tanh(),
        Residual(Linear(4, 4), BatchNorm1d(4, momentum=0.3)),
        Linear(4, OUTPUTS),
    )


if __name__ == "__main__":
    main()
