"""07: both files restore the network to the last bit, and no file gets to run code."""

import os
import pathlib
import pickle

import numpy as np
import pytest
import torch
from conftest import descend, noise, parameters, two_layers
from matplotlib import pyplot as plt

NAMES = {"0.weight": "hidden.weight", "0.bias": "hidden.bias", "2.weight": "predict.weight", "2.bias": "predict.bias"}


class Spell:
    """A pickle that would make a folder when loaded without care."""

    def __reduce__(self):
        return os.mkdir, ("bewitched",)


@pytest.fixture
def saved(script):
    """The network that train_and_save() wrote, a step into its training."""
    torch.manual_seed(0)
    return script.train_and_save(*script.make_data(), epochs=1, lr=0.1)


@pytest.mark.parametrize("seed", range(10))
def test_both_restored_networks_equal_the_trained_one_to_the_last_bit(script, seed):
    nets, predictions = script.main(seed=seed)
    assert len({id(net) for net in nets}) == 3
    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
    for net, prediction in zip(nets, predictions, strict=True):
        assert torch.equal(prediction, predictions[0])
        assert torch.equal(net(x), prediction)
        assert all(torch.equal(a, b) for a, b in zip(net.parameters(), nets[0].parameters(), strict=True))


@pytest.mark.parametrize(("epochs", "lr"), [(100, 0.5), (1, 0.5), (20, 0.1)])
def test_training_is_gradient_descent_parameter_for_parameter(script, epochs, lr):
    torch.manual_seed(2)
    x, y = script.make_data()
    start = {NAMES[name]: value for name, value in parameters(script.build()).items()}
    expected, _ = descend(start, lambda p: ((two_layers(p, x) - y) ** 2).mean(), steps=epochs, lr=lr)
    (net1, *_), _ = script.main(epochs=epochs, lr=lr, seed=2)
    for name, value in net1.state_dict().items():
        torch.testing.assert_close(value, expected[NAMES[name]], rtol=1e-2, atol=2e-3)


def test_the_data_are_x_squared_plus_noise_from_0_to_a_fifth(script):
    torch.manual_seed(0)
    found = noise(script.make_data, 100, 50)
    assert -1e-6 <= found.min() < 0.001
    assert 0.199 < found.max() <= 0.2


def test_the_defaults_are_the_notes_and_a_seed_that_trains_well(script):
    assert script.main.__kwdefaults__ == {"epochs": 100, "lr": 0.5, "seed": 2, "save": False}
    torch.manual_seed(2)
    _, y = script.make_data()
    assert ((script.main()[1][0] - y) ** 2).mean() < 0.01


def test_restoring_works_from_the_files_alone(script, saved):
    torch.manual_seed(99)
    for net in (script.restore_net(), script.restore_params()):
        assert all(torch.equal(a, b) for a, b in zip(net.parameters(), saved.parameters(), strict=True))


def test_the_files_are_the_notes_two_kinds(script, saved):
    assert (str(script.NET), str(script.PARAMS)) == ("net.pt", "net_params.pt")
    assert list(torch.load("net_params.pt", weights_only=True)) == list(saved.state_dict())
    assert isinstance(torch.load("net.pt", weights_only=False), torch.nn.Sequential)


def test_the_allow_list_is_exactly_the_classes_in_the_file(script, saved, monkeypatch):
    allowed = []
    monkeypatch.setattr(script, "load", lambda path, *classes: allowed.extend((path, *classes)))
    script.restore_net()
    needed = torch.serialization.get_unsafe_globals_in_checkpoint("net.pt")
    assert {f"{kind.__module__}.{kind.__qualname__}" for kind in allowed[1:]} == set(needed)
    assert len(allowed) == 4


def test_a_class_that_isnt_allowed_is_refused_and_none_stays_allowed_after_a_load(script, saved):
    with pytest.raises(pickle.UnpicklingError, match="weights_only"):
        script.load(script.NET, torch.nn.Sequential, torch.nn.Linear)
    script.restore_net()
    assert not {torch.nn.Sequential, torch.nn.Linear, torch.nn.ReLU} & set(torch.serialization.get_safe_globals())


