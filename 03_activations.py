"""Activations: the sigmoid lets at most a quarter of a gradient through, ReLU all of it or nothing.

A network is a chain of functions, its layers. A Linear layer computes x times its weight plus its
bias; two in a row are only another Linear. An activation between them, such as ReLU, max(0, x), or
the sigmoid, 1 / (1 + e^-x), changes that. Going back, backward() multiplies the gradient by the
activation's slope at x. Where it is near 0, the layers before get almost none: almost no learning.

Run:  python 03_activations.py
Look: the largest slopes. In the picture, shaded: where the slope is within 0.05 of 0. Two Linear
      layers equal one (True), but not with a ReLU between them (False).
Try:  python 03_activations.py --depth 5
          each function is applied five times in a row. The largest slope of the sigmoid falls
          below 0.001, ReLU's is still 1: slopes in a chain are multiplied.
Do:   add F.gelu as a fifth function, and to the table a column for the smallest slope. Right when
      GELU's is -0.13: there it falls while x grows. (Solutions: tests/solutions)
"""

# 原文小节：Activaton 激励函数
# 要点：Linear 层把 x 乘以权重再加偏置；两个 Linear 连在一起仍然只是一个 Linear，中间加激活函数才能
#   表示曲线。反向传播时，梯度要乘以激活函数的斜率（导数）：sigmoid 的至多 1/4；ReLU 的，x > 0 处是
#   1，梯度原样通过，x < 0 处是 0，完全不通过。
# 看什么：表中的最大斜率；图中阴影处斜率的大小不到 0.05，梯度几乎传不回去。最后两行：两个 Linear
#   等于一个（True），中间加 ReLU 就不等了（False）。
# 试一试：--depth 5，每个函数连用五次，sigmoid 的最大斜率不到 0.001，ReLU 的仍是 1：斜率要连乘。
# 动手：加第五个函数 F.gelu，表中加一列最小斜率；GELU 的是 -0.13 就对了：它有一段随 x 增大而下降。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F  # layers and activations as functions that hold no weights

ACTIVATIONS = {
    "relu": torch.relu,  # max(0, x)
    "sigmoid": torch.sigmoid,  # 1 / (1 + e^-x)
    "tanh": torch.tanh,  # (e^x - e^-x) / (e^x + e^-x)
    "softplus": F.softplus,  # ln(1 + e^x); torch.softplus doesn't exist
}


def curve(function, *, depth):
    """Apply the function `depth` times to 200 points; return x, y and dy/dx, each (200,)."""
    # 原文：x = Variable(x)；不必再用 Variable 包一层。这里要画斜率，所以加上 requires_grad=True
    x = torch.linspace(-5, 5, 200, requires_grad=True)
    y = x
    for _ in range(depth):
        y = function(y)
    # backward() starts from one number. Each y depends on its own x only, so the gradient of their
    # sum holds the 200 slopes.
    y.sum().backward()
    # 原文：x.data.numpy()；detach() 之后 plot 可以直接画张量
    return x.detach(), y.detach(), x.grad


def two_linears_are_one():
    """Print whether two Linear layers equal a single one, without and with ReLU between them."""
    torch.manual_seed(1)  # the same random weights in each run (same machine, same version)
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


# 对照：
#   标题里的 Activaton 是 Activation 的笔误；激励函数即激活函数。原文说神经元“将输入值传递给下
#   一层”，应为输出值；又说激活函数是上层输出与下层输入之间的函数关系，漏了加权求和：数据先经
#   Linear，再经激活函数。输入层只传递数据本身；输入层和输出层之间的各层叫隐层（隐藏层）。
#   原文配图的四个函数，公式写在 ACTIVATIONS 旁边。F 是 torch.nn.functional：层和激活的函数形式，不
#   含权重；原文也只有 softplus 写作 F.softplus，因为没有 torch.softplus。
#   补充：斜率、阴影、--depth、two_linears_are_one()。一行是一个样本，一列是一个特征；Linear(in,
#   out) 的 weight 形状是 (out, in)。y.sum().backward()：每个 y 只依赖自己的 x，和的梯度就是 200 个
#   斜率。
#   manual_seed：同一台机器、同一版本，每次得到相同的随机数。
#   一个循环代替四段重复的代码；颜色、大小、纵轴范围不同，图例改为曲线旁的名字。
#   原文的链接讲函数本身： https://blog.csdn.net/tyhj_sf/article/details/79932893 和
#   https://blog.csdn.net/zfjBIT/article/details/91611146 。

# ---------- picture and command line: skip this at a first reading ----------


def draw(curves):
    """Draw {name: (x, y, slope)}, a panel for each; return the figure."""
    rows = (len(curves) + 1) // 2
    figure, axes = plt.subplots(rows, 2, figsize=(5.4, 2.3 * rows), dpi=150, layout="constrained")
    figure.suptitle("Shaded: |slope| under 0.05,\nhardly any gradient gets through", weight="bold")
    for ax, name in zip(axes.flat, curves):
        x, y, slope = curves[name]
        ax.fill_between(x, 0, 1, slope.abs() < 0.05, fc="0.9", transform=ax.get_xaxis_transform())
        ax.plot(x, y, "tab:blue", x, slope, "chocolate", linewidth=3)
        ax.text(5.3, y[-1], name, color="tab:blue", va="center")
        ax.text(5.3, slope[-1], "slope", color="chocolate", va="center")
        title = "slope 1 for x > 0" if name == "relu" else f"slope up to {slope.max():.2g}"
        ax.set(xlabel="x", xlim=(-5, 5), title=title)
    return figure


def show(figure, *, save):
    """Open a window; to save, or where none can open, write 03_activations.png.

    Notebooks and IDEs are then asked to show it, too: any backend but agg.
    """
    if save or not figure.canvas.required_interactive_framework:
        try:
            figure.savefig("03_activations.png")
        except OSError as error:
            sys.exit(f"can't write 03_activations.png, try it in another folder: {error}")
        print("picture: 03_activations.png")
    if not save and plt.get_backend().lower() != "agg":
        plt.show()


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
    parser.add_argument("--depth", type=between(1, 20), help="times applied (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write a .png, open no window")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
