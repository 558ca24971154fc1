"""07: each file brings back the parameters to the last bit, each way reads only its own file."""

import copy
import os
import pathlib
import pickle
import re

import pytest
import torch
from matplotlib import pyplot as plt

from conftest import descend, parameters, two_layers

NAMES = {"0.weight": "hidden.weight", "0.bias": "hidden.bias", "2.weight": "predict.weight", "2.bias": "predict.bias"}
FILES = {"net.pt": "restore_net", "net_params.pt": "restore_params", "checkpoint.pt": "restore_and_train_on"}
DATA = {"x": torch.eye(9)[:, :1], "y": torch.ones(9, 1), "epochs": 5, "lr": 0.1}


def restore(script, file, *, forget=False):
    return getattr(script, FILES[file])(**({**DATA, "forget": forget} if file == "checkpoint.pt" else {}))


def bits(net):
    return [value.numpy().tobytes() for value in parameters(net).values()]


@pytest.mark.parametrize(("epochs", "lr"), [(121, 0.5), (1, 0.7)])
def test_training_and_its_checkpoint_halfway_follow_the_rule_and_forget_starts_at_rest(script, capsys, epochs, lr):
    torch.manual_seed(2)
    x, y = (each.double() for each in script.make_data())
    p = {NAMES[name]: value.double() for name, value in parameters(script.build()).items()}

    def roll(p, v, steps):  # v = 0.5 * v - lr * gradient; p += v
        for _ in range(steps):
            down = descend(p, lambda p: ((two_layers(p, x) - y) ** 2).mean(), steps=1, lr=lr)
            v = {name: 0.5 * v[name] + down[name] - p[name] for name in p}
            p = {name: p[name] + v[name] for name in p}
        return p, v

    rest = dict.fromkeys(p, 0)
    p, v = roll(p, rest, epochs // 2)
    net1, _, _, net4 = script.main(epochs=epochs, lr=lr, seed=2, forget=True)
    assert capsys.readouterr().out.startswith(f"net1 after {epochs} steps: loss ")
    for net, start in ((net1, v), (net4, rest)):
        expected = list(roll(p, start, epochs - epochs // 2)[0].values())
        torch.testing.assert_close([value.double() for value in net.parameters()], expected, rtol=0, atol=3e-6)


def test_three_nets_come_back_to_the_bit_try_forget_ends_elsewhere_and_only_seed_1_is_dead(script, capsys, monkeypatch):
    drawn = []
    monkeypatch.setattr(script, "show", lambda *_, **__: None)
    monkeypatch.setattr(script, "draw", lambda *args: drawn.append(args))
    for seed in range(1, 6):
        for forget in (False, True):
            net1, net2, net3, net4 = nets = script.main(seed=seed, forget=forget)
            dead = bool((net1[0](torch.linspace(-1, 1, 100).unsqueeze(dim=1)) < 0).all())  # each ReLU gives 0
            assert dead == (seed == 1)
            assert [bits(net) == bits(net1) for net in nets] == [True, True, True, dead or not forget]
            assert drawn[-1][2] is net2 and drawn[-1][3] is net3
            assert [net.training for net in nets] == [True, False, False, True]
            assert all(p.requires_grad for net in nets for p in net.parameters())
            assert len({id(p) for net in nets for p in net.parameters()}) == 16
            assert re.findall("True|False", capsys.readouterr().out) == ["True", "True", str(dead or not forget)]


def test_each_way_back_reads_its_own_file_only_and_only_that_of_a_whole_net_needs_its_classes(script, monkeypatch):
    net1 = script.train_and_save(**DATA)
    contents = {file: pathlib.Path(file).read_bytes() for file in FILES}
    for file in reversed(FILES):
        for other, content in contents.items():
            pathlib.Path(other).write_bytes(content if other == file else b"")
        assert bits(restore(script, file)) == bits(net1)
        classes = {name.split(".")[-1] for name in torch.serialization.get_unsafe_globals_in_checkpoint(file)}
        assert classes == ({"Sequential", "Linear", "ReLU"} if file == "net.pt" else set())
    with pytest.raises(pickle.UnpicklingError, match="Sequential"):
        torch.load("net.pt")  # as the post does
    monkeypatch.delattr("torch.nn.modules.linear.Linear")
    with pytest.raises(AttributeError, match="Linear"):
        torch.load("net.pt", weights_only=False)


def test_a_file_of_another_network_or_without_a_part_is_refused(script):
    script.train_and_save(**DATA)
    part, state = torch.load("checkpoint.pt"), torch.load("net_params.pt")
    fewer = {name: value for name, value in state.items() if name != "2.bias"}
    torch.save(fewer, "net_params.pt")
    with pytest.raises(RuntimeError, match=r"Missing key.*2\.bias"):
        script.restore_params()
    spoilt = [({**part, "net": fewer}, RuntimeError), ({"net": state}, KeyError), ({"optimizer": {}}, KeyError)]
    for content, error in spoilt:
        torch.save(content, "checkpoint.pt")
        with pytest.raises(error, match=r"2\.bias|optimizer|net"):
            restore(script, "checkpoint.pt")


def test_another_network_comes_back_too_and_the_picture_lists_its_layers_and_parameters(script, capsys, monkeypatch):
    layers = [torch.nn.Linear(1, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3), torch.nn.Linear(3, 1)]
    monkeypatch.setattr(script, "build", lambda: copy.deepcopy(torch.nn.Sequential(*layers)))
    script.main(epochs=2)
    assert capsys.readouterr().out.count("True") == 3
    with pytest.raises(ValueError, match="zip"):  # one of them has more
        script.same_parameters(torch.nn.Sequential(*layers), torch.nn.Sequential(*layers[:3]))
    left, right = (ax.texts[0].get_text().splitlines() for ax in plt.gcf().axes)
    assert left == ["Linear", "ReLU", "Linear", "Linear"]
    assert right == [f"{name} {tuple(p.shape)}" for name, p in torch.nn.Sequential(*layers).named_parameters()]


def test_code_in_a_file_could_run_and_the_script_refuses_it_and_other_classes(script):
    class Spell:
        def __reduce__(self):  # makes a folder when loaded without care
            return os.mkdir, ("bewitched",)

    for file, content in [("net.pt", torch.nn.Tanh()), *((file, {"net": Spell()}) for file in FILES)]:
        torch.save(content, file)
        with pytest.raises(pickle.UnpicklingError, match=r"Tanh|mkdir"):
            restore(script, file, forget=True)
    torch.load("net.pt", weights_only=False)  # would fail if the folder were there already
    assert pathlib.Path("bewitched").exists()


@pytest.mark.parametrize("way", FILES.values())
def test_false_is_said_of_a_net_in_which_one_bit_differs_and_the_picture_is_of_each(script, capsys, monkeypatch, way):
    def one_bit_changed(net):
        changed = list(net.parameters())[list(FILES.values()).index(way) + 1].data  # another one each time
        changed.view(torch.int32).flatten()[:1].bitwise_xor_(1)
        return net

    restore_it = getattr(script, way)
    monkeypatch.setattr(script, way, lambda *args, **kwargs: one_bit_changed(restore_it(*args, **kwargs)))
    net1, *_ = script.main(seed=3)
    torch.manual_seed(3)
    x, y = script.make_data()
    loss = ((net1(x) - y) ** 2).mean()
    whose = ["net2, from net.pt", "net3, from net_params.pt", "net4, from checkpoint.pt and trained on"]
    lines = [f"{net}, equals net1: {other != way}" for net, other in zip(whose, FILES.values())]
    assert capsys.readouterr().out.splitlines()[:4] == [f"net1 after 100 steps: loss {loss:.4f}", *lines]
    nets = net1, script.build()
    for ax, net in zip(script.draw(x, y, *nets).axes, nets, strict=True):
        assert (ax.collections[0].get_offsets().data == torch.cat((x, y), dim=1).numpy()).all()
        assert (ax.lines[0].get_xydata() == torch.cat((x, net(x).detach()), dim=1).numpy()).all()
