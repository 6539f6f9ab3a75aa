"""The most resident memory of a process, against the plan and against PyTorch."""

from __future__ import annotations

from pathlib import Path

from contest import Question, Row, answer, take_turns
from contestants import HERE, Gdmpi, Peer, Task, ddp
from machine import PYTHON, Setting
from throughput import MLP, WIDE, title

MIB = 2**20
UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
PLAN = "what gdmpi check says"


class Resident(Gdmpi):
    """Of the rank that has most, as the system counts it: whatever gdmpi says of itself."""

    def command(self, config: str) -> list[str]:
        wrapper = [PYTHON, str(HERE / "memory_of.py"), self.folder]
        return self.setting.mpirun(*wrapper, self.setting.gdmpi, config)

    def round(self) -> float:
        self.run(1)
        ranks = range(self.setting.ranks)
        return max(int(Path(self.folder, str(rank)).read_text()) for rank in ranks) / MIB


class Plan(Gdmpi):
    """The total that `gdmpi check` prints for a rank."""

    def command(self, config: str) -> list[str]:
        return self.setting.mpirun(self.setting.gdmpi, "check", config)

    def round(self) -> float:
        for line in self.run(1).splitlines():
            words = line.split()
            if words[:2] == ["in", "all"]:
                return float(words[2].replace(",", "")) * UNITS[words[3]] / MIB
        raise RuntimeError("gdmpi check prints no memory in all")


class Torch(Peer):
    def round(self) -> float:
        return max(answer["memory"] for answer in self.ask("steps", 4)) / MIB


def one(setting: Setting, task: Task) -> list[Row]:
    peer = ddp(setting, task, Torch)
    contestants = [Resident(setting, task, 1), Plan(setting, task, 1, PLAN), peer]
    numbers = take_turns(contestants, setting.rounds)
    questions = [Question(PLAN, ">= 0.9 and <= 1.1"), Question(peer.name, "", "peer / gdmpi")]
    return answer("memory", f"resident, a process, {title(task)}", "MiB", numbers, questions)


def memory(setting: Setting) -> list[Row]:
    return one(setting, MLP) + one(setting, WIDE)
