"""01: the two libraries agree; from_numpy and .numpy() share memory; the default dtypes differ."""

import numpy as np
import pytest
import torch


def test_the_array_goes_to_torch_and_back_unchanged(script):
    np_data, torch_data, tensor2array = script.there_and_back()
    assert np_data.tolist() == torch_data.tolist() == tensor2array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert isinstance(torch_data, torch.Tensor)
    assert isinstance(tensor2array, np.ndarray)
    assert np.shares_memory(np_data, tensor2array)


def test_both_libraries_give_the_products_computed_by_hand(script):
    expected = {"abs": [[1, 2], [3, 4]], "m @ m": [[7, -10], [-15, 22]], "m * m": [[1, 4], [9, 16]]}
    results = script.products((1, -2, -3, 4))
    assert {name: array.tolist() for name, (array, _) in results.items()} == expected
    assert {name: tensor.tolist() for name, (_, tensor) in results.items()} == expected
    assert {(array.dtype, tensor.dtype) for array, tensor in results.values()} == {(np.dtype("float64"), torch.float32)}


def test_the_products_agree_for_random_matrices(script):
    for data in np.random.default_rng(0).normal(size=(10, 4)):
        for array, tensor in script.products(data).values():
            np.testing.assert_allclose(array, tensor.numpy(), rtol=1e-5, atol=1e-5)


def test_all_six_conversions_give_the_type_they_name_and_the_same_numbers(script):
    kinds = {"list": list, "ndarray": np.ndarray, "tensor": torch.Tensor}
    converted = script.conversions()
    pairs = {tuple(name.split()[:3:2]) for name in converted}
    assert pairs == {(a, b) for a in kinds for b in kinds if a != b}
    for name, result in converted.items():
        assert type(result) is kinds[name.split()[2]]
        assert [list(row) for row in result] == [[1, 2], [3, 4]]


def test_the_call_named_for_a_conversion_is_the_one_that_was_made(script):
    sources = {
        "list": [[1, 2], [3, 4]],
        "ndarray": np.array([[1, 2], [3, 4]]),
        "tensor": torch.tensor([[1, 2], [3, 4]]),
    }
    for name, result in script.conversions().items():
        source, _, _, call = name.split(maxsplit=3)
        again = eval(call, {"np": np, "torch": torch, "x": sources[source]})
        assert type(again) is type(result)
        assert torch.equal(torch.as_tensor(again), torch.as_tensor(result))


def test_from_numpy_and_numpy_share_memory_both_ways_and_torch_tensor_copies(script):
    array, shared, copied = script.shared_memory()
    assert array.tolist() == shared.tolist() == [100, 100, -100]
    assert copied.tolist() == [0, 0, 0]
    assert np.shares_memory(array, shared.numpy())
    assert not np.shares_memory(array, copied.numpy())


def test_a_list_of_floats_is_64_bit_in_numpy_and_32_bit_in_torch(script):
    array, tensor = script.default_dtypes()
    assert (array.dtype, tensor.dtype) == (np.float64, torch.float32)
    assert array.tolist() == tensor.tolist() == [0.5, 1.5]


def test_main_returns_what_it_prints(script, capsys):
    results = script.main()
    out = capsys.readouterr().out
    assert set(results) == {"back", "products", "conversions", "memory", "dtypes"}
    assert "[[7.0, -10.0], [-15.0, 22.0]]" in out
    assert "ndarray [[0, 1, 2], [3, 4, 5]] -> tensor [[0, 1, 2], [3, 4, 5]] -> [[0, 1, 2], [3, 4, 5]]" in out
    headings = "Same numbers, whichever library   numpy ", "All six conversions  ", "Write into the array and into"
    assert all(f"\n\n{heading}" in out for heading in headings)
    assert out.count("(2, 2)") == 4
    assert out.count("2 x 2") == 2
    assert out.count("[100.0, 100.0, -100.0]") == 2
    assert "float64 in numpy and torch.float32 in torch" in out
    for name, values in zip(("the array", "from_numpy", "torch.tensor: a copy"), results["memory"], strict=True):
        assert any(name in line and str(values.tolist()) in line for line in out.splitlines())
    for name in results["conversions"]:
        assert name in out


@pytest.mark.parametrize("a", range(2, 7))
def test_try_on_a_diagonal_matrix_both_products_agree(script, run, a):
    results = script.products((a, 0, 0, a + 1))
    assert torch.equal(results["m @ m"][1], results["m * m"][1])
    rows = [line for line in run("--data", 2, 0, 0, 3).out.splitlines() if line.startswith("  m ")]
    assert len(rows) == 2
    assert rows[0].split("m @ m")[1] == rows[1].split("m * m")[1]


def test_try_float32_cant_hold_16777217(run):
    out = run("--data", 16777217, 0, 0, 1).out
    (line,) = (line for line in out.splitlines() if line.startswith("  abs "))
    assert " ".join(line.split()) == "abs [[16777217.0, 0.0], [0.0, 1.0]] [[16777216.0, 0.0], [0.0, 1.0]]"
    assert torch.finfo(torch.float32).eps == 2**-23  # 24 bits with the leading one
    assert np.finfo(np.float64).eps == 2**-52
