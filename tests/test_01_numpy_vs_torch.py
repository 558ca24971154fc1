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


@pytest.mark.parametrize("data", [(1, -2, -3, 4), (0.5, -1.25, 3, 0.1)])
def test_the_products_are_those_computed_by_hand(script, data):
    a, b, c, d = data
    np_abs, torch_abs, mm, elementwise = script.products(data)
    np.testing.assert_allclose(np_abs, [[abs(a), abs(b)], [abs(c), abs(d)]])
    np.testing.assert_allclose(torch_abs, np_abs, rtol=1e-6)
    np.testing.assert_allclose(mm, [[a * a + b * c, a * b + b * d], [c * a + d * c, c * b + d * d]], rtol=1e-5)
    np.testing.assert_allclose(elementwise, [[a * a, b * b], [c * c, d * d]], rtol=1e-5)
    assert isinstance(np_abs, np.ndarray)
    assert (np_abs.dtype, torch_abs.dtype, mm.dtype) == (np.float64, torch.float32, torch.float32)


def test_all_six_conversions_say_truly_whether_memory_is_shared(script):
    kinds = set()
    for call, sees_it in script.conversions().items():
        numbers = [[1, 2], [3, 4]]
        names = {"data_list": numbers, "data_numpy": np.array(numbers), "data_tensor": torch.tensor(numbers)}
        result = eval(call, {"np": np, "torch": torch, **names})
        (source,) = (name for name in names if name in call)
        names[source][1][1] = 77
        assert (int(result[1][1]) == 77) is sees_it, call
        kinds.add((source, type(result), sees_it))
    assert len(kinds) == 6
    assert sum(sees_it for _, _, sees_it in kinds) == 2


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
    assert "refuses float64 (Double): mat1 and mat2 must have the same dtype" in out
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
    diagonal = "tensor([[4., 0.],\n        [0., 9.]])"
    out = run("--data", 2, 0, 0, 3).out
    assert f"torch.mm(tensor, tensor)\n{diagonal}\ntensor * tensor\n{diagonal}\n" in out
    assert f"np.abs(array)\n{np.array([[0.5, 0.25], [3, 0.125]])}\n" in run("--data", 0.5, -0.25, 3, 0.125).out
    numpy_part, torch_part = run("--data", 16777217, 0, 0, 16777217).out.split("torch.abs(tensor)\n")
    assert numpy_part.count("16777217.") == 2
    assert torch_part.startswith("tensor([[16777216.,        0.],\n        [       0., 16777216.]])")
    # 24 and 53 binary digits with the leading one
    assert (torch.finfo(torch.float32).eps, np.finfo(np.float64).eps) == (2**-23, 2**-52)
