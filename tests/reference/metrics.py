"""Metrics of made-up outputs and targets, by scikit-learn: those of metrics_mpi_test.c.

    python3 tests/reference/metrics.py > tests/reference/metrics.txt

with Debian's python3-sklearn; the tests need it not. The weights of rows are divided by their mean, which matters to the
confusion matrix alone. Where scikit-learn wants probabilities, they are the softmax of the outputs.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn import metrics

ROWS = 600
warnings.simplefilter("ignore")


def outputs(count: int) -> np.ndarray:
    """Equal ones in a column, none in a row; never the largest in column 9."""
    row, j = np.arange(ROWS)[:, None], np.arange(count)
    return ((row * 7 + j * 13 + row * j) % 31 - 15) / 16 + j / 1024 - np.where(j == 9, 8, 0)


def large(count: int) -> np.ndarray:
    return np.where(np.arange(count) == 0, 1024.0, 0.0)


def classes(count: int) -> np.ndarray:
    row = np.arange(ROWS)
    return (row * row + row // 7) % count


def flags(count: int) -> np.ndarray:
    row, j = np.arange(ROWS)[:, None], np.arange(count)
    return (row + row * j + j) % 5 < 2


def numbers(count: int) -> np.ndarray:
    """Those of the first column have a mean that is large beside their deviations."""
    row, j = np.arange(ROWS)[:, None], np.arange(count)
    return ((row * 5 + j * 11 + row * j) % 23 - 11) / 16 + large(count)


def counts(count: int) -> np.ndarray:
    row, j = np.arange(ROWS)[:, None], np.arange(count)
    return (row * (j + 2)) % 7


def equal(count: int) -> np.ndarray:
    return np.full((ROWS, count), 0.125)


WEIGHTS = (np.arange(ROWS) * 5 % 8) / 4


def softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def area(loss: str, z: np.ndarray, y: np.ndarray, w: np.ndarray | None) -> float:
    if z.shape[1] <= 2 and y.ndim == 1:
        return metrics.roc_auc_score(y, z[:, -1] - (z[:, 0] if z.shape[1] == 2 else 0), sample_weight=w)
    if loss == "cross_entropy":
        return metrics.roc_auc_score(y, softmax(z), multi_class="ovr", average="macro", sample_weight=w)
    truth = y if y.ndim == 2 else y[:, None] == np.arange(z.shape[1])
    return metrics.roc_auc_score(truth, z, average="macro", sample_weight=w)


def loss_of(loss: str, z: np.ndarray, y: np.ndarray, w: np.ndarray | None) -> float:
    """Of hinge, each output against the rest, summed; of bce, the mean over the outputs."""
    if loss == "cross_entropy":
        return metrics.log_loss(y, softmax(z), labels=np.arange(z.shape[1]), sample_weight=w)
    truth = y.reshape(len(y), -1) if z.shape[1] == 1 or y.ndim == 2 else y[:, None] == np.arange(z.shape[1])
    if loss == "bce":
        return np.mean([metrics.log_loss(t, 1 / (1 + np.exp(-c)), sample_weight=w) for t, c in zip(truth.T, z.T)])
    return sum(metrics.hinge_loss(t, c, sample_weight=w) for t, c in zip(truth.T, z.T))


def of_classes(loss: str, z: np.ndarray, y: np.ndarray, w: np.ndarray | None, names: list[str]) -> dict[str, object]:
    guess = (z > 0 if z.shape[1] == 1 or y.ndim == 2 else z.argmax(1)).astype(int)
    guess = guess[:, 0] if z.shape[1] == 1 else guess
    labels = np.arange(max(z.shape[1], 2))
    known = {"average": "macro", "zero_division": 0, "sample_weight": w}
    count = y.size // ROWS
    makers = {
        "loss": lambda: loss_of(loss, z, y, w),
        "accuracy": lambda: metrics.accuracy_score(
            y.ravel(), guess.ravel(), sample_weight=None if w is None else np.repeat(w, count)
        ),
        "top_5": lambda: metrics.top_k_accuracy_score(y, z, k=5, labels=labels, sample_weight=w),
        "precision": lambda: metrics.precision_score(y, guess, **known),
        "recall": lambda: metrics.recall_score(y, guess, **known),
        "f1": lambda: metrics.f1_score(y, guess, **known),
        "roc_auc": lambda: area(loss, z, y, w),
        "confusion_matrix": lambda: metrics.confusion_matrix(
            y, guess, labels=labels, sample_weight=None if w is None else w / w.mean()
        ),
    }
    return {name: makers[name]() for name in names}


def of_numbers(prediction: np.ndarray, y: np.ndarray, w: np.ndarray | None) -> dict[str, object]:
    return {
        "rmse": metrics.mean_squared_error(y, prediction, sample_weight=w) ** 0.5,
        "mae": metrics.mean_absolute_error(y, prediction, sample_weight=w),
        "r2": metrics.r2_score(y, prediction, sample_weight=w),
    }


def write(name: str, data: str, weighted: bool, values: dict[str, object]) -> None:
    print(f"case {name}{', weighted' if weighted else ''}")
    print(f"data {data} {int(weighted)}")
    for key, value in values.items():
        print(f"value {key}", *(f"{number:.17g}" for number in np.ravel(value)))


def main() -> None:
    mean = ["loss", "accuracy", "precision", "recall", "f1"]
    every = [*mean, "roc_auc", "confusion_matrix"]
    # Name of the case; loss, what the targets are and of how many, outputs; targets; metrics.
    cases = [
        ("seven classes", "cross_entropy classes 7 7", classes(7), ["top_5", *every]),
        ("two classes", "cross_entropy classes 2 2", classes(2), every),
        ("seven margins", "hinge classes 7 7", classes(7), ["top_5", *every]),
        ("one margin", "hinge classes 2 1", classes(2), every),
        ("classes without rows", "cross_entropy classes 3 10", classes(3), ["top_5", *mean, "confusion_matrix"]),
        ("one flag", "bce flags 1 1", flags(1)[:, 0].astype(int), every),
        ("three flags", "bce flags 3 3", flags(3).astype(int), [*mean, "roc_auc"]),
    ]
    for weighted in (False, True):
        w = WEIGHTS if weighted else None
        for name, data, y, names in cases:
            loss, _, _, count = data.split()
            write(name, data, weighted, of_classes(loss, outputs(int(count)), y, w, names))
        for loss in ("mse", "huber"):
            values = of_numbers(outputs(3) + large(3), numbers(3), w)
            write(f"three numbers, {loss}", f"{loss} numbers 3 3", weighted, values)
        write("three constants", "mse equal 3 3", weighted, of_numbers(outputs(3), equal(3), w))
        values = of_numbers(np.exp(outputs(3)), counts(3), w)
        write("three counts", "poisson counts 3 3", weighted, values)


main()
