"""07: both files restore the network bit for bit, each way reads only its own file."""

import os
import pathlib
import pickle

import numpy as np
import pytest
import torch
from conftest import check_parabola, descend, parameters, two_layers
from matplotlib import pyplot as plt

NAMES = {
    "0.weight": "hidden.weight",
    "0.bias": "hidden.bias",
    "2.weight": "predict.weight",
    "2.bias": "predict.bias",
}
X = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
ANSWERS = (
    "net2, from net.pt, equals net1 bit for bit:",
    "net3, from net_params.pt, equals net1 bit for bit:",
)


class Spell:
    """A pickle that would make a folder when loaded without care."""

    def __reduce__(self):
        return os.mkdir, ("bewitched",)


def equal(net, other):
    return all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters()))


@pytest.fixture
def saved(script):
    """The network that train_and_save() wrote, a step into its training."""
    torch.manual_seed(0)
    return script.train_and_save(*script.make_data(), epochs=1, lr=0.1)


def test_the_data_are_x_squared_plus_noise_from_0_to_a_fifth(script):
    check_parabola(script.make_data, 100, "uniform")


def test_both_ways_give_back_the_trained_network_for_ten_seeds(script):
    for seed in range(10):
        net1, net2, net3 = script.main(seed=seed, epochs=20)
        assert equal(net1, net2)
        assert equal(net1, net3)
        assert torch.equal(net1(X), net2(X))
        assert len({id(p) for net in (net1, net2, net3) for p in net.parameters()}) == 12
        assert not net3.training


@pytest.mark.parametrize(("epochs", "lr"), [(100, 0.5), (1, 0.5), (20, 0.1)])
def test_training_is_gradient_descent_parameter_for_parameter(script, epochs, lr):
    torch.manual_seed(2)
    x, y = script.make_data()
    p = {NAMES[name]: value for name, value in parameters(script.build()).items()}
    p = descend(p, lambda p: ((two_layers(p, x) - y) ** 2).mean(), steps=epochs, lr=lr)
    net1, _, _ = script.main(epochs=epochs, lr=lr, seed=2)
    for name, value in net1.state_dict().items():
        torch.testing.assert_close(value, p[NAMES[name]], rtol=1e-2, atol=2e-3)


def test_the_defaults_are_the_notes_and_a_seed_that_trains_well(script, capsys):
    assert script.main.__kwdefaults__ == {"epochs": 100, "lr": 0.5, "seed": 2, "save": False}
    net1, _, _ = script.main()
    torch.manual_seed(2)
    _, y = script.make_data()
    loss = ((net1(X) - y) ** 2).mean().item()
    assert loss < 0.01
    assert f"net1 after 100 steps: loss {loss:.4f}\n" in capsys.readouterr().out


def test_each_way_back_reads_its_own_file_and_no_other(script, saved):
    pathlib.Path("net_params.pt").rename("elsewhere")
    assert equal(script.restore_net(), saved)
    pathlib.Path("elsewhere").rename("net_params.pt")
    pathlib.Path("net.pt").unlink()
    assert equal(script.restore_params(), saved)


def test_the_files_are_the_whole_network_and_its_state_dict(script, saved):
    assert list(torch.load("net_params.pt", weights_only=True)) == list(saved.state_dict())
    assert isinstance(torch.load("net.pt", weights_only=False), torch.nn.Sequential)
    assert torch.serialization.get_unsafe_globals_in_checkpoint("net_params.pt") == []
    names = torch.serialization.get_unsafe_globals_in_checkpoint("net.pt")
    assert {name.split(".")[-1] for name in names} == {"Sequential", "Linear", "ReLU"}


def test_a_whole_network_cant_be_loaded_where_its_class_is_gone_and_a_state_dict_can(
    script, saved, monkeypatch
):
    class Gone(torch.nn.Sequential):
        pass

    monkeypatch.setitem(globals(), "Gone", Gone)
    Gone.__qualname__ = "Gone"
    torch.save(Gone(*saved), "net.pt")
    monkeypatch.delitem(globals(), "Gone")
    with pytest.raises(AttributeError, match="Gone"):
        torch.load("net.pt", weights_only=False)
    assert equal(script.restore_params(), saved)


