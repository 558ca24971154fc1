"""01: which conversions share memory, that both libraries agree, and which dtypes they choose."""

import numpy as np
import pytest
import torch


def test_the_array_goes_to_torch_and_back_and_all_three_share_one_memory(script):
    np_data, torch_data, tensor2array = script.there_and_back()
    assert np_data.tolist() == torch_data.tolist() == tensor2array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (type(torch_data), type(tensor2array)) == (torch.Tensor, np.ndarray)
    assert np.shares_memory(np_data, torch_data.numpy())
    assert np.shares_memory(np_data, tensor2array)


def test_the_products_are_those_computed_by_hand(script):
    np_abs, torch_abs, matrix_product, elementwise = script.products((1, -2, -3, 4))
    assert np_abs.tolist() == torch_abs.tolist() == [[1, 2], [3, 4]]
    assert matrix_product.tolist() == [[7, -10], [-15, 22]]
    assert elementwise.tolist() == [[1, 4], [9, 16]]
    assert (np_abs.dtype, torch_abs.dtype) == (np.float64, torch.float32)


def test_all_six_conversions_say_truly_whether_memory_is_shared(script):
    shared = script.conversions()
    for call, sees_it in shared.items():  # each call is code: do it here, too
        data = [[1, 2], [3, 4]]
        sources = {"data_list": data, "data_numpy": np.array(data), "data_tensor": torch.tensor(data)}
        result = eval(call, {"np": np, "torch": torch, **sources})
        for source in sources.values():
            source[1][1] = 77
        assert (int(result[1][1]) == 77) is sees_it, call
    assert (len(shared), sum(shared.values())) == (6, 2)


def test_everything_is_printed_as_numpy_and_torch_print_it(script, capsys):
    back, products, shared, (array, tensor) = script.main()
    out = capsys.readouterr().out
    names = ["np_data", "torch_data", "tensor2array", "np.abs(array)", "torch.abs(tensor)"]
    for name, value in zip([*names, "torch.mm(tensor, tensor)", "tensor * tensor"], (*back, *products)):
        assert f"{name}\n{value}\n" in out
    for call, sees_it in shared.items():
        assert [call, str(sees_it)] in [line.split() for line in out.splitlines()]
    assert (array.dtype, tensor.dtype) == (np.float64, torch.float32)
    assert array.tolist() == tensor.tolist() == [0.5, 1.5]
    assert "\n\nWrite 100 into data_list, data_numpy and data_tensor. Who sees it?\n" in out
    assert "becomes float64 in numpy and torch.float32 in torch\n" in out
    with pytest.raises(RuntimeError) as refusal:
        torch.nn.Linear(2, 1)(torch.ones(2, dtype=torch.float64))
    assert f"A layer refuses float64 (Double): {refusal.value}\n" in out
    assert "accepts it: torch.float32" in out


def test_where_layers_are_float64_no_refusal_is_printed(script, capsys):
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(RuntimeError):  # the .float() that helps a float32 layer doesn't fit now
            script.dtypes()
    finally:
        torch.set_default_dtype(torch.float32)
    assert "refuses" not in capsys.readouterr().out


def test_try_a_diagonal_matrix_makes_both_products_agree_fractions_are_taken_and_float32_cant_hold_16777217(run):
    diagonal = torch.tensor([[4.0, 0.0], [0.0, 9.0]])
    out = run("--data", 2, 0, 0, 3).out
    assert f"torch.mm(tensor, tensor)\n{diagonal}\ntensor * tensor\n{diagonal}\n" in out
    assert f"np.abs(array)\n{np.array([[0.5, 0.25], [3, 0.125]])}\n" in run("--data", 0.5, -0.25, 3, 0.125).out
    numpy_part, torch_part = run("--data", 16777217, 0, 0, 16777217).out.split("torch.abs(tensor)\n")
    assert numpy_part.count("16777217.") == 2
    assert torch_part.startswith("tensor([[16777216.,")
