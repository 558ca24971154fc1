"""06: a class and a Sequential are the same network; only the names of the parameters differ."""

import inspect
import re

import pytest
import torch

from conftest import load, parameters

X = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
NAMED = ["hidden.weight", "hidden.bias", "predict.weight", "predict.bias"]
NUMBERED = ["0.weight", "0.bias", "2.weight", "2.bias"]
VERDICT = r"says the same .*: ([TF])"  # of True or False


@pytest.mark.parametrize(("tanh", "bend"), [(False, torch.relu), (True, torch.tanh)])
def test_with_ten_starts_of_04_all_say_the_same_but_for_the_tanh_of_try(script, capsys, monkeypatch, tanh, bend):
    seed = torch.manual_seed
    for number in range(10):
        monkeypatch.setattr(torch, "manual_seed", lambda _, n=number: seed(n))  # main() always takes 1
        nets = script.main(tanh=tanh)
        seed(number)
        p = parameters(load("04_regression").Net(n_feature=1, n_hidden=10, n_output=1))
        for net, activation in zip(nets, (torch.relu, bend, torch.relu)):
            assert all(torch.equal(a, b) for a, b in zip(net.parameters(), p.values(), strict=True))
            hidden = activation(X @ p["hidden.weight"].T + p["hidden.bias"])
            expected = hidden @ p["predict.weight"].T + p["predict.bias"]
            torch.testing.assert_close(net(X), expected, rtol=0, atol=5e-6)
        assert len({id(parameter) for net in nets for parameter in net.parameters()}) == 12
        assert re.findall(VERDICT, capsys.readouterr().out) == ["F", "F" if tanh else "T", "T"]


def test_the_names_of_the_parameters_and_which_of_them_differ_and_net2_stands_in_five_lines(script, run):
    for net, names in zip(script.main(hidden=7), (NAMED, NUMBERED, NAMED)):
        assert list(net.state_dict()) == names
    refusal = run().out.split("net2 refuses net1's state dict: ")[1]
    assert re.findall(r'"(.+?)"', refusal) == NUMBERED + NAMED  # missing in net1's, unexpected in net2
    assert len(re.search(r"net2 = .*?\n    \)", inspect.getsource(script.main), re.S)[0].splitlines()) == 5


def test_the_opposite_answers_are_printed_where_they_are_true(script, capsys, monkeypatch):
    def off_by_a_bit(tensor, other):
        tensor.data = other.data.nextafter(torch.tensor(2.0))

    made, loads = [], []

    def loads_nothing(net, state, *rest, **how):
        loads.append((list(net.state_dict()), list(state), rest, how))

    def net1_and_net2_alike(layer):
        made.append(layer)
        for parameter in layer.parameters():
            parameter.data.fill_(0.1 if len(made) <= 4 else 0.2)

    cases = [  # what turns answers round, and the answers
        (torch.nn.Linear, "reset_parameters", net1_and_net2_alike, "TTT"),
        (torch.Tensor, "copy_", off_by_a_bit, "FFF"),
        (torch.nn.Module, "load_state_dict", loads_nothing, "FTF"),  # and refuses nothing
    ]
    for owner, name, other, expected in cases:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, other)
            script.main()
        out = capsys.readouterr().out
        assert "".join(re.findall(VERDICT, out)) == expected
        assert ("refuses" in out) == (name != "load_state_dict")
    assert loads == [(NAMED, NAMED, (), {}), (NUMBERED, NAMED, (), {})]
    assert script.same_outputs(torch.abs, torch.abs)
    for one_number_off in (lambda x: x.where(x < 1, 2), lambda x: x.where(x > -1, 2)):
        assert not script.same_outputs(lambda x: x, one_number_off)
    parameters_of = torch.nn.Module.parameters
    monkeypatch.setattr(  # net2 has one more
        torch.nn.Sequential, "parameters", lambda net: [*parameters_of(net), torch.ones(1)], raising=False
    )
    with pytest.raises(ValueError, match="zip"):
        script.main()
