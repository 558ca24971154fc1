"""08: every pair once an epoch, in a new order; and what a Linear learns from the batches."""

import re

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from conftest import changed, numbers, run

RAW = ("    x = (x - x.mean()) / x.std()", "    # x = (x - x.mean()) / x.std()")


def epochs_of(out):
    """Return for each epoch the sizes of its batches, its x in order, and what was left out."""
    found = []
    for part in re.split(r"(?<=\])\n(?=Epoch: \d+ \| Step: 0 )", out):
        batches = [np.array(x.split(), float) for x in re.findall(r"batch x: \[(.*?)\]", part)]
        ys = [np.array(y.split(), float) for y in re.findall(r"batch y: \[(.*?)\]", part)]
        for x, y in zip(batches, ys, strict=True):
            assert (x + y == 11).all()  # a pair stays together
        left_out = re.findall(r"left out: x = \[(.*)\]", part)[0]
        left_out = [float(x) for x in left_out.split(",") if x]
        found.append(([len(x) for x in batches], np.concatenate(batches).tolist(), left_out))
    return found


@pytest.mark.parametrize(("size", "sizes"), [(5, [5, 5]), (3, [3, 3, 3, 1]), (1, [1] * 10)])
def test_each_epoch_deals_every_pair_once_and_in_a_new_order(size, sizes):
    found = epochs_of(run("08_batching", "--batch-size", size).out)
    assert [each[0] for each in found] == [sizes] * 3
    assert all(sorted(order) == list(range(1, 11)) for _, order, _ in found)
    assert len({tuple(order) for _, order, _ in found}) == 3
    assert all(left_out == [] for *_, left_out in found)


def test_without_shuffling_the_order_stays_and_drop_last_always_leaves_out_the_same():
    out = run("08_batching", "--batch-size", 8, "--drop-last", "--no-shuffle").out
    assert epochs_of(out) == [([8], [1, 2, 3, 4, 5, 6, 7, 8], [9, 10])] * 3
    shuffled = epochs_of(run("08_batching", "--batch-size", 8, "--drop-last").out)
    assert all(sorted(order + left) == list(range(1, 11)) for _, order, left in shuffled)
    assert len({tuple(left) for *_, left in shuffled}) > 1


def learned(*, size, seed, epochs, raw):
    """Return the loss on all ten after each epoch, by hand, from the script's start and order."""
    z, y = np.arange(1, 11.0), np.arange(10, 0, -1.0)
    if not raw:
        z = (z - z.mean()) / z.std(ddof=1)
    torch.manual_seed(seed)
    loader = DataLoader(range(10), batch_size=size, shuffle=True)
    weight, bias = (p.item() for p in torch.nn.Linear(1, 1).parameters())
    losses = []
    for _ in range(epochs):
        for i in loader:
            error = weight * z[i] + bias - y[i]
            weight, bias = weight - 0.2 * (error * z[i]).mean(), bias - 0.2 * error.mean()
        losses.append(((weight * z + bias - y) ** 2).mean())
    return losses


@pytest.mark.parametrize(("size", "raw"), [(5, False), (1, False), (5, True)])
def test_the_losses_are_those_of_the_rule_in_shuffled_batches_and_turn_out_as_announced(size, raw):
    script = changed("08_batching", RAW) if raw else "08_batching"
    for seed in range(10):
        out = run(script, "--batch-size", size, "--seed", seed).out
        all_ten, fewer = (learned(size=n, seed=seed, epochs=3, raw=raw) for n in (10, size))
        np.testing.assert_allclose(numbers(out, "loss on all"), all_ten + fewer, rtol=2e-3)
        steps = [1, 2, 3, *(10 // size * epoch for epoch in (1, 2, 3))]
        assert numbers(out, "after step") == steps
        if raw:
            assert fewer[2] > 100 * fewer[1] > 10_000 * fewer[0]  # explodes
        elif size == 5:  # two steps in one epoch do what two do in two
            assert 0.9 < fewer[0] / all_ten[1] < 1.05
        else:  # much smaller than with batches of five
            assert fewer[2] < learned(size=5, seed=seed, epochs=3, raw=False)[2] / 1000


def test_no_epochs_are_refused_in_one_line():
    done = run("08_batching", "--epochs", 0)
    assert (done.code, done.out) == (2, "") and "--epochs must be at least 1" in done.err
