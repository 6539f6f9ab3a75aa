"""Steps over two hosts that are joined by links of 1 Gbit/s: see hosts."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from contest import GDMPI, Question, Row, answer, say, take_turns
from contestants import HERE, Gdmpi, Task
from machine import Setting, output
from throughput import MLP, WIDE, title

HOSTS, RATE, BYTES_PER_SECOND = 2, "1gbit", 1e9 / 8
NETWORK = "10.99.0.0/24"
WIRE = "wire limit"
VARIANTS = {
    GDMPI: {"train.overlap": "yes"},
    "gdmpi, overlap = no": {"train.overlap": "no"},
    "gdmpi, reduce = allreduce": {"train.reduce": "allreduce"},
}


class Spread(Gdmpi):
    """One rank on each host; milliseconds of a step."""

    def __init__(self, setting: Setting, folder: str, task: Task, epochs: int, name: str):
        super().__init__(setting, task, epochs, name)
        self.hosts = folder

    def command(self, config: str) -> list[str]:
        settings = {
            "plm": "rsh",
            "plm_rsh_agent": f"{HERE}/hosts agent {self.hosts}",
            "plm_rsh_no_tree_spawn": "1",
            "oob_tcp_if_include": NETWORK,
            "btl": "self,vader,tcp",
            "btl_tcp_if_include": NETWORK,
            "pml": "ob1",
        }
        options = ["--hostfile", f"{self.hosts}/hostfile", "--bind-to", "none", "-np", str(HOSTS)]
        for name, value in settings.items():
            options += ["--mca", name, value]
        return ["mpirun", *options, self.setting.gdmpi, config]

    def warm(self) -> None:
        pass  # the first epoch of each run

    def round(self) -> float:
        return 1000 * self.task.batch / super().round()


class Wire:
    """Milliseconds that the bytes of a step take in one direction of a link: half of the gradient
    sums, then half of the parameters."""

    name = WIRE

    def __init__(self, task: Task):
        pairs = zip(task.widths, task.widths[1:])
        parameters = sum((inputs + 1) * units for inputs, units in pairs)
        self.time = 1000 * 4 * parameters / BYTES_PER_SECOND

    def warm(self) -> None:
        pass

    def round(self) -> float:
        return self.time

    def close(self) -> None:
        pass


def one(setting: Setting, folder: str, task: Task, epochs: int) -> list[Row]:
    variants = [
        Spread(setting, folder, replace(task, gdmpi=settings), epochs, name)
        for name, settings in VARIANTS.items()
    ]
    numbers = take_turns([*variants, Wire(task)], setting.rounds)
    questions = [Question(each.name, "", "peer / gdmpi") for each in variants[1:]]
    questions.append(Question(WIRE, "", "gdmpi / peer"))
    what = f"a step, {HOSTS} hosts at {RATE}, {title(task)}"
    return answer("network", what, "ms", numbers, questions)


def network(setting: Setting) -> list[Row]:
    if os.getuid() != 0:
        say("    left out: hosts with limited links can only be made by root")
        return []
    folder = tempfile.mkdtemp(prefix="gdmpi-hosts-") + "/hosts"
    output([str(HERE / "hosts"), "up", folder, str(HOSTS), RATE])
    try:
        part = replace(MLP, data=WIDE.data)
        deep = replace(WIDE, widths=[784, 2048, 2048, 2048, 2048, 10])
        return [row for task in (part, deep) for row in one(setting, folder, task, 2)]
    finally:
        subprocess.run([str(HERE / "hosts"), "down", folder], check=True)
        Path(folder).parent.rmdir()
