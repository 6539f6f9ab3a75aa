"""Trajectories of the losses: by PyTorch where it has them, else by NumPy from their formulas.

Rows with weights: the sum of weight times loss over the number of rows, with weights of mean 1 over the whole set.
hinge and squared_hinge: max(0, 1 - t z) and its square, t = +1 for the label and -1 for the rest, summed over the
outputs (Rifkin and Klautau 2004, "In defense of one-vs-all classification"); of one output, t = +1 for label 1 and
-1 for label 0. quantile: max(q e, (q - 1) e), e = y - z (Koenker and Bassett 1978).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from common import INPUTS, OUTPUTS, ROWS, batches, network, set_parameters, small, targets, train, write
from torch.nn import functional

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Slopes = Callable[[np.ndarray, np.ndarray], np.ndarray]

REFERENCES = {
    "cross_entropy": "PyTorch's cross_entropy",
    "bce": "PyTorch's binary_cross_entropy_with_logits",
    "mse": "PyTorch's mse_loss",
    "mae": "PyTorch's l1_loss",
    "huber": "PyTorch's huber_loss",
    "poisson": "PyTorch's poisson_nll_loss",
    "hinge": "Rifkin and Klautau 2004",
    "squared_hinge": "Rifkin and Klautau 2004",
    "quantile": "Koenker and Bassett 1978",
}

# Name of the case, group of the data, gdmpi's settings, PyTorch's loss.
IN_PYTORCH: list[tuple[str, str, dict[str, object], Loss]] = [
    ("cross_entropy", "/classes", {}, functional.cross_entropy),
    (
        "cross_entropy, label_smoothing 0.1",
        "/classes",
        {"model.label_smoothing": 0.1},
        lambda z, y: functional.cross_entropy(z, y, label_smoothing=0.1),
    ),
    (
        "cross_entropy, label_smoothing 1",
        "/classes",
        {"model.label_smoothing": 1},
        lambda z, y: functional.cross_entropy(z, y, label_smoothing=1.0),
    ),
    ("bce", "/bits", {}, functional.binary_cross_entropy_with_logits),
    ("mse", "/values", {}, functional.mse_loss),
    ("mae", "/values", {}, functional.l1_loss),
    ("huber", "/values", {}, functional.huber_loss),
    ("huber, delta 0.25", "/values", {"model.delta": 0.25}, lambda z, y: functional.huber_loss(z, y, delta=0.25)),
    ("poisson", "/counts", {}, lambda z, y: functional.poisson_nll_loss(z, y, log_input=True, full=False)),
]


def signs(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """labels [rows] as targets of 1 and -1, in the shape of z."""
    if z.shape[1] == 1:
        return 2.0 * labels.reshape(-1, 1) - 1
    return np.where(labels.reshape(-1, 1) == np.arange(z.shape[1]), 1.0, -1.0)


def hinge(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    t = signs(z, labels)
    return np.where(t * z < 1, -t, 0.0)


def squared_hinge(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    t = signs(z, labels)
    return -2 * t * np.maximum(0.0, 1 - t * z)


def quantile(part: float) -> Slopes:
    return lambda z, y: np.where(y > z, -part, 1 - part) / z.shape[1]


# Name of the case, group of the data, outputs, gdmpi's settings, derivatives of the loss of each row.
BY_FORMULA: list[tuple[str, str, int, dict[str, object], Slopes]] = [
    ("hinge", "/classes", 3, {}, hinge),
    ("hinge, one output", "/bit", 1, {}, hinge),
    ("squared_hinge", "/classes", 3, {}, squared_hinge),
    ("squared_hinge, one output", "/bit", 1, {}, squared_hinge),
    ("quantile", "/values", 3, {}, quantile(0.5)),
    ("quantile, 0.9", "/values", 3, {"model.quantile": 0.9}, quantile(0.9)),
]


def descend(model: torch.nn.Sequential, slopes: Slopes, group: str, lr: float) -> None:
    """30 steps of plain gradient descent of dense, tanh, dense, without PyTorch's derivatives."""
    x, y = small(31, INPUTS).numpy(), targets(group).numpy()
    w1, b1, w2, b2 = (parameter.detach().numpy() for parameter in model.parameters())
    for step in batches():
        rows = step.numpy()
        hidden = np.tanh(x[rows] @ w1.T + b1)
        dz = slopes(hidden @ w2.T + b2, y[rows]) / len(rows)
        dhidden = dz @ w2 * (1 - hidden**2)
        w1 -= lr * dhidden.T @ x[rows]  # in the model's memory
        b1 -= lr * dhidden.sum(0)
        w2 -= lr * dz.T @ hidden
        b2 -= lr * dz.sum(0)


