"""Activations: the sigmoid lets at most a quarter of a gradient through, ReLU all of it or nothing.

A network is a chain of layers. A Linear layer computes x times a weight plus a bias, and two of
them in a row are only another Linear. An activation between them, such as ReLU, which is max(0, x),
or the sigmoid, a smooth step from 0 to 1, changes that. Going back from the result, backward()
multiplies the gradient by the activation's slope, its derivative f'(x). Where the picture is
shaded, the slope is under 0.05: almost nothing of the gradient reaches the layers before.

Run:  python 03_activations.py
Try:  python 03_activations.py --depth 5
          each function is applied five times in a row. The largest slope of the sigmoid falls
          below 0.001, ReLU's is still 1: slopes in a chain are multiplied.
"""

# 原文小节：Activaton 激励函数
# 要点：没有激活函数，两个 Linear 层连在一起仍然只是一个 Linear 层；激活函数让网络能表示曲线。
#   反向传播时，梯度要乘以激活函数的导数（斜率）。sigmoid 的导数最大只有 1/4；ReLU 在 x > 0 处
#   导数是 1，梯度原样通过，这是它成为常用默认选择的一个原因；在 x < 0 处导数是 0，梯度完全不通过。
# 看什么：图中阴影处导数小于 0.05，梯度几乎传不回前面的层。输出里 two Linear layers 那一行：中间
#   没有激活函数时，两层等于一层（True）；加上 ReLU 就不等了（False）。
# 试一试：--depth 5：每个函数连续作用五次，sigmoid 的最大导数降到 0.001 以下，ReLU 的仍是 1，
#   因为一串导数要连乘。
# 对照：标题里的 Activaton 是 Activation 的笔误，激励函数即激活函数。计算的顺序同原文，一个循环代替
#   四段重复的代码。图中蓝线是函数，橙线是导数（补充），四个图例改为曲线旁的名字，纵轴范围同原文，
#   图的大小和颜色不同。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

# 原文：只有 softplus 写作 F.softplus；这里同样，因为 torch 里没有 torch.softplus
ACTIVATIONS = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": F.softplus,
}


def curve(function, depth):
    """Apply the function `depth` times to 200 points; return x, y and dy/dx, each (200,)."""
    # 原文：x = Variable(x)，今天不必再包；这里要画导数，所以加上 requires_grad=True
    x = torch.linspace(-5, 5, 200, requires_grad=True)
    y = x
    for _ in range(depth):
        y = function(y)
    y.sum().backward()  # each y depends on its own x only, so x.grad holds all 200 slopes
    # 原文：x.data.numpy()；detach() 之后 plot 可以直接画张量
    return x.detach(), y.detach(), x.grad


def two_linears_are_one():
    """Return whether two Linear layers equal one, up to rounding: alone, and with ReLU between."""
    # 原文：激活函数是上下层节点之间的函数；漏了加权求和：先 Linear（加权求和、加偏置），再激活
    torch.manual_seed(1)
    x = torch.linspace(-5, 5, 200).reshape(200, 1)
    first, second = torch.nn.Linear(1, 4), torch.nn.Linear(4, 1)
    # W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2)
    weight = second.weight @ first.weight
    bias = second.weight @ first.bias + second.bias
    single = F.linear(x, weight, bias)
    alone = torch.allclose(second(first(x)), single, atol=1e-4)
    with_relu = torch.allclose(second(torch.relu(first(x))), single, atol=1e-4)
    return alone, with_relu


def main(*, depth=1, save=False):
    """Print and draw the four; return {name: (x, y, slope)}, three tensors (200,) each."""
    curves = {}
    print("          largest slope   share of x with slope under 0.05")
    for name, function in ACTIVATIONS.items():
        x, y, slope = curve(function, depth)
        print(f"{name:10s}{slope.max():13.2g}{(slope < 0.05).float().mean():15.0%}")
        curves[name] = x, y, slope
    alone, with_relu = two_linears_are_one()
    print(f"two Linear layers equal one: {alone}, with ReLU between them: {with_relu}")
    show(draw(curves), save=save)
    return curves


# ---------- picture and command line: skip this at a first reading ----------


def draw(curves):
    """Draw {name: (x, y, slope)} in four panels; return the figure."""
    figure, axes = plt.subplots(2, 2, figsize=(5.4, 4.5), dpi=150, layout="constrained")
    figure.suptitle("Shaded: slope under 0.05, almost no\ngradient gets through", weight="bold")
    limits = {"relu": (-1, 5), "sigmoid": (-0.2, 1.2), "tanh": (-1.2, 1.2), "softplus": (-0.2, 6)}
    for ax, name in zip(axes.flat, curves):
        x, y, slope = curves[name]
        ax.fill_between(x, -9, 9, where=slope < 0.05, color="0.88")
        ax.plot(x, y, color="tab:blue", linewidth=3)
        ax.plot(x, slope, color="chocolate", linewidth=3)
        ax.text(5.3, y[-1], name, color="tab:blue", va="center")
        ax.text(5.3, slope[-1], "slope", color="chocolate", va="center")
        ax.set(xlabel="x", xlim=(-5, 5), ylim=limits[name], title=f"slope up to {slope.max():.2g}")
    axes[0, 0].set_title("slope 1 where it is on")
    return figure


def show(figure, *, save):
    """Open a window; to save, or without a display, write 03_activations.png. Raises OSError."""
    if save or plt.get_backend().lower() == "agg":
        figure.savefig("03_activations.png")
        print("picture: 03_activations.png")
    else:
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
    try:
        main(**vars(parser.parse_args()))
    except OSError as error:
        sys.exit(f"can't write the picture: {error}")
