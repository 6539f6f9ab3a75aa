"""Learning rates of 60 steps of each schedule, by PyTorch's torch.optim.lr_scheduler.

An epoch is 4 steps, and the run 60. Warm-up is by hand: lr (s + 1) / warmup_steps, then the schedule from its start. Lengths in
epochs are those of a scheduler whose step() is called after every fourth step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import lr_scheduler as kinds

LR, STEPS, EPOCH = 0.1, 60, 4
warnings.simplefilter("ignore")  # no optimizer steps here

Scheduler = Callable[..., Any]


def inverse(optimizer: torch.optim.Optimizer, gamma: float, power: float = 1) -> Any:
    return kinds.LambdaLR(optimizer, lambda t: (1 + gamma * t) ** -power)


def constant(optimizer: torch.optim.Optimizer) -> Any:
    return kinds.LambdaLR(optimizer, lambda t: 1)


# Settings of [schedule], steps of warm-up, whether epochs are counted, PyTorch's class and its arguments.
CASES: list[tuple[dict[str, object], int, bool, Scheduler, dict[str, Any]]] = [
    ({"name": "constant"}, 0, False, constant, {}),
    ({"name": "constant"}, 7, False, constant, {}),
    ({"name": "step", "step_size": 9}, 0, False, kinds.StepLR, {"step_size": 9}),
    ({"name": "step", "step_size": "3 epochs", "gamma": 0.7}, 0, True, kinds.StepLR, {"step_size": 3, "gamma": 0.7}),
    ({"name": "step", "step_size": "1 steps", "gamma": 0.9}, 5, False, kinds.StepLR, {"step_size": 1, "gamma": 0.9}),
    ({"name": "multistep", "milestones": "5, 20,21"}, 0, False, kinds.MultiStepLR, {"milestones": [5, 20, 21]}),
    (
        {"name": "multistep", "milestones": "2, 7 epochs", "gamma": 0.3},
        3,
        True,
        kinds.MultiStepLR,
        {"milestones": [2, 7], "gamma": 0.3},
    ),
    ({"name": "exponential", "gamma": 0.95}, 0, False, kinds.ExponentialLR, {"gamma": 0.95}),
    ({"name": "exponential", "gamma": 0.5, "unit": "epochs"}, 6, True, kinds.ExponentialLR, {"gamma": 0.5}),
    ({"name": "inverse", "gamma": 0.1}, 0, False, inverse, {"gamma": 0.1}),
    ({"name": "inverse", "gamma": 2, "power": 0.5, "unit": "epochs"}, 1, True, inverse, {"gamma": 2, "power": 0.5}),
    ({"name": "polynomial"}, 0, False, kinds.PolynomialLR, {"total_iters": 60}),
    ({"name": "polynomial", "total_iters": 31, "power": 2}, 0, False, kinds.PolynomialLR, {"total_iters": 31, "power": 2}),
    ({"name": "polynomial", "total_iters": "0 epochs", "power": 0.9}, 10, True, kinds.PolynomialLR, {"total_iters": 13, "power": 0.9}),
    ({"name": "cosine"}, 0, False, kinds.CosineAnnealingLR, {"T_max": 60}),
    ({"name": "cosine", "min_lr": 0.01}, 12, False, kinds.CosineAnnealingLR, {"T_max": 48, "eta_min": 0.01}),
    ({"name": "cosine", "t_max": 25, "min_lr": 0.02}, 0, False, kinds.CosineAnnealingLR, {"T_max": 25, "eta_min": 0.02}),
    ({"name": "cosine", "t_max": "15 epochs"}, 0, True, kinds.CosineAnnealingLR, {"T_max": 15}),
    ({"name": "restarts", "t_0": 7}, 0, False, kinds.CosineAnnealingWarmRestarts, {"T_0": 7}),
    (
        {"name": "restarts", "t_0": 5, "t_mult": 2, "min_lr": 0.001},
        4,
        False,
        kinds.CosineAnnealingWarmRestarts,
        {"T_0": 5, "T_mult": 2, "eta_min": 0.001},
    ),
    ({"name": "restarts", "t_0": "1 epochs", "t_mult": 3}, 0, True, kinds.CosineAnnealingWarmRestarts, {"T_0": 1, "T_mult": 3}),
    ({"name": "cyclic", "max_lr": 0.7}, 0, False, kinds.CyclicLR, {"max_lr": 0.7}),
    (
        {"name": "cyclic", "max_lr": 0.7, "step_size_up": 6, "step_size_down": 11, "mode": "triangular2"},
        0,
        False,
        kinds.CyclicLR,
        {"max_lr": 0.7, "step_size_up": 6, "step_size_down": 11, "mode": "triangular2"},
    ),
    (
        {"name": "cyclic", "max_lr": 0.3, "step_size_up": "2 epochs", "mode": "exp_range", "gamma": 0.9},
        2,
        True,
        kinds.CyclicLR,
        {"max_lr": 0.3, "step_size_up": 2, "mode": "exp_range", "gamma": 0.9},
    ),
    ({"name": "onecycle"}, 0, False, kinds.OneCycleLR, {"max_lr": LR, "total_steps": 60}),
    ({"name": "onecycle", "max_lr": 0.5, "total_steps": "15 epochs"}, 0, True, kinds.OneCycleLR, {"max_lr": 0.5, "total_steps": 15}),
    (
        {"name": "onecycle", "anneal_strategy": "linear", "pct_start": 0.45, "div_factor": 4, "final_div_factor": 10},
        8,
        False,
        kinds.OneCycleLR,
        {"max_lr": LR, "total_steps": 52, "anneal_strategy": "linear", "pct_start": 0.45, "div_factor": 4, "final_div_factor": 10},
    ),
    (
        {"name": "onecycle", "three_phase": "yes", "max_lr": 0.25},
        0,
        False,
        kinds.OneCycleLR,
        {"max_lr": 0.25, "total_steps": 60, "three_phase": True},
    ),
    ({"name": "plateau", "patience": 1}, 0, True, kinds.ReduceLROnPlateau, {"patience": 1}),
    (
        {"name": "plateau", "patience": 0, "factor": 0.5, "cooldown": 2, "threshold": 0.2, "min_lr": 0.01},
        0,
        True,
        kinds.ReduceLROnPlateau,
        {"patience": 0, "factor": 0.5, "cooldown": 2, "threshold": 0.2, "min_lr": 0.01},
    ),
    (
        {"name": "plateau", "patience": 0, "factor": 0.3, "threshold": 3, "threshold_mode": "abs", "eps": 0.002},
        9,
        True,
        kinds.ReduceLROnPlateau,
        {"patience": 0, "factor": 0.3, "threshold": 3, "threshold_mode": "abs", "eps": 0.002},
    ),
]


def loss(epoch: int) -> float:
    """What plateau sees after an epoch: as in schedule_test.c."""
    return ((epoch * 37 + 11) % 101 + 600 // (epoch + 1)) / 64


def rates(warmup: int, epochs: bool, kind: Scheduler, arguments: dict[str, Any]) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR)
    if kind is kinds.CyclicLR:
        arguments = {**arguments, "base_lr": LR, "cycle_momentum": False}
    if kind is kinds.OneCycleLR:
        arguments = {**arguments, "cycle_momentum": False}
    scheduler = kind(optimizer, **arguments)
    found = [LR * (step + 1) / warmup for step in range(warmup)]
    for step in range(STEPS - warmup):
        found.append(float(optimizer.param_groups[0]["lr"]))
        done = step + 1
        if kind is kinds.ReduceLROnPlateau:
            if (warmup + done) % EPOCH == 0:
                scheduler.step(loss((warmup + done) // EPOCH - 1))
        elif (not epochs or done % EPOCH == 0) and done < STEPS - warmup:
            scheduler.step()
    return found


def main() -> None:
    for settings, warmup, epochs, kind, arguments in CASES:
        print(f"case {settings['name']}")
        for key, value in {**settings, "warmup_steps": warmup}.items():
            print(f"set schedule.{key}={value}")
        found = rates(warmup, epochs, kind, arguments)
        for first in range(0, STEPS, 5):
            print(*(f"{rate:.17g}" for rate in found[first : first + 5]))


main()
