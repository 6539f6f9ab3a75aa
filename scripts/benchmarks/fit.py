"""Logistic regression as a whole, from the launch to the model's file, against liblinear: seconds,
and the loss that is reached."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import h5py
import numpy

from contest import Question, Row, answer, take_turns
from contestants import Gdmpi, Task, read_metrics
from data_sets import path_of
from machine import Setting, output

EPOCHS = 8
LIBLINEAR = "liblinear-train -s 0"
FIT = Task("bench.h5:/fit", [100, 1], "bce", 256, lr=0.1, val="/fit")


class Whole(Gdmpi):
    loss = 0.0

    def round(self) -> float:
        start = time.perf_counter()
        self.run(EPOCHS)
        seconds = time.perf_counter() - start
        self.loss = read_metrics(self.run_dir, "epoch")[-1]["val_loss"]
        return seconds


class Liblinear:
    name = LIBLINEAR
    loss = 0.0

    def __init__(self, folder: str):
        self.model = Path(folder) / "liblinear.model"

    def warm(self) -> None:
        self.round()

    def round(self) -> float:
        start = time.perf_counter()
        output(["liblinear-train", "-q", "-s", "0", str(path_of("bench.txt")), str(self.model)])
        seconds = time.perf_counter() - start
        self.loss = self.mean_loss()
        return seconds

    def mean_loss(self) -> float:
        """Of the model's weights, which are for the label that it names first."""
        lines = self.model.read_text().splitlines()
        labels = next(line for line in lines if line.startswith("label")).split()[1:]
        weights = numpy.array([float(word) for word in lines[lines.index("w") + 1 :]])
        with h5py.File(path_of("bench.h5")) as data:
            x, y = data["fit/x"][()], data["fit/y"][()]
        sign = 1 if labels[0] == "1" else -1
        return float(numpy.logaddexp(0, -(2.0 * y - 1) * sign * (x @ weights)).mean())

    def close(self) -> None:
        self.model.unlink(missing_ok=True)


def fit(setting: Setting) -> list[Row]:
    mine = Whole(setting, replace(FIT, gdmpi={"model.init": "zeros"}), EPOCHS)
    peer = Liblinear(mine.folder)
    numbers = take_turns([mine, peer], setting.rounds)
    what = f"logistic regression, 100 features, launch to model, {EPOCHS} epochs"
    note = f"log loss {mine.loss:.5f}, liblinear's {peer.loss:.5f}"
    question = Question(LIBLINEAR, "", "peer / gdmpi")
    return answer("linear", what, "s", numbers, [question], note)
