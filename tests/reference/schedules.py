"""Learning rates of 60 steps of each schedule, by PyTorch's torch.optim.lr_scheduler.

An epoch is 4 steps, and the run 60. Warm-up is by hand: lr (s + 1) / warmup_steps, then the schedule from its
start. Lengths in epochs are those of a scheduler whose step() is called after every fourth step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import lr_scheduler as kinds

LR, STEPS, EPOCH = 0.1, 60, 4
warnings.simplefilter("ignore")  # no optimizer steps here


def constant(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.LambdaLR(optimizer, lambda t: 1)


def inverse(optimizer: torch.optim.Optimizer, gamma: float, power: float = 1) -> Any:
    return kinds.LambdaLR(optimizer, lambda t: (1 + gamma * t) ** -power)


def polynomial(optimizer: torch.optim.Optimizer, total_iters: int, power: float = 1, min_lr: float = 0) -> Any:
    """PyTorch's ends at 0."""
    if min_lr == 0:
        return kinds.PolynomialLR(optimizer, total_iters, power)
    return kinds.LambdaLR(optimizer, lambda t: (min_lr + (LR - min_lr) * max(0, 1 - t / total_iters) ** power) / LR)


def cyclic(optimizer: torch.optim.Optimizer, **arguments: Any) -> Any:
    return kinds.CyclicLR(optimizer, base_lr=LR, cycle_momentum=False, **arguments)


def onecycle(optimizer: torch.optim.Optimizer, **arguments: Any) -> Any:
    return kinds.OneCycleLR(optimizer, cycle_momentum=False, **arguments)


KINDS: dict[str, Callable[..., Any]] = {
    "constant": constant,
    "step": kinds.StepLR,
    "multistep": kinds.MultiStepLR,
    "exponential": kinds.ExponentialLR,
    "inverse": inverse,
    "polynomial": polynomial,
    "cosine": kinds.CosineAnnealingLR,
    "restarts": kinds.CosineAnnealingWarmRestarts,
    "cyclic": cyclic,
    "onecycle": onecycle,
    "plateau": kinds.ReduceLROnPlateau,
}

