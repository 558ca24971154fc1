"""04: the training is gradient descent, the curve fits, the picture shows it."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import changed, load, numbers, run, trained_by_hand

NOISE = 0.2**2 / 12  # the variance of what is uniform from 0 to 0.2


def start(seed, hidden=10):
    """Return the network and the data with which main() begins."""
    torch.manual_seed(seed)
    x, y = load("04_regression").make_data()
    return load("04_regression").Net(n_feature=1, n_hidden=hidden, n_output=1), x, y


def mean_squared_error(net, x, y):
    """Compute linear, ReLU, linear and the loss without the class's forward()."""
    hidden = (x @ net.hidden.weight.T + net.hidden.bias).clamp(min=0)
    return ((hidden @ net.predict.weight.T + net.predict.bias - y) ** 2).mean()


@pytest.mark.parametrize("name", ["04_regression", "07_save_restore"])
def test_the_data_are_x_squared_plus_noise_from_0_to_a_fifth(name):
    torch.manual_seed(0)
    pairs = [load(name).make_data() for _ in range(50)]
    noise = torch.stack([(y - x**2) for x, y in pairs])
    assert noise.shape == (50, 100, 1) and -1e-6 <= noise.min() < 0.001 < 0.199 < noise.max() <= 0.2
    assert noise.var().item() == pytest.approx(NOISE, rel=0.05)
    np.testing.assert_allclose(pairs[0][0][:, 0], np.linspace(-1, 1, 100), atol=1e-6)


@pytest.mark.parametrize(("seed", "epochs", "lr", "hidden"), [(1, 60, 0.2, 10), (2, 41, 0.05, 4)])
def test_it_is_trained_by_the_rule_and_prints_and_draws_that(capsys, seed, epochs, lr, hidden):
    net, x, y = start(seed, hidden)
    steps, loss_of = [net], lambda net: mean_squared_error(net, x, y)
    for _ in range(epochs):
        steps.append(trained_by_hand(steps[-1], loss_of, steps=1, lr=lr))
    losses = [loss_of(step).item() for step in steps]
    script, how = load("04_regression"), {"epochs": epochs, "lr": lr}
    same, same_x, same_y = script.main(seed=seed, hidden=hidden, **how)
    assert torch.equal(same_x, x) and torch.equal(same_y, y)
    torch.testing.assert_close(same(x), steps[-1](x), rtol=0, atol=1e-5)
    out = capsys.readouterr().out
    for step in [*range(0, epochs, 20), epochs]:
        assert numbers(out, f"after +{step} steps: loss") == [pytest.approx(losses[step], abs=6e-5)]
    ax = plt.gcf().axes[0]
    assert f"{epochs} steps" in ax.get_title() and f"{losses[-1]:.4f}" in ax.get_title()
    np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.cat((x, y), dim=1))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), steps[-1](x).detach(), atol=1e-5)
    figure, update, frames = script.draw(x, y, script.train(net, x, y, **how))
    assert frames[0] == 0 and frames[-1] == epochs and frames == sorted(frames)
    update(5)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), steps[5](x).detach(), atol=1e-5)
    assert f"5 steps: loss {losses[5]:.4f}" in figure.axes[0].get_title()


def test_the_curve_fits_nearly_to_the_noise_and_has_at_most_a_bend_for_each_unit():
    fine = torch.linspace(-1, 1, 2001, dtype=torch.float64).unsqueeze(1)
    for seed in range(1, 11):
        net, x, y = start(seed)
        load("04_regression").train(net, x, y, epochs=200, lr=0.2)
        assert NOISE < mean_squared_error(net, x, y) < y.var() / 5  # of 10 seeds: 0.0054 to 0.0122
        bends = net.double()(fine).squeeze().diff().diff().abs() > 1e-9
        assert 1 <= bends.sum() <= 2 * 10  # a bend between two of the points shows twice


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_units_stay_flat_at_the_usual_rate_and_fit_at_a_small_one(seed):
    how = ["04_regression", "--seed", seed, "--hidden", 1000]
    assert numbers(run(*how).out, "loss")[-1] > 0.08  # the variance of y is about 0.09
    assert numbers(run(*how, "--lr", 0.01).out, "loss")[-1] < 0.015


def test_without_backward_the_loss_stays_as_it_was():
    silent = changed("04_regression", ("        loss.backward()", "        # loss.backward()"))
    assert len(set(numbers(run(silent).out, "loss"))) == 1
