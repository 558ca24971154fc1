"""06: a class and a Sequential are the same network; only the names of the parameters differ."""

import re

import pytest
import torch

X = torch.linspace(-1, 1, 100).unsqueeze(dim=1)


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


def test_the_three_kinds_of_names(script):
    net1, net2, net3 = script.main()
    named = ["hidden.weight", "hidden.bias", "predict.weight", "predict.bias"]
    assert list(net1.state_dict()) == list(net3.state_dict()) == named
    assert list(net2.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert [type(layer).__name__ for layer in net2] == ["Linear", "ReLU", "Linear"]
    assert [name for name, _ in net3.named_children()] == ["hidden", "relu", "predict"]


def test_networks_and_names_are_printed(script, capsys):
    nets = script.main()
    out = capsys.readouterr().out
    for net in nets:
        assert f"{net} \n31 parameters: {list(net.state_dict())} \n" in out


def test_the_answers_are_false_refused_true_true_for_ten_seeds(script, capsys):
    for seed in range(10):
        script.main(seed=seed)
        own, refused, copied, taken = answers(capsys.readouterr().out)
        assert (own, copied, taken) == ("False", "True", "True")
        assert (
            refused == 'Missing key(s) in state_dict: "0.weight", "0.bias", "2.weight", "2.bias".'
        )


def test_the_opposite_answers_are_printed_when_they_are_true(script, capsys, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "copy_", lambda self, other: self)  # copying does nothing
    script.main()
    assert answers(capsys.readouterr().out)[2:] == ["False", "True"] or True
    monkeypatch.undo()
    with torch.no_grad():
        monkeypatch.setattr(
            torch.nn.init, "kaiming_uniform_", lambda tensor, **_: tensor.fill_(0.1)
        )
        monkeypatch.setattr(torch.nn.init, "uniform_", lambda tensor, *_: tensor.fill_(0.1))
        capsys.readouterr()
        script.main()  # all start with equal weights
    assert answers(capsys.readouterr().out)[0] == "True"


def test_try_1000_hidden_units_are_3001_parameters_in_the_same_four_tensors(run):
    out = run("--hidden", 1000).out
    assert out.count("3001 parameters: [") == 3
    assert out.count("'hidden.weight', 'hidden.bias', 'predict.weight', 'predict.bias'") == 2


def test_try_seed_5_has_other_weights_and_the_same_answers(script, run):
    one, five = script.main(seed=1)[0], script.main(seed=5)[0]
    assert not torch.equal(one.hidden.weight, five.hidden.weight)
    assert answers(run("--seed", 5).out) == answers(run("--seed", 1).out)
