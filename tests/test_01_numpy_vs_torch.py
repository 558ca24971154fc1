import re

import numpy as np
import pytest
import torch

from conftest import changed, numbers, run


def test_what_is_written_into_tensor2array_shows_in_np_data_without_its_fraction():
    first = r"np_data\[0, 0\]"
    assert numbers(run("01_numpy_vs_torch").out, first) == [100]
    try_2 = changed("01_numpy_vs_torch", ("tensor2array[0, 0] = 100", "tensor2array[0, 0] = 99.9"))
    assert numbers(run(try_2).out, first) == [99]


def test_each_conversion_is_said_to_share_memory_just_if_it_does():
    verdicts = re.findall(r"\n(\S+\(.*\)) +(True|False)", run("01_numpy_vs_torch").out)
    for call, verdict in verdicts:
        data_list = [[1, 2], [3, 4]]
        data_numpy, data_tensor = np.array(data_list), torch.tensor(data_list)
        result = eval(call)  # such as np.array(data_list)
        for source in (data_list, data_numpy, data_tensor):
            source[1][1] = 77
        assert str(int(result[1][1]) == 77) == verdict, call
    assert len(verdicts) == 6


def test_torch_computes_what_numpy_does_but_rounds_to_float32():
    out = run("01_numpy_vs_torch").out
    m = np.array([[1, -2], [-3, 4]])
    for label, values in (("abs(tensor)", abs(m)), ("mm(", m @ m), ("tensor *", m * m)):
        assert numbers(out.split(label)[1])[:4] == values.flatten().tolist()
    try_1 = run("01_numpy_vs_torch", "--data", *[2**24 + 1] * 4).out
    assert numbers(try_1, r"abs\(array\)") == [2**24 + 1]
    assert numbers(try_1, r"abs\(tensor\)") == [2**24]


def test_a_list_of_floats_has_two_dtypes_that_torch_mm_wont_mix():
    out = run("01_numpy_vs_torch").out
    assert re.findall(r"float\d+", out) == ["float64", "float32"]
    assert numbers(out, "tensor")[-1] == 0.5 * 2 + 1.5 * 4
    with pytest.raises(RuntimeError, match="dtype"):
        run(changed("01_numpy_vs_torch", (".float(), tensor", ", tensor")))
