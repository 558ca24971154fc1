"""01: which conversions share memory, that both libraries agree, and which dtypes they choose."""

import numpy as np
import pytest
import torch


def test_the_array_goes_to_torch_and_back_and_all_three_share_one_memory(script):
    np_data, torch_data, tensor2array = script.there_and_back()
    assert (
        np_data.tolist() == torch_data.tolist() == tensor2array.tolist() == [[0, 1, 2], [3, 4, 5]]
    )
    assert isinstance(torch_data, torch.Tensor)
    assert np.shares_memory(np_data, torch_data.numpy())
    assert np.shares_memory(np_data, tensor2array)


def test_the_products_are_those_computed_by_hand_with_fractions_too(script):
    for data in [(1, -2, -3, 4), (0.5, -1.25, 3, 0.1)]:
        a, b, c, d = data
        np_abs, torch_abs, mm, elementwise = script.products(data)
        by_hand = [[a * a + b * c, a * b + b * d], [c * a + d * c, c * b + d * d]]
        np.testing.assert_allclose(np_abs, [[abs(a), abs(b)], [abs(c), abs(d)]])
        np.testing.assert_allclose(torch_abs, np_abs, rtol=1e-6)
        np.testing.assert_allclose(mm, by_hand, rtol=1e-5)
        np.testing.assert_allclose(elementwise, [[a * a, b * b], [c * c, d * d]], rtol=1e-5)
        assert isinstance(np_abs, np.ndarray)
        assert (np_abs.dtype, torch_abs.dtype, mm.dtype) == (
            np.float64,
            torch.float32,
            torch.float32,
        )


def test_the_command_line_takes_fractions(run):
    out = run("--data", 0.5, -0.25, 3, 0.125).out
    assert f"np.abs(array)\n{np.array([[0.5, 0.25], [3, 0.125]])}\n" in out


def test_all_six_conversions_are_there_and_each_says_truly_whether_memory_is_shared(script):
    def sources():
        numbers = [[1, 2], [3, 4]]
        return {
            "data_list": numbers,
            "data_numpy": np.array(numbers),
            "data_tensor": torch.tensor(numbers),
        }

    shared, kinds = script.conversions(), set()
    assert len(shared) == 6
    for call, sees_it in shared.items():
        names = sources()
        result = eval(call, {"np": np, "torch": torch, **names})
        (source,) = (name for name in names if name in call)
        kinds.add((source, type(result)))
        names[source][1][1] = 77
        assert (int(result[1][1]) == 77) is sees_it, call
    assert len(kinds) == 6
    assert [call for call in shared if shared[call]] == [
        "torch.from_numpy(data_numpy)",
        "data_tensor.numpy()",
    ]


def test_a_list_of_floats_is_64_bit_in_numpy_and_32_bit_in_torch(script):
    array, tensor = script.dtypes()
    assert (array.dtype, tensor.dtype) == (np.float64, torch.float32)
    assert array.tolist() == tensor.tolist() == [0.5, 1.5]


def test_everything_is_printed_as_numpy_and_torch_print_it(script, capsys):
    (back, products, shared, dtypes) = script.main()
    out = capsys.readouterr().out
    names = ["np_data", "torch_data", "tensor2array", "np.abs(array)", "torch.abs(tensor)"]
    names += ["torch.mm(tensor, tensor)", "tensor * tensor"]
    for name, value in zip(names, (*back, *products)):
        assert f"{name}\n{value}\n" in out
    for call, sees_it in shared.items():
        assert [call, str(sees_it)] in [line.split() for line in out.splitlines()]
    assert "becomes float64 in numpy and torch.float32 in torch" in out
    assert "refuses float64 (Double): mat1 and mat2 must have the same dtype" in out
    assert "accepts it: torch.float32" in out
    assert dtypes[1].dtype == torch.float32


def test_where_layers_are_float64_no_refusal_is_printed(script, capsys):
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(RuntimeError):  # the .float() that helps a float32 layer doesn't fit now
            script.dtypes()
    finally:
        torch.set_default_dtype(torch.float32)
    out = capsys.readouterr().out
    assert "becomes float64 in numpy and torch.float64 in torch" in out
    assert "refuses" not in out


def test_try_a_diagonal_matrix_makes_both_products_agree(script, run):
    out = run("--data", 2, 0, 0, 3).out
    product = "tensor([[4., 0.],\n        [0., 9.]])"
    assert f"torch.mm(tensor, tensor)\n{product}\ntensor * tensor\n{product}\n" in out
    for a in range(1, 6):
        _, _, mm, elementwise = script.products((a, 0, 0, a + 1))
        assert torch.equal(mm, elementwise)


def test_try_float32_cant_hold_16777217(run):
    numpy_part, torch_part = run("--data", 16777217, 0, 0, 16777217).out.split(
        "torch.abs(tensor)\n"
    )
    assert numpy_part.count("16777217.") == 2
    assert torch_part.count("16777216.,") + torch_part.count("16777216.]") == 2
    assert torch.finfo(torch.float32).eps == 2**-23  # 24 binary digits with the leading one
    assert np.finfo(np.float64).eps == 2**-52
