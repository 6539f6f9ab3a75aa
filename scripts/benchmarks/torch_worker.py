"""PyTorch, alone or as one process of DistributedDataParallel over gloo: rows in memory as float32
tensors, batches by index out of a shuffled order, each process its part of the batch."""

from __future__ import annotations

import math
import os

import torch
import torch.distributed as distributed
from torch import nn

import worker

rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
losses = {
    "cross_entropy": nn.CrossEntropyLoss,
    "bce": nn.BCEWithLogitsLoss,
    "mse": nn.MSELoss,
}


def build(task: dict) -> nn.Module:
    widths, layers = task["widths"], []
    for inputs, units in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, units), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    if world > 1:
        return nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)
    return model


def build_optimizer(task: dict, model: nn.Module) -> torch.optim.Optimizer:
    if task["optimizer"] == "adam":
        return torch.optim.Adam(model.parameters(), lr=task["lr"])
    momentum = 0.9 if task["optimizer"] == "momentum" else 0
    return torch.optim.SGD(model.parameters(), lr=task["lr"], momentum=momentum)


class Training:
    def __init__(self, task: dict):
        torch.manual_seed(task["seed"])
        self.rows = task["batch"] // world
        x, y = worker.rows(rank, world)
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        if task["loss"] != "cross_entropy":
            self.y = self.y.reshape(len(y), -1)
        self.model = build(task)
        self.loss = losses[task["loss"]]()
        self.optimizer = build_optimizer(task, self.model)
        self.order = torch.randperm(len(self.x))
        self.place = 0
        self.val: tuple[torch.Tensor, torch.Tensor] | None = None

    def step(self) -> None:
        if self.place >= len(self.x):
            self.order, self.place = torch.randperm(len(self.x)), 0
        index = self.order[self.place : self.place + self.rows]
        self.place += self.rows
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.model(self.x[index]), self.y[index]).backward()
        self.optimizer.step()

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def epochs(self, count: int) -> None:
        self.steps(count * math.ceil(len(self.x) / self.rows))

    def accuracy(self) -> float:
        if self.val is None:
            x, y = worker.validation_rows(rank, world)
            self.val = torch.from_numpy(x), torch.from_numpy(y)
        with torch.no_grad():
            x, y = self.val
            return (self.model(x).argmax(dim=1) == y).float().mean().item()


def barrier() -> None:
    if world > 1:
        distributed.barrier()


def start() -> None:
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    if world > 1:
        distributed.init_process_group("gloo")


if __name__ == "__main__":
    start()
    worker.serve(Training(worker.task), barrier)
