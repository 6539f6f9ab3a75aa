"""Rows per second: the cases mlp, softmax, linear, small and wide."""

from __future__ import annotations

from contest import GDMPI, Question, Row, answer, take_turns
from contestants import Gdmpi, Peer, Probe, Task, ddp, sklearn, torch_alone
from machine import Setting

UNIT = "rows/s"
PIXELS = 1 / 255
MLP = Task(
    "fashion-mnist.h5:/train", [784, 512, 256, 10], "cross_entropy", 256, "momentum", scale=PIXELS
)
SOFTMAX = Task("fashion-mnist.h5:/train", [784, 10], "cross_entropy", 256, scale=PIXELS)
LOGISTIC = Task("bench.h5:/logistic", [100, 1], "bce", 256)
LINEAR = Task("bench.h5:/linear", [100, 1], "mse", 256, lr=0.01)
SMALL = Task("bench.h5:/small", [20, 64, 64, 1], "mse", 128, lr=0.01)
WIDE = Task("bench.h5:/wide", [784, 4096, 4096, 10], "cross_entropy", 512, lr=0.01, scale=PIXELS)


def title(task: Task) -> str:
    return f"{'-'.join(map(str, task.widths))}, batch {task.batch}, {task.optimizer}"


def mlp(setting: Setting) -> list[Row]:
    gemm = Probe(setting, "GEMM limit", "gemm", MLP)
    peers: list[Peer] = [
        ddp(setting, MLP),
        torch_alone(setting, MLP),
        sklearn(setting, MLP, "MLPClassifier"),
    ]
    numbers = take_turns([Gdmpi(setting, MLP, 2), gemm, *peers], setting.rounds)
    aims = {gemm.name: ">= 0.75", peers[0].name: ">= 4"}
    names = [gemm.name] + [peer.name for peer in peers]
    return answer("mlp", title(MLP), UNIT, numbers, [Question(n, aims.get(n, "")) for n in names])


def softmax(setting: Setting) -> list[Row]:
    plain = Probe(setting, "plain C loop", "softmax", SOFTMAX)
    peers = [ddp(setting, SOFTMAX), torch_alone(setting, SOFTMAX)]
    numbers = take_turns([Gdmpi(setting, SOFTMAX, 20), plain, *peers], setting.rounds)
    questions = [
        Question(plain.name, ">= 1"),
        Question(peers[0].name, ">= 20"),
        Question(peers[1].name),
    ]
    return answer("softmax", title(SOFTMAX), UNIT, numbers, questions)


def one_output(setting: Setting, task: Task, name: str, estimator: str) -> list[Row]:
    peers = [
        ddp(setting, task),
        torch_alone(setting, task),
        sklearn(setting, task, f"{estimator} (steps of 1 row)"),
    ]
    numbers = take_turns([Gdmpi(setting, task, 8), *peers], setting.rounds)
    questions = [Question(peers[0].name, ">= 30"), *(Question(peer.name) for peer in peers[1:])]
    return answer("linear", f"{name} {title(task)}", UNIT, numbers, questions)


def linear(setting: Setting) -> list[Row]:
    return [
        *one_output(setting, LOGISTIC, "logistic", "SGDClassifier"),
        *one_output(setting, LINEAR, "linear", "SGDRegressor"),
    ]


def small(setting: Setting) -> list[Row]:
    arithmetic = Probe(setting, "its arithmetic in plain C", "dense", SMALL, per_step=True)
    peers = [
        ddp(setting, SMALL),
        torch_alone(setting, SMALL),
        sklearn(setting, SMALL, "MLPRegressor"),
    ]
    numbers = take_turns([Gdmpi(setting, SMALL, 8), arithmetic, *peers], setting.rounds)
    questions = [Question(peers[0].name, ">= 10"), *(Question(peer.name) for peer in peers[1:])]
    rows = answer("small", title(SMALL), UNIT, numbers, questions)
    numbers[GDMPI] = [1e6 * SMALL.batch / rate for rate in numbers[GDMPI]]
    overhead = Question(arithmetic.name, "<= 20", "gdmpi - peer")
    return rows + answer("small", "time of a step", "us", numbers, [overhead])


def wide(setting: Setting) -> list[Row]:
    gemm = Probe(setting, "GEMM limit", "gemm", WIDE)
    peers = [ddp(setting, WIDE), torch_alone(setting, WIDE)]
    numbers = take_turns([Gdmpi(setting, WIDE, 2), gemm, *peers], setting.rounds)
    questions = [Question(gemm.name, ">= 0.85"), *(Question(peer.name, ">= 1") for peer in peers)]
    return answer("wide", title(WIDE), UNIT, numbers, questions)


