"""04: the training is gradient descent to the letter, it fits the bowl, and the animation shows what happened."""

import numpy as np
import pytest
import torch
from conftest import descend, noise, parameters, two_layers
from matplotlib import pyplot as plt


def start(script, seed, hidden=10):
    torch.manual_seed(seed)
    x, y = script.make_data()
    return x, y, parameters(script.Net(n_feature=1, n_hidden=hidden, n_output=1))


def test_the_data_are_x_squared_plus_noise_from_0_to_a_fifth(script):
    torch.manual_seed(0)
    found = noise(script.make_data, 100, 50)
    assert -1e-6 <= found.min() < 0.001
    assert 0.199 < found.max() <= 0.2
    assert found.var().item() == pytest.approx(0.0033, abs=2e-4)  # 0.2^2 / 12, which the docstring names


def test_the_network_is_linear_relu_linear(script):
    net = script.Net(n_feature=3, n_hidden=7, n_output=2)
    x = torch.randn(5, 3)
    torch.testing.assert_close(net(x), two_layers(parameters(net), x))
    assert {name: tuple(p.shape) for name, p in net.state_dict().items()} == {
        "hidden.weight": (7, 3),
        "hidden.bias": (7,),
        "predict.weight": (2, 7),
        "predict.bias": (2,),
    }


@pytest.mark.parametrize(("seed", "epochs", "lr"), [(1, 200, 0.2), (2, 1, 0.2), (3, 37, 0.05)])
def test_training_is_gradient_descent_parameter_for_parameter(script, seed, epochs, lr):
    x, y, p = start(script, seed)
    expected, losses = descend(p, lambda p: ((two_layers(p, x) - y) ** 2).mean(), steps=epochs, lr=lr)
    net, found, snapshots = script.main(seed=seed, epochs=epochs, lr=lr)
    assert len(found) == epochs + 1
    np.testing.assert_allclose(found, losses, rtol=2e-3, atol=1e-5)
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(snapshots[0][1], two_layers(p, x))
    torch.testing.assert_close(snapshots[-1][1], net(x).detach())
    assert not snapshots[0][1].requires_grad


def test_the_defaults_are_the_notes(script):
    assert script.main.__kwdefaults__ == {"epochs": 200, "lr": 0.2, "hidden": 10, "seed": 1, "save": False}


@pytest.mark.parametrize("seed", range(12))
def test_after_training_the_curve_beats_the_best_constant_sixfold(script, seed):
    _, losses, _ = script.main(seed=seed)
    _, y, _ = start(script, seed)
    assert losses[-1] < y.var(correction=0) / 6  # worst of 12: 0.0122 of 0.101


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("hidden", "least"), [(1, 0), (2, 0), (10, 1)])
def test_each_hidden_unit_bends_the_curve_once_at_most_and_ten_do_bend_it(script, hidden, least, seed):
    net, _, _ = script.main(hidden=hidden, seed=seed)
    x = torch.linspace(-1, 1, 2001, dtype=torch.float64).unsqueeze(dim=1)
    with torch.no_grad():
        slopes = net.double()(x).squeeze().diff()
    bent = slopes.diff().abs() > 1e-9
    bends = (bent[1:] & ~bent[:-1]).sum()  # a bend between two points shows at both
    assert least <= bends <= hidden


def test_the_losses_are_printed_before_and_after_with_the_network(script, capsys):
    net, losses, _ = script.main()
    out = capsys.readouterr().out
    assert str(net) in out
    assert f"loss before training {losses[0]:.4f}, after 200 steps {losses[-1]:.4f}" in out


def test_each_frame_shows_data_curve_and_loss_of_its_epoch(script):
    x, y, _ = start(script, 1)
    _, losses, snapshots = script.main(epochs=64)
    figure, update = script.draw(x, y, losses, snapshots)
    data, curve = figure.axes[0].lines
    for i, (epoch, prediction) in enumerate(snapshots):
        update(i)
        np.testing.assert_allclose(curve.get_xydata(), torch.cat((x, prediction), dim=1))
        assert figure.axes[0].get_title() == f"After step {epoch}: loss {losses[0]:.2g} → {losses[epoch]:.2g}"
    np.testing.assert_allclose(data.get_xydata(), torch.cat((x, y), dim=1))
    plt.close(figure)


@pytest.mark.parametrize("seed", range(10))
def test_try_one_hidden_unit_stays_above_0_05(script, seed):
    assert script.main(hidden=1, seed=seed)[1][-1] > 0.05  # least of 12: 0.0625


@pytest.mark.parametrize("seed", range(10))
def test_try_a_rate_of_1_5_ends_in_nan(script, seed):
    losses = script.main(lr=1.5, seed=seed)[1]
    assert losses[5] > losses[0]
    assert np.isnan(losses[-1])
