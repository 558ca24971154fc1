"""03: curves and slopes are those of the formulas; the picture shades where little passes."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


FORMULAS = {  # name: (the function, its derivative)
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "softplus": (lambda x: np.log1p(np.exp(x)), sigmoid),
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_curve_and_slope_follow_the_formulas_by_the_chain_rule(script, name, depth):
    x, y, slope = script.curve(script.ACTIVATIONS[name], depth)
    np.testing.assert_allclose(x, np.linspace(-5, 5, 200), atol=1e-5)
    function, derivative = FORMULAS[name]
    value, product = np.linspace(-5, 5, 200), 1.0
    for _ in range(depth):
        product = product * derivative(value)
        value = function(value)
    np.testing.assert_allclose(y, value, atol=1e-5)
    np.testing.assert_allclose(slope, product, atol=1e-5)


def test_two_linears_are_one_only_while_nothing_bends_between_them(script, capsys, monkeypatch):
    script.main()
    assert "two Linear layers equal one: True, with ReLU between them: False\n" in capsys.readouterr().out
    linear = torch.nn.Linear.forward
    monkeypatch.setattr(torch.nn.Linear, "forward", lambda self, x: linear(self, x).sigmoid())
    monkeypatch.setattr(torch, "relu", lambda x: x)
    script.main()
    assert "two Linear layers equal one: False, with" in capsys.readouterr().out


@pytest.mark.parametrize("depth", [1, 5])
def test_the_table_is_true_and_sigmoid_lets_little_through_try_depth_5_and_relu_all_or_nothing(script, capsys, depth):
    curves = script.main(depth=depth)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == "largest slope share of x with slope under 0.05".split()
    for name, (_, _, slope) in curves.items():
        share = (slope < 0.05).float().mean()
        assert [name, f"{slope.max():.2g}", f"{share:.0%}"] in rows
    low, high = (0.249, 0.25) if depth == 1 else (0, 0.001)
    assert low < curves["sigmoid"][2].max() <= high
    assert set(curves["relu"][2].tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("depth", [1, 5])
def test_the_picture_shows_curve_slope_and_shade_with_the_notes_limits(script, depth):
    curves = script.main(depth=depth)
    figure = plt.gcf()
    assert figure.get_suptitle() == "Shaded: slope under 0.05, almost no\ngradient gets through"
    for ax, name, limit in zip(figure.axes, curves, [(-1, 5), (-0.2, 1.2), (-1.2, 1.2), (-0.2, 6)]):
        x, y, slope = (values.numpy() for values in curves[name])
        function, derivative = ax.lines
        np.testing.assert_allclose(function.get_xydata(), np.stack((x, y), axis=1))
        np.testing.assert_allclose(derivative.get_xydata(), np.stack((x, slope), axis=1))
        assert (function.get_color(), derivative.get_color()) == ("tab:blue", "chocolate")
        labels = [(text.get_text(), text.get_color(), text.get_position()[1]) for text in ax.texts]
        assert labels == [(name, "tab:blue", y[-1]), ("slope", "chocolate", slope[-1])]
        assert (ax.get_ylim(), ax.get_xlim(), ax.get_xlabel()) == (limit, (-5, 5), "x")
        assert ax.get_title() == ("slope 1 where it is on" if name == "relu" else f"slope up to {slope.max():.2g}")
        (shade,) = ax.collections
        assert min(shade.get_facecolor()[0][:3]) > 0.8  # light
        for i in range(5, 200, 10):
            if abs(slope[i] - 0.05) > 0.01:  # at its very edge the shade may differ
                for height in limit:  # from the bottom to the top
                    shaded = any(path.contains_point((x[i], height)) for path in shade.get_paths())
                    assert shaded == (slope[i] < 0.05)
