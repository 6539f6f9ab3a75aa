"""Where things are, how they are started, and what this machine is."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")


@dataclass
class Setting:
    """What the command line says."""

    ranks: int
    rounds: int
    seconds: float  # that a measurement of a peer should take
    quick: bool

    @property
    def build(self) -> Path:
        return PROJECT / "build"

    @property
    def gdmpi(self) -> str:
        return str(self.build / "gdmpi")

    def probe(self, name: str) -> str:
        return str(self.build / "scripts/benchmarks" / name)

    def mpirun(self, *command: str) -> list[str]:
        return ["mpirun", "--bind-to", "none", "-np", str(self.ranks), *command]


def environment(**more: str) -> dict[str, str]:
    """This process's, and more."""
    return dict(os.environ, **more)


def output(command: list[str], **more: str) -> str:
    """What a command prints, with more in its environment; fails with what it says if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, env=environment(**more))
    if done.returncode != 0:
        said = done.stderr + done.stdout
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{said}")
    return done.stdout


def first_line(*command: str) -> str:
    try:
        return output(list(command)).splitlines()[0].strip()
    except (OSError, RuntimeError, IndexError):
        return "not there"


def processor() -> str:
    for line in output(["lscpu"]).splitlines():
        if line.startswith("Model name:"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def versions() -> dict[str, str]:
    modules = ("numpy", "torch", "sklearn")
    numpy, torch, sklearn = [
        first_line(PYTHON, "-c", f"import {name}; print({name}.__version__)") for name in modules
    ]
    return {
        "gdmpi": first_line("git", "-C", str(PROJECT), "describe", "--always", "--dirty"),
        "MPI": first_line("mpirun", "--version"),
        "BLAS of gdmpi": "OpenBLAS " + first_line("pkg-config", "--modversion", "openblas"),
        "BLAS of NumPy and PyTorch": str(Path("/usr/lib/x86_64-linux-gnu/libblas.so.3").resolve()),
        "compiler": first_line("gcc", "--version"),
        "NumPy": numpy,
        "PyTorch": torch,
        "scikit-learn": sklearn,
    }


def describe(setting: Setting) -> dict:
    """The line of the results that says where and with what they were measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "case": "machine",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "ranks": setting.ranks,
        "rounds": setting.rounds,
        "quick": setting.quick,
        "versions": versions(),
    }
