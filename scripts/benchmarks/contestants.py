"""The programs that take part: gdmpi, peers that stay up between rounds, and probes."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, asdict, field
from pathlib import Path
from typing import Sequence

from contest import GDMPI
from data_sets import path_of
from machine import PYTHON, Setting, environment, output

HERE = Path(__file__).resolve().parent


@dataclass
class Task:
    """A model, its data, and how it is trained; all contestants get the same."""

    data: str  # FILE:/GROUP, see data_sets.py
    widths: list[int]  # inputs, then the units of each layer, with ReLU between layers
    loss: str  # cross_entropy, bce or mse
    batch: int
    optimizer: str = "sgd"  # sgd, momentum or adam
    lr: float = 0.05
    scale: float = 1
    val: str = ""
    seed: int = 1
    gdmpi: dict[str, str] = field(default_factory=dict)  # settings of gdmpi alone

    def layers(self) -> str:
        return ", relu, ".join(f"dense {units}" for units in self.widths[1:])


def gdmpi_config(task: Task, run_dir: str, epochs: int) -> str:
    file, group = task.data.split(":")
    settings = {
        "data.file": str(path_of(file)),
        "data.train": group,
        "data.val": task.val,
        "data.scale": repr(task.scale),
        "model.layers": task.layers(),
        "model.loss": task.loss,
        "optimizer.name": task.optimizer,
        "optimizer.lr": repr(task.lr),
        "train.epochs": str(epochs),
        "train.batch_size": str(task.batch),
        "train.seed": str(task.seed),
        "run.dir": run_dir,
        "run.resume": "never",
        "run.checkpoint_every": "1000000 epochs",
        **task.gdmpi,
    }
    lines, last = [], ""
    for key, value in sorted(settings.items()):
        section, name = key.split(".")
        if section != last:
            lines.append(f"[{section}]")
            last = section
        lines.append(f"{name} = {value}")
    return "\n".join(lines) + "\n"


def read_metrics(run_dir: str, event: str) -> list[dict]:
    path = Path(run_dir) / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    return [line for line in lines if line["event"] == event]


class Gdmpi:
    """One run a round; rows per second over its epochs but the first."""

    def __init__(self, setting: Setting, task: Task, epochs: int, name: str = GDMPI):
        self.name = name
        self.setting, self.task, self.epochs = setting, task, epochs
        self.folder = tempfile.mkdtemp(prefix="gdmpi-bench-")

    @property
    def run_dir(self) -> str:
        return self.folder + "/run"

    def command(self, config: str) -> list[str]:
        return self.setting.mpirun(self.setting.gdmpi, config)

    def run(self, epochs: int) -> str:
        config = Path(self.folder) / "bench.ini"
        config.write_text(gdmpi_config(self.task, self.run_dir, epochs))
        return output(self.command(str(config)))

    def warm(self) -> None:
        self.run(1)

    def round(self) -> float:
        self.run(self.epochs + 1)
        rows = read_metrics(self.run_dir, "start")[0]["train_rows"]
        epochs = read_metrics(self.run_dir, "epoch")[1:]
        return rows * len(epochs) / sum(epoch["seconds"] for epoch in epochs)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class Probe:
    """A program of this folder, under mpirun; it prints seconds per step. A round gives rows per
    second, or microseconds."""

    def __init__(
        self, setting: Setting, name: str, program: str, task: Task, per_step: bool = False
    ):
        self.name = name
        self.batch, self.per_step = task.batch, per_step
        self.command = setting.mpirun(
            setting.probe(program), str(setting.seconds), str(task.batch), *map(str, task.widths)
        )

    def warm(self) -> None:
        pass  # it warms up by itself, in every round

    def round(self) -> float:
        seconds = float(output(self.command, OPENBLAS_NUM_THREADS="1"))
        return seconds * 1e6 if self.per_step else self.batch / seconds

    def close(self) -> None:
        pass


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Peer:
    """Processes of Python that wait for requests: see worker.py. A round gives rows per second.
    Where several numbers of threads are offered, as pairs for OpenMP and for BLAS, the fastest is
    found out first."""

    def __init__(
        self,
        setting: Setting,
        name: str,
        script: str,
        task: Task,
        processes: int,
        threads: Sequence[tuple[int, int]],
    ):
        self.name = name
        self.setting, self.script, self.task = setting, script, task
        self.processes, self.threads = processes, list(threads)
        self.workers: list[subprocess.Popen] = []
        self.steps = 0

    def start(self) -> None:
        """With the first numbers of threads."""
        file, group = self.task.data.split(":")
        what = dict(asdict(self.task), file=str(path_of(file)), group=group)
        openmp, blas = self.threads[0]
        more = {
            "OMP_NUM_THREADS": str(openmp),
            "OPENBLAS_NUM_THREADS": str(blas),
            "WORLD_SIZE": str(self.processes),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(free_port()),
            "GLOO_SOCKET_IFNAME": "lo",
        }
        for rank in range(self.processes):
            self.workers.append(
                subprocess.Popen(
                    [PYTHON, str(HERE / self.script), json.dumps(what)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=environment(RANK=str(rank), **more),
                )
            )

    def ask(self, request: str, number: int) -> list[dict]:
        """The answers of all processes."""
        for worker in self.workers:
            worker.stdin.write(f"{request} {number}\n")
            worker.stdin.flush()
        answers = [worker.stdout.readline() for worker in self.workers]
        if not all(answers):
            raise RuntimeError(f"{self.name}: {self.script} ended early")
        return [json.loads(answer) for answer in answers]

    def seconds(self, request: str, number: int) -> float:
        return max(answer["seconds"] for answer in self.ask(request, number))

    def warm(self) -> None:
        rates = {}
        for threads in list(self.threads):
            self.threads = [threads]
            self.start()
            rates[threads] = self.try_out()
            self.close()
        self.threads = [max(rates, key=lambda threads: rates[threads])]
        self.start()
        self.steps = max(2, int(self.setting.seconds * self.try_out()))

    def try_out(self) -> float:
        """Steps per second, by a few."""
        self.seconds("steps", 2)
        few = max(2, int(0.3 / (self.seconds("steps", 4) / 4)))
        return few / self.seconds("steps", few)

    def round(self) -> float:
        time.sleep(0.1)  # until the threads of others have gone to sleep
        return self.steps * self.task.batch / self.seconds("steps", self.steps)

    def close(self) -> None:
        for worker in self.workers:
            worker.stdin.close()
        for worker in self.workers:
            try:
                worker.wait(timeout=10)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            worker.stdout.close()
        self.workers = []


def ddp(setting: Setting, task: Task, kind: type[Peer] = Peer) -> Peer:
    name = f"PyTorch DDP, {setting.ranks} processes"
    return kind(setting, name, "torch_worker.py", task, setting.ranks, [(1, 1)])


def torch_alone(setting: Setting, task: Task) -> Peer:
    """Threads of OpenMP and of OpenBLAS get in each other's way, so it depends which are best."""
    name = f"PyTorch, 1 process, up to {setting.ranks} threads"
    threads = sorted({(1, 1), (1, setting.ranks), (setting.ranks, 1), (setting.ranks,) * 2})
    return Peer(setting, name, "torch_worker.py", task, 1, threads)


def sklearn(setting: Setting, task: Task, what: str) -> Peer:
    threads = sorted({(1, 1), (1, setting.ranks)})
    return Peer(setting, f"scikit-learn {what}", "sklearn_worker.py", task, 1, threads)
