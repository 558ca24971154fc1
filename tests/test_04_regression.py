import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import changed, load, numbers, run, trained_by_hand


@pytest.mark.parametrize("name", ["04_regression", "07_save_restore"])
def test_the_data_are_x_squared_plus_noise_from_0_to_a_fifth(name):
    x, y = load(name).make_data()
    np.testing.assert_allclose(x[:, 0], np.linspace(-1, 1, 100), atol=1e-6)
    noise = torch.stack([load(name).make_data()[1] - x**2 for _ in range(50)])
    assert noise.shape == (50, 100, 1) and -1e-6 < noise.min() < 0.01 < 0.19 < noise.max() < 0.2001


def test_it_is_trained_by_the_rule_and_prints_and_draws_that(capsys):
    script = load("04_regression")
    torch.manual_seed(2)
    x, y = script.make_data()
    net = script.Net(n_feature=1, n_hidden=4, n_output=1)
    last = trained_by_hand(net, lambda net: ((net(x) - y) ** 2).mean(), steps=41, lr=0.05)
    losses = [((state(x) - y) ** 2).mean().item() for state in (net, last)]
    curve = last.predict(last.hidden(x).clamp(min=0)).detach()
    same, same_x, same_y = script.main(seed=2, epochs=41, lr=0.05, hidden=4)
    torch.testing.assert_close((same_x, same_y, same(x)), (x, y, curve), rtol=0, atol=1e-5)
    out, ax = capsys.readouterr().out, plt.gca()
    assert numbers(out, "after") == [0, 20, 40, 41]
    first_and_last = numbers(out, "loss")[0], numbers(out, "loss")[-1]
    assert first_and_last == pytest.approx(losses, abs=6e-5)
    assert "41 steps" in ax.get_title() and f"{losses[1]:.4f}" in ax.get_title()
    np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.cat((x, y), dim=1))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), curve, atol=1e-5)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ten_units_fit_and_a_thousand_only_at_a_small_rate(seed):
    how = ["04_regression", "--seed", seed]
    ten = numbers(run(*how).out, "loss")[-1]
    assert 0.003 < ten < 0.018  # the noise's variance is 0.0033, a flat line's loss 0.09
    assert numbers(run(*how, "--hidden", 1000).out, "loss")[-1] > 2 * ten
    assert numbers(run(*how, "--hidden", 1000, "--lr", 0.01).out, "loss")[-1] < 0.018


def test_without_backward_the_loss_stays_as_it_was():
    silent = changed("04_regression", ("        loss.backward()", "        # loss.backward()"))
    assert len(set(numbers(run(silent).out, "loss"))) == 1
