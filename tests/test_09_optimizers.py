"""09: one start and the same batches for all, published rules, paths as the text tells them."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from torch.utils.data import DataLoader, TensorDataset

from conftest import noise_of, source

FIVE = ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]
RATES = {"SGD": 0.038, "Momentum": 0.038, "AdaGrad": 1.0, "RMSprop": 0.3, "Adam": 0.4}


def follow(name, p, gradient_of, *, steps, lr):
    """Return the parameters p, one float64 tensor, at the start and after each step of the published rule."""
    m, v, path = torch.zeros_like(p), torch.zeros_like(p), [p]
    for t in range(1, steps + 1):
        g = gradient_of(p, t)
        if name == "SGD":
            step = g
        elif name == "Momentum":  # Polyak, as torch writes it
            step = m = 0.8 * m + g
        elif name in ("AdaGrad", "RMSprop"):  # Duchi, Hazan and Singer 2011; Hinton's lecture 6e, 2012
            v = v + g**2 if name == "AdaGrad" else 0.9 * v + 0.1 * g**2
            step = g / (v.sqrt() + 1e-8)
        else:  # Adam: Kingma and Ba 2015
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
            step = m / (1 - 0.9**t) / ((v / (1 - 0.99**t)).sqrt() + 1e-8)
        p = p - lr * step
        path.append(p)
    return torch.stack(path)


def race_by_hand(script, seeds, *, epochs, batch_size, rates):
    """Return the losses of the race, {name: (epochs, rates, seeds)}, by the rules, for all rates and seeds at once."""
    starts, data = [], []
    for seed in seeds:
        torch.manual_seed(seed)
        loader = DataLoader(TensorDataset(*script.make_data()), batch_size=batch_size, shuffle=True)
        starts.append(torch.cat([p.detach().double().flatten() for p in script.Net().parameters()]))
        data.append([torch.cat(batch, dim=1).double() for _ in range(epochs) for batch in loader])
    batches = [torch.stack(batch).split(1, dim=-1) for batch in zip(*data)]  # of all seeds: x and y, (seeds, N, 1)
    lr = torch.tensor(rates).double()[:, None, None]

    def losses_at(p, t):  # one for each rate and seed
        w1, b1, w2, b2 = p.unsqueeze(dim=-2).split(20, dim=-1)  # 20 hidden units: 20, 20, 20 and 1 numbers
        x, y = batches[t - 1]
        prediction = ((x * w1 + b1).clamp(min=0) * w2).sum(dim=-1, keepdim=True) + b2
        return ((prediction - y) ** 2).mean(dim=(-2, -1))

    gradient_of = torch.func.grad(lambda p, t: losses_at(p, t).sum())
    losses, start = {}, torch.stack(starts).repeat(len(rates), 1, 1)  # (rates, seeds, 61)
    for name in FIVE:
        path = follow(name, start, gradient_of, steps=len(batches), lr=lr)
        his = torch.stack([losses_at(p, t) for t, p in enumerate(path[:-1], start=1)])
        losses[name] = his.unflatten(0, (epochs, -1)).mean(dim=1).numpy()
    return losses


def test_for_six_seeds_adam_and_rmsprop_are_soon_ahead_and_try_larger_rates_turn_the_order_over(script):
    losses = race_by_hand(script, range(1, 7), epochs=12, batch_size=32, rates=[0.01, 0.3, 1])
    soon, end, last = ({name: his[epoch, i] for name, his in losses.items()} for i, epoch in enumerate((2, -1, -1)))
    slow, fast = FIVE[:3], FIVE[3:]
    for seed in range(6):
        assert max(soon[name][seed] for name in fast) < min(soon[name][seed] for name in slow) / 1.5
        assert min(end[name][seed] for name in fast) > 2 * max(end[name][seed] for name in slow)
        assert 0.7 < end["Momentum"][seed] / end["SGD"][seed] < 1.5  # neither is ahead
        assert [name for name in FIVE if last[name][seed] < 0.02] == ["AdaGrad"]  # close to 0.01


def test_the_data_are_x_squared_plus_normal_noise_of_variance_a_hundredth(script):
    noise = noise_of(script.make_data, 1000)
    assert abs(noise.mean()) < 0.002 and abs(noise.var() - 0.01) < 0.0002
    assert noise.amax(dim=0).min() > 0.1 and noise.amin(dim=0).max() < -0.1  # at each x
    assert (noise.abs() < 0.1).double().mean().item() == pytest.approx(0.6827, abs=0.01)  # as for a normal one


def test_the_paths_follow_the_published_rules_and_the_docstring(script):
    start, curvature = torch.tensor([-8.0, 1.0]).double(), torch.tensor([1.0, 50.0]).double()
    paths = {name: script.walk(name) for name in FIVE}
    for name, path in paths.items():
        by_hand = follow(name, start, lambda p, t: curvature * p, steps=60, lr=RATES[name])
        np.testing.assert_allclose(path, by_hand, atol=1e-4)
    x, y = ({name: path[:, i] for name, path in paths.items()} for i in (0, 1))
    assert (y["SGD"][1:] * y["SGD"][:-1] < 0).all()  # from wall to wall at every step
    for name in ("Momentum", "Adam"):
        assert x[name].max() > 0.5 and x[name][-1].abs() < x[name].max() / 2  # past the star and back
    assert (x["AdaGrad"].diff() > 0).all() and (x["AdaGrad"].diff().diff() < 0).all()  # its steps shrink
    assert (y["RMSprop"][-9:] * y["RMSprop"][-10:-1] < -(0.05**2)).all()  # rattles at the end
    assert f"Momentum, which has {paths['Momentum'][-1].norm():.2f} to go" in script.__doc__
    defaults = {**torch.optim.RMSprop([start]).defaults, **torch.optim.Adam([start]).defaults}
    assert f"torch's own are {defaults['alpha']} and {defaults['betas']}." in source("09_optimizers")


def assert_that_names_dont_collide(ax):
    ax.figure.canvas.draw()
    boxes = [label.get_window_extent() for label in ax.texts]
    assert all(low.y1 <= high.y0 for low, high in zip(boxes, boxes[1:]))


def test_table_and_picture_show_the_race_by_the_published_rules_and_the_ravine_that_was_walked(script, capsys):
    losses, paths = script.main(epochs=5, batch_size=24, lr=0.025, seed=2)  # the last batch has 16
    expected = race_by_hand(script, [2], epochs=5, batch_size=24, rates=[0.025])
    _, *rows, _ = (line.split() for line in capsys.readouterr().out.splitlines())
    left, *ravines = plt.gcf().axes
    order = sorted(losses, key=lambda name: losses[name][-1])
    assert (left.get_title(), left.get_yscale()) == (f"All at rate 0.025:\n{order[0]} ends lowest", "log")
    colors = {name: line.get_color() for name, line in zip(order, left.lines)}
    for name, line, label in zip(order, left.lines, left.texts, strict=True):
        np.testing.assert_allclose(losses[name], expected[name][:, 0, 0], rtol=1e-5)
        np.testing.assert_allclose(line.get_xydata(), list(zip(range(1, 6), losses[name])))
        assert (label.get_text().strip(), label.get_color()) == (name, colors[name])
        higher = max(losses[name][-1], label.get_position()[1])  # names stand where curves end, or higher
        assert label.get_position() == pytest.approx((5, higher))
    assert_that_names_dont_collide(left)
    six = np.array([to_rgb(color) for color in script.COLORS[:6]])  # one for the exercise
    assert min(abs(six[i] - six[j]).sum() for i in range(6) for j in range(i)) > 0.2
    assert all(tick == int(tick) for tick in left.get_xticks())  # whole epochs
    for name, row, ax in zip(FIVE, rows, ravines, strict=True):
        assert torch.equal(paths[name], script.walk(name)) and torch.equal(paths[name][:8], script.walk(name, steps=7))
        assert row == f"{name} {losses[name][-1]:.4f} {paths[name][-1].norm():.2f} {RATES[name]:.3g}".split()
        np.testing.assert_array_equal(ax.lines[0].get_xydata(), paths[name])
        assert ax.lines[1].get_xydata().tolist() == [[0, 0]]  # the star
        assert ax.lines[0].get_color() == ax.texts[0].get_color() == colors[name]
        (contours,) = ax.collections
        assert contours.get_edgecolor()[0] == pytest.approx([0.8, 0.8, 0.8, 1]) and min(contours.get_linewidths()) > 0
        for level, outline in zip(contours.levels, contours.get_paths()):
            x, y = outline.vertices[::25].T
            np.testing.assert_allclose(np.sqrt((x**2 + 50 * y**2) / 2), level, rtol=0.01, atol=0.01)


def test_losses_that_explode_are_named_at_the_top_and_never_said_to_end_lowest_and_a_sixth_is_drawn(
    script, monkeypatch
):
    losses = {
        "SGD": [9e9, np.nan],
        "Momentum": [np.nan] * 2,
        "AdaGrad": [0.5, 2],
        "RMSprop": [3, np.inf],
        "Adam": [3, 1],
    }
    monkeypatch.setitem(script.RATES, "Sixth", 1)
    left, *ravines = script.draw(
        {**losses, "Sixth": [4, 3]}, dict.fromkeys([*FIVE, "Sixth"], script.walk("SGD")), 1
    ).axes
    assert left.get_title() == "All at rate 1:\nAdam ends lowest"
    assert [label.get_text().strip() for label in left.texts[:3]] == ["Adam", "AdaGrad", "Sixth"]
    assert all(label.get_position()[1] > 8.9e9 for label in left.texts[3:])
    assert_that_names_dont_collide(left)
    assert [len(ax.lines) for ax in ravines] == [2] * 6
