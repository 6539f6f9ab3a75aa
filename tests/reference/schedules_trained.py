"""Trajectories with changing learning rates, by PyTorch's torch.optim.lr_scheduler: an epoch is 3 steps, and a run 10 epochs."""

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


# The optimizer, settings of [schedule], whether epochs are counted, and PyTorch's scheduler.
CASES: list[tuple[str, dict[str, object], bool, Callable[[torch.optim.Optimizer], Any]]] = [
    ("sgd", {"name": "step", "step_size": "4 epochs", "gamma": 0.5}, True, lambda o: kinds.StepLR(o, step_size=4, gamma=0.5)),
    ("momentum", {"name": "cosine", "min_lr": 0.01, "warmup_steps": 5}, False, warm_cosine),
    (
        "momentum",
        {"name": "cyclic", "max_lr": 0.4, "step_size_up": 4, "mode": "triangular2"},
        False,
        lambda o: kinds.CyclicLR(o, base_lr=LR, max_lr=0.4, step_size_up=4, mode="triangular2", cycle_momentum=False),
    ),
    ("adam", {"name": "onecycle"}, False, lambda o: kinds.OneCycleLR(o, max_lr=LR, total_steps=30, cycle_momentum=False)),
]


def main() -> None:
    for name, settings, epochs, make in CASES:
        model = network()
        set_parameters(model)
        optimizer = OPTIMIZERS[name](model.parameters())
        scheduler = make(optimizer)

        def after_step(step: int, epochs: bool = epochs, scheduler: Any = scheduler) -> None:
            if (not epochs or (step + 1) % EPOCH == 0) and step < 29:
                scheduler.step()

        train(model, torch.nn.functional.cross_entropy, "/classes", optimizer, after_step)
        all_settings = {**MODEL, "optimizer.name": name, "optimizer.lr": LR}
        write(f"{name}, {settings['name']}", {**all_settings, **{f"schedule.{key}": value for key, value in settings.items()}}, model)


main()
