"""09: one start and the same batches for all, published rules, paths as the text tells them."""

import numpy as np
import pytest
import torch
from conftest import check_parabola, load, parameters, two_layers
from matplotlib import pyplot as plt
from torch.utils.data import DataLoader, TensorDataset

FIVE = ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]


def walk(name, p, gradient_of, *, steps, lr):
    """Return the float64 parameters p, a list of tensors, after each step of the published rule."""
    m, v = [torch.zeros_like(q) for q in p], [torch.zeros_like(q) for q in p]
    path = [p]
    for t in range(1, steps + 1):
        g = gradient_of(p)
        if name == "SGD":
            step = g
        elif name == "Momentum":  # Polyak, as torch writes it
            m = [0.8 * a + b for a, b in zip(m, g)]
            step = m
        elif name == "AdaGrad":  # Duchi, Hazan and Singer 2011
            v = [a + b**2 for a, b in zip(v, g)]
            step = [a / (b.sqrt() + 1e-10) for a, b in zip(g, v)]
        elif name == "RMSprop":  # Hinton's lecture 6e, 2012
            v = [0.9 * a + 0.1 * b**2 for a, b in zip(v, g)]
            step = [a / (b.sqrt() + 1e-8) for a, b in zip(g, v)]
        else:  # Adam, Kingma and Ba 2015
            m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
            v = [0.99 * a + 0.01 * b**2 for a, b in zip(v, g)]
            step = [(a / (1 - 0.9**t)) / ((b / (1 - 0.99**t)).sqrt() + 1e-8) for a, b in zip(m, v)]
        p = [a - lr * b for a, b in zip(p, step)]
        path.append(p)
    return path


@pytest.fixture(scope="module")
def races():
    """{seed: (losses, paths)} of main() with its defaults, run once for six seeds."""
    script = load("09_optimizers")
    return {seed: script.main(seed=seed) for seed in range(1, 7)}


@pytest.mark.parametrize("name", FIVE)
@pytest.mark.parametrize(("seed", "batch_size", "lr"), [(1, 32, 0.01), (2, 100, 0.03)])
def test_the_race_follows_the_published_rule_on_the_same_start_and_batches(
    script, name, seed, batch_size, lr
):
    torch.manual_seed(seed)
    x, y = script.make_data()
    losses = script.race(x, y, epochs=2, batch_size=batch_size, lr=lr)[name]

    torch.manual_seed(seed)
    x, y = script.make_data()
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    start = parameters(script.Net())
    batches = [(a.double(), b.double()) for _ in range(2) for a, b in loader]
    current, expected = iter(batches), []

    def gradient_of(p):
        batch_x, batch_y = next(current)
        leaves = [q.clone().requires_grad_() for q in p]
        loss = ((two_layers(dict(zip(start, leaves)), batch_x) - batch_y) ** 2).mean()
        expected.append(loss.item())
        return torch.autograd.grad(loss, leaves)

    walk(name, [q.double() for q in start.values()], gradient_of, steps=len(batches), lr=lr)
    means = np.reshape(expected, (2, -1)).mean(axis=1)
    np.testing.assert_allclose(losses, means, rtol=1e-2)


def test_the_data_are_x_squared_plus_normal_noise_of_a_tenth(script):
    check_parabola(script.make_data, 1000, "normal")


def test_the_network_and_the_defaults_are_the_notes(script):
    net = script.Net()
    assert net.hidden.weight.shape == (20, 1)
    x = torch.randn(5, 1)
    torch.testing.assert_close(net(x), two_layers(parameters(net), x))
    defaults = {"epochs": 12, "batch_size": 32, "lr": 0.01, "seed": 1, "save": False}
    assert script.main.__kwdefaults__ == defaults


def test_at_one_rate_adam_and_rmsprop_are_far_ahead_soon_and_lowest_at_the_end(races):
    for losses, _ in races.values():
        assert list(losses) == FIVE
        slow = [losses[name] for name in ("SGD", "Momentum", "AdaGrad")]
        for name in ("RMSprop", "Adam"):
            assert losses[name][3] < min(history[3] for history in slow) / 1.3
            assert losses[name][-1] < min(history[-1] for history in slow)


