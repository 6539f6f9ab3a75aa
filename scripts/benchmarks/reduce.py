"""Sum over ranks and update of all parameters, next to copies of memory and to MPI_Allreduce."""

from __future__ import annotations

from contest import Question, Row, answer, say
from machine import Setting, output

SIZES = {"0.5 million": 500_000, "4 million": 4_000_000, "33 million": 33_000_000}
VECTOR, TRAFFIC = "one memcpy of the vector", "a memcpy of the same traffic"
AIMS = {"momentum": {VECTOR: "<= 1.2", TRAFFIC: ""}, "adam": {TRAFFIC: "<= 1.2"}}


def one(setting: Setting, name: str, parameters: int) -> list[Row]:
    """The probe takes all measures in turn; a run of it is a round."""
    command = setting.mpirun(
        setting.probe("reduce"), str(setting.seconds / 4), str(parameters)
    )
    numbers: dict[str, list[float]] = {}
    for number in range(setting.rounds):
        text = output(command, OPENBLAS_NUM_THREADS="1")
        say(f"    round {number + 1} of {setting.rounds}: {', '.join(text.splitlines())}")
        for line in text.splitlines():
            what, seconds = line.split()
            numbers.setdefault(what, []).append(1000 * float(seconds))
    numbers["MPI_Allreduce alone"] = numbers.pop("allreduce")
    numbers[VECTOR] = numbers.pop("copy")
    rows = []
    for optimizer, aims in AIMS.items():
        numbers[TRAFFIC] = numbers[f"{optimizer}_copy"]
        questions = [Question(copy, aim, "gdmpi / peer", optimizer) for copy, aim in aims.items()]
        questions.append(Question("MPI_Allreduce alone", ">= 2", "peer / gdmpi", optimizer))
        what = f"sum and {optimizer}, {name} parameters"
        rows += answer("reduce", what, "ms", numbers, questions)
    return rows


def reduce(setting: Setting) -> list[Row]:
    return [row for name, size in SIZES.items() for row in one(setting, name, size)]
