"""07: each file brings the parameters back exactly, and the checkpoint the training, too."""

import os
import pathlib
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


def test_it_is_trained_by_the_rule_and_its_checkpoint_is_of_halfway():
    script = load("07_save_restore")
    torch.manual_seed(2)
    x, y = script.make_data()
    start = script.build()
    net1, *_ = script.main(epochs=51, lr=0.3)
    checkpoint = torch.load("checkpoint.pt")
    assert checkpoint["epoch"] == 25
    for steps, state in ((51, net1.state_dict()), (25, checkpoint["net"])):
        rule = {"steps": steps, "lr": 0.3, "momentum": 0.5}
        by_hand = trained_by_hand(start, lambda net: ((net(x) - y) ** 2).mean(), **rule)
        torch.testing.assert_close(state, by_hand.state_dict(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("lr", [0.3, 30.0])
def test_all_four_are_equal_and_said_to_be_even_if_no_numbers_are_left(lr, capsys):
    nets = load("07_save_restore").main(lr=lr)
    for net in nets[1:]:
        same = {"rtol": 0, "atol": 0, "equal_nan": True}
        torch.testing.assert_close(net.state_dict(), nets[0].state_dict(), **same)
    assert verdicts(capsys.readouterr().out) == ["True"] * 3


@pytest.mark.parametrize("way", WAYS)
def test_a_network_that_comes_back_otherwise_is_said_and_drawn_to_differ(way, monkeypatch, capsys):
    script = load("07_save_restore")
    monkeypatch.setattr(script, way, lambda *_, **__: script.build())
    _, *nets = script.main()
    assert verdicts(capsys.readouterr().out) == [str(way != other) for other in WAYS]
    torch.manual_seed(2)
    x, y = script.make_data()
    for ax, net in zip(plt.gcf().axes, nets):
        np.testing.assert_allclose(ax.lines[0].get_ydata(), net(x).detach()[:, 0])
        np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.hstack((x, y)))


def test_without_its_state_net4_ends_elsewhere_and_seed_1_leaves_a_flat_line():
    forgets = changed("07_save_restore", ("    optimizer.load_state_dict(", "    str("))
    assert verdicts(run(forgets).out) == ["True", "True", "False"]
    assert verdicts(run("07_save_restore", "--seed", 1).out) == ["True"] * 3
    assert np.ptp(plt.gcf().axes[0].lines[0].get_ydata()) == 0


@pytest.mark.parametrize("file", ["net.pt", "net_params.pt", "checkpoint.pt"])
def test_each_way_reads_its_own_file_of_this_run_and_refuses_code_in_it(file, monkeypatch):
    class Spell:
        def __reduce__(self):
            return os.mkdir, ("bewitched",)

    script, save = load("07_save_restore"), torch.save
    script.main(epochs=2)
    monkeypatch.setattr(torch, "save", lambda what, name: name == file or save(what, name))
    with pytest.raises(EOFError):  # the file of the last run is there, but was emptied
        script.main(epochs=2)
    monkeypatch.setattr(torch, "save", lambda what, name: save([what, Spell()][name == file], name))
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        script.main(epochs=2)
    assert not pathlib.Path("bewitched").exists()
