"""Does PyTorch load a checkpoint by the lines of the README, and predict the same as gdmpi?

    python3 tests/reference/loads.py CASE README.md MODEL.h5 DATA.h5 PREDICTIONS.h5

with Debian's python3-torch and python3-h5py. The predictions are those of gdmpi, probabilities, for /val
of the data; tests/run/torch_test.sh makes them.
"""

from __future__ import annotations

import configparser
import re
import sys
import textwrap

import h5py
import torch
from layers import Embedding, Residual
from torch.nn import GELU, BatchNorm1d, Dropout, LayerNorm, Linear, ReLU, Sequential, Tanh

CASES = {
    "dense": [Linear(5, 6), Tanh(), Linear(6, 3)],
    "batch_norm": [Linear(5, 6), BatchNorm1d(6), ReLU(), Dropout(), Linear(6, 3)],
    "layer_norm": [LayerNorm(5), Linear(5, 6), GELU(), LayerNorm(6), Linear(6, 3)],
    "residual": [Linear(5, 6), Residual(Linear(6, 4), BatchNorm1d(4), ReLU(), Linear(4, 6)), Linear(6, 3)],
    "embedding": [Embedding(8, 3, 1, 1), Embedding(8, 2, 5, 6), Linear(9, 3)],
}


def lines_of(readme: str, path: str) -> str:
    """The block of the README that loads a model, with another path."""
    with open(readme, encoding="utf-8") as file:
        block = re.search(r"^    import h5py, torch\n(?:    .*\n)+", file.read(), re.MULTILINE)
    lines, count = re.subn(r'"[^"]*model\.h5"', repr(path), textwrap.dedent(block.group()))
    assert count == 1, lines
    return lines


def main() -> None:
    case, readme, model_path, data_path, predictions_path = sys.argv[1:]
    model = Sequential(*CASES[case])
    exec(lines_of(readme, model_path), {"model": model})
    with h5py.File(model_path) as f:
        config = configparser.ConfigParser(interpolation=None)
        config.read_string(bytes(f["state/config"][()]).decode())
        shift, factor = (f["normalize/" + name][()] for name in ("shift", "factor")) if "normalize" in f else (0, 1)
    with h5py.File(data_path) as f:
        x = torch.from_numpy((f["val/x"][()] - shift) * factor * config.getfloat("data", "scale"))
    with h5py.File(predictions_path) as f:
        wanted = torch.from_numpy(f["probability"][()])
    with torch.no_grad():
        off = (model.eval()(x.double()).softmax(1) - wanted).abs().max().item()
    print(f"{case} in {config['train']['precision']} precision: off by {off:.2g} at most")
    sys.exit(not off <= (1e-12 if config["train"]["precision"] == "double" else 1e-5))


if __name__ == "__main__":
    main()
