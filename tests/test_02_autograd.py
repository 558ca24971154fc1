import re

import numpy as np
import pytest

from conftest import changed, numbers, run

V = np.array([1.0, 2.0, 3.0, 4.0])
FORGET = ("        v.grad = None", "        # v.grad = None")


def test_the_gradient_is_how_fast_the_mean_grows_with_each_number():
    out = run("02_autograd").out
    larger = V + 1e-6 * np.eye(4)  # in each row, another number is
    rise = ((larger**2).mean(axis=1) - (V**2).mean()) / 1e-6
    for label, values in (("variable.grad", rise), ("v / 4", rise), ("numpy()", V)):
        assert numbers(out.split(label)[1])[:4] == pytest.approx(values, abs=1e-4)


def test_gradients_add_up_and_only_what_requires_them_has_a_graph():
    out = run("02_autograd").out
    assert re.search(r"t_out \S*7\.50*\)\s+v_out \S*7\.50*, grad_fn", out)
    assert numbers(out, r"v\.grad") == [6, 12]  # 2 v at v = 3
    assert re.search(r"no_grad .*9\..* False", out)


@pytest.mark.parametrize(("lr", "forget"), [(0.1, False), (4, False), (0.1, True)])
def test_ten_steps_follow_the_rule_also_at_rate_4_and_where_gradients_add_up(lr, forget):
    out = run(changed("02_autograd", FORGET) if forget else "02_autograd", "--lr", lr).out
    v, gradient, means = V, 0, []
    for _ in range(10):
        means.append((v**2).mean())
        gradient = v / 2 + (gradient if forget else 0)
        v = v - lr * gradient
    assert numbers(out, "mean")[-10:] == pytest.approx(means, rel=1e-3)
    assert numbers(out)[-4:] == pytest.approx(v, rel=1e-3, abs=1e-4)
