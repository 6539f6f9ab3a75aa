"""scikit-learn: MLPClassifier and MLPRegressor in batches, SGDClassifier and SGDRegressor where the
model is linear; the latter make one step per row."""

from __future__ import annotations

import warnings

import numpy
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor

import worker

task = worker.task


def build():
    if len(task["widths"]) == 2:
        rate = {"learning_rate": "constant", "eta0": 0.001, "alpha": 0.0}
        if task["loss"] == "mse":
            return SGDRegressor(**rate)
        return SGDClassifier(loss="log_loss", **rate)
    kind = MLPRegressor if task["loss"] == "mse" else MLPClassifier
    return kind(
        hidden_layer_sizes=task["widths"][1:-1],
        solver="adam" if task["optimizer"] == "adam" else "sgd",
        momentum=0.9 if task["optimizer"] == "momentum" else 0,
        nesterovs_momentum=False,
        alpha=0,
        batch_size=task["batch"],
        learning_rate_init=task["lr"],
        random_state=task["seed"],
    )


class Training:
    def __init__(self) -> None:
        warnings.filterwarnings("ignore")
        self.x, self.y = worker.rows()
        self.model = build()
        self.val = None
        self.known = {} if task["loss"] == "mse" else {"classes": numpy.unique(self.y)}

    def steps(self, count: int) -> None:
        left = count * task["batch"]
        while left > 0:
            rows = min(left, len(self.x))
            self.model.partial_fit(self.x[:rows], self.y[:rows], **self.known)
            left -= rows

    def epochs(self, count: int) -> None:
        for _ in range(count):
            self.model.partial_fit(self.x, self.y, **self.known)

    def accuracy(self) -> float:
        if self.val is None:
            self.val = worker.validation_rows()
        return self.model.score(*self.val)


if __name__ == "__main__":
    worker.serve(Training())