def test_a_class_that_isnt_allowed_is_refused_and_none_stays_allowed(script, saved):
    torch.save(torch.nn.Sequential(torch.nn.Tanh()), "net.pt")
    with pytest.raises(pickle.UnpicklingError, match="weights_only"):
        script.restore_net()
    assert torch.nn.Linear not in torch.serialization.get_safe_globals()


def test_a_file_that_would_run_code_is_refused_and_runs_nothing(script, saved):
    for content in (Spell(), {"0.weight": Spell()}):
        for name, restore in (
            ("net.pt", script.restore_net),
            ("net_params.pt", script.restore_params),
        ):
            torch.save(content, name)
            with pytest.raises(pickle.UnpicklingError):
                restore()
    assert not pathlib.Path("bewitched").exists()
    torch.load("net.pt", weights_only=False)  # the remark's warning is true
    assert pathlib.Path("bewitched").exists()


@pytest.mark.parametrize("lr", [0.5, 2])
def test_true_is_printed_even_for_nan_and_false_when_a_bit_differs(script, capsys, monkeypatch, lr):
    net1, net2, net3 = script.main(lr=lr)
    out = capsys.readouterr().out
    assert all(f"{answer} True\n" in out for answer in ANSWERS)
    assert plt.gcf().get_suptitle() == "net1 comes back from its files bit for bit"

    def changed():
        net = torch.load("net.pt", weights_only=False)
        bits = net[2].bias.data.view(torch.int32)
        bits += 1
        return net

    for name, expected in (
        ("restore_net", ["False", "True"]),
        ("restore_params", ["True", "False"]),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(script, name, changed)
            script.main(lr=lr)
        out = capsys.readouterr().out
        assert all(f"{answer} {truth}\n" in out for answer, truth in zip(ANSWERS, expected))
        assert plt.gcf().get_suptitle() == "net1 comes back from its files changed"


def test_the_picture_shows_the_three_networks_and_a_new_one_before_it_is_filled(script):
    net1, net2, net3 = script.main()
    torch.manual_seed(2)
    x, y = script.make_data()
    axes = plt.gcf().axes
    titles = ["net1: trained,\nthen saved twice", "net2: layers and\nparameters from net.pt"]
    assert [ax.get_title() for ax in axes[:2]] == titles
    assert axes[2].get_title() == "net3: from net_params.pt\n(gray: a net not filled)"
    for ax, net in zip(axes, (net1, net2, net3)):
        np.testing.assert_allclose(ax.collections[0].get_offsets(), torch.cat((x, y), dim=1))
        np.testing.assert_allclose(ax.lines[0].get_xydata(), torch.cat((x, net(x).detach()), dim=1))
        assert ax.lines[0].get_color() == "chocolate"
        assert ax.get_xlabel() == "x"
    (unfilled,) = axes[2].lines[1:]
    assert (unfilled.get_color(), unfilled.get_linestyle()) == ("gray", "--")
    assert np.abs(unfilled.get_ydata() - net3(x).detach().numpy()[:, 0]).max() > 0.1
    np.testing.assert_allclose(unfilled.get_xdata(), x[:, 0])


def test_try_one_step_has_learned_next_to_nothing_and_comes_back_exactly(script, capsys):
    for seed in range(6):
        script.main(epochs=1, seed=seed)
        out = capsys.readouterr().out
        assert float(out.split("loss ")[1].split()[0]) > 0.05
        assert out.count("True") == 2


def test_try_a_rate_of_2_ends_in_nan_and_comes_back_exactly(script, capsys):
    for seed in range(6):
        net1, _, _ = script.main(lr=2, seed=seed)
        assert any(p.isnan().any() for p in net1.parameters())
        out = capsys.readouterr().out
        assert "loss nan\n" in out
        assert out.count("True") == 2
