"""05: gradient descent on cross-entropy to the letter; the regions are the network's answers."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import descend, parameters, two_layers


def cross_entropy(logits, y):
    """Return the mean of -log softmax at the class y, by log-sum-exp."""
    return (logits.logsumexp(dim=1) - logits[torch.arange(len(y)), y]).mean()


def share_right(net, x, y):
    logits = net(x).detach().numpy()
    return np.mean((logits[:, 1] > logits[:, 0]) == y.numpy())


def test_the_data_are_two_clouds_of_100_around_2_2_and_minus_2_minus_2(script):
    torch.manual_seed(0)
    pairs = [script.make_data() for _ in range(50)]
    for x, y in pairs:
        assert (x.shape, x.dtype, y.dtype) == ((200, 2), torch.float32, torch.int64)
        assert y.tolist() == [0] * 100 + [1] * 100
    for part, center in ((slice(0, 100), 2.0), (slice(100, 200), -2.0)):
        cloud = torch.cat([x[part] for x, _ in pairs])
        torch.testing.assert_close(cloud.mean(dim=0), torch.tensor([center] * 2), rtol=0, atol=0.06)
        torch.testing.assert_close(cloud.std(dim=0), torch.ones(2), rtol=0, atol=0.06)


@pytest.mark.parametrize(("seed", "epochs", "lr"), [(1, 100, 0.02), (2, 7, 0.02), (3, 37, 0.1)])
def test_training_is_gradient_descent_on_cross_entropy_and_is_printed(script, capsys, seed, epochs, lr):
    torch.manual_seed(seed)
    x, y = script.make_data()
    p = parameters(script.Net(n_feature=2, n_hidden=10, n_output=2))
    same_x, same_y, nets = script.main(seed=seed, epochs=epochs, lr=lr)
    assert torch.equal(x, same_x) and torch.equal(y, same_y)
    assert len(nets) == epochs + 1
    assert all(torch.equal(value, p[name]) for name, value in nets[0].state_dict().items())
    p = descend(p, lambda p: cross_entropy(two_layers(p, x, "out"), y), steps=epochs, lr=lr)
    for name, value in nets[-1].state_dict().items():
        torch.testing.assert_close(value, p[name], rtol=1e-3, atol=1e-4)
    before, after, loss = share_right(nets[0], x, y), share_right(nets[-1], x, y), cross_entropy(nets[-1](x), y)
    assert capsys.readouterr().out.startswith(
        f"{nets[0]}\naccuracy before training {before:.1%}\n"
        f"accuracy after {epochs} steps {after:.1%}\nloss after {epochs} steps {loss:.4f}\n"
    )


def test_frames_show_the_networks_answers_as_regions_the_border_moves_and_points_are_digits(script):
    x, y, nets = script.main()
    figure, update, frames = script.draw(x, y, nets)
    (ax,) = figure.axes
    (region,) = ax.images
    early, _, _ = script.draw(x, y, nets[:8])  # seven steps, the last of which changes the accuracy
    assert early.axes[0].get_title() == f"accuracy {share_right(nets[7], x, y):.1%}"
    assert [id(net) for net in frames] == [id(net) for net in nets[:25] + [nets[-1]] * 8]
    assert share_right(frames[0], x, y) < 0.6 < 0.98 < share_right(frames[24], x, y)
    update(nets[6])
    answers, side = region.get_array(), torch.linspace(-6, 6, 200)
    grid = torch.stack(torch.meshgrid(side, side, indexing="xy"), dim=-1)  # rows are the second feature
    assert (answers == nets[6](grid).argmax(dim=-1).numpy()).mean() > 0.9999  # rounding at the border
    assert (region.get_extent(), region.origin, region.get_clim()) == ([-6, 6, -6, 6], "lower", (0, 1))
    assert region.cmap.name == "Paired"  # class 0 has a bluish ground, class 1 a reddish one
    assert 0.2 < region.get_alpha() < 0.6
    for label, color, points in zip((0, 1), ("tab:blue", "chocolate"), ax.collections, strict=True):
        np.testing.assert_allclose(points.get_offsets(), x[y == label])
        digit = plt.scatter([0], [0], marker=f"${label}$", color=color)  # told apart without colour, too
        np.testing.assert_allclose(points.get_paths()[0].vertices, digit.get_paths()[0].vertices)
        np.testing.assert_allclose(points.get_facecolor(), digit.get_facecolor())
    assert ax.get_title() == f"accuracy {share_right(nets[6], x, y):.1%}"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature 1", "feature 2")


def test_it_separates_the_clouds_and_try_ten_times_the_steps_halve_the_loss_and_hardly_change_the_accuracy(script):
    for seed in range(1, 4):
        x, y, nets = script.main(epochs=1000, seed=seed)
        assert share_right(nets[100], x, y) > 0.98  # with the default epochs
        early, late = (cross_entropy(net(x), y).item() for net in (nets[100], nets[1000]))
        assert late < early / 2
        assert abs(share_right(nets[1000], x, y) - share_right(nets[100], x, y)) <= 0.01
