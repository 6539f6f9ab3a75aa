"""What it costs that the result does not depend on the ranks: several shards a rank against one of
as many rows, at the same batch."""

from __future__ import annotations

from dataclasses import replace

from contest import Question, Row, answer, take_turns
from contestants import Gdmpi
from machine import Setting
from throughput import MLP, UNIT

SHARDS, ROWS = (1, 2, 4, 8), (32, 64, 128, 256)  # shards a rank, rows a shard
AIMS = {(2, 128): "<= 5"}


def name(shards: int, rows: int) -> str:
    return f"{shards} shard{'s'[: shards > 1]} a rank of {rows} rows"


def contestant(setting: Setting, shards: int, rows: int) -> Gdmpi:
    settings = {"data.shards": str(shards * setting.ranks)}
    task = replace(MLP, batch=shards * rows * setting.ranks, gdmpi=settings)
    return Gdmpi(setting, task, 1, name(shards, rows))


def one_batch(setting: Setting, rows: int) -> list[Row]:
    """All that have so many rows a rank in a step."""
    cells = [(shards, rows // shards) for shards in SHARDS if rows // shards in ROWS]
    cells = [(1, rows)] + [cell for cell in cells if cell[0] > 1]
    if len(cells) == 1:
        return []
    numbers = take_turns([contestant(setting, *cell) for cell in cells], setting.rounds)
    rows_of = []
    for cell in cells[1:]:
        question = Question(name(1, rows), AIMS.get(cell, ""), "peer / gdmpi - 1", name(*cell))
        what = f"{name(*cell)}, {'-'.join(map(str, MLP.widths))}"
        rows_of += answer("shards", what, UNIT, numbers, [question])
    return rows_of


def shards(setting: Setting) -> list[Row]:
    totals = sorted({shards * rows for shards in SHARDS for rows in ROWS})
    return [row for rows in totals for row in one_batch(setting, rows)]
