"""scikit-learn's optima of gdmpi's objectives, on scikit-learn's own small sets: those of optima_mpi_test.c.

    python3 tests/reference/optima.py tests/reference

with Debian's python3-sklearn writes optima.txt, and optima/SET.txt for each set; the tests need it not.

gdmpi minimises, over weights W and biases b, with n rows,

    f(W, b) = 1/n sum_i loss(y_i, W x_i + b) + l2/2 |W|^2 + l1 |W|_1

and leaves biases out of the penalties, as scikit-learn does but for LinearSVC. In its terms:

    logistic regression  LogisticRegression  sum_i loss + |W|^2 / (2 C)            C = 1 / (n l2)
    ridge                Ridge               sum_i (z - y)^2 + alpha |W|^2         alpha = n l2 / 2
    lasso, elastic net   ElasticNet          sum_i (z - y)^2 / (2 n) + alpha r |W|_1 + alpha (1 - r) |W|^2 / 2
                                             alpha = (l1 + l2) / 2, r = l1 / (l1 + l2)
    linear SVM           SVC, linear         sum_i max(0, 1 - t z) + |W|^2 / (2 C) for each output, C = 1 / (n l2)
    the same, squared    SVC, precomputed    as above without slack (C large), of the kernel X X' + n l2 / 2 I:
                                             Cristianini and Shawe-Taylor 2000, section 6.1.2

What each comes to is checked: f is at least minus the sum of conjugates (Rockafellar 1970, theorem 31.1)

    f* >= - 1/n sum_i loss*(D_i) - sum_j max(0, |V_j| - l1)^2 / (2 l2),  V = D' X / n,

for any D whose columns sum to 0. With the slopes of the losses for D it is as large as f, at the optimum alone.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import log_softmax, softmax, xlogy
from sklearn import datasets
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

UCI = "from the UCI Machine Learning Repository (archive.ics.uci.edu), CC BY 4.0"
SETS: dict[str, tuple[Callable[[], object], str]] = {
    "iris": (datasets.load_iris, f"Iris, R. A. Fisher, {UCI}"),
    "wine": (datasets.load_wine, f"Wine, S. Aeberhard and M. Forina, {UCI}"),
    "breast_cancer": (
        datasets.load_breast_cancer,
        f"Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street and W. Street, {UCI}",
    ),
    "digits": (
        datasets.load_digits,
        f"Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, {UCI}; the first 500 rows",
    ),
    "diabetes": (
        lambda: datasets.load_diabetes(scaled=False),
        "Diabetes, of B. Efron, T. Hastie, I. Johnstone and R. Tibshirani 2004, Least Angle Regression",
    ),
}


def load(name: str) -> tuple[np.ndarray, np.ndarray]:
    data = SETS[name][0]()
    rows = 500 if name == "digits" else len(data.target)
    return data.data[:rows], data.target[:rows].astype(int)


@dataclass
class Problem:
    loss: str
    l2: float
    l1: float
    x: np.ndarray  # standardized
    y: np.ndarray

    def __post_init__(self) -> None:
        count = 1 if self.loss == "mse" else self.y.max() + 1
        self.outputs = 1 if count == 2 else count
        self.hot = self.y[:, None] == (np.arange(count) if self.outputs > 1 else 1)
        self.signs = np.where(self.hot, 1.0, -1.0)


def sum_of_losses(problem: Problem, z: np.ndarray) -> float:
    losses = {
        "cross_entropy": lambda: -log_softmax(z, axis=1)[problem.hot],
        "bce": lambda: np.logaddexp(0, z) - problem.hot * z,
        "mse": lambda: (z - problem.y[:, None]) ** 2,
        "hinge": lambda: np.maximum(0, 1 - problem.signs * z),
        "squared_hinge": lambda: np.maximum(0, 1 - problem.signs * z) ** 2,
    }
    return losses[problem.loss]().sum()


def sum_of_conjugates(problem: Problem, d: np.ndarray) -> float:
    p = d + problem.hot
    conjugates = {
        "cross_entropy": lambda: xlogy(p, p),
        "bce": lambda: xlogy(p, p) + xlogy(1 - p, 1 - p),
        "mse": lambda: d**2 / 4 + d * problem.y[:, None],
        "hinge": lambda: problem.signs * d,
        "squared_hinge": lambda: problem.signs * d + d**2 / 4,
    }
    return conjugates[problem.loss]().sum()


def value(problem: Problem, w: np.ndarray, b: np.ndarray) -> float:
    z = problem.x @ w.T + b
    penalty = problem.l2 / 2 * (w**2).sum() + problem.l1 * np.abs(w).sum()
    return sum_of_losses(problem, z) / len(z) + penalty


def lower_bound(problem: Problem, d: np.ndarray) -> float:
    d = d - d.mean(0)
    v = np.abs(d.T @ problem.x) / len(d)
    if problem.l2 == 0:  # then v must not be above l1
        return -sum_of_conjugates(problem, d * min(1, problem.l1 / v.max())) / len(d)
    penalty = (np.maximum(0, v - problem.l1) ** 2).sum() / (2 * problem.l2)
    return -sum_of_conjugates(problem, d) / len(d) - penalty


Solution = tuple[np.ndarray, np.ndarray, np.ndarray]  # W, b, D


def logistic(problem: Problem) -> Solution:
    kind = "multinomial" if problem.outputs > 1 else "ovr"
    c = 1 / (len(problem.y) * problem.l2)
    model = LogisticRegression(C=c, multi_class=kind, solver="newton-cg", tol=1e-9, max_iter=10000)
    model.fit(problem.x, problem.y)
    z = problem.x @ model.coef_.T + model.intercept_
    slopes = (softmax(z, axis=1) if problem.outputs > 1 else 1 / (1 + np.exp(-z))) - problem.hot
    return model.coef_, model.intercept_, slopes


def squares(problem: Problem) -> Solution:
    l1, l2 = problem.l1, problem.l2
    if l1 == 0:
        model = Ridge(alpha=len(problem.y) * l2 / 2, solver="cholesky")
    else:
        model = ElasticNet(alpha=(l1 + l2) / 2, l1_ratio=l1 / (l1 + l2), tol=1e-14, max_iter=10**6)
    model.fit(problem.x, problem.y)
    w, b = model.coef_[None], np.array([model.intercept_])
    return w, b, 2 * (problem.x @ w.T + b - problem.y[:, None])


def machine(problem: Problem) -> Solution:
    """One output against the rest at a time."""
    n, (x, l2) = len(problem.y), (problem.x, problem.l2)
    w, b, d = np.zeros((problem.outputs, x.shape[1])), np.zeros(problem.outputs), np.zeros(problem.hot.shape)
    squared = problem.loss == "squared_hinge"
    kernel = x @ x.T + squared * n * l2 / 2 * np.eye(n)
    for j in range(problem.outputs):
        model = SVC(kernel="precomputed", C=1e9 if squared else 1 / (n * l2), tol=1e-11)
        model.fit(kernel, problem.hot[:, j])
        d[model.support_, j] = -n * l2 * model.dual_coef_[0]
        w[j], b[j] = model.dual_coef_[0] @ x[model.support_], model.intercept_[0]
    return w, b, d


# Of a loss, or of mse with l1, l2 or both: the name of the method, and what scikit-learn calls it.
LOGISTIC = "logistic regression", "scikit-learn's LogisticRegression"
METHODS = {
    "cross_entropy": LOGISTIC,
    "bce": LOGISTIC,
    "l2": ("ridge", "scikit-learn's Ridge"),
    "l1": ("lasso", "scikit-learn's ElasticNet"),
    "l1 and l2": ("elastic net", "scikit-learn's ElasticNet"),
    "hinge": ("linear SVM", "scikit-learn's SVC"),
    "squared_hinge": ("squared linear SVM", "scikit-learn's SVC"),
}


def method(problem: Problem) -> tuple[str, str]:
    penalties = " and ".join(["l1"] * (problem.l1 > 0) + ["l2"] * (problem.l2 > 0))
    return METHODS[penalties if problem.loss == "mse" else problem.loss]


SOLVERS = {"cross_entropy": logistic, "bce": logistic, "mse": squares, "hinge": machine, "squared_hinge": machine}


# Data, loss, l2, l1, epochs, optimizer. With momentum, a gradient counts 1 / (1 - momentum) times, and the proximal step
# of l1 once, unless dampening = momentum.
CASES = [
    ("iris", "cross_entropy", 0.01, 0, 200, "name=nesterov lr=0.6 momentum=0.9"),
    ("wine", "cross_entropy", 0.01, 0, 300, "name=adam lr=0.1"),
    ("digits", "cross_entropy", 0.01, 0, 500, "name=nesterov lr=0.25 momentum=0.95"),
    ("breast_cancer", "bce", 0.01, 0, 200, "name=nesterov lr=0.3 momentum=0.9"),
    ("diabetes", "mse", 0.1, 0, 200, "name=momentum lr=0.15 momentum=0.8"),
    ("diabetes", "mse", 0.1, 0, 400, "name=sgd lr=0.2 weight_decay=0.1"),
    ("diabetes", "mse", 0, 4, 400, "name=momentum lr=1.5 momentum=0.9 dampening=0.9"),
    ("diabetes", "mse", 0.1, 2, 400, "name=sgd lr=0.2"),
    ("iris", "squared_hinge", 0.01, 0, 500, "name=nesterov lr=0.2 momentum=0.95"),
    ("wine", "squared_hinge", 0.1, 0, 400, "name=nesterov lr=0.1 momentum=0.9"),
    ("digits", "squared_hinge", 0.1, 0, 400, "name=nesterov lr=0.1 momentum=0.95"),
    ("breast_cancer", "squared_hinge", 0.01, 0, 500, "name=nesterov lr=0.05 momentum=0.95"),
    ("iris", "hinge", 0.1, 0, 1000, "name=nesterov lr=0.1 momentum=0.9"),
    ("wine", "hinge", 0.1, 0, 1000, "name=nesterov lr=0.1 momentum=0.9"),
    ("digits", "hinge", 0.1, 0, 1500, "name=nesterov lr=0.1 momentum=0.95"),
    ("breast_cancer", "hinge", 0.1, 0, 1000, "name=nesterov lr=0.1 momentum=0.9"),
]


def number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def write_set(name: str, path: Path) -> None:
    x, y = load(name)
    lines = [f"# {SETS[name][1]}; as scikit-learn has it", f"{x.shape[0]} {x.shape[1]}"]
    lines += [" ".join([str(label), *map(number, row)]) for label, row in zip(y, x)]
    path.write_text("\n".join(lines) + "\n")


def score(problem: Problem, z: np.ndarray) -> str:
    if problem.loss == "mse":
        return f"r2 {r2_score(problem.y, z):.17g}"
    guess = z.argmax(1) if problem.outputs > 1 else z[:, 0] > 0
    return f"accuracy {accuracy_score(problem.y, guess):.17g}"


def settings(problem: Problem, epochs: int, optimizer: str) -> dict[str, object]:
    """Those of gdmpi, besides what all cases have in common."""
    chosen = {"train.epochs": epochs, "model.layers": f"dense {problem.outputs}", "model.loss": problem.loss}
    if problem.loss == "hinge":  # it is not smooth, so that steps must become small
        chosen |= {"schedule.name": "polynomial", "schedule.power": 3}
    if problem.loss == "mse":
        chosen |= {"run.metrics": "r2"}
    for word in optimizer.split():
        key, value = word.split("=")
        chosen[f"optimizer.{key}"] = value
    if problem.l1 > 0:
        chosen["optimizer.l1"] = problem.l1
    if problem.l2 > 0 and "weight_decay" not in optimizer:
        chosen["optimizer.l2"] = problem.l2
    return chosen


def reference(name: str, loss: str, l2: float, l1: float, epochs: int, optimizer: str) -> list[str]:
    x, y = load(name)
    problem = Problem(loss, l2, l1, StandardScaler().fit_transform(x), y)
    w, b, d = SOLVERS[loss](problem)
    least = value(problem, w, b)
    gap = 1 - lower_bound(problem, d) / least
    kind, by = method(problem)
    title = f"{kind}, {name}, l2 {l2:g}, l1 {l1:g}, {optimizer.split()[0][5:]}"
    print(f"{title:65} at most {gap:.1e} above the optimum", file=sys.stderr)
    assert abs(gap) < 1e-7  # SVC has kernels in single precision
    lines = [f"case {title}", f"by {by}", f"data {name}"]
    lines += [f"set {key}={value}" for key, value in settings(problem, epochs, optimizer).items()]
    lines += [f"objective {least:.17g}", f"score {score(problem, problem.x @ w.T + b)}"]
    return lines + [f"zeros {(w == 0).sum()}"] * (l1 > 0)


def main() -> None:
    warnings.simplefilter("ignore")  # of newton-cg, that the last digits do not get better
    folder = Path(sys.argv[1])
    (folder / "optima").mkdir(exist_ok=True)
    for name in SETS:
        write_set(name, folder / "optima" / f"{name}.txt")
    lines = [line for row in CASES for line in reference(*row)]
    (folder / "optima.txt").write_text("\n".join(lines) + "\n")


main()
