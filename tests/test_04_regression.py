"""04: the training is gradient descent to the letter, the curve fits, the animation shows it."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import descend, load, noise_of, parameters, two_layers


def loss(prediction, y):
    return ((prediction - y) ** 2).mean().item()


@pytest.mark.parametrize("name", ["04_regression", "07_save_restore"])
def test_the_data_are_x_squared_plus_noise_from_0_to_a_fifth(name):
    noise = noise_of(load(name).make_data, 100)
    assert -1e-6 <= noise.min() < 0.001
    assert 0.199 < noise.max() <= 0.2 + 1e-6
    assert noise.var().item() == pytest.approx(0.2**2 / 12, rel=0.05)


@pytest.mark.parametrize(("seed", "epochs", "lr"), [(1, 200, 0.2), (2, 1, 0.2), (3, 37, 0.05)])
def test_training_is_gradient_descent_and_its_losses_are_printed(script, capsys, seed, epochs, lr):
    torch.manual_seed(seed)
    x, y = script.make_data()
    p = parameters(script.Net(n_feature=1, n_hidden=10, n_output=1))
    net, same_x, same_y, predictions = script.main(seed=seed, epochs=epochs, lr=lr)
    assert torch.equal(x, same_x) and torch.equal(y, same_y)
    torch.testing.assert_close(predictions[0], two_layers(p, x))
    p = descend(p, lambda p: ((two_layers(p, x) - y) ** 2).mean(), steps=epochs, lr=lr)
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, p[name], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(predictions[-1], two_layers(p, x), rtol=1e-3, atol=1e-3)
    assert len(predictions) == epochs + 1
    before, after = loss(predictions[0], y), loss(predictions[-1], y)
    expected = f"{net}\nloss before training {before:.4f}\nloss after {epochs} steps {after:.4f}\n"
    assert capsys.readouterr().out.startswith(expected)


def test_the_curve_fits_and_no_hidden_unit_bends_it_twice(script):
    for seed in range(10):
        net, _, y, predictions = script.main(seed=seed)
        assert 0.0022 < loss(predictions[-1], y) < y.var() / 6  # worst of 12 seeds: 0.0122 of 0.101
        fine = torch.linspace(-1, 1, 2001, dtype=torch.float64).unsqueeze(dim=1)
        bent = net.double()(fine).squeeze().diff().diff().abs() > 1e-9
        assert 1 <= (bent[1:] & ~bent[:-1]).sum() <= 10  # a bend between two points shows at both


def test_the_last_picture_and_each_frame_show_data_curve_and_loss(script):
    _, x, y, predictions = script.main()
    (ax,) = plt.gcf().axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")
    np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.cat((x, y), dim=1))
    assert ax.get_ylim()[0] < predictions[-1].min() < y.max() < ax.get_ylim()[1]
    (curve,) = ax.lines
    assert curve.get_color() == "chocolate"
    np.testing.assert_allclose(curve.get_xydata(), torch.cat((x, predictions[-1]), dim=1))
    assert ax.get_title() == f"loss {loss(predictions[-1], y):.4f}"

    figure, update, frames = script.draw(x, y, predictions)
    update(predictions[3])
    assert figure.axes[0].get_title() == f"loss {loss(predictions[3], y):.4f}"
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), predictions[3])
    assert torch.equal(torch.stack(frames), torch.stack(predictions[:125:5] + predictions[-1:] * 8))


def test_try_one_hidden_unit_stays_above_0_05_and_a_rate_of_1_5_rises_and_ends_in_nan(script):
    for seed in range(3):
        _, _, y, predictions = script.main(hidden=1, seed=seed)
        assert loss(predictions[-1], y) > 0.05  # least of 12: 0.0625
        _, _, y, predictions = script.main(lr=1.5, seed=seed)
        assert loss(predictions[5], y) > loss(predictions[0], y)
        assert np.isnan(loss(predictions[-1], y))
