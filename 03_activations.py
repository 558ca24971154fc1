"""Activations: the sigmoid lets at most a quarter of a gradient through, ReLU all of it or nothing.

A network is a chain of functions, its layers. A Linear layer computes x times its weight, plus its
bias; it learns these two. Two in a row are only another Linear, and draw a straight line. With an
activation between them, such as ReLU, max(0, x), they can draw a curve. But backward() multiplies
the gradient by the activation's slope: where that is near 0, the layers before hardly learn.

Run:  python 03_activations.py
Look: shaded in the picture: a slope within 0.05 of 0. Below the table: two Linear layers equal one.
Try:  1. python 03_activations.py --depth 20
         Each function twenty times in a row: whose largest slope is as good as gone?
      2. In curve(), write y.backward() instead of y.sum().backward(). What does torch say?
Do:   add F.gelu to ACTIVATIONS, and in main() a column for the smallest slope. About 15 minutes.
      Right when GELU's is -0.13: there it falls while x grows. (tests/solutions)
"""

# 原文小节：Activaton 激励函数
# 要点：Linear 层把 x 乘以权重再加偏置。两个 Linear 相连只相当于一个，只能画直线；中间加上激活函数，
#   才能画曲线。反向传播时梯度要乘以激活函数的斜率（导数）：斜率接近 0，前面的层就几乎学不到东西。
# 看什么：图中阴影处，斜率与 0 相差不到 0.05。表格下面两行：两个 Linear 等于一个，加 ReLU 就不等了。
# 试一试：1. --depth 20，各函数连用二十次，哪些的最大斜率几乎成了 0？2. 在 curve() 里把
#   y.sum().backward() 写成 y.backward()，torch 报什么错？
# 动手：加上 F.gelu，表中加一列最小斜率；GELU 的是 -0.13 就对了：它有一段随 x 增大而下降。

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F  # layers and activations as functions, which hold no weights

ACTIVATIONS = {
    "relu": torch.relu,  # max(0, x)
    "sigmoid": torch.sigmoid,  # 1 / (1 + e^-x)
    "tanh": torch.tanh,  # (e^x - e^-x) / (e^x + e^-x)
    "softplus": F.softplus,  # ln(1 + e^x)
}


def curve(function, *, depth):
    """Apply the function `depth` times to 200 points; return x, y and dy/dx, each (200,)."""
    # 原文：x = Variable(x)；不必再包一层，要画斜率才加上 requires_grad=True
    x = torch.linspace(-5, 5, 200, requires_grad=True)
    y = x
    for _ in range(depth):
        y = function(y)
    # backward() starts from one number: from the sum of all y. Each y depends on its own x only, so
    # the gradient of their sum holds the 200 slopes.
    y.sum().backward()
    return x.detach(), y.detach(), x.grad


def two_linears_are_one():
    """Print whether two Linear layers equal a single one, without and with ReLU between them."""
    torch.manual_seed(1)  # the seed: the same random weights in each run, on the same machine
    x = torch.linspace(-5, 5, 200).unsqueeze(1)  # (200,) -> (200, 1)
    # Linear(inputs, outputs): a row of x is one example; its numbers, the features, are columns
    first = torch.nn.Linear(1, 4)
    second = torch.nn.Linear(4, 1)
    with torch.no_grad():
        two = second(first(x))  # (200, 1) -> (200, 4) -> (200, 1)
        with_relu = second(torch.relu(first(x)))
        # (x W1 + b1) W2 + b2 = x (W1 W2) + (b1 W2 + b2); a layer keeps its W as (outputs, inputs)
        weight = first.weight.T @ second.weight.T
        bias = first.bias @ second.weight.T + second.bias
        one = x @ weight + bias
    print("two Linear layers equal one:", torch.allclose(two, one, atol=1e-4))  # up to rounding
    print("with ReLU between them:", torch.allclose(with_relu, one, atol=1e-4))


