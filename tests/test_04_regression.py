"""04: the training is gradient descent to the letter, the curve fits, the animation shows it."""

import re

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import descend, load, noise_of, parameters, two_layers

NOISE = 0.2**2 / 12  # the variance of what is uniform from 0 to 0.2


def start(script, seed, hidden=10):
    """Return the new network and the data that main makes with this seed."""
    torch.manual_seed(seed)
    x, y = script.make_data()
    return script.Net(n_feature=1, n_hidden=hidden, n_output=1), x, y


def by_hand(net, x, y, *, epochs, lr):
    """Do gradient descent; return the predictions and losses after 0, 1, … steps."""
    p = {name: value.double() for name, value in parameters(net).items()}
    x, y, predictions = x.double(), y.double(), []
    for _ in range(epochs + 1):
        predictions.append(two_layers(p, x))
        p = descend(p, lambda p: ((two_layers(p, x) - y) ** 2).mean(), steps=1, lr=lr)
    return predictions, [((prediction - y) ** 2).mean().item() for prediction in predictions]


@pytest.mark.parametrize("name", ["04_regression", "07_save_restore"])
def test_the_data_are_x_squared_plus_noise_from_0_to_a_fifth(name):
    noise = noise_of(load(name).make_data, 100)
    assert -1e-6 <= noise.min() < 0.001 and 0.199 < noise.max() <= 0.2 + 1e-6
    assert ((noise - 0.1) ** 2).mean().item() == pytest.approx(NOISE, rel=0.05)
    assert noise.flatten().sort().values.diff().max() < 0.005  # any number in between
    assert noise.amax(dim=0).min() > 0.15  # at each x


def test_the_parameters_start_at_random_within_one_over_the_root_of_the_inputs(script):
    net, _, _ = start(script, 1, hidden=1000)
    for values, limit in ((net.hidden.weight, 1), (net.hidden.bias, 1), (net.predict.weight, 1000**-0.5)):
        assert 0.95 * limit < values.max() <= limit and -limit <= values.min() < -0.95 * limit


@pytest.mark.parametrize(("seed", "epochs", "lr", "hidden"), [(1, 200, 0.2, 10), (2, 1, 0.2, 10), (3, 41, 0.05, 4)])
def test_training_is_gradient_descent_its_loss_printed_its_end_drawn(script, capsys, seed, epochs, lr, hidden):
    net, x, y = start(script, seed, hidden)
    expected, expected_losses = by_hand(net, x, y, epochs=epochs, lr=lr)
    predictions, losses = script.train(net, x, y, epochs=epochs, lr=lr)
    np.testing.assert_allclose(torch.stack(predictions), torch.stack(expected), atol=1e-5)
    np.testing.assert_allclose(losses, expected_losses, rtol=1.5e-5)
    same, same_x, same_y = script.main(seed=seed, epochs=epochs, lr=lr, hidden=hidden)
    assert torch.equal(same(same_x), net(x)) and torch.equal(same_y, y)
    _, out = capsys.readouterr().out.split(f"{net}\n")  # of train() alone, then of main()
    printed = {int(step): float(loss) for step, loss in re.findall(r"after +(\d+) steps: loss (\S+)\n", out)}
    assert printed == {n: pytest.approx(expected_losses[n], abs=6e-5) for n in [*range(0, epochs, 20), epochs]}
    figure, update, frames = script.draw(x, y, predictions, losses)
    assert frames == [*range(0, min(epochs + 1, 125), 5), *[epochs] * 8]
    update(0)
    assert figure.axes[0].get_title() == f"after 0 steps: loss {losses[0]:.4f}"
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), predictions[0])
    ax = plt.figure(1).axes[0]
    assert ax.get_title() == f"after {epochs} steps: loss {losses[-1]:.4f}"
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), torch.cat((x, y), dim=1))
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), torch.cat((x, predictions[-1]), dim=1))


def test_the_loss_ends_above_the_noise_bends_are_of_hidden_units_try_2000_steps_reach_it_and_a_rate_of_1_5_nan(script):
    fine = torch.linspace(-1, 1, 2001, dtype=torch.float64).unsqueeze(1)
    for seed in range(5):
        net, x, y = start(script, seed)
        _, long = by_hand(net, x, y, epochs=2000, lr=0.2)
        assert NOISE / 2 < long[2000] < min(2 * NOISE, 0.85 * long[200])  # of 14 seeds: 0.0027 to 0.0058
        assert NOISE < long[200] < y.var() / 6  # of 14 seeds: 0.0047 to 0.0122, of about 0.095
        script.train(net, x, y, epochs=200, lr=0.2)
        bent = net.double()(fine).squeeze().diff().diff().abs() > 1e-9
        inputs = net.hidden.weight.squeeze() * fine[1:-1][bent] + net.hidden.bias  # one is 0 at each bend, of a unit
        assert (inputs / net.hidden.weight.squeeze()).abs().amin(dim=1).max() <= 0.001  # the distance of two points
        losses = np.array(script.train(*start(script, seed), epochs=135, lr=1.5)[1])  # 14 seeds: nan by 130
        assert (np.diff(losses[np.isfinite(losses)]) > 0).all() and np.isnan(losses[-1])
