"""03: curves and slopes are those of the formulas; the picture shades where little passes."""

import re

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import source

X = np.linspace(-5, 5, 200)
MARGIN = dict(re.findall(r'^    "(\w+)": [\w.]+,  # ([^;\n]+)', source("03_activations"), flags=re.M))
MEANING = {"max": np.maximum, "ln": np.log, "e": np.e}


def by_formula(name, depth, x=X):
    """Compute y by the formula in the script's margin, applied `depth` times."""
    formula = MARGIN.get(name, "-x").replace("^", "**")
    for _ in range(depth):
        x = eval(formula, {**MEANING, "x": x})
    return x


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softplus"])
@pytest.mark.parametrize("depth", [1, 2, 5, 20])
def test_curve_and_slope_are_those_of_the_formula_in_the_margin(script, name, depth):
    x, y, slope = script.curve(script.ACTIVATIONS[name], depth=depth)
    rise = by_formula(name, depth, X + 1e-6) - by_formula(name, depth, X - 1e-6)
    for value, expected in ((x, X), (y, by_formula(name, depth)), (slope, rise / 2e-6)):
        np.testing.assert_allclose(value, expected, atol=1e-5)


def test_relu_lets_all_through_or_nothing_and_torch_has_no_softplus(script):
    assert set(script.curve(torch.relu, depth=5)[2].tolist()) == {0.0, 1.0}
    assert not hasattr(torch, "softplus")


def test_two_linears_are_one_for_any_weights_only_while_nothing_bends_between_them(script, capsys, monkeypatch):
    def verdicts():
        script.two_linears_are_one()
        return torch.get_rng_state().tolist(), re.findall(r": (True|False)\n", capsys.readouterr().out)

    assert verdicts() == verdicts()  # the same random weights in each run
    monkeypatch.setattr(torch, "manual_seed", lambda _: None)
    for _ in range(10):
        assert verdicts()[1] == ["True", "False"]
    linear = torch.nn.Linear.forward
    monkeypatch.setattr(torch, "relu", lambda x: x)
    assert verdicts()[1] == ["True", "True"]
    monkeypatch.setattr(torch.nn.Linear, "forward", lambda self, x: linear(self, x) + 0.01)
    assert verdicts()[1] == ["False", "False"]


@pytest.mark.parametrize("depth", [1, 5])
def test_table_and_picture_show_curve_and_slope_and_where_it_is_small(script, capsys, monkeypatch, depth):
    assert all(name == function.__name__ for name, function in script.ACTIVATIONS.items())
    monkeypatch.setitem(script.ACTIVATIONS, "neg", torch.neg)  # a fifth, whose slope is negative
    curves = script.main(depth=depth)
    rows = capsys.readouterr().out.splitlines()[1:6]
    for row, ax, name in zip(rows, plt.gcf().axes[:5], [*MARGIN, "neg"], strict=True):
        x, y, slope = (values.numpy() for values in curves[name])
        np.testing.assert_allclose(y, by_formula(name, depth), atol=1e-5)
        flat = abs(slope) < 0.05
        assert row.split() == [name, f"{slope.max():.2g}", f"{flat.mean(dtype=np.float32):.0%}"]
        assert ax.get_title() == ("slope 1 for x > 0" if name == "relu" else f"slope up to {slope.max():.2g}")
        for line, label, values in zip(ax.lines, ax.texts, (y, slope), strict=True):
            np.testing.assert_array_equal(line.get_xydata(), np.stack((x, values), axis=1))
            assert label.get_position()[1] == values[-1]  # beside its end
        (shade,) = ax.collections
        assert 0.8 < min(shade.get_facecolor()[0][:3]) < 0.95  # light, but to be seen
        assert shade.get_transform().transform([(0, 0), (0, 1)])[:, 1].tolist() == pytest.approx(ax.bbox.intervaly)
        for height in (0.01, 0.99):  # from the bottom of the panel, 0, to its top, 1
            paths = shade.get_paths()
            shaded = [any(path.contains_point((point, height), radius=1e-6) for path in paths) for point in x]
            assert (shaded == flat).all()
