import re

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import changed, load, run, trained_by_hand

RESTORES = ["restore_net", "restore_params", "restore_and_train_on"]


def verdicts(out):
    return re.findall("(True|False)$", out, re.M)


def test_all_four_are_trained_by_the_rule_and_the_checkpoint_halfway():
    script = load("07_save_restore")
    torch.manual_seed(2)  # as main() does
    x, y = script.make_data()
    start, nets, kept = script.build(), script.main(epochs=51, lr=0.4), torch.load("checkpoint.pt")
    rule = {"loss_of": lambda net: ((net(x) - y) ** 2).mean(), "lr": 0.4, "momentum": 0.5}
    half, end = (trained_by_hand(start, steps=steps, **rule).state_dict() for steps in (25, 51))
    assert kept["epoch"] == 25
    torch.testing.assert_close(kept["net"], half, rtol=0, atol=1e-4)
    for net in nets:
        torch.testing.assert_close(net.state_dict(), end, rtol=0, atol=1e-4)


@pytest.mark.parametrize("fails", RESTORES)
def test_a_network_that_comes_back_otherwise_is_said_and_drawn_so(fails, monkeypatch, capsys):
    script = load("07_save_restore")
    monkeypatch.setattr(script, fails, lambda *args, **options: script.build())
    _, *nets = script.main(epochs=2)
    assert verdicts(capsys.readouterr().out) == [str(way != fails) for way in RESTORES]
    torch.manual_seed(2)  # as main() does
    x, y = script.make_data()
    for ax, net in zip(plt.gcf().axes, nets[:2], strict=True):
        np.testing.assert_allclose(ax.lines[0].get_ydata(), net(x).detach()[:, 0])
        np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.hstack((x, y)))
    assert ["ReLU" in ax.texts[0].get_text() for ax in plt.gcf().axes] == [True, False]


def test_without_the_optimizers_state_net4_ends_elsewhere():
    forgets = changed("07_save_restore", ('    optimizer.load_state_dict(state["optimizer"])', ""))
    assert verdicts(run(forgets).out) == ["True", "True", "False"]


def test_seed_1_is_a_flat_line_and_kept_like_any_other():
    assert verdicts(run("07_save_restore", "--seed", 1).out) == ["True"] * 3
    assert np.ptp(plt.gcf().axes[0].lines[0].get_ydata()) == 0


@pytest.mark.parametrize("file", ["net.pt", "net_params.pt", "checkpoint.pt"])
def test_a_file_that_isnt_saved_isnt_taken_from_the_last_run(file, monkeypatch):
    script, save = load("07_save_restore"), torch.save
    script.main(epochs=2)
    monkeypatch.setattr(torch, "save", lambda state, to: to == file or save(state, to))
    with pytest.raises(EOFError):  # main() has emptied the file
        script.main(epochs=2)
