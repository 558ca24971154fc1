"""08: every pair once an epoch, in a new order; and what a Linear learns from the batches."""

import re

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from conftest import changed, run


def dealt(*options):
    """Run it; return for each of three epochs its batches of x, and at the end what's left out."""
    epochs = [[], [], []]
    for line in run("08_batching", *options).out.splitlines()[:-6]:
        lists = [re.findall(r"[\d.]+", part) for part in re.findall(r"\[.*?\]", line)]
        x, *y = ([float(number) for number in part] for part in lists)
        assert not y or np.add(x, y[0]).tolist() == [11] * len(x)  # each y stays with its x
        epochs[int(re.search(r"\d", line)[0])].append(x)
    return epochs


def test_each_epoch_deals_every_pair_once_in_a_new_order():
    epochs = dealt("--batch-size", 3)
    assert [[len(x) for x in epoch] for epoch in epochs] == [[3, 3, 3, 1, 0]] * 3
    orders = [np.concatenate(epoch).tolist() for epoch in epochs]
    assert [sorted(order) for order in orders] == [[*range(1, 11)]] * 3
    assert orders[0] != orders[1] != orders[2]
    in_order = dealt("--batch-size", 8, "--drop-last", "--no-shuffle")
    assert in_order == [[[1, 2, 3, 4, 5, 6, 7, 8], [9, 10]]] * 3


def learned(size, x, seed):
    """Return the batch size, the steps and the loss on all ten after each epoch, by hand."""
    torch.manual_seed(seed)
    y, loader = np.arange(10, 0, -1.0), DataLoader(range(10), batch_size=size, shuffle=True)
    weight, bias = (p.item() for p in torch.nn.Linear(1, 1).parameters())
    for epoch in (1, 2, 3):
        for i in loader:
            error = weight * x[i] + bias - y[i]
            weight, bias = weight - 0.2 * (error * x[i]).mean(), bias - 0.2 * error.mean()
        yield size, epoch * len(loader), ((weight * x + bias - y) ** 2).mean()


@pytest.mark.parametrize("seed", range(3))
def test_losses_follow_the_rule_and_do_what_the_answers_say(seed):
    def losses(size, x, script="08_batching"):
        out = run(script, "--batch-size", size, "--seed", seed).out
        rows = [re.findall(r"\d[\d.e+-]*", line) for line in out.splitlines()[-6:]]
        by_hand = [*learned(10, x, seed), *learned(size, x, seed)]
        np.testing.assert_allclose(np.array(rows, float), by_hand, rtol=2e-3)
        return [loss for *_, loss in by_hand]

    x = np.arange(1, 11.0)
    z = (x - x.mean()) / x.std(ddof=1)
    raw = changed("08_batching", ("    x = (x - x.mean())", "    # x = (x - x.mean())"))
    five, one, exploded = losses(5, z), losses(1, z), losses(5, x, raw)
    assert 0.9 < five[3] / five[1] < 1.05  # two steps, in one epoch or in two
    assert one[5] < five[5] / 1000 and exploded[5] > 100 * exploded[4] > 10_000 * exploded[3]
