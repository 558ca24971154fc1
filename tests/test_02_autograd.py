"""02: the gradient is the right one, it adds up, no_grad records nothing, and descent descends."""

import re

import numpy as np
import pytest
import torch

from conftest import source

MARGIN = re.findall(r"\S  # (\[.*|tensor.*)\n", source("02_autograd"))  # the results in the margin, in order
V, HALF = np.array([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0.5, 1.0], [1.5, 2.0]])


def test_the_gradient_is_half_of_v_by_torch_by_hand_and_in_the_margin(script, capsys, monkeypatch):
    script.mean_of_squares()
    out, mean = capsys.readouterr().out, (V**2).mean()
    assert MARGIN[:3] == [f"tensor({mean:.4f})", f"tensor({mean:.4f}, grad_fn=<MeanBackward0>)", str((V / 2).tolist())]
    assert f"t_out {MARGIN[0]} \nv_out {MARGIN[1]}\n" in out
    more = V + 1e-6 * np.eye(4).reshape(4, 2, 2)  # each time another number grows; how fast does the mean?
    np.testing.assert_allclose(((more**2).mean(axis=(1, 2)) - mean) / 1e-6, V.flatten() / 2, rtol=1e-5)
    assert f"variable.grad\n{HALF}\nby hand, 2 * v / 4\n{HALF}\nvariable.detach().numpy()\n{V}\n" in out
    monkeypatch.setattr(torch, "mean", torch.sum)  # the gradient of the sum is 2 * v
    script.mean_of_squares()
    assert f"variable.grad\n{4 * HALF}\nby hand, 2 * v / 4\n{HALF}\n" in capsys.readouterr().out


def test_a_second_backward_adds_to_the_first_and_under_no_grad_nothing_is_recorded(script, capsys, monkeypatch):
    script.gradients_add_up()
    script.without_graph()  # d(v * v) / dv = 2 v = 6 at v = 3, once and twice
    printed = ["tensor([6.])", "tensor([12.])", "tensor([9.]) requires_grad False"]
    assert re.findall(r"tensor\(.*", capsys.readouterr().out) == printed
    assert MARGIN[3:5] == printed[:2] and re.findall(r"9|False", MARGIN[5]) == ["9", "False"]
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
@pytest.mark.parametrize("lr", [0, 0.1, 1, 3.9, 5])
def test_a_step_uses_the_last_gradient_or_with_keep_grad_the_sum_of_all_so_far(run, lr, options):
    v, gradient, expected = V, 0, []
    for _ in range(10):
        expected.append((v**2).mean())
        gradient = v / 2 + (gradient if options else 0)
        v = v - lr * gradient
    means, last = means_and_last(run("--lr", lr, *options).out)
    np.testing.assert_allclose(means, expected, rtol=6e-4)  # four digits are printed
    np.testing.assert_allclose(last, v, rtol=1e-4, atol=6e-5)


def test_the_mean_falls_try_lr_4_stays_at_7_5_and_keep_grad_falls_almost_to_0_then_rises(run):
    assert (np.diff(means_and_last(run().out)[0]) < 0).all()
    assert set(means_and_last(run("--lr", 4).out)[0]) == {7.5}
    means, _ = means_and_last(run("--keep-grad").out)
    low = means.argmin()
    assert means[low] < 0.1 and (np.sign(np.diff(means)) == [-1] * low + [1] * (9 - low)).all()
