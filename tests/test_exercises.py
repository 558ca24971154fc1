"""Each exercise's solution applies to its script, runs as a user would run it, and gives what `Do:` promises."""

import math
import re

import pytest

from conftest import SCRIPTS, printed, solved, source

T = [-5 + 10 * i / 199 for i in range(200)]  # GELU is x times the normal distribution's share below x; its slope:
GELU = [(1 + math.erf(t / 2**0.5)) / 2 + t * math.exp(-t * t / 2) / math.sqrt(2 * math.pi) for t in T]


def after(words, out):
    """Return the numbers that stand in the output between these words and the next empty line."""
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", out.split(words)[-1].split("\n\n")[0])]


def nesterov(rate, x=-8.0, y=1.0, mx=0.0, my=0.0):
    """Return how far it is to go after 60 steps of the rule m = 0.8 * m + g, p -= rate * (g + 0.8 * m)."""
    for _ in range(60):
        mx, my = 0.8 * mx + x, 0.8 * my + 50 * y
        x, y = x - rate * (x + 0.8 * mx), y - rate * (50 * y + 0.8 * my)
    return math.hypot(x, y)


PROMISED = {  # what holds for the output of the solved script; whatever script isn't named here only has to run
    "01_numpy_vs_torch": lambda out: after("standardised", out) == [1, -1, -1, 1] * 2,
    "02_autograd": lambda out: abs(after("ten steps", out)[0] - 1 - 4 * 0.6**10) < 1e-4,  # v - 1 shrinks to 0.6 of it
    "03_activations": lambda out: f"{after('gelu', out)[2]}" == f"{min(GELU):.2f}" == "-0.13",
    "04_regression": lambda out: abs(after("at 2:", out)[0] - 0.4) < 0.1 and 1 < after("at 2:", out)[1] < 3,
    "05_classification": lambda out: "out_features=3" in out and after("accuracy on new points", out)[0] >= 95,
    "06_sequential": lambda out: f"{(10 + 10) + (100 + 10) + (10 + 1)} parameters" in out and "141 parameters" in out,
    "07_save_restore": lambda out: (
        re.findall(r"equals net1: (\w+)", out) == ["True"] * 3 and b"Tanh" in solved("07_save_restore").files["net.pt"]
    ),
    "08_batching": lambda out: (
        out == printed("08_batching")
        and re.search(r"class (\w+)\(Dataset\):.*torch_dataset = \1\(x, y\)", solved("08_batching").text, re.S)
    ),
    "09_optimizers": lambda out: nesterov(rate=after("Nesterov", out)[2]) < after("Momentum", out)[1] == 0.01,
    "10_cnn_mnist": lambda out: (
        re.findall(r"equal after .*: (\w+)", out) == ["False", "True"]
        and len(re.findall(r"equal\(cnn\((\w+)\), cnn\(\1\)\)", solved("10_cnn_mnist").text)) == 2
        and "self.out(self.dropout(x))" in solved("10_cnn_mnist").text
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_solution_applies_runs_and_gives_what_the_exercise_promises(name):
    assert "(Solutions: tests/solutions)" in " ".join(source(name).split())
    done = solved(name)
    assert (done.code, done.err) == (0, "")
    assert PROMISED.get(name, str)(done.out)
