"""autograd: torch computes the gradient of mean(v * v), and ten steps against it shrink the mean.

The gradient says for each number of v how fast the result grows when that number grows. A tensor
with requires_grad=True takes part in a graph, torch's record of the operations done with it;
backward() walks through this record from its end and stores the gradient in v.grad. Look at the
gradient, 2 * v / 4 as calculus says, and at what it is for: the last lines walk downhill, where v
becomes v - lr * gradient ten times.

Run:  python 02_autograd.py
Try:  python 02_autograd.py --lr 4
          the mean stays at 7.5: each step turns v into -v, as far from 0 as before.
      python 02_autograd.py --keep-grad
          the mean falls almost to 0 by step 7, then rises again: backward() adds to v.grad, so
          each step uses the sum of all gradients so far.
"""

# 原文小节：Variable变量
# 要点：requires_grad=True 的张量参与的运算会被记录成计算图；backward() 从结果出发沿图往回走，
#   把梯度存入 .grad。梯度表示每个数增大一点时结果增大多快，步子够小时，逆着它走，结果就会变小。
#   .grad 会累加，所以每一步都要先清零。
# 看什么：variable.grad 与手算的 2 * v / 4 = v / 2 相同；v_out 比 t_out 多一个 grad_fn；最后几行
#   重复十次 v = v - lr * 梯度，均值不断下降。
# 试一试：--lr 4：均值停在 7.5，每一步都把 v 变成 -v，离 0 和原来一样远。
#   --keep-grad：均值到第 7 步几乎降到 0，随后又上升：backward() 把新梯度加到 .grad 上，
#   每一步用的都是至今所有梯度的和。
# 对照：第一个函数对应原文的代码，顺序不变，另加手算的梯度和 .numpy() 报错的演示；后三个函数是补充。

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import torch


def mean_of_squares():
    """Return the notes' t_out and v_out, two scalars, and variable.grad, (2, 2)."""
    # 原文：torch.FloatTensor(…)，见 01
    tensor = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    # 原文：Variable(tensor, requires_grad=True)；0.4 起 Variable 并入 Tensor，张量自己就能记录梯度
    variable = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)

    t_out = torch.mean(tensor * tensor)
    v_out = torch.mean(variable * variable)
    print("t_out", t_out, "\nv_out", v_out)  # grad_fn: the last operation in the graph

    v_out.backward()
    print("variable.grad", variable.grad, "by hand, v / 2", tensor / 2, sep="\n")
    try:
        variable.numpy()
    except RuntimeError as error:
        print("variable.numpy():", error)
    # 原文：variable.data.numpy()；原地改写 .data 会悄悄算错梯度，改写 .detach() 的结果则报错
    # detach(): the same numbers, outside the graph
    print("variable.detach().numpy()", variable.detach().numpy(), sep="\n")
    return t_out, v_out, variable.grad


def gradients_add_up():
    """Return v.grad of v * v at 3 after one backward() and after a second one, two tensors (1,)."""
    v = torch.tensor([3.0], requires_grad=True)
    (v * v).backward()
    once = v.grad.clone()  # a copy, for v.grad will change
    (v * v).backward()  # a second time, from a new graph: backward() has freed the first one
    twice = v.grad.clone()
    print("\nv.grad after one backward()", once, "and after another", twice)
    return once, twice


def without_graph():
    """Return v * v computed under no_grad: the number is right, but no graph leads back to v."""
    v = torch.tensor([3.0], requires_grad=True)
    with torch.no_grad():
        square = v * v
    print("under no_grad", square, "requires_grad", square.requires_grad)
    return square


def descend(lr, keep_grad):
    """Take ten steps of v -= lr * v.grad; return the eleven means of v * v, first to last."""
    v = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    means = []
    for step in range(10):
        mean = torch.mean(v * v)
        means.append(mean.item())  # item(): a plain Python number
        if not keep_grad:
            v.grad = None
        mean.backward()
        with torch.no_grad():  # the step itself shall not be recorded
            v -= lr * v.grad
    means.append(torch.mean(v * v).item())

    for step, mean in enumerate(means):
        print(f"after step {step:2d}   mean(v * v) {mean:.4g}")
    return means


def main(*, lr=0.1, keep_grad=False):
    """Do and print all four; return their four results."""
    return mean_of_squares(), gradients_add_up(), without_graph(), descend(lr, keep_grad)


# ---------- command line: skip this at a first reading ----------


def between(low, high, kind=int):
    """Return a converter for argparse that takes numbers from low to high only."""

    def number(text):
        if low <= kind(text) <= high:
            return kind(text)
        raise ArgumentTypeError(f"{text} is not from {low} to {high}")

    return number


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--lr", type=between(0, 100, float), help="rate (default: %(default)s)")
    parser.add_argument("--keep-grad", action="store_true", help="never clear v.grad")
    main(**vars(parser.parse_args()))
