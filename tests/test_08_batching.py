import re

import numpy as np
import pytest
import torch

from conftest import changed, numbers, run


def dealt(*options):
    """Return each of three epochs' batches of x, then what's left out; see that x + y is 11."""
    epochs = [[], [], []]
    for line in run("08_batching", *options).out.splitlines()[:-6]:
        lists = [re.findall(r"[\d.]+", part) for part in re.findall(r"\[.*?\]", line)]
        x, *y = ([float(number) for number in part] for part in lists)
        assert not y or np.add(x, y[0]).tolist() == [11] * len(x)
        epochs[int(re.search(r"\d", line)[0])].append(x)
    return epochs


def test_each_epoch_deals_every_pair_once_in_a_new_order():
    epochs = dealt("--batch-size", 3)
    assert [[len(x) for x in epoch] for epoch in epochs] == [[3, 3, 3, 1, 0]] * 3
    orders = [np.concatenate(epoch).tolist() for epoch in epochs]
    assert [sorted(order) for order in orders] == [[*range(1, 11)]] * 3
    assert orders[0] != orders[1] != orders[2]


def test_in_order_and_without_the_last_small_batch_two_are_left_out():
    in_order = dealt("--batch-size", 8, "--drop-last", "--no-shuffle")
    assert in_order == [[[1, 2, 3, 4, 5, 6, 7, 8], [9, 10]]] * 3


def losses(*options, script="08_batching"):
    """Run it; return the losses after each epoch in batches of ten, and in those asked for."""
    said = [numbers(line)[-1] for line in run(script, *options).out.splitlines()[-6:]]
    return said[:3], said[3:]


def test_in_batches_of_ten_each_step_brings_weight_and_bias_nearer_as_the_rule_says():
    torch.manual_seed(1)
    weight, bias = (p.item() for p in torch.nn.Linear(1, 1).parameters())
    # x: mean 5.5, variance 9.1667; normalised: z; y is 5.5 - 9.1667**0.5 * z, z * z averages 0.9
    off = weight + 9.1667**0.5, bias - 5.5  # a step leaves 1 - 0.2 * 0.9, and 1 - 0.2, of these
    by_hand = [0.9 * (off[0] * 0.82**t) ** 2 + (off[1] * 0.8**t) ** 2 for t in (1, 2, 3)]
    assert losses()[0] == pytest.approx(by_hand, rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_two_steps_are_two_steps_thirty_learn_more_and_raw_x_explodes(seed):
    ten, five = losses("--seed", seed)
    _, one = losses("--seed", seed, "--batch-size", 1)
    assert 0.9 < five[0] / ten[1] < 1.05  # two steps, in two epochs or in one
    assert one[2] < five[2] / 1000
    script = changed("08_batching", ("    x = (x - x.mean())", "    # x = (x - x.mean())"))
    _, raw = losses("--seed", seed, script=script)
    assert raw[2] > 100 * raw[1] > 10_000 * raw[0]
