import re

import numpy as np
import pytest
from matplotlib import pyplot as plt

from conftest import changed, load, run

FORMULAS = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_curve_and_slope_are_those_of_the_formula_done_twice(name):
    script, f = load("03_activations"), FORMULAS[name]
    x, y, slope = script.curve(script.ACTIVATIONS[name], depth=2)
    below, middle, above = (f(f(np.linspace(-5, 5, 200) + more)) for more in (-1e-6, 0, 1e-6))
    np.testing.assert_allclose(y, middle, atol=1e-5)
    np.testing.assert_allclose(slope, (above - below) / 2e-6, atol=1e-5)


def test_table_and_picture_show_the_slopes_and_twenty_sigmoids_let_nothing_through(capsys):
    curves = load("03_activations").main(depth=20)
    assert curves["sigmoid"][2].max() < 0.25**20 and curves["tanh"][2].max() > 0.8
    rows = capsys.readouterr().out.splitlines()[1:5]
    for row, ax, (name, (x, y, slope)) in zip(rows, plt.gcf().axes, curves.items(), strict=True):
        flat = slope.abs() < 0.05
        assert row.split() == [name, f"{slope.max():.2g}", f"{flat.float().mean():.0%}"]
        assert f"{slope.max():.2g}" in ax.get_title()
        np.testing.assert_allclose([line.get_ydata() for line in ax.lines], np.stack((y, slope)))
        assert [text.get_text() for text in ax.texts] == [name, "slope"]
        shaded = [path.vertices[:, 0] for path in ax.collections[0].get_paths()]
        np.testing.assert_allclose(np.unique(np.concatenate(shaded)), x[flat], atol=1e-6)


def test_two_linears_equal_one_but_not_with_a_relu_between():
    without = changed("03_activations", ("torch.relu(first(x))", "first(x)"))
    said = [re.findall("(True|False)\n", run(how).out) for how in ("03_activations", without)]
    assert said == [["True", "False"], ["True", "True"]]


def test_backward_from_200_numbers_is_refused():
    with pytest.raises(RuntimeError, match="only for scalar outputs"):
        run(changed("03_activations", ("y.sum().backward()", "y.backward()")))
