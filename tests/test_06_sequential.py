"""06: a class and a Sequential are the same network; names decide what a state dict fits."""

import pytest
import torch
from conftest import parameters, two_layers


@pytest.mark.parametrize("seed", range(10))
def test_with_one_networks_parameters_all_three_give_identical_outputs(script, seed):
    *nets, outputs = script.main(seed=seed)
    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
    for net, out in zip(nets, outputs, strict=True):
        assert torch.equal(out, outputs[0])
        assert torch.equal(net(x), out)
        assert not out.requires_grad
    torch.manual_seed(seed)
    assert torch.equal(script.Net(n_feature=1, n_hidden=10, n_output=1)(x), outputs[0])
    torch.testing.assert_close(outputs[0], two_layers(parameters(nets[0]), x))


def test_the_three_have_31_parameters_in_four_tensors_under_their_names(script):
    *nets, _ = script.main()
    names = ["hidden.weight", "hidden.bias", "predict.weight", "predict.bias"]
    assert [list(net.state_dict()) for net in nets] == [names, ["0.weight", "0.bias", "2.weight", "2.bias"], names]
    for net in nets:
        assert [tuple(p.shape) for p in net.parameters()] == [(10, 1), (10,), (1, 10), (1,)]
    assert [type(net) for net in nets] == [script.Net, torch.nn.Sequential, torch.nn.Sequential]
    assert isinstance(nets[1][1], torch.nn.ReLU)
    assert isinstance(nets[2].relu, torch.nn.ReLU)


def test_copying_pairs_tensors_in_order_and_copies_rather_than_ties_them(script):
    source, target = script.Net(1, 4, 1), script.numbered(4)
    script.copy_by_position(source, target)
    for a, b in zip(source.parameters(), target.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a.data_ptr() != b.data_ptr()


def test_copying_refuses_another_shape_and_another_number_of_tensors(script):
    with pytest.raises(RuntimeError, match="size mismatch"):
        script.copy_by_position(script.Net(1, 4, 1), script.numbered(5))
    with pytest.raises(ValueError, match="zip"):
        script.copy_by_position(script.Net(1, 4, 1), torch.nn.Linear(1, 4))


def test_a_state_dict_is_refused_under_other_names_and_taken_under_the_same(script):
    net1, net2, net3 = script.Net(1, 4, 1), script.numbered(4), script.named(4)
    before = parameters(net2)
    assert script.refusal(net1, net2).startswith('Missing key(s) in state_dict: "0.weight"')
    assert all(torch.equal(before[name], value) for name, value in net2.state_dict().items())
    assert script.refusal(net1, net3) == ""
    assert torch.equal(net3.hidden.weight, net1.hidden.weight)


def test_all_is_printed(script, capsys):
    net1, net2, net3, _ = script.main()
    out = capsys.readouterr().out
    assert all(f"{net}\n" in out for net in (net1, net2, net3))
    assert out.count("31 parameters") == 3
    assert ": hidden.weight, hidden.bias, predict.weight, predict.bias" in out
    assert 'state dict: Missing key(s) in state_dict: "0.weight"' in out
    assert "net3 takes it, the names fit:      no error" in out
    before, after = (line for line in out.splitlines() if line.startswith("largest difference"))
    assert after.split("net2 ")[1].split()[::2] == ["0.0000", "0.0000"]
    torch.manual_seed(1)
    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
    fresh = [script.Net(1, 10, 1), script.numbered(10), script.named(10)]
    own = [(fresh[0](x) - net(x)).abs().max() for net in fresh[1:]]
    assert before.split("own   ")[1] == f"net2 {own[0]:.4f}   net3 {own[1]:.4f}"


def test_try_a_thousand_units_make_3001_parameters_on_the_same_lines(run, script):
    assert script.main.__kwdefaults__ == {"hidden": 10, "seed": 1}
    small, large = run().out, run("--hidden", 1000).out
    assert large.count("3001 parameters") == 3
    assert len(large.splitlines()) == len(small.splitlines())


@pytest.mark.parametrize("seed", range(5, 10))
def test_try_another_seed_changes_the_weights_but_not_the_difference_of_0(run, seed):
    lines = run("--seed", seed).out.splitlines()
    assert lines[-1].endswith("net2 0.0000   net3 0.0000")
    assert [line for line in lines if "of their own" in line] != [
        line for line in run().out.splitlines() if "of their own" in line
    ]
