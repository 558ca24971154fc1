import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from torch.utils.data import DataLoader, TensorDataset

from conftest import changed, load, numbers, run

FIVE = ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]


def rule(name, g, m, v, t):
    """Return m, v and the step at rate 1 by the published rule; m and v start at 0."""
    if name == "SGD":
        return m, v, g
    if name == "Momentum":  # Polyak 1964, as torch writes it
        return 0.8 * m + g, v, 0.8 * m + g
    if name == "AdaGrad":  # Duchi, Hazan and Singer 2011
        return m, v + g**2, g / (v + g**2) ** 0.5
    if name == "RMSprop":  # Hinton's lecture 6e, 2012
        v = 0.9 * v + 0.1 * g**2
        return m, v, g / v**0.5
    m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2  # Kingma and Ba 2015
    return m, v, m / (1 - 0.9**t) / (v / (1 - 0.99**t)) ** 0.5


@pytest.mark.parametrize("name", FIVE)
def test_each_walks_down_the_ravine_by_its_published_rule(name):
    path, m, v, rate = [np.array([-8.0, 1.0])], 0, 0, load("09_optimizers").RATES[name]
    for t in range(1, 61):
        m, v, step = rule(name, path[-1] * [1, 50], m, v, t)  # the slopes of (x^2 + 50 y^2) / 2
        path.append(path[-1] - rate * step)
    np.testing.assert_allclose(load("09_optimizers").walk(name), path, atol=1e-3)


@pytest.mark.parametrize("name", FIVE)
def test_each_is_trained_by_its_optimizer_from_one_start_on_equal_batches(name):
    script = load("09_optimizers")
    torch.manual_seed(2)
    losses = script.race(*script.make_data(), epochs=2, batch_size=24, lr=0.02)[name]
    torch.manual_seed(2)
    x, y = script.make_data()
    loader, net = DataLoader(TensorDataset(x, y), batch_size=24, shuffle=True), script.Net()
    optimizer = script.OPTIMIZERS[name](net.parameters(), 0.02)  # by the rule, as just seen
    for _, loss in zip(range(2), losses, strict=True):
        for batch_x, batch_y in loader:
            optimizer.zero_grad()
            ((net(batch_x) - batch_y) ** 2).mean().backward()
            optimizer.step()
        assert loss == pytest.approx(((net(x) - y) ** 2).mean().item(), rel=1e-3)


def test_sgd_jumps_momentum_and_adam_pass_the_star_adagrads_steps_shrink():
    x, y = ({name: load("09_optimizers").walk(name)[:, i] for name in FIVE} for i in (0, 1))
    assert (y["SGD"][1:] * y["SGD"][:-1] < 0).all()  # from wall to wall
    assert min(x["Momentum"].max(), x["Adam"].max()) > 0.5  # the star is at 0
    assert (x["AdaGrad"].diff().diff() < 0).all()


def test_at_rate_1_only_adagrad_does_better_than_a_flat_line():
    losses = load("09_optimizers").main(lr=1.0, epochs=4)[0]
    assert [name for name in FIVE if losses[name][-1] < 0.06] == ["AdaGrad"]  # flat: 0.1


def test_without_clone_each_walk_is_drawn_as_a_point():
    run(changed("09_optimizers", (".detach().clone()", ".detach()")), "--epochs", 1)
    _, *ravines = plt.gcf().axes
    assert [len(np.unique(ax.lines[0].get_xydata(), axis=0)) for ax in ravines] == [1] * 5


def test_table_and_picture_show_each_race_and_each_walk_under_its_name(capsys):
    losses, paths = load("09_optimizers").main(epochs=2)
    out = capsys.readouterr().out
    left, *ravines = plt.gcf().axes
    curves = {line.get_label(): line for line in left.lines}
    for name, ax in zip(FIVE, ravines, strict=True):
        said = numbers(out, f"{name} +") + numbers(out, rf"{name} +\S+ +")
        np.testing.assert_allclose(said, [losses[name][-1], paths[name][-1].norm()], atol=1e-4)
        np.testing.assert_allclose(curves[name].get_ydata(), losses[name])
        np.testing.assert_array_equal(ax.lines[0].get_xydata(), load("09_optimizers").walk(name))
        np.testing.assert_array_equal(ax.lines[-1].get_xydata(), paths[name][-1:])  # the circle
        assert name in ax.texts[0].get_text()
        assert ax.lines[0].get_color() == curves[name].get_color()
