"""09: one start and the same batches for all, published rules, paths as the text tells them."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from torch.utils.data import DataLoader, TensorDataset

from conftest import changed, load, run

FIVE = ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]
RATES = {"SGD": 0.038, "Momentum": 0.038, "AdaGrad": 1.0, "RMSprop": 0.3, "Adam": 0.4}


class Rule:
    """The published rule of each; m and v belong to a parameter and start at 0."""

    def __init__(self, name, lr):
        self.name, self.lr, self.m, self.v, self.t = name, lr, 0, 0, 0

    def step(self, p, g):
        """Return what p becomes where its gradient is g."""
        self.t += 1
        if self.name == "SGD":
            return p - self.lr * g
        if self.name == "Momentum":  # Polyak, as torch writes it
            self.m = 0.8 * self.m + g
            return p - self.lr * self.m
        if self.name == "AdaGrad":  # Duchi, Hazan and Singer 2011
            self.v = self.v + g**2
            return p - self.lr * g / (self.v**0.5 + 1e-10)
        if self.name == "RMSprop":  # Hinton's lecture 6e, 2012
            self.v = 0.9 * self.v + 0.1 * g**2
            return p - self.lr * g / (self.v**0.5 + 1e-8)
        self.m, self.v = 0.9 * self.m + 0.1 * g, 0.99 * self.v + 0.01 * g**2  # Kingma and Ba 2015
        m, v = self.m / (1 - 0.9**self.t), self.v / (1 - 0.99**self.t)
        return p - self.lr * m / (v**0.5 + 1e-8)


def race_by_hand(name, *, seed, epochs, batch_size, lr):
    """Return the loss on all data after each epoch by the rule, from the same start."""
    script = load("09_optimizers")
    torch.manual_seed(seed)
    x, y = script.make_data()
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    net, losses = script.Net(), []
    rules = [Rule(name, lr) for _ in net.parameters()]
    for _ in range(epochs):
        for batch_x, batch_y in loader:
            loss = ((net(batch_x) - batch_y) ** 2).mean()
            gradients = torch.autograd.grad(loss, list(net.parameters()))
            for p, gradient, rule in zip(net.parameters(), gradients, rules, strict=True):
                p.data = rule.step(p.data, gradient)
        losses.append(((net(x) - y) ** 2).mean().item())
    return losses


@pytest.mark.parametrize("name", FIVE)
def test_each_is_trained_by_its_published_rule_from_the_same_start_on_the_same_batches(name):
    how = {"epochs": 3, "batch_size": 24, "lr": 0.02}
    script = load("09_optimizers")
    torch.manual_seed(2)
    losses = script.race(*script.make_data(), **how)
    np.testing.assert_allclose(losses[name], race_by_hand(name, seed=2, **how), rtol=1e-3)


@pytest.mark.parametrize("name", FIVE)
def test_each_walks_down_the_ravine_by_its_published_rule(name):
    x, y, path = -8.0, 1.0, [(-8.0, 1.0)]
    along, across = Rule(name, RATES[name]), Rule(name, RATES[name])
    for _ in range(60):
        x, y = along.step(x, x), across.step(y, 50 * y)  # the slopes of (x^2 + 50 y^2) / 2
        path.append((x, y))
    np.testing.assert_allclose(load("09_optimizers").walk(name), path, atol=1e-3)


def test_the_paths_are_as_told():
    x, y = ({name: load("09_optimizers").walk(name)[:, i] for name in FIVE} for i in (0, 1))
    assert (y["SGD"][1:] * y["SGD"][:-1] < 0).all()  # from wall to wall
    assert min(x["Momentum"].max(), x["Adam"].max()) > 0.5  # past the star
    assert (x["AdaGrad"].diff().diff() < 0).all()  # shrinking steps


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_adam_and_rmsprop_are_soon_ahead_but_last_at_a_large_rate(seed):
    script = load("09_optimizers")
    for lr, epochs, order in ((0.01, 3, 1), (0.3, 12, -1)):
        torch.manual_seed(seed)
        losses = script.race(*script.make_data(), epochs=epochs, batch_size=32, lr=lr)
        *slow, rmsprop, adam = (order * losses[name][-1] for name in FIVE)
        assert max(rmsprop, adam) < min(slow)


def test_table_and_picture_show_each_race_and_each_walk_under_its_name(capsys):
    losses, paths = load("09_optimizers").main(epochs=2)
    rows = [row.split() for row in capsys.readouterr().out.splitlines()[1:6]]
    left, *ravines = plt.gcf().axes
    curves = {line.get_label(): line for line in left.lines}
    for name, row, ax in zip(FIVE, rows, ravines, strict=True):
        to_go = f"{paths[name][-1].norm():.4f}"
        assert row == [name, f"{losses[name][-1]:.4f}", to_go, f"{RATES[name]:.3g}"]
        np.testing.assert_allclose(curves[name].get_xydata(), [*zip((1, 2), losses[name])])
        np.testing.assert_array_equal(ax.lines[0].get_xydata(), paths[name])
        assert ax.lines[1].get_xydata().tolist() == [[0, 0]]  # the star
        np.testing.assert_array_equal(ax.lines[2].get_xydata(), paths[name][-1:])
        assert name in ax.texts[0].get_text()
        assert ax.lines[0].get_color() == ax.texts[0].get_color() == curves[name].get_color()
    assert len({line.get_color() for line in left.lines}) == 5


def test_without_clone_each_walk_is_a_single_point():
    path = changed("09_optimizers", (".detach().clone()", ".detach()"))
    run(path, "--epochs", 1)
    for ax in plt.gcf().axes[1:]:
        assert len(np.unique(ax.lines[0].get_xydata(), axis=0)) == 1


def test_a_rate_that_explodes_is_drawn_all_the_same():
    assert run("09_optimizers", "--epochs", 1, "--lr", 1e30).code == 0