@pytest.mark.parametrize("name", FIVE)
def test_each_path_follows_the_published_rule_down_the_ravine(script, name):
    rate = {"SGD": 0.038, "Momentum": 0.038, "AdaGrad": 1.0, "RMSprop": 0.3, "Adam": 0.4}[name]
    assert script.RATES[name] == rate
    start = torch.tensor([-8.0, 1.0], dtype=torch.float64)
    curvature = torch.tensor([1.0, 50.0], dtype=torch.float64)
    steps = walk(name, [start], lambda p: [curvature * p[0]], steps=60, lr=rate)
    expected = torch.stack([p for (p,) in steps])
    path = script.walk(name)
    assert path.shape == (61, 2)
    np.testing.assert_allclose(path[:20], expected[:20], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(path, expected, atol=0.5)  # RMSprop's rattling amplifies rounding


def test_they_walk_as_the_docstring_says(script):
    path = {name: script.walk(name) for name in FIVE}
    x = {name: path[name][:, 0] for name in FIVE}
    y = {name: path[name][:, 1] for name in FIVE}
    assert (y["SGD"][1:] * y["SGD"][:-1] < 0).all()  # from wall to wall at every step
    assert (y["Momentum"].sign().diff() != 0).sum() > 5  # swings, but not at every step
    assert (y["Momentum"].sign().diff() == 0).sum() > 10
    assert path["Momentum"][-1].norm() < path["SGD"][-1].norm() / 10
    assert (x["AdaGrad"].diff() > 0).all()
    assert (x["AdaGrad"].diff().diff() < 0).all()  # its steps shrink
    late = y["RMSprop"][-10:]
    assert (late[1:] * late[:-1] < 0).all()
    assert x["RMSprop"][-1].abs() < 0.1
    assert x["Adam"].max() > 0.5  # swings past
    assert x["Adam"][-1] < x["Adam"].max() / 2  # and has turned back


def test_momentum_lengthens_steady_steps_up_to_five_times(script):
    p = torch.zeros(1, requires_grad=True)
    optimizer = script.OPTIMIZERS["Momentum"]([p], lr=1)
    for _ in range(60):
        before = p.item()
        p.grad = torch.ones(1)
        optimizer.step()
    assert before - p.item() == pytest.approx(5, rel=1e-4)


def test_the_table_is_that_of_the_race_and_the_walk(script, capsys):
    losses, paths = script.main(epochs=3)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == "loss in the last epoch ravine: distance to go, rate".split()
    for row, name in zip(rows[1:], FIVE):
        left = np.hypot(*paths[name][-1].numpy())
        rate = f"{script.RATES[name]:.3g}"
        assert row == [name, f"{losses[name][-1]:.4f}", f"{left:.2f}", rate]
        assert torch.equal(paths[name], script.walk(name))


def test_the_picture_shows_losses_paths_and_the_ravine_that_was_walked(script):
    losses, paths = script.main()
    left, *ravines = plt.gcf().axes
    best = min(losses, key=lambda name: losses[name][-1])
    assert left.get_title() == f"At one rate {best} ends lowest"
    assert (left.get_xlabel(), left.get_yscale()) == ("epoch", "log")
    assert left.get_ylabel() == "mean loss of the epoch (noise: 0.01)"
    order = sorted(losses, key=lambda name: losses[name][-1])
    colors = {}
    for rank, (name, line, label) in enumerate(zip(order, left.lines, left.texts)):
        np.testing.assert_allclose(line.get_xdata(), range(1, 13))
        np.testing.assert_allclose(line.get_ydata(), losses[name])
        assert label.get_text() == name
        assert label.get_color() == line.get_color()
        if rank:  # the names stand in the order in which the curves end
            assert label.get_position()[1] > left.texts[rank - 1].get_position()[1]
        colors[name] = line.get_color()
    assert len(set(colors.values())) == 5
    assert ravines[0].get_title() == "60 steps down a ravine, each at its own rate"
    for name, ax in zip(FIVE, ravines):
        path, goal = ax.lines
        np.testing.assert_allclose(path.get_xydata(), paths[name])
        assert goal.get_xydata().tolist() == [[0, 0]]
        assert (goal.get_marker(), goal.get_color()) == ("*", "black")
        (label,) = ax.texts
        assert label.get_text() == f"{name}\nrate {script.RATES[name]}"
        assert path.get_color() == label.get_color() == colors[name]
        (contours,) = ax.collections
        for level, outline in zip(contours.levels, contours.get_paths()):
            x, y = outline.vertices[::25].T if len(outline.vertices) else (np.empty(0),) * 2
            heights = np.sqrt((x**2 + 50 * y**2) / 2)
            np.testing.assert_allclose(heights, level, rtol=0.05, atol=0.05)
        x, y = path.get_xydata().T
        assert ax.get_xlim()[0] <= x.min() < x.max() <= ax.get_xlim()[1]
        assert ax.get_ylim()[0] <= y.min() < y.max() <= ax.get_ylim()[1]


def test_the_picture_puts_a_loss_of_nan_last(script):
    losses, paths = script.main(epochs=2)
    losses["Adam"] = torch.tensor([1.0, float("nan")])
    losses["SGD"] = torch.tensor([1.0, 1e-9])
    left = script.draw(losses, paths).axes[0]
    assert left.get_title() == "At one rate SGD ends lowest"
    assert left.texts[-1].get_text() == "Adam"


def test_try_at_0_3_rmsprop_and_adam_end_with_the_largest_losses(script):
    for seed in range(6):
        torch.manual_seed(seed)
        losses = script.race(*script.make_data(), epochs=12, batch_size=32, lr=0.3)
        last = {name: losses[name][-1] for name in FIVE}
        assert min(last["RMSprop"], last["Adam"]) > 2 * max(last[name] for name in FIVE[:3])


def test_try_at_1_only_adagrad_gets_close_to_the_noise(script):
    for seed in range(6):
        torch.manual_seed(seed)
        losses = script.race(*script.make_data(), epochs=12, batch_size=32, lr=1)
        last = {name: losses[name][-1] for name in FIVE}
        assert last.pop("AdaGrad") < 0.016
        assert all(not loss < 0.02 for loss in last.values())
