"""08: every pair exactly once an epoch, whole, in a new order, in batches of the right size."""


def xs(batches):
    return [x for batch_x, _ in batches for x in batch_x.tolist()]


def test_every_epoch_deals_every_pair_once_in_batches_of_the_right_size_and_in_a_new_order(script):
    for seed in range(5):
        assert len({tuple(xs(batches)) for batches in script.main(epochs=5, seed=seed)}) == 5
        for batch_size, sizes in ((1, [1] * 10), (3, [3, 3, 3, 1]), (5, [5, 5]), (8, [8, 2]), (99, [10])):
            history = script.main(batch_size=batch_size, seed=seed)
            for batches in history:
                assert sorted(xs(batches)) == list(range(1, 11))
                assert [len(batch_x) for batch_x, _ in batches] == sizes
                assert all((batch_x + batch_y == 11).all() for batch_x, batch_y in batches)
    assert [xs(batches) for batches in script.main(shuffle=False)] == [list(range(1, 11))] * 3


def test_every_batch_and_what_was_left_out_is_printed(script, capsys):
    history = script.main(batch_size=4, drop_last=True)
    lines = []
    for epoch, batches in enumerate(history):
        for step, (x, y) in enumerate(batches):
            lines.append(f"Epoch: {epoch} | Step: {step} | batch x: {x.numpy()} | batch y: {y.numpy()}")
        left_out = [float(x) for x in range(1, 11) if x not in xs(batches)]
        lines.append(f"Epoch: {epoch} | pairs dealt: 8 | left out: x = {left_out}")
    assert capsys.readouterr().out.splitlines() == lines
    script.main()
    assert capsys.readouterr().out.count("| pairs dealt: 10 | left out: x = []\n") == 3


def test_try_batches_of_8_without_the_last_and_unshuffled_leave_out_9_and_10_in_every_epoch(run):
    out = run("--batch-size", 8, "--drop-last", "--no-shuffle").out
    assert out.count("| pairs dealt: 8 | left out: x = [9.0, 10.0]\n") == 3
