"""07: both files restore the network bit for bit, each way reads only its own file."""

import os
import pathlib
import pickle

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import descend, parameters, two_layers

NAMES = {"0.weight": "hidden.weight", "0.bias": "hidden.bias", "2.weight": "predict.weight", "2.bias": "predict.bias"}
X = torch.linspace(-1, 1, 100).unsqueeze(dim=1)


class Spell:
    """A pickle that would make a folder when loaded without care."""

    def __reduce__(self):
        return os.mkdir, ("bewitched",)


class Gone(torch.nn.Sequential):
    """A network whose class will be missing when its file is loaded."""


@pytest.mark.parametrize("lr", [0.5, 2])
def test_both_ways_give_back_the_trained_network_for_three_seeds_and_try_lr_2_even_its_nan(script, lr):
    for seed in range(3):
        net1, net2, net3 = script.main(seed=seed, lr=lr)
        for net in (net2, net3):
            assert script.same_bits(net1, net)
            assert net(X).numpy(force=True).tobytes() == net1(X).numpy(force=True).tobytes()
            assert not net.training
        assert len({id(p) for net in (net1, net2, net3) for p in net.parameters()}) == 12
        assert net1(X).isnan().all() == (lr == 2)


@pytest.mark.parametrize(("epochs", "lr"), [(100, 0.5), (1, 0.5), (20, 0.1)])
def test_training_is_gradient_descent_parameter_for_parameter(script, epochs, lr):
    torch.manual_seed(2)
    x, y = script.make_data()
    p = {NAMES[name]: value for name, value in parameters(script.build()).items()}
    p = descend(p, lambda p: ((two_layers(p, x) - y) ** 2).mean(), steps=epochs, lr=lr)
    net1, _, _ = script.main(epochs=epochs, lr=lr, seed=2)
    for name, value in net1.state_dict().items():
        torch.testing.assert_close(value, p[NAMES[name]], rtol=1e-2, atol=2e-3)


def test_each_way_back_reads_its_own_file_and_only_that_of_the_whole_network_holds_class_names(script):
    saved = script.train_and_save(*script.make_data(), epochs=1, lr=0.1)
    for other, restore in (("net_params.pt", script.restore_net), ("net.pt", script.restore_params)):
        pathlib.Path(other).rename("elsewhere")
        assert script.same_bits(restore(), saved)
        pathlib.Path("elsewhere").rename(other)
    classes_in = torch.serialization.get_unsafe_globals_in_checkpoint
    assert {name.split(".")[-1] for name in classes_in("net.pt")} == {"Sequential", "Linear", "ReLU"}
    assert classes_in("net_params.pt") == []
    assert list(torch.load("net_params.pt", weights_only=True)) == list(saved.state_dict())


def test_other_classes_and_code_are_refused(script):
    for content in (torch.nn.Sequential(torch.nn.Tanh()), Spell(), {"0.weight": Spell()}):
        for name, restore in (("net.pt", script.restore_net), ("net_params.pt", script.restore_params)):
            torch.save(content, name)
            with pytest.raises(pickle.UnpicklingError):
                restore()
    assert not pathlib.Path("bewitched").exists()


def test_the_file_of_a_whole_network_can_run_code_and_is_useless_without_its_classes(monkeypatch):
    torch.save(Spell(), "net.pt")
    torch.load("net.pt", weights_only=False)
    assert pathlib.Path("bewitched").exists()
    torch.save(Gone(torch.nn.Linear(1, 1)), "net.pt")
    monkeypatch.delitem(globals(), "Gone")
    with pytest.raises(AttributeError, match="Gone"):
        torch.load("net.pt", weights_only=False)


def one_bit_changed():
    net = torch.load("net.pt", weights_only=False)
    net[2].bias.data.view(torch.int32).add_(1)
    return net


CASES = [(None, True, True), ("restore_net", False, True), ("restore_params", True, False)]


@pytest.mark.parametrize("lr", [0.5, 2])
@pytest.mark.parametrize(("changed", "net2", "net3"), CASES)
def test_true_is_said_even_for_nan_and_false_when_a_bit_differs(script, capsys, monkeypatch, changed, net2, net3, lr):
    if changed:
        monkeypatch.setattr(script, changed, one_bit_changed)
    script.main(lr=lr, epochs=50)
    out = capsys.readouterr().out
    assert f"net2, from net.pt, equals net1 bit for bit: {net2}\n" in out
    assert f"net3, from net_params.pt, equals net1 bit for bit: {net3}\n" in out
    how = "changed" if changed else "bit for bit"
    assert plt.gcf().get_suptitle() == f"net1 comes back from its files {how}"


def test_the_default_seed_trains_well_and_the_picture_shows_the_three_networks_and_one_not_filled(script, capsys):
    net1, net2, net3 = script.main()
    torch.manual_seed(2)
    x, y = script.make_data()
    loss = ((net1(x) - y) ** 2).mean().item()
    assert loss < 0.01
    assert f"net1 after 100 steps: loss {loss:.4f}\n" in capsys.readouterr().out
    axes = plt.gcf().axes
    assert [ax.get_title() for ax in axes] == [
        "net1: trained,\nthen saved twice",
        "net2: layers and\nparameters from net.pt",
        "net3: from net_params.pt\n(gray: a net not filled)",
    ]
    for ax, net in zip(axes, (net1, net2, net3)):
        np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.cat((x, y), dim=1))
        np.testing.assert_allclose(ax.lines[0].get_xydata(), torch.cat((x, net(x).detach()), dim=1))
        assert (ax.lines[0].get_color(), ax.get_xlabel()) == ("chocolate", "x")
    (unfilled,) = axes[2].lines[1:]
    assert (unfilled.get_color(), unfilled.get_linestyle(), axes[0].get_ylabel()) == ("gray", "--", "y")
    np.testing.assert_allclose(unfilled.get_xdata(), x[:, 0])
    assert np.abs(unfilled.get_ydata() - net3(x).detach().numpy()[:, 0]).max() > 0.1


def test_try_one_step_mostly_makes_it_worse_and_it_comes_back_exactly(script, capsys):
    worse = 0
    for seed in range(1, 7):
        torch.manual_seed(seed)
        x, y = script.make_data()
        before = ((script.build()(x) - y) ** 2).mean()
        net1, _, _ = script.main(epochs=1, seed=seed)
        worse += ((net1(x) - y) ** 2).mean() > before
        assert capsys.readouterr().out.count("True") == 2
    assert worse >= 4
