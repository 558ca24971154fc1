"""09: a fair race, optimizers that follow their published rules, and a ravine walked as the picture says."""

import math

import numpy as np
import pytest
import torch
from conftest import ROOT, load, noise, parameters, two_layers
from matplotlib import pyplot as plt
from torch.utils.data import DataLoader, TensorDataset

BETA1, BETA2, EPS = 0.9, 0.99, 1e-8


def walk(name, p, gradient_of, *, steps, lr):
    """Yield the parameters, a dict of float64 tensors, after each step of the published rule."""
    memory = {key: (torch.zeros_like(value), torch.zeros_like(value)) for key, value in p.items()}
    for t in range(1, steps + 1):
        gradients, p = gradient_of(p), dict(p)
        for key, g in gradients.items():
            m, v = memory[key]
            if name == "SGD":
                step = g
            elif name == "Momentum":  # Polyak, as torch writes it: v = 0.8 v + g
                m = 0.8 * m + g
                step = m
            elif name == "AdaGrad":  # Duchi, Hazan and Singer 2011
                v = v + g**2
                step = g / (v.sqrt() + 1e-10)
            elif name == "RMSprop":  # Hinton's lecture 6e, 2012
                v = 0.9 * v + 0.1 * g**2
                step = g / (v.sqrt() + EPS)
            else:  # Kingma and Ba 2015
                m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g**2
                step = m / (1 - BETA1**t) / ((v / (1 - BETA2**t)).sqrt() + EPS)
            memory[key], p[key] = (m, v), p[key] - lr * step
        yield p


@pytest.fixture(scope="module")
def races():
    """{seed: losses} of the default race for ten seeds, run once."""
    script, found = load(ROOT / "09_optimizers.py"), {}
    for seed in range(10):
        torch.manual_seed(seed)
        found[seed] = script.race(*script.make_data(), epochs=12, batch_size=32, lr=0.01)
    return found


EACH = pytest.mark.parametrize("name", ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"])


@EACH
@pytest.mark.parametrize(("seed", "batch_size", "lr"), [(1, 32, 0.01), (2, 100, 0.03)])
def test_the_race_follows_the_published_rule_from_the_same_start_on_the_same_batches(
    script, name, seed, batch_size, lr
):
    torch.manual_seed(seed)
    x, y = script.make_data()
    losses = script.race(x, y, epochs=2, batch_size=batch_size, lr=lr)[name]

    torch.manual_seed(seed)
    x, y = script.make_data()
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    p = {key: value.double() for key, value in parameters(script.Net()).items()}
    batches = [(a.double(), b.double()) for _ in range(2) for a, b in loader]
    assert len(losses) == len(batches)
    expected, current = [], iter(batches)

    def gradient_of(p):
        batch_x, batch_y = next(current)
        leaves = {key: value.clone().requires_grad_() for key, value in p.items()}
        loss = ((two_layers(leaves, batch_x) - batch_y) ** 2).mean()
        expected.append(loss.item())
        return dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))

    list(walk(name, p, gradient_of, steps=len(batches), lr=lr))
    np.testing.assert_allclose(losses, expected, rtol=1e-2, atol=1e-4)


def test_all_five_start_from_the_same_weights_and_see_the_same_batches(races):
    for losses in races.values():
        assert list(losses) == ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]
        assert len({history[0] for history in losses.values()}) == 1
        assert len({history[-1] for history in losses.values()}) == 5
        assert all(len(history) == 12 * 32 for history in losses.values())


def test_the_data_are_x_squared_plus_normal_noise_of_a_tenth(script):
    torch.manual_seed(0)
    found = noise(script.make_data, 1000, 10)
    assert found.mean().item() == pytest.approx(0, abs=0.004)
    assert found.std().item() == pytest.approx(0.1, abs=0.003)
    assert found.min() < -0.3
    assert pytest.approx(2 * 0.1**2) == script.LINE


def test_the_network_has_20_hidden_units_and_the_defaults_are_the_notes(script):
    net = script.Net()
    assert net.hidden.weight.shape == (20, 1)
    x = torch.randn(5, 1)
    torch.testing.assert_close(net(x), two_layers(parameters(net), x))
    assert script.main.__kwdefaults__ == {"epochs": 12, "batch_size": 32, "lr": 0.01, "seed": 1, "save": False}


@pytest.mark.parametrize("seed", range(10))
def test_rmsprop_and_adam_are_below_the_line_before_the_others_and_sgd_never_gets_there(script, races, seed):
    first = {name: script.first_below(history) or math.inf for name, history in races[seed].items()}
    assert max(first["RMSprop"], first["Adam"]) < 110  # at most 92
    assert min(first["Momentum"], first["AdaGrad"]) > 120
    assert first["SGD"] == math.inf


def test_smooth_is_the_mean_of_each_window(script):
    losses = [float(v) for v in torch.rand(50)]
    expected = [sum(losses[i : i + 32]) / 32 for i in range(19)]
    np.testing.assert_allclose(script.smooth(losses), expected, rtol=1e-5)
    np.testing.assert_allclose(script.smooth([1.0, 2.0, 6.0]), [3.0])


