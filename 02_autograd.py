"""autograd: torch differentiates mean(v * v), and three ways of computing the gradient agree.

A tensor made with requires_grad=True records what is done to it; backward() then walks that record from the end to
the start and leaves the derivative in .grad. Watch the same gradient come from autograd, from the formula v / 2 and
from a finite difference, then five things that every user of autograd meets sooner or later.

Run:  python 02_autograd.py
Try:  python 02_autograd.py --eps 100
          still right: on a quadratic the central difference is exact, however long the step.
      python 02_autograd.py --eps 1e-17
          all zeros: 1 + 1e-17 is 1 to a computer, so nothing seems to change. autograd has no step to choose.
"""

# 原文小节：Variable变量
# 要点：张量只要设 requires_grad=True，就会记录自己参与的运算；调用 backward() 便可自动求导，梯度存放在 .grad 里。
# Variable 早已并入 Tensor，今天不必再写。梯度会累加，所以训练循环每一步都要先清零。

from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

import torch

VALUES = ((1.0, 2.0), (3.0, 4.0))


def mean_square(v):
    """Return the mean of v squared, a scalar."""
    return torch.mean(v * v)


def by_autograd(values=VALUES):
    """Return (v, out): the tensor of the values, its gradient in v.grad, and the scalar mean_square(v)."""
    v = torch.tensor(values, requires_grad=True)  # notes: Variable(tensor, requires_grad=True)
    out = mean_square(v)
    out.backward()
    return v, out


def by_hand(values=VALUES):
    """Return the gradient by the rule for powers: d/dv of the mean of n squares is 2 v / n, here v / 2."""
    v = torch.tensor(values)
    return 2 * v / v.numel()


def by_finite_difference(values=VALUES, eps=1e-6):
    """Return the gradient as (f(v + eps) - f(v - eps)) / (2 eps), one element at a time; eps in units of v."""
    v = torch.tensor(values, dtype=torch.float64)  # float32 would lose most digits in the subtraction
    gradient = torch.zeros_like(v)
    for i in range(v.numel()):
        step = torch.zeros_like(v)
        step.view(-1)[i] = eps
        gradient.view(-1)[i] = (mean_square(v + step) - mean_square(v - step)) / (2 * eps)
    return gradient


def gradients_add_up():
    """Go backward twice without clearing, then once after clearing; return .grad after each, three (2, 2) tensors."""
    v, _ = by_autograd()
    once = v.grad.clone()
    mean_square(v).backward()  # a new forward pass: the first one's record was freed by its backward
    twice = v.grad
    v.grad = None  # what optimizer.zero_grad() does
    mean_square(v).backward()
    return once, twice, v.grad


def numpy_is_refused():
    """Return (the error message of v.numpy(), the array of v.detach().numpy()) for a v that tracks gradients."""
    v, _ = by_autograd()
    try:
        v.numpy()  # numpy can't record operations, so torch won't let the gradient get lost unnoticed
    except RuntimeError as error:
        return str(error), v.detach().numpy()  # notes: variable.data.numpy()


def overwrite(way_out=None):
    """Return v.grad, (2, 2), of the sum of y * y with y = v * v: 4 v^3, unless y is zeroed before backward() needs it.

    way_out is how: None, "data" or "detach". Raises RuntimeError where autograd notices.
    """
    v = torch.tensor(VALUES, requires_grad=True)
    y = v * v
    out = (y * y).sum()
    if way_out:
        (y.data if way_out == "data" else y.detach()).zero_()
    out.backward()
    return v.grad


def without_graph():
    """Return the mean square computed under no_grad: right, but with no record to walk back through."""
    v = torch.tensor(VALUES, requires_grad=True)
    with torch.no_grad():
        return mean_square(v)


def main(*, eps=1e-6):
    """Do and print all of the above; return {"out", "autograd", "hand", "difference"}: the mean, three gradients."""
    v, out = by_autograd()
    gradients = {"autograd": v.grad, "hand": by_hand(), "difference": by_finite_difference(eps=eps)}
    print(f"v = {v.tolist()},  mean(v * v) = {out.item()}\n")
    for name, gradient in gradients.items():
        numbers = "  ".join(f"{number:.4f}" for number in gradient.flatten().tolist())
        print(f"gradient by {name:10s}  {numbers}")

    print("\nbackward() adds to .grad, so a training loop clears it each step:")
    for when, grad in zip(("once", "twice", "cleared, then once"), gradients_add_up(), strict=True):
        print(f"  {when:18s}  {grad.tolist()}")

    message, array = numpy_is_refused()
    print(f"\nv.numpy() is refused: {message}\nv.detach().numpy() gives {array.tolist()}")

    print(f"\nOverwriting a result before backward: the true gradient is {overwrite().tolist()}")
    print(f"  through .data      {overwrite('data').tolist()}: wrong, and nobody is told")
    try:
        overwrite("detach")
    except RuntimeError as error:
        print(f"  through .detach()  RuntimeError: {str(error).split(':')[0]}")

    plain = without_graph()
    print(f"\nUnder no_grad: {plain.item()} again, requires_grad={plain.requires_grad}, grad_fn={plain.grad_fn}")
    return {"out": out, **gradients}


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--eps", type=float, default=1e-6, help="the finite difference's step (1e-6)")
    args = parser.parse_args()
    if not 1e-30 < args.eps < 1e6:
        parser.error("--eps must be above 1e-30 and below a million")
    main(**vars(args))