@pytest.mark.parametrize("wrap", [lambda spell: spell, lambda spell: {"0.weight": spell}])
def test_a_pickle_that_would_run_a_command_is_refused_and_doesnt_run_it(script, saved, wrap):
    for name in ("net.pt", "net_params.pt"):
        torch.save(wrap(Spell()), name)
    for restore in (script.restore_net, script.restore_params):
        with pytest.raises(pickle.UnpicklingError):
            restore()
    assert not pathlib.Path("bewitched").exists()
    torch.load("net.pt", weights_only=False)  # the docstring's warning is true
    assert pathlib.Path("bewitched").exists()


@pytest.mark.parametrize("keep", [0, 10, 1000, -1])
@pytest.mark.parametrize("name", ["net.pt", "net_params.pt"])
def test_a_cut_file_is_refused_with_an_error_that_names_it(script, saved, keep, name):
    path = pathlib.Path(name)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=rf"^{name} is cut short or damaged"):
        (script.restore_net if name == "net.pt" else script.restore_params)()


def test_print_says_identical_and_how_large_each_file_is(script, capsys):
    _, predictions = script.main()
    lines = capsys.readouterr().out.splitlines()
    for name, what, net in (("net.pt", "whole network", "net2"), ("net_params.pt", "parameters", "net3")):
        (line,) = (line for line in lines if line.startswith(f"{name} "))
        assert f"{what} " in line
        assert f" {pathlib.Path(name).stat().st_size} bytes" in line
        assert line.endswith(f"predictions of {net} and net1: identical to the last bit")
    torch.manual_seed(2)
    _, y = script.make_data()
    assert f"100 steps, loss {((predictions[0] - y) ** 2).mean():.4f}" in lines[0]
    assert pathlib.Path("net.pt").stat().st_size > pathlib.Path("net_params.pt").stat().st_size


def test_a_difference_would_be_said(script, capsys, monkeypatch):
    monkeypatch.setattr(script, "restore_params", script.build)
    _, predictions = script.main()
    out = capsys.readouterr().out
    assert "net3 and net1: different" in out
    assert "net2 and net1: identical" in out
    figure = script.draw(torch.zeros(100, 1), torch.zeros(100, 1), predictions)
    assert figure.get_suptitle() == "Saved, restored, different"
    plt.close(figure)


def test_the_picture_shows_the_three_predictions_over_the_data(script):
    torch.manual_seed(2)
    x, y = script.make_data()
    predictions = [x, x + 1, x + 2]
    figure = script.draw(x, y, predictions)
    for ax, prediction in zip(figure.axes, predictions, strict=True):
        data, curve = (line.get_xydata() for line in ax.lines)
        np.testing.assert_allclose(data, torch.cat((x, y), dim=1))
        np.testing.assert_allclose(curve, torch.cat((x, prediction), dim=1))
    plt.close(figure)
    figure = script.draw(x, y, [x, x, x])
    assert figure.get_suptitle() == "Saved, restored, identical"
    plt.close(figure)


def test_try_one_step_leaves_files_of_the_same_size(script):
    def sizes(**arguments):
        script.main(**arguments)
        return [pathlib.Path(name).stat().st_size for name in ("net.pt", "net_params.pt")]

    assert len({tuple(sizes(epochs=epochs, seed=seed)) for epochs in (1, 100) for seed in range(5)}) == 1


def test_try_seed_1_kills_all_relus_and_the_flat_line_is_restored(script):
    nets, predictions = script.main(seed=1)
    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
    assert nets[0][:2](x).count_nonzero() == 0
    assert predictions[0].unique().numel() == 1
    assert torch.equal(predictions[0], predictions[1])
    assert torch.equal(predictions[0], predictions[2])
