"""Activations: ReLU, sigmoid, tanh and softplus, each with its slope, which is all that a gradient passes on.

In backpropagation a gradient is multiplied by the slope of every activation on its way. Where the dashed slope lies on
zero, nothing gets through and nothing upstream learns: half of the range for ReLU, both far ends for sigmoid and tanh.
Sigmoid's slope never exceeds 1/4, so each such layer shrinks the gradient to a quarter or less.

Run:  python 03_activations.py
Try:  python 03_activations.py --depth 5
          each function applied five times over: sigmoid's slope falls below 0.001 everywhere, ReLU's is still 0 or 1.
"""

# 原文小节：Activaton 激励函数
# 要点：激活函数给网络带来非线性。反向传播时梯度要逐层乘上激活函数的导数：导数接近 0 的地方梯度消失，
# 前面的层学不到东西。图中实线是函数，虚线是用自动求导算出的导数，一眼就能看出梯度在哪里消失。

import pathlib
import sys
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

ACTIVATIONS = {"ReLU": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": F.softplus}
Y_LIMITS = {"ReLU": (-1, 5), "sigmoid": (-0.2, 1.2), "tanh": (-1.2, 1.2), "softplus": (-0.2, 6)}  # the notes'
VANISHED = 0.05  # a slope that lets less than a twentieth of the gradient through
BLUE, VERMILLION = "#0072B2", "#D55E00"  # from Okabe and Ito's colour-blind-safe palette


def curve(function, *, depth=1):
    """Apply the function `depth` times over 200 points in [-5, 5]; return (x, y, dy/dx), each of shape (200,)."""
    x = torch.linspace(-5, 5, 200, requires_grad=True)  # notes: Variable(x)
    y = x
    for _ in range(depth):
        y = function(y)
    y.sum().backward()  # each y depends on its own x alone, so the sum's gradient holds every dy/dx at once
    return x.detach(), y.detach(), x.grad  # notes: x.data.numpy(); matplotlib takes detached tensors as they are


def vanished(slope):
    """Return the share of points, 0 to 1, at which the slope is under 1/20 in size."""
    return (slope.abs() < VANISHED).float().mean().item()


@plt.rc_context({"font.size": 13, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
def draw(curves):
    """Draw {name: (x, y, slope)} as a figure of four panels and return it."""
    figure, axes = plt.subplots(2, 2, figsize=(8, 5.4), layout="constrained", sharex=True)
    for ax, (name, (x, y, slope)) in zip(axes.flat, curves.items(), strict=True):
        ax.axhline(0, color="0.8", linewidth=1)
        ax.plot(x, y, color=BLUE, linewidth=3, label="f(x)")
        ax.plot(x, slope, "--", color=VERMILLION, linewidth=3, label="slope f'(x)")
        ax.set(ylim=Y_LIMITS[name], title=f"{name}: slope ≤ {slope.max():.2g}, gone on {vanished(slope):.0%}")
    figure.supxlabel("x", fontsize=13)
    figure.supylabel("f(x) and f'(x)", fontsize=13)
    axes[0, 0].legend(loc="upper left", frameon=False)
    figure.suptitle("Where the slope is zero, nothing is learned", fontweight="bold")
    return figure


def show(figure, *, save):
    """Open a window; with save, or without a screen, write a .png named after this script instead. Raises OSError."""
    if save or figure.canvas.required_interactive_framework is None:
        name = pathlib.Path(__file__).with_suffix(".png").name
        figure.savefig(name)
        print(f"picture: {name}")
    else:
        plt.show()
    plt.close(figure)


def main(*, depth=1, save=False):
    """Compute, print and draw the four; return {name: (x, y, slope)}, tensors of shape (200,)."""
    curves = {name: curve(function, depth=depth) for name, function in ACTIVATIONS.items()}
    print(f"{'':10s}largest slope   slope near 0   slope under {VANISHED} on")
    for name, (_, _, slope) in curves.items():
        print(f"{name:10s}{slope.max():13.4f}{slope[100]:15.4f}{vanished(slope):19.0%}")
    show(draw(curves), save=save)
    return curves


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--depth", type=int, default=1, help="how often each function is applied (1)")
    parser.add_argument("--save", action="store_true", help="write the picture instead of opening a window")
    args = parser.parse_args()
    if not 1 <= args.depth <= 100:
        parser.error("--depth must be from 1 to 100")
    try:
        main(**vars(args))
    except OSError as error:
        sys.exit(f"can't write the picture: {error}")
