"""06: a class and a Sequential are the same network; only the names of the parameters differ."""

import re

import pytest
import torch

X = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
NAMED = ["hidden.weight", "hidden.bias", "predict.weight", "predict.bias"]
REFUSED = 'Missing key(s) in state_dict: "0.weight", "0.bias", "2.weight", "2.bias".'


def answers(out):
    """Return what main() printed about net2 and net3, in order."""
    return [line.split(": ", 1)[1] for line in out.splitlines() if re.match(r"net[23] ", line)]


@pytest.mark.parametrize(("seed", "hidden"), [(1, 10), (2, 10), (3, 1), (4, 1000)])
def test_all_three_give_the_same_outputs_once_they_have_net1s_parameters(script, seed, hidden):
    torch.manual_seed(seed)
    first = script.Net(n_feature=1, n_hidden=hidden, n_output=1)
    net1, net2, net3 = script.main(seed=seed, hidden=hidden)
    for net in (net1, net2, net3):  # net1 has kept its own parameters: copying went the right way
        assert torch.equal(net(X), first(X))
        assert all(torch.equal(a, b) for a, b in zip(net.parameters(), first.parameters()))
    assert len({id(p) for net in (net1, net2, net3) for p in net.parameters()}) == 12


def test_networks_and_names_are_printed(script, capsys):
    nets = script.main()
    out = capsys.readouterr().out
    for net in nets:
        assert f"{net} \n31 parameters: {list(net.state_dict())} \n" in out
    assert list(nets[0].state_dict()) == list(nets[2].state_dict()) == NAMED
    assert list(nets[1].state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert [name for name, _ in nets[2].named_children()] == ["hidden", "relu", "predict"]


def test_the_four_answers_are_the_same_for_ten_seeds(script, capsys):
    for seed in range(10):
        script.main(seed=seed)
        assert answers(capsys.readouterr().out) == ["False", REFUSED, "True", "True"]


def test_the_opposite_answers_are_printed_where_they_are_true(script, capsys, monkeypatch):
    with monkeypatch.context() as patch:  # all networks start equal
        for name in ("kaiming_uniform_", "uniform_"):
            patch.setattr(torch.nn.init, name, lambda tensor, *_, **__: tensor.data.fill_(0.1))
        script.main()
    assert answers(capsys.readouterr().out)[0] == "True"
    with monkeypatch.context() as patch:  # copying does nothing
        patch.setattr(torch.Tensor, "copy_", lambda tensor, _: tensor)
        script.main()
    assert answers(capsys.readouterr().out)[2] == "False"
    with monkeypatch.context() as patch:  # loading does nothing
        patch.setattr(torch.nn.Module, "load_state_dict", lambda *_: None)
        script.main()
    assert answers(capsys.readouterr().out)[-1] == "False"


def test_try_1000_hidden_units_are_3001_parameters_in_four_tensors_of_the_same_names(run):
    out = run("--hidden", 1000).out
    assert out.count("3001 parameters: [") == 3
    assert out.count(str(NAMED)) == 2
