"""From the launch to the first step, beyond what mpirun takes for an empty MPI program."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from contest import GDMPI, Question, Row, answer, take_turns
from contestants import gdmpi_config, read_metrics
from machine import Setting, output
from throughput import MLP, title


class FirstStep:
    """Seconds until metrics.jsonl has the line of the first step."""

    name = GDMPI

    def __init__(self, setting: Setting):
        self.setting = setting

    def warm(self) -> None:
        self.round()

    def round(self) -> float:
        folder = tempfile.mkdtemp(prefix="gdmpi-bench-")
        config = Path(folder) / "bench.ini"
        every = {"run.log_every": "1 steps", "train.max_steps": "1"}
        config.write_text(gdmpi_config(replace(MLP, gdmpi=every), folder + "/run", 1))
        metrics = Path(folder) / "run/metrics.jsonl"
        start = time.perf_counter()
        command = self.setting.mpirun(self.setting.gdmpi, str(config))
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while not (metrics.exists() and read_metrics(folder + "/run", "step")):
                if run.poll() is not None:
                    raise RuntimeError(f"gdmpi ended with {run.returncode} before its first step")
                time.sleep(0.002)
            return time.perf_counter() - start
        finally:
            run.wait()
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        pass


class Empty:
    name = "an empty MPI program, to its end"

    def __init__(self, setting: Setting):
        self.command = setting.mpirun(setting.probe("empty"))

    def warm(self) -> None:
        self.round()

    def round(self) -> float:
        start = time.perf_counter()
        output(self.command)
        return time.perf_counter() - start

    def close(self) -> None:
        pass


def start(setting: Setting) -> list[Row]:
    numbers = take_turns([FirstStep(setting), Empty(setting)], setting.rounds)
    question = Question(Empty.name, "<= 0.5", "gdmpi - peer")
    return answer("start", f"launch to first step, {title(MLP)}", "s", numbers, [question])
