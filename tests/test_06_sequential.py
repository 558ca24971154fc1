"""06: a class and a Sequential are the same network; only the names of the parameters differ."""

import re

import pytest
import torch

from conftest import changed, load, run

X = torch.linspace(-1, 1, 100).unsqueeze(1)
NAMED = ["hidden.weight", "hidden.bias", "predict.weight", "predict.bias"]
NUMBERED = ["0.weight", "0.bias", "2.weight", "2.bias"]
SAME = re.compile(r"net\d says the same .*: (True|False)")  # before, with parameters, state dict


@pytest.mark.parametrize("hidden", [10, 7])
def test_all_three_are_the_network_of_04_once_they_have_its_parameters(hidden):
    torch.manual_seed(1)
    net = load("04_regression").Net(n_feature=1, n_hidden=hidden, n_output=1)
    for other in load("06_sequential").main(hidden=hidden):
        torch.testing.assert_close(other(X), net(X))
        for p, q in zip(other.parameters(), net.parameters(), strict=True):
            assert torch.equal(p, q)


def test_names_and_numbers_of_parameters_are_printed_and_net2_refuses_other_names():
    out = run("06_sequential").out
    for net, names in zip(load("06_sequential").main(), (NAMED, NUMBERED, NAMED), strict=True):
        assert list(net.state_dict()) == names
    assert re.findall(r"(\d+) parameters: (.*) ", out) == [
        ("31", str(names)) for names in (NAMED, NUMBERED, NAMED)
    ]
    refusal = out.split("net2 refuses net1's state dict: ")[1]
    assert re.findall(r'"(.+?)"', refusal) == NUMBERED + NAMED  # missing, unexpected


def test_before_they_differ_and_afterwards_say_the_same():
    assert SAME.findall(run("06_sequential").out) == ["False", "True", "True"]


def test_the_same_seed_makes_the_same_network_and_a_name_given_anew_copies_nothing():
    seed = changed("06_sequential", ("    net2 =", "    torch.manual_seed(1)\n    net2 ="))
    assert SAME.findall(run(seed).out) == ["True", "True", "True"]
    name = changed("06_sequential", ("target.copy_(source)", "target = source"))
    assert SAME.findall(run(name).out) == ["False", "False", "True"]


def test_a_difference_that_is_there_is_said():
    """With another activation in net2, and with parameters that were not copied exactly."""
    tanh = changed("06_sequential", ("        torch.nn.ReLU(),", "        torch.nn.Tanh(),"))
    assert SAME.findall(run(tanh).out) == ["False", "False", "True"]
    off = changed("06_sequential", ("copy_(source)", "copy_(source * 1.001)"))
    assert SAME.findall(run(off).out) == ["False", "False", "True"]
