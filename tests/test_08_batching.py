"""08: every pair exactly once an epoch, whole, in a new order, in batches of the right size."""

import pytest
import torch


def xs(epoch):
    return torch.cat([batch_x for batch_x, _ in epoch]).tolist()


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("batch_size", [1, 3, 5, 8, 10, 99])
def test_every_epoch_visits_every_pair_exactly_once_in_batches_of_the_right_size(script, seed, batch_size):
    history = script.main(batch_size=batch_size, seed=seed)
    assert len(history) == 3
    for epoch in history:
        assert sorted(xs(epoch)) == list(range(1, 11))
        assert all(torch.equal(batch_x + batch_y, torch.full_like(batch_x, 11)) for batch_x, batch_y in epoch)
        full, rest = divmod(10, batch_size)
        assert [len(batch_x) for batch_x, _ in epoch] == [batch_size] * full + [rest] * bool(rest)


def test_the_data_and_defaults_are_the_notes(script):
    x, y = script.make_data()
    assert x.tolist() == list(range(1, 11))
    assert y.tolist() == list(range(10, 0, -1))
    defaults = {"batch_size": 5, "epochs": 3, "shuffle": True, "drop_last": False, "seed": 1}
    assert script.main.__kwdefaults__ == defaults


@pytest.mark.parametrize("seed", range(10))
def test_the_orders_of_the_epochs_differ(script, seed):
    orders = {tuple(xs(epoch)) for epoch in script.main(epochs=5, seed=seed)}
    assert len(orders) == 5


def test_unshuffled_the_order_is_that_of_the_data(script):
    assert [xs(epoch) for epoch in script.main(shuffle=False)] == [list(range(1, 11))] * 3


def test_drop_last_leaves_out_the_batch_that_isnt_full(script):
    for epoch in script.main(batch_size=8, drop_last=True):
        assert [len(batch_x) for batch_x, _ in epoch] == [8]


def test_unvisited_is_what_no_batch_holds(script):
    x = torch.arange(1.0, 6.0)
    assert script.unvisited(x, [(torch.tensor([2.0, 5.0]), None), (torch.tensor([1.0]), None)]) == [3, 4]
    assert script.unvisited(x, []) == [1, 2, 3, 4, 5]


def test_each_batch_is_printed_with_its_epoch_and_step(script, capsys):
    history = script.main()
    lines = capsys.readouterr().out.splitlines()

    def row(batch):
        return " ".join(f"{value:2.0f}" for value in batch)

    expected = [
        f"epoch {e} | step {s} | batch x: {row(x)} | batch y: {row(y)}"
        for e, epoch in enumerate(history)
        for s, (x, y) in enumerate(epoch)
    ]
    assert lines == [*expected, *(f"epoch {e}: 10 of 10 pairs visited, each once" for e in range(3))]


@pytest.mark.parametrize("seed", range(1, 6))
def test_try_batches_of_8_leave_a_last_one_of_2_and_say_what_drop_last_would_do(script, run, seed):
    for epoch in script.main(batch_size=8, seed=seed):
        assert [len(batch_x) for batch_x, _ in epoch] == [8, 2]
    out = run("--batch-size", 8, "--seed", seed).out
    assert "10 pairs in batches of 8: drop_last=True leaves out 2 pairs an epoch, drop_last=False gives" in out
    assert out.count("10 of 10 pairs visited, each once") == 3


@pytest.mark.parametrize("seed", range(1, 6))
def test_try_unshuffled_drop_last_never_shows_9_and_10(run, seed):
    out = run("--batch-size", 8, "--drop-last", "--no-shuffle", "--seed", seed).out
    assert out.count("8 of 10 pairs visited, left out: x = 9, 10\n") == 3
    assert len([line for line in out.splitlines() if "batch x" in line]) == 3
