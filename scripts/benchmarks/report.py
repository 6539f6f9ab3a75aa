"""The table and the plot, out of the lines of results."""

from __future__ import annotations

import math
import subprocess
from typing import Sequence

from contest import FIGURES, RESULTS, Row, read_lines

FOLDER = RESULTS.parent
COLOURS = {True: "#2a7f62", False: "#c8553d", None: "#7d8ca3"}
LEGEND = {True: "aim holds", False: "falls short of the aim", None: "no aim set"}
INTRODUCTION = """\
# Speed of gdmpi

{processor}, {cores} cores, {memory}, {system}; {date}. {ranks} ranks of 1 thread; {rounds} rounds in
which all take their turn, after a warm-up{quick}. Numbers are medians over the rounds; a figure is
the median of the rounds' figures, with the smallest and the largest in brackets.

{versions}
"""
UNFINISHED = "\n> inf: not reached.\n"


def number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}" if math.isfinite(value) else "inf"
    return f"{value:.3g}"


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


def times_as_fast(row: Row) -> float | None:
    """What the plot shows; None for what is no matter of speed."""
    if row.figure == "gdmpi - peer" or row.unit == "MiB" or not 0 < row.value < math.inf:
        return None
    slower_is_more = row.figure == "gdmpi / peer" and not row.unit.endswith("/s")
    return 1 / row.value if slower_is_more else row.value


def aim_as_fast(row: Row) -> float | None:
    if row.holds is None:
        return None
    aim = float(row.aim.split()[1])
    return 1 / aim if row.aim.startswith("<=") else aim


def label(row: Row) -> str:
    what = row.what.split(", batch")[0]
    return f"{row.case}: {what}  vs  {row.peer}".replace('"', "")


def right_of(row: Row, fast: float) -> float:
    """Where a bar's number goes: not on top of the mark of its aim."""
    aim = aim_as_fast(row)
    return max(1, fast, aim if aim and aim < 2.5 * fast else 1)


def block(lines: list[str]) -> str:
    return "\n".join(lines or ["NaN NaN NaN NaN"]) + "\ne\n"


def gnuplot_script(rows: list[Row]) -> str:
    """Bars from 1 on a logarithmic axis, the first row on top; a tick for each aim."""
    shown = [(row, fast) for row in rows if (fast := times_as_fast(row)) is not None]
    height = 110 + 24 * len(shown)
    places = {id(row): len(shown) - place for place, (row, _) in enumerate(shown)}
    ticks = ", ".join(f'"{label(row)}" {places[id(row)]}' for row, _ in shown)
    values = [value for row, fast in shown for value in (fast, aim_as_fast(row)) if value]
    low, high = min([*values, 0.9]) / 1.3, max([*values, 1.1]) * 2.2
    parts, data = [], []
    for holds, colour in COLOURS.items():
        bars = [(places[id(row)], fast) for row, fast in shown if row.holds is holds]
        parts.append(
            f"'-' using 1:2:3:4:5:6 with boxxyerror fillstyle solid 0.9 noborder "
            f"linecolor rgb '{colour}' title '{LEGEND[holds]}'"
        )
        data.append(block([f"{v} {y} {min(1, v)} {max(1, v)} {y - .36} {y + .36}" for y, v in bars]))
    aims = [(places[id(row)], aim) for row, _ in shown if (aim := aim_as_fast(row)) is not None]
    parts.append("'-' using 1:2:3:4 with vectors nohead linewidth 2 linecolor '#111111' title 'the aim'")
    data.append(block([f"{aim} {y - .42} 0 0.84" for y, aim in aims]))
    parts.append("'-' using 1:2:3 with labels left offset 0.8,0 font ',10' notitle")
    data.append(block([f'{right_of(row, v)} {places[id(row)]} "{number(v)}x"' for row, v in shown]))
    return "\n".join(
        [
            f"set terminal pngcairo size 1100,{height} font 'sans,10'",
            f"set output '{FOLDER}/results.png'",
            "set title 'gdmpi: how many times as fast (logarithmic)' font ',13'",
            "set logscale x",
            f"set xrange [{low}:{high}]",
            f"set yrange [0.3:{len(shown) + 0.7}]",
            f"set ytics ({ticks}) font ',10' scale 0",
            "set xtics (0.1, 0.25, 0.5, 1, 2, 4, 10, 20, 40, 100, 200, 400)",
            "set grid xtics linecolor rgb '#dddddd'",
            "set arrow from 1, graph 0 to 1, graph 1 nohead linecolor rgb '#444444' front",
            "set key below horizontal",
            "set bars 0",
            "plot " + ", \\\n     ".join(parts),
            "".join(data),
            f"set terminal svg size 1100,{height} font 'sans,10' background 'white'",
            f"set output '{FOLDER}/results.svg'",
            "plot " + ", \\\n     ".join(parts),
            "".join(data),
        ]
    )


def write(cases: Sequence[str], order: Sequence[str]) -> None:
    """results.md, results.png and results.svg of all; on standard output, the rows of `cases`."""
    lines = read_lines()
    machines = [line for line in lines if line["case"] == "machine"]
    rows = [Row(**line) for case in order for line in lines if line["case"] == case]
    if not rows:
        raise SystemExit(f"bench: nothing to show in {RESULTS}")
    unfinished = UNFINISHED if any(math.isinf(row.mine + row.theirs) for row in rows) else ""
    image = "\n![how many times as fast gdmpi is](results.png)\n"
    (FOLDER / "results.md").write_text(introduction(machines[0]) + "\n" + table(rows) + unfinished + image)
    subprocess.run(["gnuplot"], input=gnuplot_script(rows), text=True, check=True)
    print(table([row for row in rows if row.case in cases]) + unfinished)
    print(f"{FOLDER}/results.md, results.jsonl, results.png, results.svg")
