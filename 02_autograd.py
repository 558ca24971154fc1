"""autograd: torch computes the gradient of mean(v * v), and ten steps against it shrink the mean.

The gradient holds a number for each number in v: how fast the result grows when that one grows. To
find it, torch records which result was computed from which, if requires_grad=True asks for it.
backward() walks this record, the graph, back from its end. A step subtracts lr, the learning rate,
times the gradient from v. If lr is small enough, the result falls: so networks (03) learn.

Run:  python 02_autograd.py
Look: variable.grad is 2 * v / 4, as by hand. In the last lines the mean falls, step by step.
Try:  1. python 02_autograd.py --lr 4
         Steps 40 times as long: what does the mean do?
      2. Delete the line v.grad = None. Does the mean fall faster, slower, or not at all?
Do:   in descend(), make v one number, 5.0, and find where (v - 3)**2 + (v + 1)**2 is smallest.
      About 10 minutes. Right when v ends near 1, the value near 8. (tests/solutions)
"""

# 原文小节：Variable变量
# 要点：梯度里的每个数，表示 v 中对应的数增大时，均值 mean(v * v) 增大得多快。requires_grad=True 的
#   张量，它的运算都记入计算图；backward() 沿图往回求梯度。每步从 v 中减去学习率 lr 乘以梯度。
# 看什么：variable.grad 与手算的 2 * v / 4 相同；before step 开头的十行里，均值一步步下降。
# 试一试：1. --lr 4，步子是原来的 40 倍，均值会怎样？2. 删去 v.grad = None 这一行，均值降得更快、更
#   慢，还是不降？
# 动手：在 descend() 里从 v = 5.0 出发，求使 (v - 3)**2 + (v + 1)**2 最小的 v；接近 1 就对了。

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

import torch


def mean_of_squares():
    """Print the mean of v * v without and with a graph, and its gradient by torch and by hand."""
    tensor = torch.tensor([[1.0, 2.0], [3.0, 4.0]])  # 1.0, not 1: only floats have gradients
    # 原文：Variable(tensor, requires_grad=True)；0.4 起 Variable 并入 Tensor，张量自己就能记录运算
    variable = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)

    t_out = torch.mean(tensor * tensor)  # tensor(7.5000)
    v_out = torch.mean(variable * variable)  # tensor(7.5000, grad_fn=<MeanBackward0>)
    print("t_out", t_out, "\nv_out", v_out)  # grad_fn: the last operation in the graph

    v_out.backward()  # starts from a single number
    print("variable.grad", variable.grad, sep="\n")  # [[0.5, 1.0], [1.5, 2.0]]
    # v_out is the sum of the four v * v, divided by 4; the derivative of v * v / 4 is 2 * v / 4
    print("by hand, 2 * v / 4", 2 * tensor / 4, sep="\n")
    # numpy() refuses a tensor in a graph; detach() gives the same numbers outside of it, to read
    # 原文：variable.data.numpy()；只读时没有问题；若改写 .data，torch 发现不了，今天用 .detach()
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


def descend(*, lr):
    """Take ten steps against the gradient; print the mean of v * v before each, v at the end."""
    v = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    for step in range(1, 11):
        mean = torch.mean(v * v)
        print(f"before step {step:2d}: mean {mean.item():.4g}")  # item(): a plain Python number
        v.grad = None  # or backward() adds to it; in 04, optimizer.zero_grad() does this
        mean.backward()
        with torch.no_grad():  # no part of the graph: elsewhere torch refuses -= on such a v
            v -= lr * v.grad  # v = v - … would make a new tensor, without requires_grad
    print("v after ten steps", v.detach(), sep="\n")


def main(*, lr=0.1):
    """Do all four, one after the other."""
    mean_of_squares()
    gradients_add_up()
    without_graph()
    descend(lr=lr)


# Answers:
# 1. It stays at 7.5. The gradient is v / 2, so a step subtracts 4 * v / 2 = 2 * v: v becomes -v, as
#    far from 0 as before. Between 0 and 4 the mean falls, beyond 4 it grows.
# 2. Faster at first, almost to 0, then it rises again. backward() adds to v.grad, so each step goes
#    along the sum of all gradients so far, and runs past the lowest place.
# 答案：
# 1. 一直是 7.5。梯度是 v / 2，一步减去 4 * v / 2 = 2 * v，v 就变成 -v，离 0 和原来一样远。lr 在 0
#   与 4 之间，均值下降；比 4 大，均值上升。
# 2. 先降得更快，几乎到 0，然后又回升。backward() 把新梯度加到 v.grad 上，每一步走的都是至今所有梯度
#   的和，于是冲过了最低处。
# 说明：lr 足够小，每一步之后均值就更小，网络就是这样学习的。1.0 不能写成 1：torch.tensor 会得到整
#   数，而只有浮点数才有梯度（原文的 FloatTensor 会自动转换）。grad_fn 是计算图里的最后一次运算。
#   numpy() 不接受计算图里的张量，先用 detach() 取出同样的数，只读不写。backward() 从单个数出发，随
#   后释放计算图；梯度会累加，所以每步先清掉（04 里由 optimizer.zero_grad() 来做）。no_grad 里的运算
#   不建计算图，省内存；v -= … 直接改动 v，不该记入计算图，torch 只许在 no_grad 里这样做；v = v - …
#   则得到一个没有 requires_grad 的新张量。
# 对照：
# - 原文注释“requires_grad为真，可以进行反向传播（计算梯度值）”，今天仍然如此。
# - 文章标题里的“动态”：计算图不是事先画好的，而是 torch 在每次运算时现建的。
# - 已有的张量也能开始记录运算：tensor.requires_grad_()。手算的梯度和后三个函数是补充。

# ---------- command line: skip this at a first reading ----------

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--lr", type=float, help="learning rate (default: %(default)s)")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