def test_first_below_is_the_number_of_steps_that_the_window_needed(script):
    losses = [1.0] * 40 + [0.0] * 40
    assert script.first_below(losses, line=0.5) == 40 + 17  # 17 of 32 are zeros: 15/32 < 0.5
    assert script.first_below(losses, line=1.1) == 32
    assert script.first_below([1.0, 0.0, 0.0], line=0.5) == 3
    assert script.first_below(losses, line=0.0) is None
    assert script.first_below([0.0201] * 40) is None
    assert script.first_below([0.0199] * 40) == 32


@EACH
def test_each_path_follows_the_published_rule_down_the_ravine(script, name):
    path = script.ravine(name)
    rate = {"SGD": 0.038, "Momentum": 0.038, "AdaGrad": 1.0, "RMSprop": 0.3, "Adam": 0.4}[name]
    start = {"p": torch.tensor([-8.0, 1.0], dtype=torch.float64)}
    curvature = torch.tensor([1.0, 50.0], dtype=torch.float64)
    steps = [start, *walk(name, start, lambda p: {"p": curvature * p["p"]}, steps=40, lr=rate)]
    expected = torch.stack([p["p"] for p in steps])
    assert path.shape == (41, 2)
    assert script.OPTIMIZERS[name][2] == rate
    np.testing.assert_allclose(path[:20], expected[:20], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(path, expected, atol=0.3)  # RMSprop's rattling amplifies the rounding


def test_in_the_ravine_they_walk_as_the_docstring_says(script):
    path = {name: script.ravine(name) for name in script.OPTIMIZERS}
    left = {name: p[-1].norm() for name, p in path.items()}
    steps = {name: (p[1:] - p[:-1]).norm(dim=1) for name, p in path.items()}
    assert (path["SGD"][1:, 1] * path["SGD"][:-1, 1] < 0).all()  # from wall to wall at every step
    assert left["Momentum"] < left["SGD"] / 10
    assert (path["AdaGrad"][:, 0].diff().diff() < 0).all()
    assert (path["AdaGrad"][:, 0].diff() > 0).all()
    rattling = path["RMSprop"][-10:, 1]
    assert path["RMSprop"][-1, 0].abs() < 0.1
    assert (rattling[1:] * rattling[:-1] < 0).all()
    assert steps["RMSprop"][-1] > 0.3
    assert path["Adam"][:, 0].max() > 0.5
    assert path["Adam"][-1, 0] < path["Adam"][:, 0].max()


def test_the_table_is_that_of_the_race(script, capsys):
    losses, paths = script.main(epochs=3)
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()[1:6]}
    for name, history in losses.items():
        final = sum(history[-32:]) / 32
        step = script.first_below(history) or "never"
        rate = script.OPTIMIZERS[name][2]
        assert rows[name] == [f"{final:.4f}", str(step), f"{paths[name][-1].norm():.3f}", "of", "8.062", f"({rate})"]
    assert math.hypot(8, 1) == pytest.approx(8.062, abs=5e-4)
    assert all(torch.equal(path, script.ravine(name)) for name, path in paths.items())


def test_the_picture_shows_the_losses_and_the_paths(script, races):
    losses, paths = races[1], {name: script.ravine(name) for name in script.OPTIMIZERS}
    figure = script.draw(losses, paths)
    left, *ravines = figure.axes
    assert left.get_title() == "RMSprop is first below the line"
    assert (left.get_ylim(), left.get_xlabel(), left.get_ylabel()) == ((0, 0.2), "step", "loss (mean squared error)")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(losses)
    assert [script.LINE, script.LINE] in [list(line.get_ydata()) for line in left.lines]
    curves = {line.get_label(): line for line in left.lines}
    raw = [line for line in left.lines if len(line.get_ydata()) == 384]
    for (name, history), own, ax in zip(losses.items(), raw, ravines, strict=True):
        np.testing.assert_allclose(own.get_ydata(), history)
        np.testing.assert_allclose(curves[name].get_ydata(), script.smooth(history))
        assert curves[name].get_xdata()[0] == 31
        assert curves[name].get_xdata()[-1] == 383
        path = next(line for line in ax.lines if len(line.get_xdata()) == 41)
        np.testing.assert_allclose(path.get_xydata(), paths[name])
        assert ax.texts[0].get_text() == name
        assert path.get_color() == curves[name].get_color() == own.get_color()
    plt.close(figure)
    figure = script.draw({name: [1.0] * 40 for name in losses}, paths)
    assert figure.axes[0].get_title() == "None gets below the line"
    plt.close(figure)


@pytest.mark.parametrize("seed", range(6))
def test_try_at_0_3_the_order_turns_over(script, seed):
    torch.manual_seed(seed)
    losses = script.race(*script.make_data(), epochs=12, batch_size=32, lr=0.3)
    first = {name: script.first_below(history) for name, history in losses.items()}
    assert first["RMSprop"] is None
    assert first["Adam"] is None
    assert all(first[name] for name in ("SGD", "Momentum", "AdaGrad"))


@pytest.mark.parametrize("seed", range(6))
def test_try_at_1_only_adagrad_survives(script, seed):
    torch.manual_seed(seed)
    losses = script.race(*script.make_data(), epochs=12, batch_size=32, lr=1)
    final = {name: script.smooth(history)[-1].item() for name, history in losses.items()}
    assert final.pop("AdaGrad") < 0.02
    assert all(not loss < 0.05 for loss in final.values())
