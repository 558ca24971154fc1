"""02: the gradient is the right one, it adds up, no_grad records nothing, and descent descends."""

import re

import numpy as np
import pytest

from conftest import changed, numbers, run

V = np.array([[1.0, 2.0], [3.0, 4.0]])
FORGET = ("        v.grad = None", "        # v.grad = None")


def matrix(out, label):
    """Return the matrix that is printed below a label."""
    return np.array(numbers(out.split(f"{label}\n")[1].replace(",", "").split("]]")[0], "")[:4])


def test_the_gradient_of_the_mean_is_how_fast_it_grows_with_each_number():
    out = run("02_autograd").out
    more = V + 1e-6 * np.eye(4).reshape(4, 2, 2)  # each time another number is larger
    rise = ((more**2).mean(axis=(1, 2)) - (V**2).mean()) / 1e-6
    np.testing.assert_allclose(matrix(out, "variable.grad"), rise, atol=1e-4)
    np.testing.assert_allclose(matrix(out, "by hand, 2 * v / 4"), rise, atol=1e-4)
    np.testing.assert_allclose(matrix(out, "variable.detach().numpy()"), V.flatten())
    assert re.search(r"t_out tensor\(7\.5000\) *\nv_out tensor\(7\.5000, grad_fn=<Mean", out)


def test_gradients_add_up_and_under_no_grad_there_is_no_graph():
    out = run("02_autograd").out
    assert "after one backward() tensor([6.])\n" in out  # 2 v at v = 3
    assert "after another tensor([12.])\n" in out
    assert "under no_grad tensor([9.]) requires_grad False\n" in out


@pytest.mark.parametrize("forget", [False, True])
@pytest.mark.parametrize("lr", [0.1, 1, 4, 5])
def test_each_of_ten_steps_follows_the_rule_also_where_gradients_add_up(lr, forget):
    script = changed("02_autograd", FORGET) if forget else "02_autograd"
    out = run(script, "--lr", lr).out
    v, gradient, means = V, 0, []
    for _ in range(10):
        means.append((v**2).mean())
        gradient = v / 2 + (gradient if forget else 0)
        v = v - lr * gradient
    np.testing.assert_allclose(numbers(out, r"before step +\d+: mean"), means, rtol=1e-3)
    np.testing.assert_allclose(matrix(out, "v after ten steps"), v.flatten(), rtol=1e-3, atol=1e-4)


def test_the_mean_falls_stays_at_rate_4_and_rises_again_where_gradients_add_up():
    usual, four = (numbers(run("02_autograd", *how).out, "mean") for how in ([], ["--lr", 4]))
    assert usual[-10:] == sorted(usual[-10:], reverse=True)
    assert set(four[-10:]) == {7.5}
    added = numbers(run(changed("02_autograd", FORGET)).out, "mean")[-10:]
    assert added[4] < usual[-6] and min(added) < 0.1 < 1 < added[-1]
