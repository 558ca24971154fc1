import re
import runpy

import pytest
import torch

from conftest import changed, load, run

NAMED = ["hidden.weight", "hidden.bias", "predict.weight", "predict.bias"]
NUMBERED = ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_with_the_same_parameters_all_three_are_the_network_of_04(capsys):
    torch.manual_seed(1)  # as main() does
    net = load("04_regression").Net(n_feature=1, n_hidden=7, n_output=1)
    x = torch.linspace(-1, 1, 100).unsqueeze(1)
    for other in load("06_sequential").main(hidden=7):
        torch.testing.assert_close(other(x), net(x))
    out = capsys.readouterr().out  # 7 + 7 + 7 + 1 numbers each: weights and biases of both layers
    assert re.findall(r"\b22 .*(\[.*\])", out) == [str(NAMED), str(NUMBERED), str(NAMED)]
    assert re.findall(r'"(.+?)"', out) == NUMBERED + NAMED  # refused: missing and unexpected ones


def test_layers_in_a_plain_list_are_not_found(capsys):
    layer = "torch.nn.Linear(n_feature, n_hidden)"
    script = changed("06_sequential", (layer, f"[{layer}]"), ("self.hidden(", "self.hidden[0]("))
    with pytest.raises(RuntimeError, match="shape"):
        runpy.run_path(str(script))["main"]()  # run() would lose what it printed before
    assert "\n11 " in capsys.readouterr().out  # those of predict


def test_they_are_said_to_say_the_same_just_where_they_do():
    def verdicts(*changes):  # of net2 before the copying, of net2 after it, of net3
        return re.findall("(True|False)$", run(changed("06_sequential", *changes)).out, re.M)

    assert verdicts() == ["False", "True", "True"]
    assert verdicts(("target.copy_(source)", "target = source")) == ["False", "False", "True"]
    assert verdicts(("net3.load_state_dict(net1", "net1.load_state_dict(net1"))[2] == "False"
