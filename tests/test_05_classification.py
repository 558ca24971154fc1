"""05: gradient descent on cross-entropy to the letter; the regions are the network's answers."""

import re

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.markers import MarkerStyle

from conftest import descend, parameters, two_layers


def cross_entropy(logits, y):
    """Return the mean of -log softmax at the class y: softmax is e^logit, divided by the sum of both."""
    return -(logits.exp()[torch.arange(len(y)), y] / logits.exp().sum(dim=1)).log().mean()


def answers(p, x):
    """Return the class with the larger of the two logits, by hand from the parameters p."""
    return (two_layers(p, x, "out").diff()[:, 0] > 0).long()


def share_right(p, x, y):
    return (answers(p, x) == y).numpy().mean()


def test_the_data_are_two_clouds_of_100_around_2_2_and_minus_2_minus_2(script):
    torch.manual_seed(0)
    sets = [script.make_data() for _ in range(50)]
    assert all((y.tolist(), y.dtype) == ([0] * 100 + [1] * 100, torch.int64) for _, y in sets)
    points = torch.stack([x for x, _ in sets]).reshape(50, 2, 100, 2)  # set, class, point, feature
    torch.testing.assert_close(points.mean(dim=(0, 2)), torch.tensor([[2.0, 2.0], [-2.0, -2.0]]), rtol=0, atol=0.05)
    torch.testing.assert_close(points.std(dim=(0, 2)), torch.ones(2, 2), rtol=0, atol=0.035)


@pytest.mark.parametrize(("seed", "epochs", "lr", "hidden"), [(5, 100, 0.02, 10), (3, 7, 0.1, 4)])
def test_training_is_gradient_descent_on_cross_entropy_and_printed(script, run, monkeypatch, seed, epochs, lr, hidden):
    monkeypatch.setattr(script, "GRID", script.GRID[::97])  # fewer points
    torch.manual_seed(seed)
    x, y = script.make_data()
    net = script.Net(n_feature=2, n_hidden=hidden, n_output=2)
    new_x, new_y = script.make_data()
    steps = [parameters(net)]
    for _ in range(epochs):
        steps.append(descend(steps[-1], lambda p: cross_entropy(two_layers(p, x, "out"), y), steps=1, lr=lr))
    frames = script.train(net, x, y, epochs=epochs, lr=lr)
    for (region, accuracy), p in zip(frames, steps[:-1][:25], strict=True):
        assert (region == answers(p, script.GRID)).float().mean() > 0.99  # rounding at the border
        assert accuracy == pytest.approx(share_right(p, x, y))
    torch.testing.assert_close(parameters(net), steps[-1], rtol=0, atol=3e-6)
    torch.testing.assert_close(net(x), two_layers(steps[-1], x, "out"), rtol=0, atol=1e-4)  # logits
    out = run("--seed", seed, "--epochs", epochs, "--lr", lr, "--hidden", hidden).out.removeprefix(f"{net}\n")
    loss = float(re.match(rf"loss in the last of {epochs} steps (\S+)\n", out)[1])
    assert loss == pytest.approx(cross_entropy(two_layers(steps[-2], x, "out"), y).item(), abs=6e-5)
    own, new = share_right(steps[-1], x, y), share_right(steps[-1], new_x, new_y)
    assert own != new and f"own points {own:.1%}\naccuracy on new points {new:.1%}\n" in out


def test_the_picture_shows_the_answers_as_regions_and_the_points_also_of_a_third_class_in_their_colours(script):
    net, x, y = script.main(epochs=30)
    p, (ax,) = parameters(net), plt.gcf().axes
    (region,) = ax.images
    row, column = torch.tensor(np.mgrid[-6:6:200j, -6:6:200j]).float()  # a row is a value of feature 2
    expected = answers(p, torch.stack((column, row), dim=2).flatten(0, 1)).reshape(200, 200)
    assert (region.get_array() == expected.numpy()).mean() > 0.9999
    assert (region.get_extent(), region.origin, region.get_clim()) == ([-6, 6, -6, 6], "lower", (0, 1))
    assert region.cmap.name == "Paired" and 0.2 < region.get_alpha() < 0.6  # as blue and brown as the digits
    assert ax.get_title() == f"accuracy {share_right(p, x, y):.1%}"
    np.testing.assert_array_equal(np.concatenate([points.get_offsets() for points in ax.collections]), x)
    y[:9] = 2  # a third class, which Do adds
    earlier = [(torch.arange(40_000) % 2, 0.25), "second"]
    figure, update, frames = script.draw(net, x, y, earlier)
    assert (frames[:2], len(frames)) == (earlier, 10)
    update(frames[0])
    assert (figure.axes[0].images[0].get_array().T.flatten() == earlier[0][0].numpy()).all()
    assert figure.axes[0].get_title() == "accuracy 25.0%"
    (ax,) = figure.axes
    assert ax.images[0].get_clim() == (0, 2)
    for label, points in enumerate(ax.collections):
        np.testing.assert_array_equal(points.get_offsets(), x[y == label])
        glyph = MarkerStyle(f"${label}$").get_path().transformed(MarkerStyle(f"${label}$").get_transform())
        np.testing.assert_array_equal(points.get_paths()[0].vertices, glyph.vertices)
        assert points.get_zorder() > ax.images[0].get_zorder()
    colors = np.array([points.get_facecolor()[0] for points in ax.collections])
    assert min(abs(colors[i] - colors[i - 1]).sum() for i in range(3)) > 0.6
