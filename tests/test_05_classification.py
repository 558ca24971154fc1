"""05: gradient descent on the cross-entropy; regions and accuracies are the network's answers."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import changed, load, numbers, run, trained_by_hand

SOFTMAX = ("prediction = net(x)", "prediction = net(x).softmax(dim=1)")
NO_ZERO_GRAD = ("        optimizer.zero_grad()", "        # optimizer.zero_grad()")


def logits(net, x):
    """Compute linear, ReLU, linear without the class's forward()."""
    hidden = (x @ net.hidden.weight.T + net.hidden.bias).clamp(min=0)
    return hidden @ net.out.weight.T + net.out.bias


def cross_entropy(net, x, y):
    """Return the mean of -log softmax at the class y."""
    probability = logits(net, x).exp() / logits(net, x).exp().sum(dim=1, keepdim=True)
    return -probability[torch.arange(len(y)), y].log().mean()


def share_right(net, x, y):
    """Return the share of points whose larger logit is that of their class, 0 or 1."""
    return ((logits(net, x).diff()[:, 0] > 0) == (y == 1)).float().mean().item()


def test_the_data_are_two_clouds_around_2_2_and_minus_2_minus_2():
    torch.manual_seed(0)
    x, y = load("05_classification").make_data(10_000)
    assert y.tolist() == [0] * 10_000 + [1] * 10_000
    for cloud, centre in ((x[y == 0], 2.0), (x[y == 1], -2.0)):
        torch.testing.assert_close(cloud.mean(dim=0), torch.full((2,), centre), rtol=0, atol=0.05)
        torch.testing.assert_close(cloud.std(dim=0), torch.ones(2), rtol=0, atol=0.05)


@pytest.mark.parametrize(("seed", "epochs", "lr"), [(5, 100, 0.02), (3, 20, 0.1)])
def test_it_is_trained_by_the_rule_and_prints_and_draws_that(capsys, seed, epochs, lr):
    script = load("05_classification")
    torch.manual_seed(seed)
    x, y = script.make_data(100)
    net = script.Net(n_feature=2, n_hidden=10, n_output=2)
    new_x, new_y = script.make_data(5000)
    how = {"steps": epochs - 1, "lr": lr}
    before = trained_by_hand(net, lambda net: cross_entropy(net, x, y), **how)
    last = trained_by_hand(before, lambda net: cross_entropy(net, x, y), steps=1, lr=lr)
    same, same_x, same_y = script.main(seed=seed, epochs=epochs, lr=lr)
    assert torch.equal(same_x, x) and torch.equal(same_y, y)
    torch.testing.assert_close(same(x), logits(last, x), rtol=0, atol=1e-4)
    out = capsys.readouterr().out
    assert numbers(out, "loss")[-1] == pytest.approx(cross_entropy(before, x, y).item(), abs=1e-4)
    own, new = 100 * share_right(last, x, y), 100 * share_right(last, new_x, new_y)
    assert numbers(out, "own 200 points:") == [pytest.approx(own, abs=0.01)]
    assert numbers(out, "10,000 new points:") == [pytest.approx(new, abs=0.02)]
    (ax,) = plt.gcf().axes
    feature_2, feature_1 = torch.tensor(np.mgrid[-6:6:200j, -6:6:200j]).float()  # rows, columns
    expected = logits(last, torch.stack((feature_1, feature_2), dim=2).flatten(0, 1)).argmax(dim=1)
    assert (ax.images[0].get_array().flatten() == expected.numpy()).mean() > 0.999
    assert (ax.images[0].get_extent(), ax.images[0].origin) == ([-6, 6, -6, 6], "lower")
    for label, points in enumerate(ax.collections[:2]):
        np.testing.assert_allclose(points.get_offsets(), x[y == label])
    assert f"{own:.1f}%" in ax.get_title()


def test_the_animation_shows_the_first_steps_in_order_then_the_last():
    script = load("05_classification")
    torch.manual_seed(1)
    x, y = script.make_data(100)
    net = script.Net(n_feature=2, n_hidden=10, n_output=2)
    first = share_right(net, x, y)
    figure, update, frames = script.draw(script.train(net, x, y, epochs=40, lr=0.02), x, y)
    assert frames[:25] == list(range(25)) and frames[-1] == 40
    update(0)
    assert f"{100 * first:.1f}%" in figure.axes[0].get_title()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_the_new_points_most_are_right_but_not_all(seed):
    out = run("05_classification", "--seed", seed).out
    assert 99 < numbers(out, "10,000 new points:")[0] < 100


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_softmax_too_many_stops_the_loss_but_not_the_accuracy(seed):
    out = run(changed("05_classification", SOFTMAX), "--seed", seed).out
    assert np.log(1 + 1 / np.e) < min(numbers(out, "loss")) < 0.45
    assert numbers(out, "10,000 new points:")[0] > 99


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_zero_grad_the_loss_is_smaller_here_and_larger_in_04(seed):
    def last_losses(name):
        scripts = name, changed(name, NO_ZERO_GRAD)
        return [numbers(run(script, "--seed", seed).out, "loss")[-1] for script in scripts]

    usual, added = last_losses("05_classification")
    assert added < 0.005 < usual
    usual, added = last_losses("04_regression")
    assert added > 5 * usual
