"""09: one start and the same batches for all, published rules, paths as the text tells them."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from torch.utils.data import DataLoader, TensorDataset

from conftest import noise_of

FIVE = ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]
RATES = {"SGD": 0.038, "Momentum": 0.038, "AdaGrad": 1.0, "RMSprop": 0.3, "Adam": 0.4}


def follow(name, p, gradient_of, *, steps, lr):
    """Return the parameters p, one float64 tensor, at the start and after each step of the published rule."""
    m, v, path = torch.zeros_like(p), torch.zeros_like(p), [p]
    for t in range(1, steps + 1):
        g = gradient_of(p)
        if name == "SGD":
            step = g
        elif name == "Momentum":  # Polyak, as torch writes it
            step = m = 0.8 * m + g
        elif name == "AdaGrad":  # Duchi, Hazan and Singer 2011
            v = v + g**2
            step = g / (v.sqrt() + 1e-8)
        elif name == "RMSprop":  # Hinton's lecture 6e, 2012
            v = 0.9 * v + 0.1 * g**2
            step = g / (v.sqrt() + 1e-8)
        else:  # Adam: Kingma and Ba 2015
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
            step = m / (1 - 0.9**t) / ((v / (1 - 0.99**t)).sqrt() + 1e-8)
        p = p - lr * step
        path.append(p)
    return torch.stack(path)


@pytest.mark.parametrize("name", FIVE)
@pytest.mark.parametrize(("seed", "batch_size", "lr"), [(1, 32, 0.01), (2, 100, 0.03)])
def test_the_race_follows_the_published_rule_on_the_same_start_and_batches(script, name, seed, batch_size, lr):
    torch.manual_seed(seed)
    losses = script.race(*script.make_data(), epochs=2, batch_size=batch_size, lr=lr)[name]

    torch.manual_seed(seed)
    loader = DataLoader(TensorDataset(*script.make_data()), batch_size=batch_size, shuffle=True)
    start = torch.cat([p.detach().double().flatten() for p in script.Net().parameters()])
    batches = iter([batch for _ in range(2) for batch in loader])
    expected = []

    def gradient_of(p):
        p = p.clone().requires_grad_()
        w1, b1, w2, b2 = p.split(20)  # 20 hidden units: 20, 20, 20 and 1 numbers
        x, y = next(batches)
        prediction = (x * w1 + b1).clamp(min=0) @ w2.unsqueeze(dim=1) + b2
        loss = ((prediction - y) ** 2).mean()
        expected.append(loss.item())
        return torch.autograd.grad(loss, p)[0]

    follow(name, start, gradient_of, steps=2 * len(loader), lr=lr)
    np.testing.assert_allclose(losses, np.reshape(expected, (2, -1)).mean(axis=1), rtol=1e-2)


def test_the_data_are_x_squared_plus_normal_noise_of_a_tenth(script):
    noise = noise_of(script.make_data, 1000)
    assert noise.mean().item() == pytest.approx(0, abs=0.004)
    assert noise.std().item() == pytest.approx(0.1, abs=0.003)


def test_at_one_rate_adam_and_rmsprop_are_far_ahead_soon_and_lowest_at_the_end(script):
    for seed in range(1, 5):
        torch.manual_seed(seed)
        losses = script.race(*script.make_data(), epochs=12, batch_size=32, lr=0.01)
        for name in ("RMSprop", "Adam"):
            assert losses[name][3] < min(losses[slow][3] for slow in FIVE[:3]) / 1.3
            assert losses[name][-1] < min(losses[slow][-1] for slow in FIVE[:3])


@pytest.mark.parametrize("name", FIVE)
def test_each_path_follows_the_published_rule_down_the_ravine(script, name):
    start, curvature = torch.tensor([-8.0, 1.0]).double(), torch.tensor([1.0, 50.0]).double()
    expected = follow(name, start, lambda p: curvature * p, steps=60, lr=RATES[name])
    path = script.walk(name)
    np.testing.assert_allclose(path[:20], expected[:20], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(path, expected, atol=0.5)  # RMSprop's rattling amplifies rounding


def test_they_walk_as_the_docstring_says(script):
    x = {name: script.walk(name)[:, 0] for name in FIVE}
    y = {name: script.walk(name)[:, 1] for name in FIVE}
    assert (y["SGD"][1:] * y["SGD"][:-1] < 0).all()  # from wall to wall at every step
    assert 5 < (y["Momentum"].sign().diff() != 0).sum() < 50  # swings, but not at every step
    assert (x["AdaGrad"].diff() > 0).all()
    assert (x["AdaGrad"].diff().diff() < 0).all()  # its steps shrink
    assert (y["RMSprop"][-9:] * y["RMSprop"][-10:-1] < 0).all()  # rattles at the end
    assert x["RMSprop"][-1].abs() < 0.1
    assert x["Adam"].max() > 0.5  # swings past
    assert x["Adam"][-1] < x["Adam"].max() / 2  # and has turned back


def test_table_and_picture_show_losses_paths_and_the_ravine_that_was_walked(script, capsys):
    losses, paths = script.main()
    heads, *rows = (line.split() for line in capsys.readouterr().out.splitlines())
    assert heads == "loss in the last epoch ravine: distance to go, rate".split()
    left, *ravines = plt.gcf().axes
    order = sorted(losses, key=lambda name: losses[name][-1])
    assert left.get_title() == f"At one rate, none ends below {order[0]}"
    assert (left.get_xlabel(), left.get_yscale()) == ("epoch", "log")
    assert left.get_ylabel() == "mean of the epoch's batch losses (noise: 0.01)"
    colors = {}
    for name, line, label in zip(order, left.lines, left.texts):
        np.testing.assert_allclose(line.get_xdata(), range(1, 13))
        np.testing.assert_allclose(line.get_ydata(), losses[name])
        assert (label.get_text(), label.get_color(), line.get_marker()) == (name, line.get_color(), ".")
        colors[name] = line.get_color()
    heights = [label.get_position()[1] for label in left.texts]
    assert heights == sorted(heights)  # the names stand in the order in which the curves end
    assert len(set(colors.values())) == 5
    assert ravines[0].get_title() == "60 steps down a ravine, each at its own rate"
    for name, row, ax in zip(FIVE, rows, ravines):
        to_go = np.hypot(*paths[name][-1].numpy())
        assert row == [name, f"{losses[name][-1]:.4f}", f"{to_go:.2f}", f"{RATES[name]:.3g}"]
        assert torch.equal(paths[name], script.walk(name))
        path, goal = ax.lines
        np.testing.assert_allclose(path.get_xydata(), paths[name])
        assert (goal.get_xydata().tolist(), goal.get_marker(), goal.get_color()) == ([[0, 0]], "*", "black")
        assert ax.texts[0].get_text() == f"{name}\nrate {RATES[name]}"
        assert path.get_color() == ax.texts[0].get_color() == colors[name]
        (contours,) = ax.collections
        assert contours.get_edgecolor()[0] == pytest.approx([0.8, 0.8, 0.8, 1])  # light gray
        assert min(contours.get_linewidths()) > 0
        ends = np.vstack([outline.vertices for outline in contours.get_paths()])
        np.testing.assert_allclose([ends.min(axis=0), ends.max(axis=0)], [(-9, -1.3), (3, 1.3)], rtol=1e-5)
        for level, outline in zip(contours.levels, contours.get_paths()):
            x, y = outline.vertices[::25].T
            np.testing.assert_allclose(np.sqrt(script.height(x, y)), level, rtol=0.05, atol=0.05)
        assert all(ax.viewLim.contains(*point) for point in path.get_xydata())

    # a loss of nan comes last
    losses["Adam"], losses["SGD"] = torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 1e-9])
    left = script.draw(losses, paths).axes[0]
    assert left.get_title() == "At one rate, none ends below SGD"
    assert left.texts[-1].get_text() == "Adam"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_try_larger_rates_turn_the_order_over(script, seed):
    def last(lr):
        torch.manual_seed(seed)
        losses = script.race(*script.make_data(), epochs=12, batch_size=32, lr=lr)
        return {name: losses[name][-1] for name in FIVE}

    end = last(lr=0.3)
    assert min(end["RMSprop"], end["Adam"]) > 2 * max(end["SGD"], end["Momentum"], end["AdaGrad"])
    end = last(lr=1)
    assert [name for name in FIVE if end[name] < 0.016] == ["AdaGrad"]  # close to the noise, 0.01
