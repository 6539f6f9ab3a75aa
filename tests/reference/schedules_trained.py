"""Trajectories with changing learning rates, by PyTorch's torch.optim.lr_scheduler: 10 epochs of 3 steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from common import network, set_parameters, train, write
from torch.optim import lr_scheduler as kinds

MODEL = {"data.train": "/classes", "model.layers": "dense 4, tanh, dense 3", "model.loss": "cross_entropy"}
LR, EPOCH = 0.2, 3
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=LR),
    "momentum": lambda p: torch.optim.SGD(p, lr=LR, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=LR),
}


def warm_cosine(optimizer: torch.optim.Optimizer) -> Any:
    warm_up = kinds.LinearLR(optimizer, start_factor=1 / 5, total_iters=4)
    cosine = kinds.CosineAnnealingLR(optimizer, T_max=25, eta_min=0.01)
    return kinds.SequentialLR(optimizer, [warm_up, cosine], milestones=[5])


def steps(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.StepLR(optimizer, step_size=4, gamma=0.5)


def cyclic(optimizer: torch.optim.Optimizer) -> Any:
    arguments = {"max_lr": 0.4, "step_size_up": 4, "mode": "triangular2"}
    return kinds.CyclicLR(optimizer, base_lr=LR, cycle_momentum=False, **arguments)


def onecycle(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.OneCycleLR(optimizer, max_lr=LR, total_steps=30, cycle_momentum=False)


# The optimizer, settings of [schedule], what is counted, and PyTorch's scheduler.
CASES: list[tuple[str, dict[str, object], str, Callable[[torch.optim.Optimizer], Any]]] = [
    ("sgd", {"name": "step", "step_size": "4 epochs", "gamma": 0.5}, "epochs", steps),
    ("momentum", {"name": "cosine", "min_lr": 0.01, "warmup_steps": 5}, "steps", warm_cosine),
    ("momentum", {"name": "cyclic", "max_lr": 0.4, "step_size_up": 4, "mode": "triangular2"}, "steps", cyclic),
    ("adam", {"name": "onecycle"}, "steps", onecycle),
]


def main() -> None:
    for name, settings, unit, make in CASES:
        model = network()
        set_parameters(model)
        optimizer = OPTIMIZERS[name](model.parameters())
        scheduler = make(optimizer)

        def after_step(step: int, unit: str = unit, scheduler: Any = scheduler) -> None:
            if (unit == "steps" or (step + 1) % EPOCH == 0) and step < 29:
                scheduler.step()

        train(model, torch.nn.functional.cross_entropy, "/classes", optimizer, after_step)
        all_settings = {**MODEL, "optimizer.name": name, "optimizer.lr": LR}
        all_settings |= {f"schedule.{key}": value for key, value in settings.items()}
        write(f"{name}, {settings['name']}", all_settings, model)


main()
