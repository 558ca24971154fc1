"""autograd: torch computes the gradient of mean(v * v), and ten steps against it shrink the mean.

The gradient says for each number of v how fast the result grows when that number grows. To find it,
torch records which result was computed from which (asked by requires_grad=True); backward() walks
this record, the graph, from its end. A step subtracts lr times the gradient from v; lr is called
the learning rate. The result gets smaller: this is how networks learn.

Run:  python 02_autograd.py
Look: variable.grad is 2 * v / 4, as by hand. In the last lines the mean falls, step by step.
Try:  python 02_autograd.py --lr 4
          the mean stays at 7.5: each step turns v into -v, as far from 0 as before.
      python 02_autograd.py --keep-grad
          the mean falls almost to 0, then rises again: backward() adds to v.grad, so each step
          uses the sum of all gradients so far.
Do:   in descend(), make v one number, 5.0, and find where (v - 3)**2 + (v + 1)**2 is smallest.
      Right when v ends near 1, the value near 8. (Solutions: tests/solutions)
"""

# 原文小节：Variable变量
# 要点：梯度表示每个数增大一点时，结果增大多快。requires_grad=True 的张量参与的运算都记入计算图，
#   backward() 从结果出发往回走，把梯度存入 .grad。每一步逆着梯度改动 v，学习率 lr 决定走多远。
# 看什么：variable.grad 与手算的 2 * v / 4 相同；v_out 多一个 grad_fn；均值逐步下降。
# 试一试：--lr 4，均值停在 7.5，每一步都把 v 变成 -v，离 0 和原来一样远。--keep-grad，均值几乎降到 0
#   又回升：backward() 把新梯度加到 .grad 上，每一步用的都是至今所有梯度的和。
# 动手：在 descend() 里从 5.0 出发，求使 (v - 3)**2 + (v + 1)**2 最小的数 v；v 接近 1 就对了。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import torch


def mean_of_squares():
    """Print the mean of v * v without and with a graph, and its gradient by torch and by hand."""
    # 原文：torch.FloatTensor(…)，见 01
    tensor = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    # 原文：Variable(tensor, requires_grad=True)；0.4 起 Variable 并入 Tensor，张量自己就能记录梯度
    variable = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)

    t_out = torch.mean(tensor * tensor)  # tensor(7.5000)
    v_out = torch.mean(variable * variable)  # tensor(7.5000, grad_fn=<MeanBackward0>)
    print("t_out", t_out, "\nv_out", v_out)  # grad_fn: the last operation in the graph

    v_out.backward()  # starts from a single number
    print("variable.grad", variable.grad, sep="\n")  # [[0.5, 1.0], [1.5, 2.0]]
    # v_out is the sum of the four v * v, divided by 4; the derivative of v * v / 4 is 2 * v / 4
    print("by hand, 2 * v / 4", 2 * tensor / 4, sep="\n")
    # 原文：variable.data.numpy()；改写 .data，梯度会悄悄算错。改写 .detach() 的结果，反向传播若还要
    # 用到这些值，就会报错，经 .numpy() 改写则查不出来：所以只读不写。numpy() 不接受图里的张量，先
    # detach()
    # numpy() refuses a tensor in a graph; detach(): the same numbers outside of it, only to read
    print("variable.detach().numpy()", variable.detach().numpy(), sep="\n")


def gradients_add_up():
    """Call backward() for v * v twice, at v = 3; print v.grad each time: 2 * 3, then twice that."""
    v = torch.tensor([3.0], requires_grad=True)
    (v * v).backward()
    print("\nv.grad after one backward()", v.grad)  # tensor([6.])
    (v * v).backward()  # from a new graph: backward() has freed the first one
    print("v.grad after another", v.grad)  # tensor([12.])


def without_graph():
    """Print what v * v is under no_grad: the same number, with no graph that leads back to v."""
    v = torch.tensor([3.0], requires_grad=True)
    with torch.no_grad():  # for results that need no gradient: it saves the graph's memory
        square = v * v
    print("under no_grad", square, "requires_grad", square.requires_grad)  # [9.], False


def descend(*, lr, keep_grad):
    """Take ten steps against the gradient; print the mean of v * v before each, v at the end."""
    v = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    for step in range(1, 11):
        mean = torch.mean(v * v)
        print(f"before step {step:2d}: mean {mean.item():.4g}")  # item(): a plain Python number
        if not keep_grad:
            v.grad = None  # or backward() adds to it; in 04, optimizer.zero_grad() does this
        mean.backward()
        with torch.no_grad():  # -= changes v itself, and torch refuses that outside of this
            v -= lr * v.grad  # v = v - … would make a new tensor, without requires_grad
    print("v after ten steps", v.detach(), sep="\n")


def main(*, lr=0.1, keep_grad=False):
    """Do all four, one after the other."""
    mean_of_squares()
    gradients_add_up()
    without_graph()
    descend(lr=lr, keep_grad=keep_grad)


# 对照：
#   第一个函数的顺序同原文，另加手算的梯度；variable 另写一遍数，因为 torch.tensor(tensor) 会警告；
#   后三个函数是补充：梯度会累加，no_grad 不建图（只要结果、不要梯度时用，省下计算图的内存），以及
#   手工的梯度下降，其中 v.grad = None 就是 04 里 optimizer.zero_grad() 所做的。
#   原文标题里的“动态”：计算图在每次运算时现建。backward() 默认从单个数出发，并随即释放计算图：要
#   再求一次，得重新计算。
#   v -= lr * v.grad 是原地修改，必须放在 no_grad 里，否则 torch 报错；写成 v = v - lr * v.grad 则
#   得到一个新张量，不再有 requires_grad。原文的注释“requires_grad为真，可以进行反向传播”今天同样
#   成立。

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
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
