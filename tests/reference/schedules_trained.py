"""Trajectories with changing learning rates, by PyTorch's torch.optim.lr_scheduler: 10 epochs of 3 steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from common import ROWS, network, set_parameters, train, write
from torch.optim import lr_scheduler as kinds

MODEL = {"data.train": "/classes", "model.layers": "dense 4, tanh, dense 3", "model.loss": "cross_entropy"}
LR, EPOCH = 0.2, 3
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=LR),
    "momentum": lambda p: torch.optim.SGD(p, lr=LR, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=LR, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=LR),
}


def warm_cosine(optimizer: torch.optim.Optimizer) -> Any:
    warm_up = kinds.LinearLR(optimizer, start_factor=1 / 5, total_iters=4)
    cosine = kinds.CosineAnnealingLR(optimizer, T_max=25, eta_min=0.01)
    return kinds.SequentialLR(optimizer, [warm_up, cosine], milestones=[5])


def step(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.StepLR(optimizer, step_size=4, gamma=0.5)


def multistep(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.MultiStepLR(optimizer, milestones=[7, 20], gamma=0.3)


def exponential(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.ExponentialLR(optimizer, gamma=0.9)


def inverse(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.LambdaLR(optimizer, lambda t: (1 + 0.2 * t) ** -0.5)


def polynomial(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.PolynomialLR(optimizer, total_iters=25, power=2)


def restarts(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.CosineAnnealingWarmRestarts(optimizer, T_0=5, T_mult=2)


def cyclic(optimizer: torch.optim.Optimizer) -> Any:
    arguments = {"max_lr": 0.4, "step_size_up": 4, "mode": "triangular2"}
    return kinds.CyclicLR(optimizer, base_lr=LR, cycle_momentum=False, **arguments)


def onecycle(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.OneCycleLR(optimizer, max_lr=LR, total_steps=30, cycle_momentum=False)


def plateau(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.ReduceLROnPlateau(optimizer, patience=1, factor=0.5, threshold=0.05)


# The optimizer, settings of [schedule], what its scheduler counts or, with losses, sees after an epoch, and PyTorch's
# scheduler.
CASES: list[tuple[str, dict[str, object], str, Callable[[torch.optim.Optimizer], Any]]] = [
    ("sgd", {"name": "step", "step_size": "4 epochs", "gamma": 0.5}, "epochs", step),
    ("sgd", {"name": "multistep", "milestones": "7, 20", "gamma": 0.3}, "steps", multistep),
    ("nesterov", {"name": "exponential", "gamma": 0.9, "unit": "epochs"}, "epochs", exponential),
    ("adam", {"name": "inverse", "gamma": 0.2, "power": 0.5}, "steps", inverse),
    ("sgd", {"name": "polynomial", "total_iters": 25, "power": 2}, "steps", polynomial),
    ("momentum", {"name": "restarts", "t_0": 5, "t_mult": 2}, "steps", restarts),
    ("momentum", {"name": "cosine", "min_lr": 0.01, "warmup_steps": 5}, "steps", warm_cosine),
    ("momentum", {"name": "cyclic", "max_lr": 0.4, "step_size_up": 4, "mode": "triangular2"}, "steps", cyclic),
    ("adam", {"name": "onecycle"}, "steps", onecycle),
    ("sgd", {"name": "plateau", "patience": 1, "factor": 0.5, "threshold": 0.05}, "losses", plateau),
]


def main() -> None:
    for name, settings, unit, make in CASES:
        model = network()
        set_parameters(model)
        optimizer = OPTIMIZERS[name](model.parameters())
        scheduler = make(optimizer)

        sums = []  # of the losses of an epoch's rows, so far

        def loss(output: torch.Tensor, target: torch.Tensor, sums: list[float] = sums) -> torch.Tensor:
            mean = torch.nn.functional.cross_entropy(output, target)
            sums.append(len(target) * mean.item())
            return mean

        def after_step(step: int, unit: str = unit, scheduler: Any = scheduler, sums: list[float] = sums) -> None:
            if (unit == "steps" or (step + 1) % EPOCH == 0) and step < 29:
                scheduler.step(*([sum(sums) / ROWS] if unit == "losses" else []))
            if (step + 1) % EPOCH == 0:
                sums.clear()

        train(model, loss, "/classes", optimizer, after_step)
        all_settings = {**MODEL, "optimizer.name": name, "optimizer.lr": LR}
        all_settings |= {f"schedule.{key}": value for key, value in settings.items()}
        by = f"PyTorch's {type(scheduler).__name__}"
        write(f"{settings['name']}, {name}", by, all_settings, model)


main()
