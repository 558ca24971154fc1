"""01: which conversions share memory, that both libraries agree, and which dtypes they choose."""

import ast
import re

import numpy as np
import pytest
import torch

from conftest import source

TEXT = source("01_numpy_vs_torch")


@pytest.mark.parametrize(("options", "first"), [([], 100), (["--clone"], 0)])
def test_there_and_back_nothing_changes_and_writing_reaches_np_data_unless_there_is_a_clone(run, options, first):
    array = np.array([[0, 1, 2], [3, 4, 5]])  # (2, 3): two rows of three
    out = run(*options).out
    assert out.startswith(f"np_data\n{array}\ntorch_data\n{torch.tensor(array)}\ntensor2array\n{array}\n")
    assert re.search(r"np_data\[0, 0\] .* (\d+)\n", out)[1] == str(first)


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


def test_the_dtypes_are_printed_and_torch_mm_wont_mix_them(script, capsys, monkeypatch):
    script.dtypes()
    out, product = capsys.readouterr().out, f"tensor([[{0.5 * 2 + 1.5 * 4:.0f}.]])"
    assert re.findall(r"\S*float\d+", out) == ["float64", "torch.float32"]
    assert out.endswith(f" {product}\n") and f"# {product}\n" in TEXT
    monkeypatch.setattr(torch.Tensor, "float", lambda tensor: tensor)
    with pytest.raises(RuntimeError, match="same dtype"):
        script.dtypes()
