"""Seconds until a network on Fashion-MNIST is right about 88 of 100 validation rows."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from contest import GDMPI, Question, Row, answer, say
from contestants import Peer, Task, ddp, gdmpi_config, read_metrics, sklearn
from machine import Setting
from throughput import MLP, title

RATE = 0.1
GOAL, EPOCHS = 0.88, 40
Times = tuple[float, float]  # of training alone; of everything from the launch on


def task_of(seed: int) -> Task:
    return replace(MLP, val="/val", seed=seed, lr=RATE)


def wait_for_goal(run_dir: str, run: subprocess.Popen) -> float:
    """Training seconds up to the first epoch that reaches the goal; looked for while it runs."""
    while True:
        ended = run.poll() is not None
        if (Path(run_dir) / "metrics.jsonl").exists():
            epochs = read_metrics(run_dir, "epoch")
            for number, epoch in enumerate(epochs):
                if epoch["val_accuracy"] >= GOAL:
                    return sum(each["seconds"] for each in epochs[: number + 1])
        if ended:
            if run.returncode != 0:
                raise RuntimeError(f"gdmpi ended with {run.returncode}")
            return float("inf")
        time.sleep(0.01)


def time_gdmpi(setting: Setting, seed: int) -> Times:
    folder = tempfile.mkdtemp(prefix="gdmpi-bench-")
    config = Path(folder) / "bench.ini"
    config.write_text(gdmpi_config(task_of(seed), folder + "/run", EPOCHS))
    start = time.perf_counter()
    run = subprocess.Popen(
        setting.mpirun(setting.gdmpi, str(config)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        seconds = wait_for_goal(folder + "/run", run)
        whole = time.perf_counter() - start
    finally:
        run.send_signal(signal.SIGUSR1)
        run.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return seconds, whole if seconds < float("inf") else seconds


def time_peer(peer: Peer) -> Times:
    start, seconds = time.perf_counter(), 0.0
    peer.start()
    try:
        for _ in range(EPOCHS):
            seconds += peer.seconds("epochs", 1)
            answers = peer.ask("accuracy", 1)
            if sum(each["accuracy"] for each in answers) / len(answers) >= GOAL:
                return seconds, time.perf_counter() - start
    finally:
        peer.close()
    return float("inf"), float("inf")


def accuracy(setting: Setting) -> list[Row]:
    """A round is a seed, the same for all. Three will do for what takes minutes."""
    rounds = min(setting.rounds, 3)
    training: dict[str, list[float]] = {}
    whole: dict[str, list[float]] = {}
    for seed in range(1, rounds + 1):
        task = task_of(seed)
        peers = [ddp(setting, task), sklearn(setting, task, "MLPClassifier")]
        for peer in peers:
            peer.threads = peer.threads[-1:]
        times = {GDMPI: time_gdmpi(setting, seed)}
        times.update((peer.name, time_peer(peer)) for peer in peers)
        say(f"    seed {seed} of {rounds}: {times}")
        for name, (first, second) in times.items():
            training.setdefault(name, []).append(first)
            whole.setdefault(name, []).append(second)
    what = f"to accuracy {GOAL}, {title(MLP)}, lr {RATE}"
    questions = [Question(name, "", "peer / gdmpi") for name in training if name != GDMPI]
    return [
        *answer("accuracy", f"training {what}", "s", training, questions),
        *answer("accuracy", f"launch {what}", "s", whole, questions),
    ]
