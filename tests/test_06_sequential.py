"""06: a class and a Sequential are the same network; only the names of the parameters differ."""

import re

import torch

X = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
NAMED = ["hidden.weight", "hidden.bias", "predict.weight", "predict.bias"]


def answers(out):
    """Return what main() printed about net2 and net3, in order."""
    return [line.split(": ", 1)[1] for line in out.splitlines() if re.match(r"net[23] ", line)]


def test_for_ten_seeds_all_three_give_the_same_outputs_and_answers_once_they_have_net1s_parameters(script, capsys):
    for seed, hidden in enumerate([10] * 8 + [1, 1000]):
        torch.manual_seed(seed)
        first = script.Net(n_feature=1, n_hidden=hidden, n_output=1)
        nets = script.main(seed=seed, hidden=hidden)
        for net in nets:  # net1 has kept its own parameters: copying went the right way
            assert torch.equal(net(X), first(X))
            assert all(torch.equal(a, b) for a, b in zip(net.parameters(), first.parameters()))
        assert len({id(p) for net in nets for p in net.parameters()}) == 12
        out = capsys.readouterr().out
        own, _, copied, loaded = answers(out)
        assert (own, copied, loaded) == ("False", "True", "True")
        assert re.search(r"^net2 refuses net1's state dict: \S.*\b0\.weight\b", out, flags=re.M)


def test_networks_and_names_are_printed(script, capsys):
    nets = script.main()
    out = capsys.readouterr().out
    for net in nets:
        assert f"{net} \n31 parameters: {list(net.state_dict())} \n" in out
    assert list(nets[0].state_dict()) == list(nets[2].state_dict()) == NAMED
    assert list(nets[1].state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert [name for name, _ in nets[2].named_children()] == ["hidden", "relu", "predict"]


def test_the_opposite_answers_are_printed_where_they_are_true(script, capsys, monkeypatch):
    cases = [  # which answer, and what turns it round
        (0, torch.nn.Linear, "reset_parameters", lambda layer: [p.data.fill_(0.1) for p in layer.parameters()]),
        (2, torch.Tensor, "copy_", lambda tensor, _: tensor),  # copying does nothing
        (-1, torch.nn.Module, "load_state_dict", lambda *_: None),  # loading does nothing
    ]
    for number, owner, name, other in cases:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, other)
            script.main()
        assert answers(capsys.readouterr().out)[number] == str(number == 0)


def test_try_1000_hidden_units_are_3001_parameters_in_four_tensors_of_the_same_names(run):
    out = run("--hidden", 1000).out
    assert out.count("3001 parameters: [") == 3
    assert out.count(str(NAMED)) == 2
