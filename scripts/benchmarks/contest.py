"""Contests: contestants take turns, round by round, and rows of results come out."""

from __future__ import annotations

import json
import math
import statistics
import sys
from dataclasses import dataclass, asdict
from pathlib import Path
from typing import Callable, Protocol, Sequence

RESULTS = Path("bench/results.jsonl")
GDMPI = "gdmpi"


class Contestant(Protocol):
    name: str

    def warm(self) -> None:
        """Gets ready: starts processes, finds out how much a round should do."""

    def round(self) -> float:
        """One measurement."""

    def close(self) -> None:
        """Ends what warm() started."""


# How the figure of a row follows from gdmpi's number and the peer's.
FIGURES: dict[str, tuple[Callable[[float, float], float], str]] = {
    "gdmpi / peer": (lambda mine, peer: mine / peer, "x"),
    "peer / gdmpi": (lambda mine, peer: peer / mine, "x"),
    "gdmpi - peer": (lambda mine, peer: mine - peer, ""),
    "100 gdmpi / peer": (lambda mine, peer: 100 * mine / peer, " %"),
    "peer / gdmpi - 1": (lambda mine, peer: 100 * (peer / mine - 1), " %"),
}


@dataclass
class Question:
    """Compares gdmpi with one peer. Of `aim`, such as ">= 4", only the number has a unit."""

    peer: str
    aim: str = ""
    figure: str = "gdmpi / peer"
    mine: str = GDMPI


@dataclass
class Row:
    case: str
    what: str
    unit: str
    contestant: str
    peer: str
    mine: float
    theirs: float
    figure: str
    value: float
    low: float
    high: float
    aim: str
    rounds: int
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        if not self.aim:
            return None
        verdicts = []
        for part in self.aim.split(" and "):
            relation, limit = part.split()
            value, bound = self.value, float(limit)
            verdicts.append(value >= bound if relation == ">=" else value <= bound)
        return all(verdicts)


def number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}" if math.isfinite(value) else "inf"
    return f"{value:.3g}"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def take_turns(contestants: Sequence[Contestant], rounds: int) -> dict[str, list[float]]:
    """`rounds` measurements of each, in turn, after a warm-up of each."""
    numbers: dict[str, list[float]] = {each.name: [] for each in contestants}
    try:
        for each in contestants:
            each.warm()
        for number in range(rounds):
            for each in contestants:
                numbers[each.name].append(each.round())
            last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in numbers.items())
            say(f"    round {number + 1} of {rounds}: {last}")
    finally:
        for each in contestants:
            each.close()
    return numbers


def answer(
    case: str,
    what: str,
    unit: str,
    numbers: dict[str, list[float]],
    questions: Sequence[Question],
    note: str = "",
) -> list[Row]:
    """One row per question: medians, and the median of the rounds' figures."""
    rows = []
    for question in questions:
        mine, theirs = numbers[question.mine], numbers[question.peer]
        compute, _ = FIGURES[question.figure]
        figures = [compute(a, b) for a, b in zip(mine, theirs)]
        rows.append(
            Row(
                case=case,
                what=what,
                unit=unit,
                contestant=question.mine,
                peer=question.peer,
                mine=statistics.median(mine),
                theirs=statistics.median(theirs),
                figure=question.figure,
                value=statistics.median(figures),
                low=min(figures),
                high=max(figures),
                aim=question.aim,
                rounds=len(figures),
                note=note,
            )
        )
    return rows


def read_lines() -> list[dict]:
    if not RESULTS.exists():
        return []
    return [json.loads(line) for line in RESULTS.read_text().splitlines()]


def keep(case: str, lines: Sequence[dict]) -> None:
    """Replaces the lines of a case in the results."""
    others = [line for line in read_lines() if line["case"] != case]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in [*others, *lines])
    RESULTS.write_text(text)


def keep_rows(case: str, rows: Sequence[Row]) -> None:
    keep(case, [asdict(row) for row in rows])
