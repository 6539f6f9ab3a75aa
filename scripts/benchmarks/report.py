"""The table, out of the lines of results, and the plot beside it."""

from __future__ import annotations

import math
from typing import Sequence

import plot
from contest import FIGURES, RESULTS, Row, number, read_lines

FOLDER = RESULTS.parent
INTRODUCTION = """\
# Speed of gdmpi

{processor}, {cores} cores, {memory}, {system}; {date}. {ranks} ranks of 1 thread; {rounds} rounds
in which all take their turn, after a warm-up{quick}.
Numbers are medians over the rounds; a figure is the median of the rounds' figures, with the
smallest and the largest in brackets.

{versions}
"""
UNFINISHED = "\n> inf: not reached.\n"


def figure(row: Row) -> str:
    unit = FIGURES[row.figure][1] or " " + row.unit
    return f"**{number(row.value)}{unit}** ({number(row.low)} to {number(row.high)})"


def verdict(row: Row) -> str:
    return {None: "", True: "holds", False: "falls short"}[row.holds]


def table(rows: list[Row]) -> str:
    head = "| case | what | gdmpi | peer | peer's | figure | median (range) | aim | |\n"
    head += "| --- | --- | ---: | --- | ---: | --- | ---: | --- | --- |\n"
    lines = []
    for row in rows:
        what = f"{row.what}, {row.unit}" + (f" ({row.note})" if row.note else "")
        cells = [row.case, what, number(row.mine), row.peer, number(row.theirs), row.figure]
        cells += [figure(row), row.aim, verdict(row)]
        lines.append("| " + " | ".join(cells) + " |\n")
    return head + "".join(lines)


def introduction(machine: dict) -> str:
    versions = "\n".join(f"- {name}: {value}" for name, value in machine["versions"].items())
    quick = ", all of them short (--quick)" if machine["quick"] else ""
    return INTRODUCTION.format(**{**machine, "versions": versions, "quick": quick})


def write(cases: Sequence[str], order: Sequence[str]) -> None:
    """results.md, results.png and results.svg of all; on standard output, the rows of `cases`."""
    lines = read_lines()
    machines = [line for line in lines if line["case"] == "machine"]
    rows = [Row(**line) for case in order for line in lines if line["case"] == case]
    if not rows:
        raise SystemExit(f"bench: nothing to show in {RESULTS}")
    unfinished = UNFINISHED if any(math.isinf(row.mine + row.theirs) for row in rows) else ""
    image = "\n![how many times as fast gdmpi is](results.png)\n"
    text = introduction(machines[0]) + "\n" + table(rows) + unfinished + image
    (FOLDER / "results.md").write_text(text)
    plot.draw(rows, FOLDER)
    print(table([row for row in rows if row.case in cases]) + unfinished)
    print(f"{FOLDER}/results.md, results.jsonl, results.png, results.svg")
