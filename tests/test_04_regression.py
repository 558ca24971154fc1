"""04: the training is gradient descent to the letter, the curve fits, the animation shows it."""

import re

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import noise_of

NOISE = 0.2**2 / 12  # the variance of what is uniform from 0 to 0.2


def start(script, seed, hidden=10):
    """Return the new network and the data that main makes with this seed."""
    torch.manual_seed(seed)
    x, y = script.make_data()
    return script.Net(n_feature=1, n_hidden=hidden, n_output=1), x, y


def by_hand(net, x, y, *, epochs, lr):
    """Do gradient descent with numpy; return the predictions and losses after 0, 1, … steps."""
    w1, b1, w2, b2 = (value.detach().double().numpy() for value in net.parameters())
    predictions, losses, x, y = [], [], x.numpy(), y.numpy()
    for _ in range(epochs + 1):
        hidden = np.maximum(x @ w1.T + b1, 0)
        error = hidden @ w2.T + b2 - y
        predictions.append(error + y)
        losses.append((error**2).mean())
        slope = 2 * error / len(y)  # the loss's derivative for each prediction
        back = slope @ w2 * (hidden > 0)  # and, by the chain rule, for each hidden unit before ReLU
        w1, b1 = w1 - lr * back.T @ x, b1 - lr * back.sum(axis=0)
        w2, b2 = w2 - lr * slope.T @ hidden, b2 - lr * slope.sum(axis=0)
    return predictions, losses


def test_the_data_are_x_squared_plus_noise_from_0_to_a_fifth(script):
    noise = noise_of(script.make_data, 100)
    assert -1e-6 <= noise.min() < 0.001 and 0.199 < noise.max() <= 0.2 + 1e-6
    assert noise.var().item() == pytest.approx(NOISE, rel=0.05)


def test_the_parameters_start_at_random_within_one_over_the_root_of_the_inputs(script):
    net, _, _ = start(script, 1, hidden=1000)
    for values, limit in ((net.hidden.weight, 1), (net.hidden.bias, 1), (net.predict.weight, 1000**-0.5)):
        assert 0.95 * limit < values.max() <= limit and -limit <= values.min() < -0.95 * limit


@pytest.mark.parametrize(("seed", "epochs", "lr", "hidden"), [(1, 200, 0.2, 10), (2, 1, 0.2, 10), (3, 41, 0.05, 4)])
def test_training_is_gradient_descent_and_the_loss_is_printed_each_20_steps(script, capsys, seed, epochs, lr, hidden):
    net, x, y = start(script, seed, hidden)
    expected, expected_losses = by_hand(net, x, y, epochs=epochs, lr=lr)
    predictions, losses = script.train(net, x, y, epochs=epochs, lr=lr)
    np.testing.assert_allclose(torch.stack(predictions), expected, atol=1e-5)
    np.testing.assert_allclose(losses, expected_losses, rtol=1.5e-5)
    same, same_x, same_y = script.main(seed=seed, epochs=epochs, lr=lr, hidden=hidden)
    assert torch.equal(same(same_x), net(x)) and torch.equal(same_y, y)
    _, out = capsys.readouterr().out.split(f"{net}\n")  # of train() alone, then of main()
    printed = {int(step): float(loss) for step, loss in re.findall(r"after +(\d+) steps: loss (\S+)\n", out)}
    assert printed == {n: pytest.approx(expected_losses[n], abs=6e-5) for n in [*range(0, epochs, 20), epochs]}


def test_the_loss_ends_above_the_noise_bends_are_of_hidden_units_try_2000_steps_reach_it_and_a_rate_of_1_5_nan(script):
    stated, left = re.search(r"above ([\d.]+), the noise's variance, which x\^2 \+ ([\d.]+)", script.__doc__).groups()
    torch.manual_seed(0)
    x, y = (torch.cat(parts) for parts in zip(*[script.make_data() for _ in range(50)]))
    left_loss = ((x**2 + float(left) - y) ** 2).mean().item()
    assert (stated, left_loss) == (f"{NOISE:.4f}", pytest.approx(NOISE, rel=0.05))
    fine = torch.linspace(-1, 1, 2001, dtype=torch.float64).unsqueeze(1)
    for seed in range(5):
        net, x, y = start(script, seed)
        _, long = by_hand(net, x, y, epochs=2000, lr=0.2)
        assert NOISE / 2 < long[2000] < min(2 * NOISE, 0.85 * long[200])  # of 14 seeds: 0.0027 to 0.0058
        final = script.train(net, x, y, epochs=200, lr=0.2)[1][-1]
        assert NOISE < final < y.var() / 6  # of 14 seeds: 0.0047 to 0.0122, of about 0.095
        bent = net.double()(fine).squeeze().diff().diff().abs() > 1e-9
        inputs = net.hidden.weight.squeeze() * fine[1:-1][bent] + net.hidden.bias  # one is 0 at each bend, of a unit
        assert (inputs / net.hidden.weight.squeeze()).abs().amin(dim=1).max() <= 0.001  # the distance of two points
        losses = np.array(script.train(*start(script, seed), epochs=135, lr=1.5)[1])  # 14 seeds: nan by 130
        assert (np.diff(losses[np.isfinite(losses)]) > 0).all() and np.isnan(losses[-1])


def test_the_picture_and_each_frame_show_data_curve_and_loss(script):
    net, x, y = script.main(epochs=30)
    prediction, ax = net(x).detach(), plt.gcf().axes[0]
    assert ax.get_title() == f"after 30 steps: loss {((prediction - y) ** 2).mean():.4f}"
    assert ax.get_ylim()[0] < prediction.min() < y.max() < ax.get_ylim()[1]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), torch.cat((x, prediction), dim=1))
    predictions, losses = torch.rand(131, 100, 1), torch.rand(131).tolist()
    figure, update, frames = script.draw(x, y, predictions, losses)
    assert frames == [*range(0, 125, 5), *[130] * 8]
    ax = figure.axes[0]
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), torch.cat((x, y), dim=1))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.lines[0].get_color()) == ("x", "y", "chocolate")  # the data are blue
    update(3)
    assert ax.get_title() == f"after 3 steps: loss {losses[3]:.4f}"
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), predictions[3])
