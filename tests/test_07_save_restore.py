"""07: each file brings the parameters back exactly, and the checkpoint the training, too."""

import os
import pickle
import re

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import changed, load, run, trained_by_hand

WAYS = ["restore_net", "restore_params", "restore_and_train_on"]


def verdicts(out):
    return re.findall("(True|False)$", out, re.M)


def test_all_four_are_trained_by_the_rule_and_the_checkpoint_halfway():
    script = load("07_save_restore")
    torch.manual_seed(2)
    x, y = script.make_data()
    start, nets, kept = script.build(), script.main(epochs=51), torch.load("checkpoint.pt")
    rule = {"loss_of": lambda net: ((net(x) - y) ** 2).mean(), "lr": 0.5, "momentum": 0.5}
    half, end = (trained_by_hand(start, steps=steps, **rule).state_dict() for steps in (25, 51))
    assert kept["epoch"] == 25
    torch.testing.assert_close(kept["net"], half, rtol=0, atol=1e-4)
    for net in nets:
        torch.testing.assert_close(net.state_dict(), end, rtol=0, atol=1e-4)


@pytest.mark.parametrize("way", WAYS)
def test_a_network_that_comes_back_otherwise_is_said_and_drawn_so(way, monkeypatch, capsys):
    script = load("07_save_restore")
    monkeypatch.setattr(script, way, lambda *_, **__: script.build())
    _, *nets = script.main(epochs=2)
    assert verdicts(capsys.readouterr().out) == [str(way != other) for other in WAYS]
    torch.manual_seed(2)
    x, y = script.make_data()
    for ax, net in zip(plt.gcf().axes, nets):
        np.testing.assert_allclose(ax.lines[0].get_ydata(), net(x).detach()[:, 0])
        np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.hstack((x, y)))


def test_without_state_net4_ends_elsewhere_and_seed_1_is_a_flat_line():
    forgets = changed("07_save_restore", ("    optimizer.load_state_dict(", "    str("))
    assert verdicts(run(forgets).out) == ["True", "True", "False"]
    assert verdicts(run("07_save_restore", "--lr", 30).out) == ["True"] * 3  # no numbers are left
    assert verdicts(run("07_save_restore", "--seed", 1).out) == ["True"] * 3
    assert np.ptp(plt.gcf().axes[0].lines[0].get_ydata()) == 0


@pytest.mark.parametrize("file", ["net.pt", "net_params.pt", "checkpoint.pt"])
def test_each_way_reads_its_own_file_of_this_run_and_no_code(file, monkeypatch):
    class Spell:
        def __reduce__(self):
            return os.mkdir, ("bewitched",)

    script, save = load("07_save_restore"), torch.save
    script.main(epochs=2)
    monkeypatch.setattr(torch, "save", lambda state, to: to == file or save(state, to))
    with pytest.raises(EOFError):  # the file of the last run is there, but was emptied
        script.main(epochs=2)
    monkeypatch.setattr(torch, "save", lambda state, to: save(Spell() if to == file else state, to))
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        script.main(epochs=2)
