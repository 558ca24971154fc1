"""01: which conversions share memory, that both libraries agree, and which dtypes they choose."""

import ast
import re

import numpy as np
import pytest
import torch

from conftest import source

TEXT = source("01_numpy_vs_torch")


def test_whether_np_data_shows_the_100_is_looked_up_also_where_it_is_the_other_way_round(script, capsys, monkeypatch):
    copy = torch.tensor
    for shares, clone, shown in [(None, False, 100), (None, True, 0), (False, False, 0), (True, True, 100)]:
        with monkeypatch.context() as patch:
            if shares is not None:  # else torch's own way
                patch.setattr(torch, "from_numpy", torch.as_tensor if shares else copy)
                patch.setattr(torch.Tensor, "clone", lambda tensor: tensor)
            script.there_and_back(clone=clone)
        assert capsys.readouterr().out.endswith(f"np_data[0, 0] is now {shown}\n")


@pytest.mark.parametrize("data", [(1, -2, -3, 4), (0.5, -0.25, 3, 0.125), (2, 0, 0, 3), (16777217, 0, 0, 1)])
def test_absolute_values_and_both_products_are_those_by_hand_and_try_agree_for_a_diagonal_matrix(run, data):
    a, b, c, d = np.float32(data)  # can't hold 16777217, float64 can
    mm, squares = [[a * a + b * c, a * b + b * d], [c * a + d * c, c * b + d * d]], [[a * a, b * b], [c * c, d * d]]
    array = np.array([[abs(data[0]), abs(data[1])], [abs(data[2]), abs(data[3])]], dtype=np.float64)
    out = run("--data", *data).out
    assert f"\nnp.abs(array)\n{array}\ntorch.abs(tensor)\n{torch.tensor(array).float()}\n" in out
    mm_text, squares_text = str(torch.tensor(mm)), str(torch.tensor(squares))
    assert f"\ntorch.mm(tensor, tensor)\n{mm_text}\ntensor * tensor\n{squares_text}\n" in out
    assert (mm_text == squares_text) == (b == c == 0)
    if data == (1, -2, -3, 4):  # which is what the comments speak of, and what there is without the option
        assert [ast.literal_eval(margin) for margin in re.findall(r"here (\[\[.*\]\])", TEXT)] == [mm, squares]
        assert run().out == out


@pytest.mark.parametrize("turned", [False, True])
def test_all_six_conversions_say_truly_whether_memory_is_shared(script, capsys, monkeypatch, turned):
    if turned:  # what copied now shares, and what shared copies
        copy, numpy = torch.tensor, torch.Tensor.numpy
        monkeypatch.setattr(torch, "from_numpy", copy)
        monkeypatch.setattr(torch.Tensor, "numpy", lambda tensor: numpy(tensor).copy())
        monkeypatch.setattr(torch, "tensor", torch.as_tensor)  # shares with an array, but can't with a list
    script.conversions()
    printed = re.findall(r"^(\S+\(.*\)) +(True|False)$", capsys.readouterr().out, flags=re.M)
    for call, word in printed:  # each call is code: do it here, too
        data = [[1, 2], [3, 4]]
        sources = {"data_list": data, "data_numpy": np.array(data), "data_tensor": torch.tensor(data)}
        result = eval(call, {"np": np, "torch": torch, **sources})
        for origin in sources.values():
            origin[1][1] = 77
        assert str(int(result[1][1]) == 77) == word, call
    assert (len(printed), str(printed).count("True")) == (6, 1 if turned else 2)
    assert re.findall(r"^    (\w+)\[0.*0\] = 100$", TEXT, flags=re.M)[1:] == ["data_list", "data_numpy", "data_tensor"]


def test_the_dtypes_are_printed_and_torch_mm_wont_mix_them(script, capsys, monkeypatch):
    script.dtypes()
    out, product = capsys.readouterr().out, f"tensor([[{0.5 * 2 + 1.5 * 4:.0f}.]])"
    assert re.findall(r"\S*float\d+", out) == ["float64", "torch.float32"]
    assert out.endswith(f" {product}\n") and f"# {product}\n" in TEXT
    monkeypatch.setattr(torch.Tensor, "float", lambda tensor: tensor)
    with pytest.raises(RuntimeError, match="same dtype"):
        script.dtypes()
