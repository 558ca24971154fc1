"""07: each file brings the parameters back exactly, and the checkpoint the training, too."""

import os
import pathlib
import pickle
import re

import pytest
import torch
from matplotlib import pyplot as plt

from conftest import changed, load, run, trained_by_hand

EQUAL = re.compile(r"net\d, from .*, equals net1: (True|False)")
FILES = ("net.pt", "net_params.pt", "checkpoint.pt")


def state_of(net):
    return [p.detach().clone() for p in net.parameters()]


@pytest.mark.parametrize(("epochs", "lr"), [(100, 0.5), (7, 0.1)])
def test_it_is_trained_by_the_rule_and_its_checkpoint_is_of_halfway(epochs, lr):
    script = load("07_save_restore")
    torch.manual_seed(2)
    x, y = script.make_data()

    def loss_of(net):
        return ((net(x) - y) ** 2).mean()

    how = {"lr": lr, "momentum": 0.5}
    net = script.build()
    net1, *_ = script.main(epochs=epochs, lr=lr)
    by_hand = trained_by_hand(net, loss_of, steps=epochs, **how)
    torch.testing.assert_close(state_of(net1), state_of(by_hand), rtol=0, atol=1e-4)
    checkpoint = torch.load("checkpoint.pt")
    half = trained_by_hand(net, loss_of, steps=checkpoint["epoch"], **how)
    torch.testing.assert_close([*checkpoint["net"].values()], state_of(half), rtol=0, atol=1e-4)
    assert checkpoint["epoch"] == epochs // 2


@pytest.mark.parametrize("seed", range(2, 6))
def test_all_four_networks_are_equal_and_are_said_to_be(seed, capsys):
    nets = load("07_save_restore").main(seed=seed)
    for net in nets[1:]:
        assert net is not nets[0]
        assert all(torch.equal(p, q) for p, q in zip(state_of(net), state_of(nets[0]), strict=True))
    assert EQUAL.findall(capsys.readouterr().out) == ["True"] * 3


def test_without_the_optimizers_state_net4_ends_elsewhere():
    forgets = changed("07_save_restore", ("    optimizer.load_state_dict(", "    str("))
    assert EQUAL.findall(run(forgets).out) == ["True", "True", "False"]


def test_seed_1_loses_all_its_relus_and_a_dead_network_is_restored_too(capsys):
    net1, *_ = load("07_save_restore").main(seed=1)
    prediction = net1(torch.linspace(-1, 1, 100).unsqueeze(1))
    assert prediction.max() == prediction.min()
    assert EQUAL.findall(capsys.readouterr().out) == ["True"] * 3


def test_a_rate_that_is_no_number_leaves_no_number_but_equal_networks():
    assert EQUAL.findall(run("07_save_restore", "--lr", "nan").out) == ["True"] * 3


@pytest.mark.parametrize("file", FILES)
def test_what_is_restored_comes_from_its_own_file_of_this_run(file):
    assert EQUAL.findall(run("07_save_restore").out) == ["True"] * 3
    saves = {
        "net.pt": 'torch.save(net1, "net.pt")',
        "net_params.pt": "torch.save(net1.state_dict()",
    }
    line = saves.get(file, "torch.save(state,")
    with pytest.raises(EOFError):  # the file of the last run is there, but was emptied
        run(changed("07_save_restore", (f"    {line}", f"    str() # {line}")))


def test_a_file_that_would_run_code_is_refused_where_it_is_read():
    class Spell:
        def __reduce__(self):
            return os.mkdir, ("bewitched",)

    script = load("07_save_restore")
    x, y = script.make_data()
    reads = [script.restore_net, script.restore_params]
    reads.append(lambda: script.restore_and_train_on(x, y, epochs=2, lr=0.1))
    for file, read in zip(FILES, reads, strict=True):
        torch.save(Spell(), file)
        with pytest.raises(pickle.UnpicklingError, match="mkdir"):
            read()
    assert not pathlib.Path("bewitched").exists()


def test_the_picture_shows_what_each_file_brought_back():
    script = load("07_save_restore")
    x, y = script.make_data()
    nets = script.build(), script.build()
    script.draw(x, y, *nets)
    for ax, net in zip(plt.gcf().axes, nets, strict=True):
        assert (ax.lines[0].get_ydata() == net(x).detach().squeeze().numpy()).all()
        assert (ax.collections[0].get_offsets().data == torch.cat((x, y), dim=1).numpy()).all()
    layers, names = (ax.texts[0].get_text() for ax in plt.gcf().axes)
    assert layers.split() == ["Linear", "ReLU", "Linear"]
    assert "0.weight (10, 1)" in names and "2.bias (1,)" in names
