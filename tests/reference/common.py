"""What the recipes share: the data and first parameters of trajectory_mpi_test.c, the rows of each
step, and how the outcome is written. A recipe is run as

    python3 tests/reference/NAME.py > tests/reference/NAME.txt

with Debian's python3-torch; the tests need neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

ROWS, INPUTS, OUTPUTS, SHARDS, BATCH, STEPS = 103, 5, 3, 4, 42, 30
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def small(modulus: int, width: int) -> torch.Tensor:
    row, i = torch.arange(ROWS).unsqueeze(1), torch.arange(width)
    return ((row * 7 + i * 13 + row * i) % modulus - modulus // 2).double() / 16


def features(group: str) -> torch.Tensor:
    """Of /mixed, columns 0, 2 and 3 hold whole numbers below 7."""
    x = small(31, INPUTS)
    if group == "/mixed":
        row = torch.arange(ROWS)
        for i in (0, 2, 3):
            x[:, i] = (row * row + i) % 7
    return x


def targets(group: str) -> torch.Tensor:
    row, i = torch.arange(ROWS).unsqueeze(1), torch.arange(OUTPUTS)
    made = {
        "/classes": lambda: ((row * row + row // 7) % OUTPUTS).squeeze(1),
        "/mixed": lambda: ((row * row + row // 7) % OUTPUTS).squeeze(1),
        "/bits": lambda: ((row + row * i + i) % 5 < 2).double(),
        "/bit": lambda: ((row + row * i + i) % 5 < 2).double().flatten()[:ROWS].unsqueeze(1),
        "/counts": lambda: ((row * (i + 2)) % 7).double(),
        "/values": lambda: small(23, OUTPUTS),
    }
    return made[group]()


def parts(count: int, number: int) -> list[int]:
    """Sizes of contiguous parts, the larger first."""
    return [count // number + (i < count % number) for i in range(number)]


def steps_of_an_epoch(shards: int, batch_size: int) -> list[torch.Tensor]:
    """The rows of each step: a part of every shard's."""
    steps: list[list[int]] = []
    first = 0
    for rows, batch in zip(parts(ROWS, shards), parts(batch_size, shards)):
        for step, begin in enumerate(range(0, rows, batch)):
            if step == len(steps):
                steps.append([])
            steps[step] += range(first + begin, first + min(begin + batch, rows))
        first += rows
    return [torch.tensor(step) for step in steps]


def batches(shards: int = SHARDS, batch_size: int = BATCH) -> Iterator[torch.Tensor]:
    """The rows of all steps."""
    epoch = steps_of_an_epoch(shards, batch_size)
    for step in range(STEPS):
        yield epoch[step % len(epoch)]


def tensors(model: torch.nn.Module) -> list[torch.Tensor]:
    """Parameters, then running means and variances."""
    return [*model.parameters(), *(buffer for buffer in model.buffers() if buffer.is_floating_point())]


def set_parameters(model: torch.nn.Module) -> None:
    place = 0
    for parameter in tensors(model):
        numbers = (torch.arange(place, place + parameter.numel()) * 37 + 11) % 101 - 50
        parameter.data = (numbers.double() / 64).reshape(parameter.shape)
        place += parameter.numel()


def network() -> torch.nn.Sequential:
    """dense 4, tanh, dense 3"""
    return torch.nn.Sequential(torch.nn.Linear(INPUTS, 4), torch.nn.Tanh(), torch.nn.Linear(4, OUTPUTS))


def shard_of(row: torch.Tensor) -> torch.Tensor:
    ends = torch.tensor(parts(ROWS, SHARDS)).cumsum(0)
    return torch.bucketize(row, ends, right=True)


def write(name: str, by: str, settings: dict[str, object], model: torch.nn.Module) -> None:
    """A case whose name is that of the method which it shows, then what else there is to say; `by` is its reference."""
    print(f"case {name}")
    print(f"by {by}")
    for key, value in settings.items():
        print(f"set {key}={value}")
    for parameter in tensors(model):
        for number in parameter.detach().flatten().tolist():
            print(f"{number:.17g}")


def train(
    model: torch.nn.Module,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    group: str,
    optimizer: torch.optim.Optimizer,
    after_step: Callable[[int], None] = lambda step: None,
    before_step: Callable[[], object] = lambda: None,
) -> None:
    """30 steps from the first parameters; before_step comes between gradient and update."""
    x, y = features(group), targets(group)
    for step, rows in enumerate(batches()):
        optimizer.zero_grad()
        loss(model(x[rows]), y[rows]).backward()
        before_step()
        optimizer.step()
        after_step(step)
