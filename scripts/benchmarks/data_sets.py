"""The data of the benchmarks, made once, in the project's data/."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy

from machine import PROJECT, Setting, output

IDX = Path("/usr/share/datasets/fashion-mnist")
ROWS, FEATURES, SMALL_FEATURES, LOGISTIC_ROWS, WIDE_ROWS = 200_000, 100, 20, 100_000, 2048


def path_of(file: str) -> Path:
    return PROJECT / "data" / file


def make(setting: Setting) -> None:
    make_fashion(setting)
    make_generated()


def make_fashion(setting: Setting) -> None:
    path = path_of("fashion-mnist.h5")
    if path.exists():
        return
    path.parent.mkdir(exist_ok=True)
    parts = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
    inputs = [str(IDX / f"{part}-ubyte.gz") for part in parts]
    output([setting.gdmpi, "import", "idx", *inputs, "-o", str(path)])


def write_text(path: Path, x: numpy.ndarray, y: numpy.ndarray) -> None:
    """Lines of `label index:value ...`."""
    with open(path, "w") as text:
        for row, label in zip(x, y):
            cells = " ".join(f"{place}:{value:.7g}" for place, value in enumerate(row, 1))
            text.write(f"{label} {cells}\n")


def make_generated() -> None:
    """Groups of bench.h5: linear and logistic (the same x), small, wide, which is a part of
    Fashion-MNIST, and fit, which is a part of logistic and in liblinear's format in bench.txt."""
    path = path_of("bench.h5")
    if path.exists():
        return
    random = numpy.random.default_rng(1)
    part = path.with_suffix(".part")
    with h5py.File(part, "w") as data, h5py.File(path_of("fashion-mnist.h5")) as fashion:
        x = random.standard_normal((ROWS, FEATURES), dtype=numpy.float32)
        score = x @ random.standard_normal(FEATURES, dtype=numpy.float32) / FEATURES**0.5
        noise = random.standard_normal(ROWS, dtype=numpy.float32)
        data["linear/x"], data["linear/y"] = x, score + 0.1 * noise
        data["logistic/x"] = data["linear/x"]
        data["logistic/y"] = (score + 0.5 * noise > 0).astype(numpy.uint8)
        data["fit/x"], data["fit/y"] = x[:LOGISTIC_ROWS], data["logistic/y"][:LOGISTIC_ROWS]
        write_text(path_of("bench.txt"), x[:LOGISTIC_ROWS], data["fit/y"][()])
        x = random.standard_normal((ROWS, SMALL_FEATURES), dtype=numpy.float32)
        data["small/x"], data["small/y"] = x, numpy.sin(x[:, :4].sum(axis=1))
        for part_of in ("x", "y"):
            data[f"wide/{part_of}"] = fashion[f"train/{part_of}"][:WIDE_ROWS]
    part.rename(path)
