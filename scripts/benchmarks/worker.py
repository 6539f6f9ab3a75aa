"""The side of a peer in the conversation with contestants.Peer: a request and a number come in on a
line, such as `steps 100`, and a line of JSON with the seconds that it took goes out."""

from __future__ import annotations

import json
import sys
import time
from typing import Callable, Protocol

import h5py
import numpy

task = json.loads(sys.argv[1])


def rows(first: int = 0, stride: int = 1) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The task's rows, as float32 features and labels or targets."""
    return read(task["file"], task["group"], first, stride)


def validation_rows(first: int = 0, stride: int = 1) -> tuple[numpy.ndarray, numpy.ndarray]:
    return read(task["file"], task["val"], first, stride)


def read(file: str, group: str, first: int, stride: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    with h5py.File(file) as data:
        x, y = data[group]["x"][()][first::stride], data[group]["y"][()][first::stride]
    x = x.reshape(len(x), -1).astype(numpy.float32)
    if task["scale"] != 1:
        x *= numpy.float32(task["scale"])
    return x, y.astype(numpy.int64 if task["loss"] == "cross_entropy" else numpy.float32)


class Training(Protocol):
    """What a peer can do."""

    def steps(self, count: int) -> None:
        """Makes that many steps, each with a batch of rows."""

    def epochs(self, count: int) -> None:
        """Goes over all rows that many times."""

    def accuracy(self) -> float:
        """The share of this process's validation rows that are classified right."""


def memory_peak() -> int:
    """Bytes of resident memory that this process had at most."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


def serve(training: Training, barrier: Callable[[], None] = lambda: None) -> None:
    """Answers until the other side has no more to ask."""
    for line in sys.stdin:
        request, number = line.split()
        answer = {}
        barrier()
        start = time.perf_counter()
        if request == "steps":
            training.steps(int(number))
        elif request == "epochs":
            training.epochs(int(number))
        else:
            answer["accuracy"] = training.accuracy()
        barrier()
        answer["seconds"] = time.perf_counter() - start
        answer["memory"] = memory_peak()
        print(json.dumps(answer), flush=True)
