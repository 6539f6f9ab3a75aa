"""Bars of how many times as fast gdmpi is, by gnuplot."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

from contest import FIGURES, Row, number

KINDS = {  # by whether the aim holds
    True: ("#2a7f62", "aim holds"),
    False: ("#c8553d", "falls short of the aim"),
    None: ("#7d8ca3", "no aim set"),
}
FRAME = """\
set title 'gdmpi: how many times as fast (logarithmic; black marks are aims)' font ',13'
set logscale x
set xtics (0.1, 0.25, 0.5, 1, 2, 4, 10, 20, 40, 100, 200, 400)
set arrow from 1, graph 0 to 1, graph 1 nohead linecolor rgb '#444444' front
set key at screen 0.97, screen 0.02 bottom right horizontal width 2 samplen 2
set bmargin 5
"""


def times_as_fast(row: Row) -> float | None:
    """What a bar shows; None for what is no matter of speed."""
    if FIGURES[row.figure][1] != "x" or row.unit == "MiB" or not 0 < row.value < math.inf:
        return None
    slower_is_more = row.figure == "gdmpi / peer" and not row.unit.endswith("/s")
    return 1 / row.value if slower_is_more else row.value


def aim_as_fast(row: Row) -> float | None:
    if row.holds is None:
        return None
    aim = float(row.aim.split()[1])
    return 1 / aim if row.aim.startswith("<=") else aim


class Bar:
    """From 1 to the value, at a height; the mark of its aim; and its number to the right."""

    def __init__(self, row: Row, value: float, height: int):
        self.row, self.value, self.height = row, value, height
        self.aim = aim_as_fast(row)

    def label(self) -> str:
        what = self.row.what.split(", batch")[0]
        return f"{self.row.case}: {what}  vs  {self.row.peer}"

    def box(self) -> str:
        low, high = min(1, self.value), max(1, self.value)
        return f"{self.value} {self.height} {low} {high} {self.height - 0.36} {self.height + 0.36}"

    def mark(self) -> str:
        return f"{self.aim} {self.height - 0.42} 0 0.84"

    def text(self) -> str:
        near = self.aim and self.aim < 2.5 * self.value  # not on top of the mark
        place = max(1, self.value, self.aim if near else 1)
        return f'{place} {self.height} "{number(self.value)}x"'


def bars_of(rows: list[Row]) -> list[Bar]:
    """The first row on top."""
    shown = [(row, value) for row in rows if (value := times_as_fast(row)) is not None]
    return [Bar(row, value, len(shown) - place) for place, (row, value) in enumerate(shown)]


def plot_command(bars: list[Bar]) -> str:
    parts, data = [], []
    for holds, (colour, name) in KINDS.items():
        parts.append(
            "'-' using 1:2:3:4:5:6 with boxxyerror fillstyle solid 0.9 noborder "
            f"linecolor rgb '{colour}' title '{name}'"
        )
        data.append([bar.box() for bar in bars if bar.row.holds is holds])
    parts.append("'-' using 1:2:3:4 with vectors nohead lw 2 lc rgb '#111111' notitle")
    data.append([bar.mark() for bar in bars if bar.aim])
    parts.append("'-' using 1:2:3 with labels left offset 0.8,0 font ',10' notitle")
    data.append([bar.text() for bar in bars])
    shown = [(part, "\n".join([*lines, "e"])) for part, lines in zip(parts, data) if lines]
    return "\n".join(["plot " + ", ".join(part for part, _ in shown), *(block for _, block in shown)])


def draw(rows: list[Row], folder: Path) -> None:
    """results.png and results.svg."""
    bars = bars_of(rows)
    if not bars:
        return
    values = [value for bar in bars for value in (bar.value, bar.aim) if value]
    size = f"noenhanced size 1400,{110 + 24 * len(bars)} font 'sans,10'"
    ticks = ", ".join(f'"{bar.label()}" {bar.height}' for bar in bars)
    script = [
        FRAME,
        f"set xrange [{min(*values, 0.9) / 1.3}:{max(*values, 1.1) * 3}]",
        f"set yrange [0.3:{len(bars) + 0.7}]",
        f"set ytics ({ticks}) font ',10' scale 0",
        f"set terminal pngcairo {size}",
        f"set output '{folder}/results.png'",
        plot_command(bars),
        f"set terminal svg {size} background 'white'",
        f"set output '{folder}/results.svg'",
        plot_command(bars),
    ]
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)
