"""01: which conversions share memory, that both libraries agree, and which dtypes they choose."""

import re

import numpy as np
import pytest
import torch

from conftest import changed, load, run


def test_what_is_written_into_the_array_at_the_end_shows_at_the_start_and_loses_its_fraction():
    assert "np_data[0, 0] is now 100\n" in run("01_numpy_vs_torch").out
    try_2 = changed("01_numpy_vs_torch", ("tensor2array[0, 0] = 100", "tensor2array[0, 0] = 99.9"))
    assert "np_data[0, 0] is now 99\n" in run(try_2).out
    copied = changed("01_numpy_vs_torch", ("torch.from_numpy(np_data)", "torch.tensor(np_data)"))
    assert "np_data[0, 0] is now 0\n" in run(copied).out


def test_each_of_six_conversions_is_said_to_share_memory_just_if_it_does(capsys):
    load("01_numpy_vs_torch").conversions()
    verdicts = re.findall(r"^(\S+\(.*\)) +(True|False)$", capsys.readouterr().out, flags=re.M)
    for call, verdict in verdicts:  # each call is code: do it here, too
        data_list = [[1, 2], [3, 4]]
        data_numpy, data_tensor = np.array(data_list), torch.tensor(data_list)
        known = {"data_list": data_list, "data_numpy": data_numpy, "data_tensor": data_tensor}
        result = eval(call, {"np": np, "torch": torch, **known})
        for source in known.values():
            source[1][1] = 77
        assert str(int(result[1][1]) == 77) == verdict, call
    assert len(verdicts) == 6


@pytest.mark.parametrize("data", [(1, -2, -3, 4), (0.5, -0.25, 3, 0.125)])
def test_absolute_values_and_both_products_are_those_by_hand(data):
    a, b, c, d = data
    out = run("01_numpy_vs_torch", "--data", *data).out
    shown = {
        "torch.abs(tensor)": [[abs(a), abs(b)], [abs(c), abs(d)]],
        "torch.mm(tensor, tensor)": [
            [a * a + b * c, a * b + b * d],
            [c * a + d * c, c * b + d * d],
        ],
        "tensor * tensor": [[a * a, b * b], [c * c, d * d]],
    }
    for label, values in shown.items():
        assert f"\n{label}\n{torch.tensor(values, dtype=torch.float32)}\n" in out
    assert f"np.abs(array)\n{np.array(shown['torch.abs(tensor)'], dtype=np.float64)}\n" in out
    assert data != (1, -2, -3, 4) or out == run("01_numpy_vs_torch").out


def test_float32_rounds_the_number_of_try_1_and_float64_does_not():
    out = run("01_numpy_vs_torch", "--data", *[2**24 + 1] * 4).out
    numpy_says, torch_says = out.split("np.abs(array)\n")[1].split("torch.abs(tensor)\n")
    assert "16777217" in numpy_says and "16777217" not in torch_says
    assert "16777216" in torch_says


def test_the_dtypes_of_a_list_of_floats_are_said_and_torch_mm_wont_mix_them(capsys):
    load("01_numpy_vs_torch").dtypes()
    out = capsys.readouterr().out
    assert re.findall(r"\S*float\d+", out) == ["float64", "torch.float32"]
    assert f"tensor([[{0.5 * 2 + 1.5 * 4:.0f}.]])\n" in out
    with pytest.raises(RuntimeError, match="dtype"):
        run(changed("01_numpy_vs_torch", (".float(), tensor", ", tensor")))
