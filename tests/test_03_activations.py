"""03: curves and slopes are those of the formulas; the picture shades where little passes."""

import re

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from conftest import changed, load, run

X = np.linspace(-5, 5, 200)
FORMULAS = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
}


def by_formula(name, depth, x):
    for _ in range(depth):
        x = FORMULAS[name](x)
    return x


@pytest.mark.parametrize("depth", [1, 5])
def test_curves_slopes_table_and_picture_are_those_of_the_formulas(depth, capsys):
    curves = load("03_activations").main(depth=depth)
    rows = capsys.readouterr().out.splitlines()[1:]
    for row, ax, name in zip(rows, plt.gcf().axes, FORMULAS, strict=False):
        y = by_formula(name, depth, X)
        rise = by_formula(name, depth, X + 1e-6) - by_formula(name, depth, X - 1e-6)
        for value, expected in zip(curves[name], (X, y, rise / 2e-6), strict=True):
            np.testing.assert_allclose(value, expected, atol=1e-5)
        slope = curves[name][2].numpy()
        flat = abs(slope) < 0.05
        assert row.split() == [name, f"{slope.max():.2g}", f"{flat.mean(dtype=np.float32):.0%}"]
        for line, label, values in zip(ax.lines, ax.texts, (y, slope), strict=True):
            np.testing.assert_allclose(line.get_xydata(), np.stack((X, values), axis=1), atol=1e-5)
            assert label.get_text() == (name if values is y else "slope")
            assert to_hex(label.get_color()) == to_hex(line.get_color())
        paths = ax.collections[0].get_paths()
        shaded = [any(path.contains_point((x, 0.5), radius=1e-6) for path in paths) for x in X]
        assert (shaded == flat).all()
        assert f"{slope.max():.2g}" in ax.get_title()
    assert list(curves) == list(FORMULAS)


def test_two_linears_are_one_for_any_weights_but_not_with_a_relu_between(capsys, monkeypatch):
    script, seed = load("03_activations"), torch.manual_seed
    for number in range(10):
        monkeypatch.setattr(torch, "manual_seed", lambda _, number=number: seed(number))
        script.two_linears_are_one()
        assert re.findall(r": (True|False)\n", capsys.readouterr().out) == ["True", "False"]
    monkeypatch.setattr(torch, "relu", lambda x: x)  # now nothing bends
    script.two_linears_are_one()
    assert re.findall(r": (True|False)\n", capsys.readouterr().out) == ["True", "True"]


def test_five_sigmoids_let_next_to_nothing_through_and_five_relus_everything():
    slopes = load("03_activations").main(depth=5)
    assert slopes["sigmoid"][2].max() < 0.25**5
    assert slopes["relu"][2].max() == 1


def test_backward_from_200_numbers_is_refused():
    with pytest.raises(RuntimeError, match="only for scalar outputs"):
        run(changed("03_activations", ("y.sum().backward()", "y.backward()")))
