"""Trajectories of the optimizers, by PyTorch's torch.optim, with clipping, penalties and the average of parameters."""

from __future__ import annotations

from typing import Any

import torch
from common import network, set_parameters, train, write

MODEL = {"data.train": "/classes", "model.layers": "dense 4, tanh, dense 3", "model.loss": "cross_entropy"}
OPTIM = torch.optim


class Layerwise(torch.optim.Optimizer):
    """Methods with a trust ratio for each tensor of weights; PyTorch has none."""

    def __init__(self, groups: list[dict[str, Any]], lr: float, **arguments: Any) -> None:
        super().__init__(groups, {"lr": lr, "l2": 0, **arguments})
        self.steps = 0

    def direction(self, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> torch.Tensor:
        return g

    def ratio(self, w: torch.Tensor, direction: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        return w.norm() / (direction + group["weight_decay"] * w).norm()

    def move(self, w: torch.Tensor, u: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        w -= group["lr"] * u

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        self.steps += 1
        for group in self.param_groups:
            for w in group["params"]:
                direction = self.direction(w.grad + group["l2"] * w, self.state[w], group)
                ratio = 1 if w.dim() == 1 else self.ratio(w, direction, group)
                self.move(w, ratio * (direction + group["weight_decay"] * w), self.state[w], group)


class Lars(Layerwise):
    """You, Gitman and Ginsburg 2017, algorithm 1"""

    def ratio(self, w: torch.Tensor, direction: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        return group["trust"] * w.norm() / (direction.norm() + group["weight_decay"] * w.norm())

    def move(self, w: torch.Tensor, u: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        state["v"] = group["momentum"] * state.get("v", 0) + group["lr"] * u
        w -= state["v"]


class Lamb(Layerwise):
    """You et al. 2020, algorithm 2; phi(z) = z"""

    def direction(self, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> torch.Tensor:
        beta1, beta2 = group["betas"]
        state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
        state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g * g
        mean, square = state["m"] / (1 - beta1**self.steps), state["v"] / (1 - beta2**self.steps)
        return mean / (square.sqrt() + group["eps"])


# Name of the case, gdmpi's settings, PyTorch's class and its arguments besides lr. Settings in SHARED are not the
# class's affair. NAdam's two ways differ before PyTorch 2.0, where "foreach" alone is as documented.
SHARED = ("clip_norm", "clip_value", "l1", "l2", "weight_decay", "max_norm", "ema")
CASES: list[tuple[str, dict[str, Any], type[torch.optim.Optimizer], dict[str, Any]]] = [
    ("sgd", {"name": "sgd", "lr": 0.1}, OPTIM.SGD, {}),
    ("momentum", {"name": "momentum", "lr": 0.1, "momentum": 0.8}, OPTIM.SGD, {"momentum": 0.8}),
    (
        "momentum, dampening",
        {"name": "momentum", "lr": 0.1, "momentum": 0.8, "dampening": 0.7},
        OPTIM.SGD,
        {"momentum": 0.8, "dampening": 0.7},
    ),
    (
        "momentum, 0 and dampening",
        {"name": "momentum", "lr": 0.1, "momentum": 0, "dampening": 0.7},
        OPTIM.SGD,
        {"momentum": 0, "dampening": 0.7},
    ),
    (
        "nesterov",
        {"name": "nesterov", "lr": 0.1, "momentum": 0.8},
        OPTIM.SGD,
        {"momentum": 0.8, "nesterov": True},
    ),
    ("adagrad", {"name": "adagrad", "lr": 0.1}, OPTIM.Adagrad, {}),
    (
        "adagrad, other start and eps",
        {"name": "adagrad", "lr": 0.1, "initial_accumulator_value": 0.3, "eps": 0.01},
        OPTIM.Adagrad,
        {"initial_accumulator_value": 0.3, "eps": 0.01},
    ),
    ("rmsprop", {"name": "rmsprop", "lr": 0.01}, OPTIM.RMSprop, {}),
    (
        "rmsprop, other rho and eps",
        {"name": "rmsprop", "lr": 0.01, "rho": 0.8, "eps": 0.001},
        OPTIM.RMSprop,
        {"alpha": 0.8, "eps": 0.001},
    ),
    (
        "rmsprop, momentum",
        {"name": "rmsprop", "lr": 0.01, "momentum": 0.7},
        OPTIM.RMSprop,
        {"momentum": 0.7},
    ),
    ("rmsprop, centered", {"name": "rmsprop", "lr": 0.01, "centered": "yes"}, OPTIM.RMSprop, {"centered": True}),
    (
        "rmsprop, centered, momentum",
        {"name": "rmsprop", "lr": 0.01, "centered": "yes", "momentum": 0.7, "rho": 0.9},
        OPTIM.RMSprop,
        {"centered": True, "momentum": 0.7, "alpha": 0.9},
    ),
    ("adam", {"name": "adam", "lr": 0.02}, OPTIM.Adam, {}),
    (
        "adam, other betas and eps",
        {"name": "adam", "lr": 0.02, "beta1": 0.7, "beta2": 0.9, "eps": 0.001},
        OPTIM.Adam,
        {"betas": (0.7, 0.9), "eps": 0.001},
    ),
    (
        "adam, amsgrad",
        {"name": "adam", "lr": 0.02, "beta2": 0.8, "amsgrad": "yes"},
        OPTIM.Adam,
        {"betas": (0.9, 0.8), "amsgrad": True},
    ),
    ("adamw", {"name": "adamw", "lr": 0.02}, OPTIM.AdamW, {}),
    (
        "adamw, weight_decay, amsgrad",
        {"name": "adamw", "lr": 0.02, "weight_decay": 0.7, "beta2": 0.8, "amsgrad": "yes"},
        OPTIM.AdamW,
        {"betas": (0.9, 0.8), "amsgrad": True},
    ),
    (
        "adamw, other betas and eps",
        {"name": "adamw", "lr": 0.02, "beta1": 0.7, "beta2": 0.9, "eps": 0.001},
        OPTIM.AdamW,
        {"betas": (0.7, 0.9), "eps": 0.001},
    ),
    ("nadam", {"name": "nadam", "lr": 0.02}, OPTIM.NAdam, {"foreach": True}),
    (
        "nadam, others",
        {"name": "nadam", "lr": 0.02, "beta1": 0.7, "beta2": 0.9, "eps": 0.001, "momentum_decay": 0.3},
        OPTIM.NAdam,
        {"betas": (0.7, 0.9), "eps": 0.001, "momentum_decay": 0.3, "foreach": True},
    ),
    ("lars", {"name": "lars", "lr": 5, "trust": 0.01}, Lars, {"trust": 0.01, "momentum": 0.9}),
    (
        "lars, all together",
        {"name": "lars", "lr": 1, "trust": 0.03, "momentum": 0.7, "clip_norm": 0.3, "clip_value": 0.05}
        | {"weight_decay": 0.2, "l1": 0.001, "l2": 0.05, "max_norm": 0.8, "ema": 0.9},
        Lars,
        {"trust": 0.03, "momentum": 0.7},
    ),
    ("lamb", {"name": "lamb", "lr": 0.02}, Lamb, {"betas": (0.9, 0.999), "eps": 1e-6}),
    (
        "lamb, all together",
        {"name": "lamb", "lr": 0.02, "beta1": 0.7, "beta2": 0.9, "eps": 0.001, "clip_norm": 0.3, "clip_value": 0.05}
        | {"weight_decay": 0.2, "l1": 0.01, "l2": 0.05, "max_norm": 0.8, "ema": 0.9},
        Lamb,
        {"betas": (0.7, 0.9), "eps": 0.001},
    ),
    ("clip_norm", {"name": "sgd", "lr": 0.1, "clip_norm": 0.3}, OPTIM.SGD, {}),
    ("clip_value", {"name": "sgd", "lr": 0.1, "clip_value": 0.05}, OPTIM.SGD, {}),
    (
        "clip_norm, with clip_value and l2",
        {"name": "adam", "lr": 0.02, "clip_norm": 0.3, "clip_value": 0.05, "l2": 0.2},
        OPTIM.Adam,
        {},
    ),
    ("weight_decay", {"name": "sgd", "lr": 0.1, "weight_decay": 0.3}, OPTIM.SGD, {}),
    ("l2", {"name": "sgd", "lr": 0.1, "l2": 0.3}, OPTIM.SGD, {}),
    ("l1", {"name": "sgd", "lr": 0.1, "l1": 0.04}, OPTIM.SGD, {}),
    (
        "l1, with l2: elastic net",
        {"name": "momentum", "lr": 0.1, "momentum": 0.8, "l1": 0.01, "l2": 0.05},
        OPTIM.SGD,
        {"momentum": 0.8},
    ),
    ("max_norm", {"name": "sgd", "lr": 0.1, "max_norm": 0.8}, OPTIM.SGD, {}),
    ("ema", {"name": "sgd", "lr": 0.1, "ema": 0.9}, OPTIM.SGD, {}),
    (
        "rmsprop, all together",
        {
            "name": "rmsprop",
            "lr": 0.01,
            "clip_norm": 0.3,
            "weight_decay": 0.2,
            "l1": 0.01,
            "l2": 0.05,
            "max_norm": 0.8,
            "ema": 0.9,
        },
        OPTIM.RMSprop,
        {},
    ),
]


# Of what is done around the steps of any optimizer.
REFERENCES = {
    "clip_norm": "PyTorch's clip_grad_norm_",
    "clip_value": "PyTorch's clip_grad_value_",
    "weight_decay": "Loshchilov and Hutter 2019",
    "l1": "PyTorch's softshrink",
    "l2": "PyTorch's weight_decay of SGD",
    "max_norm": "PyTorch's renorm",
    "ema": "its formula",
}


def reference(name: str, kind: type[torch.optim.Optimizer]) -> str:
    by_formula = issubclass(kind, Layerwise) and kind.__doc__
    return REFERENCES.get(name.split(",")[0]) or by_formula or f"PyTorch's {kind.__name__}"


class Method:
    """One case: what comes before and after a step of PyTorch's optimizer."""

    def __init__(self, settings: dict[str, Any], kind: type[torch.optim.Optimizer], arguments: dict[str, Any]) -> None:
        self.model = network()
        set_parameters(self.model)
        self.lr = settings["lr"]
        self.shared = {key: settings.get(key, 0) for key in SHARED}
        self.weights = [p for p in self.model.parameters() if p.dim() > 1]
        others = [p for p in self.model.parameters() if p.dim() == 1]
        self.average = [p.detach().clone() for p in self.model.parameters()]
        inside = {"lr": self.lr, "weight_decay": self.shared["l2"]}
        self.decay = self.shared["weight_decay"]
        if kind is OPTIM.AdamW:
            inside["weight_decay"] = settings.get("weight_decay", 0.01)
            self.decay = 0
        if issubclass(kind, Layerwise):
            inside = {"lr": self.lr, "l2": self.shared["l2"], "weight_decay": self.decay}
            self.decay = 0
        self.optimizer = kind(
            [{"params": self.weights, **inside}, {"params": others, "weight_decay": 0}], lr=self.lr, **arguments
        )

    @torch.no_grad()
    def before_step(self) -> None:
        if self.shared["clip_norm"] > 0:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.shared["clip_norm"])
        if self.shared["clip_value"] > 0:
            torch.nn.utils.clip_grad_value_(self.model.parameters(), self.shared["clip_value"])

    @torch.no_grad()
    def after_step(self, before: list[torch.Tensor]) -> None:
        """The step was made from w; with decay it starts at (1 - lr decay) w, by the same gradient."""
        for weight, old in zip(self.weights, before):
            weight -= self.lr * self.decay * old
            weight.copy_(torch.nn.functional.softshrink(weight, self.lr * self.shared["l1"]))
            if self.shared["max_norm"] > 0:
                weight.copy_(torch.renorm(weight, 2, 0, self.shared["max_norm"]))
        for average, p in zip(self.average, self.model.parameters()):
            average.mul_(self.shared["ema"]).add_(p, alpha=1 - self.shared["ema"])


def outcome(method: Method) -> torch.nn.Module:
    """30 steps; with ema, the average is what comes out."""
    before: list[torch.Tensor] = []

    def begin() -> None:
        before[:] = [weight.detach().clone() for weight in method.weights]
        method.before_step()

    train(
        method.model,
        torch.nn.functional.cross_entropy,
        "/classes",
        method.optimizer,
        lambda step: method.after_step(before),
        begin,
    )
    if method.shared["ema"] > 0:
        for p, average in zip(method.model.parameters(), method.average):
            p.data = average
    return method.model


def main() -> None:
    for name, settings, kind, arguments in CASES:
        model = outcome(Method(settings, kind, arguments))
        options = {f"optimizer.{key}": value for key, value in settings.items()}
        write(name, reference(name, kind), MODEL | options, model)


main()
