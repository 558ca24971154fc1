import re

import pytest

from conftest import ROOT, SCRIPTS, changed, numbers, run


def solved(name, *more):
    """Apply the diff and further changes, each (old, new); return what the script then prints."""
    diff = (ROOT / "tests" / "solutions" / f"{name}.diff").read_text(encoding="utf-8")
    changes = []
    for part in re.split(r"^@@.*\n", diff, flags=re.M)[1:]:
        lines = part.splitlines()
        sides = ["\n".join(line[1:] for line in lines if line[0] != drop) for drop in "+-"]
        changes.append(tuple(sides))
    data = SCRIPTS[name][0].split() if "--root" in SCRIPTS[name][0] else []
    done = run(changed(name, *changes, *more), *data)
    assert changes and (done.code, done.err) == (0, "")
    return done.out


RIGHT = {  # of a script that has no line here, the solution only has to print something
    "01_numpy_vs_torch": lambda out: out.count("-1. -1. -1.") == 1 == out.count("-1., -1., -1."),
    "02_autograd": lambda o: [round(x, 1) for x in numbers(o, "(?:mean|steps)")[-2:]] == [8, 1],
    "03_activations": lambda out: re.search(r"gelu .* -0\.13\n", out),
    "04_regression": lambda o: 0.3 < numbers(o, "each:")[0] < 0.5 and numbers(o, "each:.+,")[0] < 3,
    "05_classification": lambda out: numbers(out, "new points:")[0] >= 95,
    "06_sequential": lambda out: "\n141 " in out and out.count("ReLU()") == 4,
    "07_save_restore": lambda out: re.findall(r"equals net1: (\w+)", out) == ["True"] * 3,
    "08_batching": lambda out: out == run("08_batching").out,
    "09_optimizers": lambda o: numbers(o, r"Nesterov +\S+")[0] < numbers(o, r"Momentum +\S+")[0],
    "10_cnn_mnist": lambda out: numbers(out, "differ:") == [0],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_solution_is_right(name):
    assert RIGHT.get(name, bool)(solved(name))


def test_with_dropout_and_without_eval_the_same_network_changes_its_answers():
    out = solved("10_cnn_mnist", ("    cnn.eval()", "    pass"))
    assert numbers(out, "differ:")[0] > 0
