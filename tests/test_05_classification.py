import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import changed, load, numbers, run, trained_by_hand

FORGET = ("        optimizer.zero_grad()", "        # optimizer.zero_grad()")


def test_the_data_are_two_clouds_around_2_2_and_minus_2_minus_2():
    x, y = load("05_classification").make_data(10_000)
    assert y.tolist() == [0] * 10_000 + [1] * 10_000
    for cloud, centre in ((x[y == 0], 2), (x[y == 1], -2)):
        np.testing.assert_allclose(cloud.mean(dim=0), [centre, centre], atol=0.06)
        np.testing.assert_allclose(cloud.std(dim=0), [1, 1], atol=0.06)


def test_it_is_trained_by_the_rule_and_tells_its_loss_and_accuracies(capsys):
    def cross_entropy(net):
        logits = net.out(net.hidden(x).clamp(min=0))
        return -logits.softmax(dim=1)[torch.arange(len(y)), y].log().mean()

    script = load("05_classification")
    torch.manual_seed(3)
    x, y = script.make_data(100)
    net = script.Net(n_feature=2, n_hidden=10, n_output=2)
    new = script.make_data(5000)
    after_19, after_20 = (trained_by_hand(net, cross_entropy, steps=n, lr=0.1) for n in (19, 20))
    same, *data = script.main(seed=3, epochs=20, lr=0.1)
    torch.testing.assert_close((same(x), *data), (after_20(x), x, y), rtol=0, atol=1e-4)
    said = capsys.readouterr().out + plt.gca().get_title()
    assert numbers(said, r"step +20: loss") == pytest.approx(
        [cross_entropy(after_19).item()], abs=1e-4
    )
    for points, classes, label in ((x, y, "200 points"), (x, y, "20 steps"), (*new, "new points")):
        right = (after_20(points).diff()[:, 0] > 0) == (classes == 1)
        assert numbers(said, label) == pytest.approx([100 * right.float().mean().item()], abs=0.06)


def test_the_picture_shows_points_and_answers_first_untrained_then_trained():
    script = load("05_classification")
    x, y = script.make_data(100)
    net = script.Net(n_feature=2, n_hidden=10, n_output=2)
    ticks = torch.linspace(-6, 6, 200)
    grid = torch.stack(torch.meshgrid(ticks, ticks, indexing="xy"), dim=2)  # rows: feature 2
    untrained = net(grid).argmax(dim=2)
    figure, update, frames = script.draw(script.train(net, x, y, epochs=40, lr=0.02), x, y)
    image, clouds = figure.axes[0].images[0], figure.axes[0].collections
    np.testing.assert_allclose(np.vstack([cloud.get_offsets() for cloud in clouds]), x)
    assert (image.get_extent(), image.origin) == ([-6, 6, -6, 6], "lower")
    for step, answers in ((frames[0], untrained), (frames[-1], net(grid).argmax(dim=2))):
        update(step)
        assert (image.get_array() == answers.numpy()).mean() > 0.999


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_a_second_softmax_the_loss_stays_above_0_3133_but_the_accuracy_is_good(seed):
    softmax = ("prediction = net(x)", "prediction = net(x).softmax(dim=1)")
    usual = run("05_classification", "--seed", seed).out
    twice = run(changed("05_classification", softmax), "--seed", seed).out
    assert 99 < numbers(usual, "new points")[0] < 100 and numbers(twice, "new points")[0] > 97
    assert np.log(1 + 1 / np.e) < min(numbers(twice, "loss")) < 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_zero_grad_the_loss_ends_smaller_here_but_larger_in_04(seed):
    def last_loss(script):
        return numbers(run(script, "--seed", seed).out, "loss")[-1]

    here, there = "05_classification", "04_regression"
    assert 10 * last_loss(changed(here, FORGET)) < last_loss(here)
    assert last_loss(changed(there, FORGET)) > 2 * last_loss(there)