def train_weighted(model: torch.nn.Sequential, loss: Loss, group: str, weights: torch.Tensor) -> None:
    """30 steps of the mean over rows of weight times loss, where the weights' mean over all rows is 1."""
    x, y = small(31, INPUTS), targets(group)
    weights = weights / weights.mean()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for rows in batches():
        optimizer.zero_grad()
        (weights[rows] * loss(model(x[rows]), y[rows])).mean().backward()
        optimizer.step()


def rows_entropy(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(z, y, reduction="none")


def rows_mse(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return ((z - y) ** 2).mean(1)


def weighted_cases() -> list[tuple[str, str, str, dict[str, object], Loss, torch.Tensor]]:
    """The name of a case, its loss, its data in common.py, settings, the loss of each row, and all rows' weights."""
    classes = targets("/classes")
    counts = torch.bincount(classes)
    bits = targets("/bit").long().squeeze(1)
    numbers = (torch.arange(ROWS) * 5 % 8) / 4
    return [
        (
            "class weights, balanced",
            "cross_entropy",
            "/classes",
            {"data.class_weights": "balanced"},
            rows_entropy,
            (1 / counts)[classes],
        ),
        (
            "class weights, a list",
            "cross_entropy",
            "/classes",
            {"data.class_weights": "0.5, 3, 1"},
            rows_entropy,
            torch.tensor([0.5, 3.0, 1.0])[classes],
        ),
        (
            "class weights, balanced, and row weights",
            "cross_entropy",
            "/classes",
            {"data.train": "/weighted_classes", "data.class_weights": "balanced"},
            rows_entropy,
            numbers * (1 / counts)[classes],
        ),
        (
            "class weights, balanced, of bce",
            "bce",
            "/bit",
            {"data.class_weights": "balanced"},
            lambda z, y: functional.binary_cross_entropy_with_logits(z, y, reduction="none").mean(1),
            (1 / torch.bincount(bits))[bits],
        ),
        ("row weights", "mse", "/values", {"data.train": "/weighted"}, rows_mse, numbers),
    ]


def write_case(name: str, loss: str, group: str, more: dict[str, object], model: torch.nn.Sequential) -> None:
    settings = {
        "data.train": group,
        "model.layers": f"dense 4, tanh, dense {model[2].out_features}",
        "model.loss": loss,
        **more,
        "optimizer.name": "sgd",
        "optimizer.lr": 0.1,
    }
    write(name, REFERENCES[loss], settings, model)


def main() -> None:
    for name, group, more, loss in IN_PYTORCH:
        model = network()
        set_parameters(model)
        train(model, loss, group, torch.optim.SGD(model.parameters(), lr=0.1))
        write_case(name, name.split(",")[0], group, more, model)
    for name, loss_name, group, more, loss, weights in weighted_cases():
        model = network()
        model[2] = torch.nn.Linear(4, 1 if group == "/bit" else OUTPUTS)
        set_parameters(model)
        train_weighted(model, loss, group, weights)
        write_case(name, loss_name, group, more, model)
    for name, group, outputs, more, slopes in BY_FORMULA:
        model = network()
        model[2] = torch.nn.Linear(4, outputs)
        set_parameters(model)
        descend(model, slopes, group, 0.1)
        write_case(name, name.split(",")[0], group, more, model)


main()
