"""08: every pair exactly once an epoch, whole, in a new order; and what a Linear learns from the batches."""

import re

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader


def dealt(out, *, sizes, epochs=3):
    """Return the x of each epoch in their order, where the lines are those of batches of such sizes."""
    xs = iter([np.array(text.split(), float) for text in re.findall(r"batch x: \[(.+?)\]", out)])
    history, lines = [], []
    for epoch in range(epochs):
        batches = [next(xs) for _ in sizes]
        assert [len(x) for x in batches] == sizes
        history.append([number for x in batches for number in x.tolist()])
        for step, x in enumerate(batches):
            lines.append(f"Epoch: {epoch} | Step: {step} | batch x: {x} | batch y: {11 - x}")
        left_out = [float(x) for x in range(1, 11) if x not in history[-1]]
        lines.append(f"Epoch: {epoch} | left out: x = {left_out}")
    assert [line for line in out.splitlines() if line.startswith("Epoch")] == lines
    return history


def test_every_epoch_deals_every_pair_once_in_batches_of_the_right_size_and_in_a_new_order(script, capsys):
    cases = [(1, [1] * 10), (3, [3, 3, 3, 1]), (5, [5, 5]), (8, [8, 2]), (99, [10])]
    orders = []
    for seed in range(5):
        for batch_size, sizes in cases:
            script.main(batch_size=batch_size, epochs=4, seed=seed)
            history = dealt(capsys.readouterr().out, sizes=sizes, epochs=4)
            assert [sorted(x) for x in history] == [list(range(1, 11))] * 4
            orders += map(tuple, history)
        for batch_size, sizes in [(4, [4, 4]), (7, [7]), (20, [])]:
            script.main(batch_size=batch_size, drop_last=True, seed=seed)
            history = dealt(capsys.readouterr().out, sizes=sizes)
            assert [len(set(x)) for x in history] == [sum(sizes)] * 3
            assert not sizes or len(set(map(tuple, history))) > 1  # shuffled
    assert len(set(orders)) == 5 * 4  # the same for each size, since each main() sets the seed
    script.main(shuffle=False)
    assert dealt(capsys.readouterr().out, sizes=[5, 5]) == [list(range(1, 11))] * 3
    script.main(batch_size=8, drop_last=True, shuffle=False)  # as Try says, this leaves out 9 and 10
    assert dealt(capsys.readouterr().out, sizes=[8]) == [list(range(1, 9))] * 3


def test_what_is_printed_is_what_was_dealt_in_each_epoch(script, capsys):
    x = torch.arange(1.0, 4)
    script.deal(x, 100 * x, batch_size=2, epochs=12, shuffle=False, drop_last=True)
    lines = [f"Step: 0 | batch x: {x[:2].numpy()} | batch y: {100 * x[:2].numpy()}", "left out: x = [3.0]"]
    assert capsys.readouterr().out.splitlines() == [f"Epoch: {n} | {line}" for n in range(12) for line in lines]


def learn(*, size, raw, seed, epochs):
    """Return the loss on all ten after each epoch, by hand from the script's start and order."""
    z, y = np.arange(1, 11.0), np.arange(10, 0, -1.0)
    if not raw:
        z = (z - 5.5) / np.sqrt(82.5 / 9)  # the squares of -4.5, -3.5, …, 4.5 add up to 82.5
    torch.manual_seed(seed)
    loader = DataLoader(range(10), batch_size=size, shuffle=True)
    weight, bias = (p.item() for p in torch.nn.Linear(1, 1).parameters())
    losses = []
    for _ in range(epochs):
        for i in loader:
            error = weight * z[i] + bias - y[i]
            weight, bias = weight - 0.1 * 2 * (error * z[i]).mean(), bias - 0.1 * 2 * error.mean()
        losses.append(((weight * z + bias - y) ** 2).mean())
    return losses


@pytest.mark.parametrize(
    ("size", "steps", "raw", "epochs"), [(5, 2, False, 11), (5, 2, True, 4), (1, 10, False, 2), (99, 1, False, 4)]
)
def test_losses_are_those_of_steps_by_hand_for_ten_seeds_and_as_look_and_try_say(
    script, capsys, size, steps, raw, epochs
):
    for seed in range(10):
        script.main(batch_size=size, epochs=epochs, raw=raw, seed=seed)
        lines = [line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines()[-2 * epochs :]]
        losses = [learn(size=each, raw=raw, seed=seed, epochs=epochs) for each in (10, size)]
        np.testing.assert_allclose([float(loss) for _, loss in lines], np.concatenate(losses), rtol=6e-4)
        ends = [(10, epoch) for epoch in range(1, epochs + 1)] + [
            (size, epoch * steps) for epoch in range(1, epochs + 1)
        ]
        assert [head for head, _ in lines] == [f"batches of {n:2d}, after step {k}: loss on all ten" for n, k in ends]
        if raw:
            assert all(his[3] > 20 * his[2] for his in losses)  # explodes
        elif size == 5:
            assert 0.9 < losses[1][0] / losses[0][1] < 1.02  # two steps with five do what two with ten do
