"""02: the gradient is the right one, it adds up, no_grad records nothing, and descent descends."""

import numpy as np
import pytest
import torch


def test_the_gradient_is_half_of_v_and_what_the_notes_print_is_printed(script, capsys):
    t_out, v_out, grad = script.mean_of_squares()
    assert grad.tolist() == [[0.5, 1.0], [1.5, 2.0]]
    assert t_out.item() == v_out.item() == (1 + 4 + 9 + 16) / 4
    out = capsys.readouterr().out
    assert f"t_out {t_out!r} \nv_out {v_out!r}\n" in out
    assert f"variable.grad\n{grad}\nby hand, v / 2\n{grad}\n" in out
    assert "\nvariable.numpy(): " in out  # and what torch says against it
    assert "variable.detach().numpy()\n[[1. 2.]\n [3. 4.]]\n" in out


def test_a_second_backward_adds_to_the_first_and_under_no_grad_nothing_is_recorded(script, capsys, monkeypatch):
    once, twice = script.gradients_add_up()
    assert (once.tolist(), twice.tolist()) == ([6.0], [12.0])  # d(v * v) / dv = 2 v at v = 3
    assert capsys.readouterr().out == "\nv.grad after one backward() tensor([6.]) and after another tensor([12.])\n"
    square = script.without_graph()
    assert (square.tolist(), square.requires_grad, square.grad_fn) == ([9.0], False, None)
    assert capsys.readouterr().out == "under no_grad tensor([9.]) requires_grad False\n"
    monkeypatch.setattr(torch, "no_grad", torch.enable_grad)
    script.without_graph()
    assert capsys.readouterr().out.endswith(" requires_grad True\n")


@pytest.mark.parametrize("lr", [0, 0.1, 1, 3.9, 5])
def test_the_ten_steps_are_gradient_descent(script, capsys, lr):
    means = script.descend(lr, keep_grad=False)
    # each step multiplies v by 1 - lr / 2, and so the mean of squares by the square of that
    np.testing.assert_allclose(means, [7.5 * (1 - lr / 2) ** (2 * step) for step in range(11)], rtol=1e-4)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"after step {i:2d}   mean(v * v) {mean:.4g}" for i, mean in enumerate(means)]


def test_try_lr_4_stays_at_7_5_and_keep_grad_falls_almost_to_0_by_step_7_then_rises(script, run):
    assert all(line.endswith(" 7.5") for line in run("--lr", 4).out.splitlines()[-11:])
    means = script.descend(0.1, keep_grad=True)
    assert np.argmin(means) == 7
    assert means[7] < 0.1 < 3 < means[10]
    assert f" {means[10]:.4g}\n" in run("--keep-grad").out
