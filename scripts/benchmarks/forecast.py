"""What gdmpi check says of an epoch, against epochs as they are: training, validation, checkpoints and
all. Forecasts for one rank and for several are made on either number of ranks. And what it says of
whole, short runs, with the first and last of their files."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from contest import Question, Row, answer, take_turns
from contestants import read_metrics
from data_sets import path_of
from machine import PROJECT, Setting, output
from save import PHASES

AIM = ">= 75 and <= 125"  # %
FASHION, TIMES = "fashion-mnist", {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600}


@dataclass
class Case:
    """A config of the project, and what is changed in it."""

    what: str
    config: str
    epochs: int | None = None  # those of the config
    settings: tuple[str, ...] = ()
    whole: bool = False  # the run is compared, and not an epoch of it


# A sixth of the rows will do.
PART = ("data.train=/val", "data.val=", "data.val_fraction=0.1")

CASES = [
    Case("fashion-mnist.ini", FASHION, 2),
    Case("fashion-mnist-softmax.ini", "fashion-mnist-softmax", 30),
    Case("linear.ini", "linear", 400),
    Case("spirals.ini", "spirals", 400),
    Case("batch 16", FASHION, 2, (*PART, "train.batch_size=16")),
    Case("wide", FASHION, 3, (*PART, "model.layers=dense 2048, relu, dense 2048, relu, dense 10")),
    Case("double precision", FASHION, 8, (*PART, "train.precision=double")),
    Case("8 shards", FASHION, 8, (*PART, "data.shards=8")),
    Case(
        "batch_norm",
        FASHION,
        20,
        (*PART, "model.layers=dense 256, batch_norm, relu, dropout 0.5, dense 10"),
    ),
    Case(
        "embedding",
        FASHION,
        20,
        (*PART, "model.layers=embedding size=256 dim=4 columns=0-99, dense 128, relu, dense 10"),
    ),
    Case("global shuffle", FASHION, 8, (*PART, "data.shuffle=global", "run.metrics=f1, roc_auc")),
    Case("batch 16, 1 epoch", FASHION, 1, (*PART, "train.batch_size=16"), whole=True),
    Case("8 shards, 2 epochs", FASHION, 2, (*PART, "data.shards=8"), whole=True),
    Case("fashion-mnist-softmax.ini, 4 epochs", "fashion-mnist-softmax", 4, whole=True),
    Case("linear.ini", "linear", whole=True),
    Case("spirals.ini", "spirals", whole=True),
]


def seconds_of(text: str) -> float:
    """Of "71.5 ms" or "1 min 20 s"."""
    return sum(float(number) * TIMES[unit] for number, unit in re.findall(r"([\d.]+) (\w+)", text))


class Job:
    """Either of the two, of a case on so many ranks."""

    def __init__(self, setting: Setting, case: Case, ranks: int, name: str):
        self.setting, self.case = replace(setting, ranks=ranks), case
        self.ranks, self.name = ranks, name
        self.folder = tempfile.mkdtemp(prefix="gdmpi-bench-")
        data = path_of(f"{case.config.removesuffix('-softmax')}.h5")
        config = str(PROJECT / f"configs/{case.config}.ini")
        run = ["run.resume=never", f"run.dir={self.folder}/run"]
        epochs = [f"train.epochs={case.epochs}"] if case.epochs else []
        self.arguments = [config, f"data.file={data}", *run, *epochs, *case.settings]

    def warm(self) -> None:
        pass

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class Check(Job):
    """Milliseconds of the run, or of an epoch on the first of `of`; the others are there for Told."""

    def __init__(self, setting: Setting, case: Case, ranks: int, of: list[int]):
        super().__init__(setting, case, ranks, name_of(ranks, of[0]))
        self.of = of
        self.told: dict[int, float] = {}

    def round(self) -> float:
        wanted = ",".join(map(str, self.of))
        text = output(
            self.setting.mpirun(self.setting.gdmpi, "check", *self.arguments, "-n", wanted)
        )
        for ranks in self.of:
            line = re.search(rf"^ +{ranks}[* ] .*%$", text, re.MULTILINE)
            if line is None:
                raise RuntimeError(f"gdmpi check tells nothing of {ranks} ranks:\n{text}")
            columns = re.split(r"  +", line.group().strip())
            self.told[ranks] = 1000 * seconds_of(columns[5])
        if self.case.whole:
            return 1000 * seconds_of(re.findall(r"epochs? on \d+ ranks?: (.*)", text)[0])
        return self.told[self.of[0]]


class Told:
    """What a Check has just said of another number of ranks."""

    def __init__(self, check: Check, ranks: int):
        self.check, self.ranks = check, ranks
        self.name = name_of(check.ranks, ranks)

    def warm(self) -> None:
        pass

    def round(self) -> float:
        return self.check.told[self.ranks]

    def close(self) -> None:
        pass


class Run(Job):
    """Milliseconds of all that a run did after its start, or of one of its epochs."""

    def __init__(self, setting: Setting, case: Case, ranks: int):
        super().__init__(setting, case, ranks, f"a run on {ranks}")

    def round(self) -> float:
        output(self.setting.mpirun(self.setting.gdmpi, *self.arguments))
        end = read_metrics(self.folder + "/run", "end")[0]
        seconds = sum(end[f"{phase}_seconds"] for phase in PHASES)
        if self.case.whole:
            return 1000 * (seconds + self.seconds_of_model())
        return 1000 * seconds / self.case.epochs

    def seconds_of_model(self) -> float:
        """It is put in its place after the last line of the log is written."""
        run = Path(self.folder) / "run"
        return (run / "model.h5").stat().st_ctime - (run / "metrics.jsonl").stat().st_mtime


def name_of(on: int, of: int) -> str:
    return f"check on {on}, of {of}"


def one(setting: Setting, case: Case) -> list[Row]:
    numbers = sorted({1, setting.ranks})
    contestants: list[Check | Told | Run] = []
    questions = []
    for on in numbers:
        told = [on] if case.whole else numbers
        contestants += [Run(setting, case, on), Check(setting, case, on, told)]
        contestants += [Told(contestants[-1], of) for of in told[1:]]
        questions += [
            Question(f"a run on {of}", AIM, "100 gdmpi / peer", name_of(on, of)) for of in told
        ]
    times = take_turns(contestants, setting.rounds)
    what = f"{'a run' if case.whole else 'an epoch'}, {case.what}"
    return [
        replace(row, what=f"{row.what}, {row.contestant}")
        for row in answer("forecast", what, "ms", times, questions)
    ]


def make_data() -> None:
    for kind in ("linear", "spirals"):
        if not path_of(f"{kind}.h5").exists():
            output([str(PROJECT / "scripts/make-data"), kind, str(path_of(f"{kind}.h5"))])


def forecast(setting: Setting) -> list[Row]:
    make_data()
    return [row for case in CASES for row in one(setting, case)]
