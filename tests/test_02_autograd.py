"""02: autograd's gradient is the true one; gradients add up; leaving the graph has right and wrong ways."""

import pytest
import torch

VALUES = [[1.0, 2.0], [3.0, 4.0]]
GRADIENT = [[0.5, 1.0], [1.5, 2.0]]


def test_the_mean_of_the_squares_is_7_5(script):
    assert script.mean_square(torch.tensor(VALUES)).item() == 7.5
    assert script.main()["out"].item() == 7.5


def test_all_three_gradients_are_v_over_2(script):
    results = script.main()
    assert results["autograd"].tolist() == results["hand"].tolist() == GRADIENT
    torch.testing.assert_close(results["difference"], torch.tensor(GRADIENT, dtype=torch.float64), rtol=0, atol=1e-8)


@pytest.mark.parametrize("seed", range(10))
def test_the_gradients_agree_for_random_values_of_other_shapes(script, seed):
    values = torch.randn(3, 5, generator=torch.Generator().manual_seed(seed)).tolist()
    v, _ = script.by_autograd(values)
    torch.testing.assert_close(v.grad, 2 * torch.tensor(values) / 15)
    torch.testing.assert_close(script.by_hand(values), v.grad)
    torch.testing.assert_close(script.by_finite_difference(values).float(), v.grad, rtol=1e-5, atol=1e-6)


def test_the_finite_difference_is_taken_in_64_bits(script):
    assert script.by_finite_difference().dtype == torch.float64


def test_a_second_backward_adds_and_clearing_starts_anew(script):
    once, twice, cleared = script.gradients_add_up()
    assert once.tolist() == cleared.tolist() == GRADIENT
    assert twice.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_numpy_is_refused_and_detach_is_the_way(script):
    message, array = script.numpy_is_refused()
    assert "requires grad" in message
    assert "detach().numpy()" in message
    assert array.tolist() == VALUES


def test_overwriting_through_data_is_silently_wrong_and_through_detach_is_noticed(script):
    true = 4 * torch.tensor(VALUES) ** 3
    assert script.overwrite().tolist() == true.tolist()
    assert script.overwrite("data").tolist() == [[0, 0], [0, 0]] != true.tolist()
    # The product itself was saved, and changed behind autograd's back; y.zero_() would be an operation of the graph.
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation: .* output 0 of Mul"):
        script.overwrite("detach")


def test_the_true_gradient_printed_for_the_overwritten_one_is_4_v_cubed(script, capsys):
    script.main()
    assert f"true gradient is {(4 * torch.tensor(VALUES) ** 3).tolist()}" in capsys.readouterr().out


def test_no_grad_computes_the_same_without_a_graph(script):
    plain = script.without_graph()
    assert plain.item() == 7.5
    assert not plain.requires_grad
    assert plain.grad_fn is None


def test_no_grad_is_what_keeps_the_graph_away(script, monkeypatch):
    seen = []
    monkeypatch.setattr(script, "mean_square", lambda v: seen.append((v.requires_grad, torch.is_grad_enabled())))
    script.without_graph()
    assert seen == [(True, False)]


def test_the_printed_facts_are_those_computed(script, capsys):
    script.main()
    out = capsys.readouterr().out
    assert out.startswith(f"v = {VALUES},  mean(v * v) = 7.5\n")
    assert out.count("0.5000  1.0000  1.5000  2.0000") == 3
    assert "\nbackward() adds to .grad, so a training loop clears it each step:\n" in out
    assert f"once                {GRADIENT}" in out
    assert f"twice               {[[1.0, 2.0], [3.0, 4.0]]}" in out
    assert f"cleared, then once  {GRADIENT}" in out
    assert f"v.detach().numpy() gives {VALUES}" in out
    assert "through .data      [[0.0, 0.0], [0.0, 0.0]]: wrong" in out
    assert "through .detach()  RuntimeError: one of the variables" in out
    assert "7.5 again, requires_grad=False, grad_fn=None" in out


@pytest.mark.parametrize("eps", [1e-3, 1.0, 100.0, 1e4])
def test_try_the_central_difference_of_a_quadratic_is_exact_for_any_step(script, run, eps):
    difference = script.by_finite_difference(eps=eps)
    torch.testing.assert_close(difference, torch.tensor(GRADIENT, dtype=torch.float64), rtol=1e-9, atol=0)
    assert run("--eps", 100).out.count("0.5000  1.0000  1.5000  2.0000") == 3


@pytest.mark.parametrize("eps", [1e-17, 1e-20, 1e-25])
def test_try_a_step_below_the_precision_changes_nothing(script, run, eps):
    assert script.by_finite_difference(eps=eps).tolist() == [[0, 0], [0, 0]]
    assert "gradient by difference  0.0000  0.0000  0.0000  0.0000" in run("--eps", 1e-17).out
