"""03: the four functions and their slopes are those of the textbooks, and the picture shows them."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

X = np.linspace(-5, 5, 200)
S = 1 / (1 + np.exp(-X))
CLOSED = {  # name: (function, derivative)
    "ReLU": (np.maximum(X, 0), (X > 0).astype(float)),
    "sigmoid": (S, S * (1 - S)),
    "tanh": (np.tanh(X), 1 - np.tanh(X) ** 2),
    "softplus": (np.log1p(np.exp(X)), S),
}
NAMES = pytest.mark.parametrize("name", CLOSED)


@NAMES
def test_functions_and_slopes_have_their_closed_forms(script, name):
    x, y, slope = script.curve(script.ACTIVATIONS[name])
    np.testing.assert_allclose(x, X, atol=1e-5)
    np.testing.assert_allclose(y, CLOSED[name][0], atol=1e-5)
    np.testing.assert_allclose(slope, CLOSED[name][1], atol=1e-5)
    assert not y.requires_grad
    assert not x.requires_grad


@NAMES
@pytest.mark.parametrize("depth", [2, 5])
def test_depth_applies_the_function_over_and_over(script, name, depth):
    x = torch.linspace(-5, 5, 200, dtype=torch.float64)
    function, expected, slope = script.ACTIVATIONS[name], x, torch.ones_like(x)
    for _ in range(depth):  # the chain rule by hand, each slope by a central difference
        slope = slope * (function(expected + 1e-6) - function(expected - 1e-6)) / 2e-6
        expected = function(expected)
    _, y, found = script.curve(function, depth=depth)
    torch.testing.assert_close(y.double(), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.double(), slope, rtol=1e-2, atol=1e-3)


def test_the_sigmoids_slope_has_its_maximum_of_a_quarter_at_0(script):
    x, _, slope = script.curve(torch.sigmoid)
    assert slope.max().item() == pytest.approx(0.25, abs=1e-3)
    assert abs(x[slope.argmax()].item()) < 0.03


def test_vanished_counts_slopes_of_less_than_a_twentieth_either_way(script):
    assert script.vanished(torch.tensor([0.0, 0.049, -0.049, 0.051, -0.051, 1.0, -3.0, 0.06])) == pytest.approx(3 / 8)


def test_the_slope_is_gone_on_half_of_the_range_for_relu_and_at_both_ends_for_sigmoid_and_tanh(script):
    curves = script.main()
    assert script.vanished(curves["ReLU"][2]) == 0.5
    for name in ("sigmoid", "tanh"):
        slope = curves[name][2]
        assert script.vanished(slope[:20]) == script.vanished(slope[-20:]) == 1
        assert script.vanished(slope[90:110]) == 0


def test_the_picture_holds_the_four_functions_their_slopes_and_the_notes_limits(script):
    curves = script.main()
    figure = script.draw(curves)
    limits = [(-1, 5), (-0.2, 1.2), (-1.2, 1.2), (-0.2, 6)]
    assert [ax.get_ylim() for ax in figure.axes] == limits
    for ax, (name, (x, y, slope)) in zip(figure.axes, curves.items(), strict=True):
        lines = {line.get_label(): line.get_xydata().T for line in ax.lines}
        np.testing.assert_allclose(lines["f(x)"], torch.stack((x, y)), atol=1e-6)
        np.testing.assert_allclose(lines["slope f'(x)"], torch.stack((x, slope)), atol=1e-6)
        closed = CLOSED[name][1]
        assert ax.get_title() == f"{name}: slope ≤ {closed.max():.2g}, gone on {(closed < 0.05).mean():.0%}"
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["f(x)", "slope f'(x)"]
    plt.close(figure)


def test_the_table_gives_largest_slope_slope_near_0_and_the_share_that_is_gone(script, capsys):
    curves = script.main()
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:5])
    for name, (_, _, slope) in curves.items():
        share = f"{(CLOSED[name][1] < 0.05).mean():.0%}"
        assert rows[name].split() == [f"{slope.max():.4f}", f"{slope[100]:.4f}", share]


def test_try_five_layers_of_sigmoid_pass_less_than_a_thousandth_and_relu_all_or_nothing(script, run):
    curves = script.main(depth=5)
    assert curves["sigmoid"][2].max() < 0.001
    assert set(curves["ReLU"][2].tolist()) == {0, 1}
    assert "sigmoid          0.0007" in run("--depth", 5).out
