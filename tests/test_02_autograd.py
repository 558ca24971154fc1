"""02: the gradient is the right one, it adds up, no_grad records nothing, and descent descends."""

import re

import numpy as np
import pytest
import torch

from conftest import source

MARGIN = re.findall(r"\S  # (\[.*|tensor.*)\n", source("02_autograd"))  # the results in the margin, in order
V = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("scale", [1, 5])
def test_gradients_are_2_v_by_n_add_up_and_need_a_graph_for_other_numbers_too(script, capsys, monkeypatch, scale):
    tensor, backward, calls = torch.tensor, torch.Tensor.backward, []
    monkeypatch.setattr(torch, "tensor", lambda data, **how: tensor((scale * np.array(data)).tolist(), **how))
    monkeypatch.setattr(torch.Tensor, "backward", lambda *args, **how: calls.append(how) or backward(*args, **how))
    script.mean_of_squares()
    out, v, mean, half = capsys.readouterr().out, scale * V, ((scale * V) ** 2).mean(), tensor((scale * V / 2).tolist())
    more = v + 1e-6 * np.eye(4).reshape(4, 2, 2)  # each time another number grows; how fast does the mean?
    np.testing.assert_allclose(((more**2).mean(axis=(1, 2)) - mean) / 1e-6, v.flatten() / 2, rtol=1e-5)
    lines = [f"t_out tensor({mean:.4f}) ", f"v_out tensor({mean:.4f}, grad_fn=<MeanBackward0>)"]
    lines += ["variable.grad", half, "by hand, 2 * v / 4", half, "variable.detach().numpy()", v]
    assert out == "".join(f"{line}\n" for line in lines)
    script.gradients_add_up()
    script.without_graph()  # d(v * v) / dv = 2 v = 6 at v = 3, once and twice
    printed = [f"tensor([{6 * scale}.])", f"tensor([{12 * scale}.])", f"tensor([{9 * scale**2}.]) requires_grad False"]
    assert re.findall(r"tensor\(.*", capsys.readouterr().out) == printed
    assert calls == [{}, {}, {}]  # each from a graph of its own
    if scale == 1:
        assert (
            MARGIN[:5] == [lines[0][6:-1], lines[1][6:], str(half.tolist()), *printed[:2]]
            and MARGIN[5] == "[9.], False"
        )


def test_what_is_said_is_looked_at_and_the_step_needs_no_grad(script, capsys, monkeypatch):
    monkeypatch.setattr(torch, "mean", torch.sum)  # the gradient of the sum is 2 * v
    script.mean_of_squares()
    assert f"variable.grad\n{torch.tensor(2 * V).float()}\nby hand, 2 * v / 4\n{torch.tensor(V / 2).float()}\n" in (
        capsys.readouterr().out
    )
    monkeypatch.setattr(torch, "no_grad", torch.enable_grad)
    script.without_graph()
    assert "tensor([9.], grad_fn=<MulBackward0>) requires_grad True\n" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="in-place"):  # torch refuses to record the step
        script.descend(lr=0.1, keep_grad=False)


def means_and_last(out):
    """Return the means printed before the ten steps, and v as printed after them."""
    means = [re.search(rf"before step +{step}: mean (\S+)\n", out)[1] for step in range(1, 11)]
    return np.array(means, dtype=float), eval("np.array(" + out.split("tensor(")[-1])


@pytest.mark.parametrize("options", [[], ["--keep-grad"]])
@pytest.mark.parametrize("lr", [0, 0.1, 1, 3.875, 5])
def test_a_step_uses_the_last_gradient_or_with_keep_grad_the_sum_of_all_so_far(run, lr, options):
    v, gradient, expected = V, 0, []
    for _ in range(10):
        expected.append((v**2).mean())
        gradient = v / 2 + (gradient if options else 0)
        v = v - lr * gradient
    means, last = means_and_last(run("--lr", lr, *options).out)
    np.testing.assert_allclose(means, expected, rtol=6e-4)  # four digits are printed
    np.testing.assert_allclose(last, v, rtol=1e-4, atol=6e-5)