# The schedule, PyTorch's arguments, gdmpi's settings where they are others, steps of warm-up, and what is counted.
CASES: list[tuple[str, dict[str, Any], dict[str, Any], int, str]] = [
    ("constant", {}, {}, 0, "steps"),
    ("constant", {}, {}, 7, "steps"),
    ("constant", {}, {"warmup_steps": "3 epochs"}, 12, "steps"),
    ("step", {"step_size": 9}, {}, 0, "steps"),
    ("step", {"step_size": 3, "gamma": 0.7}, {"step_size": "3 epochs"}, 0, "epochs"),
    ("step", {"step_size": 1, "gamma": 0.9}, {"step_size": "1 steps"}, 5, "steps"),
    ("multistep", {"milestones": [5, 20, 21]}, {"milestones": "5, 20,21"}, 0, "steps"),
    ("multistep", {"milestones": [2, 7], "gamma": 0.3}, {"milestones": "2, 7 epochs"}, 3, "epochs"),
    ("exponential", {"gamma": 0.95}, {}, 0, "steps"),
    ("exponential", {"gamma": 0.5}, {"unit": "epochs"}, 6, "epochs"),
    ("inverse", {"gamma": 0.1}, {}, 0, "steps"),
    ("inverse", {"gamma": 2, "power": 0.5}, {"unit": "epochs"}, 1, "epochs"),
    ("polynomial", {"total_iters": 60}, {"total_iters": 0}, 0, "steps"),
    ("polynomial", {"total_iters": 31, "power": 2}, {}, 0, "steps"),
    ("polynomial", {"total_iters": 25, "power": 3, "min_lr": 0.02}, {}, 0, "steps"),
    ("polynomial", {"total_iters": 13, "power": 0.9}, {"total_iters": "0 epochs"}, 10, "epochs"),
    ("cosine", {"T_max": 60}, {"t_max": 0}, 0, "steps"),
    ("cosine", {"T_max": 48, "eta_min": 0.01}, {"t_max": 0}, 12, "steps"),
    ("cosine", {"T_max": 52, "eta_min": 0.01}, {"t_max": 0, "warmup_steps": "2 epochs"}, 8, "steps"),
    ("cosine", {"T_max": 14}, {"t_max": "0 epochs", "warmup_steps": "1 epochs"}, 4, "epochs"),
    ("cosine", {"T_max": 25, "eta_min": 0.02}, {}, 0, "steps"),
    ("cosine", {"T_max": 15}, {"t_max": "15 epochs"}, 0, "epochs"),
    ("restarts", {"T_0": 7}, {}, 0, "steps"),
    ("restarts", {"T_0": 5, "T_mult": 2, "eta_min": 0.001}, {}, 4, "steps"),
    ("restarts", {"T_0": 1, "T_mult": 3}, {"t_0": "1 epochs"}, 0, "epochs"),
    ("cyclic", {"max_lr": 0.7}, {}, 0, "steps"),
    ("cyclic", {"max_lr": 0.7, "step_size_up": 6, "step_size_down": 11, "mode": "triangular2"}, {}, 0, "steps"),
    (
        "cyclic",
        {"max_lr": 0.3, "step_size_up": 2, "mode": "exp_range", "gamma": 0.9},
        {"step_size_up": "2 epochs"},
        2,
        "epochs",
    ),
    ("onecycle", {"max_lr": LR, "total_steps": 60}, {"max_lr": 0, "total_steps": 0}, 0, "steps"),
    ("onecycle", {"max_lr": 0.5, "total_steps": 15}, {"total_steps": "15 epochs"}, 0, "epochs"),
    (
        "onecycle",
        {"max_lr": LR, "anneal_strategy": "linear", "pct_start": 0.45, "div_factor": 4, "final_div_factor": 10}
        | {"total_steps": 52},
        {"total_steps": 0},
        8,
        "steps",
    ),
    ("onecycle", {"max_lr": 0.25, "total_steps": 60, "three_phase": True}, {"three_phase": "yes"}, 0, "steps"),
    ("plateau", {"patience": 1}, {}, 0, "epochs"),
    (
        "plateau",
        {"patience": 0, "factor": 0.5, "cooldown": 2, "threshold": 0.2, "min_lr": 0.01},
        {},
        0,
        "epochs",
    ),
    (
        "plateau",
        {"patience": 0, "factor": 0.3, "threshold": 3, "threshold_mode": "abs", "eps": 0.002},
        {},
        9,
        "epochs",
    ),
]


def loss(epoch: int) -> float:
    """What plateau sees after an epoch: as in schedule_test.c."""
    return ((epoch * 37 + 11) % 101 + 600 // (epoch + 1)) / 64


def rates(name: str, arguments: dict[str, Any], warmup: int, unit: str) -> tuple[str, list[float]]:
    """PyTorch's scheduler, and what it comes to."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR)
    scheduler = KINDS[name](optimizer, **arguments)
    found = [LR * (step + 1) / warmup for step in range(warmup)]
    for done in range(1, STEPS - warmup + 1):
        found.append(float(optimizer.param_groups[0]["lr"]))
        if name == "plateau":
            if (warmup + done) % EPOCH == 0:
                scheduler.step(loss((warmup + done) // EPOCH - 1))
        elif (unit == "steps" or done % EPOCH == 0) and done < STEPS - warmup:
            scheduler.step()
    return type(scheduler).__name__, found


def main() -> None:
    names = {"T_max": "t_max", "T_0": "t_0", "T_mult": "t_mult", "eta_min": "min_lr"}
    for name, arguments, others, warmup, unit in CASES:
        by, found = rates(name, arguments, warmup, unit)
        print(f"case {'warm-up' if name == 'constant' and warmup > 0 else name}")
        print(f"by PyTorch's {by}")
        same = {names.get(key, key): value for key, value in arguments.items()}
        for key, value in ({"name": name, "warmup_steps": warmup} | same | others).items():
            print(f"set schedule.{key}={value}")
        for first in range(0, STEPS, 5):
            print(*(f"{rate:.17g}" for rate in found[first : first + 5]))


main()