def main(*, depth=1, save=False):
    """Print and draw the four; return {name: (x, y, slope)}, three tensors (200,) each."""
    curves = {}
    print("          largest slope   share of x with |slope| under 0.05")
    for name, function in ACTIVATIONS.items():
        x, y, slope = curve(function, depth=depth)
        flat = slope.abs() < 0.05  # 200 times True or False; their mean is the share of True
        print(f"{name:10s}{slope.max():13.2g}{flat.float().mean():15.0%}")
        curves[name] = x, y, slope
    two_linears_are_one()
    show(draw(curves), save=save)
    return curves


# Answers:
# 1. Only the sigmoid's, 1e-13: slopes in a chain are multiplied, and all twenty are at most 1/4.
#    Tanh has slope 1 at x = 0, so there it stays near 1; most of the rest is shaded. ReLU's is 1
#    wherever x > 0.
# 2. "grad can be implicitly created only for scalar outputs": backward() starts from one number, a
#    scalar, and y holds 200. Their sum is one number.
# 答案：
# 1. 只有 sigmoid 的，剩 1e-13：连在一起的斜率要相乘，而这二十个都不超过 1/4。tanh 在 x = 0 处斜率是
#   1，所以那里仍接近 1，其余大多在阴影里。ReLU 在 x > 0 处始终是 1。
# 2. 报错 grad can be implicitly created only for scalar outputs：只有单个数（标量）才能直接
#   backward()，而 y 有 200 个数，所以先求和。
# 说明：F 里是函数形式的层和激活函数，自身不含权重。unsqueeze(1) 插入一个长度为 1 的维：(200,) 变成
#   (200, 1)。每个 y 只依赖自己的 x，它们的和对 x 的梯度就是 200 个斜率。Linear(inputs, outputs)：x
#   的一行是一个样本，一列是一个特征；层里的 weight 形状是 (outputs, inputs)。manual_seed 固定随机
#   数：同一台机器、同一版本，每次结果相同。
# 对照：
# - “将输入值传递给下一层”：传给下一层的是输出值。
# - 原文说激活函数是“上层节点的输出和下层节点的输入之间”的函数，少说了一步：上层的输出要先加权求和
#   （Linear），再经过激活函数。
# - 输入层与输出层之间的各层叫隐层。激励函数就是激活函数；标题里的 Activaton 应为 Activation。
# - 四个函数放在字典 ACTIVATIONS 里（公式写在旁边），用循环代替原文的四次调用和四次画图；画图前不必
#   转成 numpy 数组，matplotlib 接受张量。斜率、--depth 和两个 Linear 的比较是补充。

# ---------- picture and command line: skip this at a first reading ----------


def draw(curves):
    """Draw {name: (x, y, slope)}, a panel for each; return the figure."""
    rows = (len(curves) + 1) // 2
    figure = plt.figure(figsize=(5.4, 2.3 * rows), dpi=150, layout="constrained")
    figure.suptitle("Shaded: |slope| under 0.05,\nhardly any gradient gets through", weight="bold")
    for number, name in enumerate(curves, start=1):
        x, y, slope = curves[name]
        ax = figure.add_subplot(rows, 2, number, xlabel="x", xlim=(-5, 5))
        ax.set_title(f"largest slope {slope.max():.2g}")
        ax.fill_between(x, 0, 1, slope.abs() < 0.05, fc="0.9", transform=ax.get_xaxis_transform())
        ax.plot(x, y, "tab:blue", x, slope, "chocolate", linewidth=3)
        ax.text(5.3, y[-1], name, color="tab:blue", va="center")
        ax.text(5.3, slope[-1], "slope", color="chocolate", va="center")
    return figure


def show(figure, *, save):
    """Write the picture to 03_activations.png, and show it."""
    figure.savefig("03_activations.png")
    print("picture: 03_activations.png")
    if not save and plt.get_backend().lower() != "agg":
        plt.show()


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--depth", type=int, help="times applied (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="only write the picture")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
