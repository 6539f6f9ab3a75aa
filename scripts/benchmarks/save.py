"""What saving costs: the case save. The figures are upper bounds, out of what a run says of itself: the
time for which training stood still, and all of the processor time of the thread that writes, as if it
took that from a rank. (Runs with and without checkpoints, in turn, differ by less than their noise.)"""

from __future__ import annotations

from dataclasses import replace

from contest import GDMPI, Question, Row, answer, take_turns
from contestants import Gdmpi, Task, read_metrics
from machine import Setting
from throughput import PIXELS, title

FASHION = Task(
    "fashion-mnist.h5:/train",
    [784, 512, 256, 10],
    "cross_entropy",
    256,
    "adam",
    lr=0.0005,
    scale=PIXELS,
    val="/val",
)
LARGE = Task(
    "bench.h5:/wide", [784, 4096, 4096, 3072, 10], "cross_entropy", 512, "adam", scale=PIXELS
)
EPOCHS = 5
STEPS, EVERY = 6, 2  # of LARGE
PHASES = ("load", "compute", "wait", "reduce", "update", "validate", "checkpoint", "other")
RUN, MINUTE = "the run", "a minute"


class Saving(Gdmpi):
    """Seconds that a run's checkpoints cost it, the last and the wait for it included."""

    def end(self) -> dict:
        self.run(EPOCHS)
        return read_metrics(self.run_dir, "end")[0]

    def round(self) -> float:
        end = self.end()
        self.seconds = sum(end[f"{phase}_seconds"] for phase in PHASES)
        return end["checkpoint_seconds"] + end["saving_processor_seconds"]


class Run:
    """How long the run took that was measured just before."""

    name = RUN

    def __init__(self, saving: Saving):
        self.saving = saving

    def warm(self) -> None:
        pass

    def round(self) -> float:
        return self.saving.seconds

    def close(self) -> None:
        pass


def every_epoch(setting: Setting) -> list[Row]:
    task = replace(FASHION, gdmpi={"run.checkpoint_every": "1 epoch"})
    saving = Saving(setting, task, EPOCHS)
    numbers = take_turns([saving, Run(saving)], setting.rounds)
    question = Question(RUN, "<= 3.5", "100 gdmpi / peer")
    what = f"saving every epoch, {title(task)}"
    return answer("save", what, "s", numbers, [question], "at most")


def every_minute(setting: Setting) -> list[Row]:
    """The checkpoints in the middle of a run: those at the end are in both contestants."""
    steps = {"train.max_steps": str(STEPS)}
    often = replace(LARGE, gdmpi={**steps, "run.checkpoint_every": f"{EVERY} steps"})
    last = replace(LARGE, gdmpi=steps)
    contestants = [Saving(setting, often, 1), Saving(setting, last, 1, "the last checkpoint")]
    numbers = take_turns(contestants, setting.rounds)
    saves = (STEPS - 1) // EVERY
    differences = zip(numbers[GDMPI], numbers[contestants[1].name])
    one = {GDMPI: [(a - b) / saves for a, b in differences], MINUTE: [60.0] * setting.rounds}
    question = Question(MINUTE, "<= 2", "100 gdmpi / peer")
    what = f"one checkpoint of 33 M parameters, {title(LARGE)}"
    return answer("save", what, "s", one, [question], "at most")


def save(setting: Setting) -> list[Row]:
    return every_epoch(setting) + every_minute(setting)
