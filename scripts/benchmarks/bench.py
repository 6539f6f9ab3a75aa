"""Runs the cases and writes their results; scripts/bench is the way in."""

from __future__ import annotations

import argparse
import os
import signal
import sys

import data_sets
import machine
import report
import throughput
from accuracy import accuracy
from contest import Row, keep, keep_rows, say
from fit import fit
from forecast import forecast
from memory import memory
from network import network
from reduce import reduce
from save import save
from shards import shards
from start import start


def linear(setting: machine.Setting) -> list[Row]:
    return throughput.linear(setting) + fit(setting)


CASES = {
    "mlp": throughput.mlp,
    "softmax": throughput.softmax,
    "linear": linear,
    "small": throughput.small,
    "wide": throughput.wide,
    "shards": shards,
    "reduce": reduce,
    "network": network,
    "memory": memory,
    "save": save,
    "start": start,
    "accuracy": accuracy,
    "forecast": forecast,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("case", choices=[*CASES, "all", "table"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    if not 1 <= chosen.ranks <= (os.cpu_count() or 1):
        parser.error(f"--ranks: 1 to {os.cpu_count()}, the number of cores")
    if chosen.rounds < 1:
        parser.error("--rounds: at least 1")
    return chosen


def main() -> None:
    # An exception, so that all that was started is ended and cleared away.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    chosen = arguments()
    rounds = min(chosen.rounds, 2) if chosen.quick else chosen.rounds
    seconds = 0.4 if chosen.quick else 1.0
    setting = machine.Setting(chosen.ranks, rounds, seconds, chosen.quick)
    cases = [chosen.case] if chosen.case in CASES else list(CASES)
    if chosen.case != "table":
        data_sets.make(setting)
        keep("machine", [machine.describe(setting)])
        for name in cases:
            say(f"{name}:")
            keep_rows(name, CASES[name](setting))
    report.write(cases, list(CASES))


if __name__ == "__main__":
    main()
