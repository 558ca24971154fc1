"""Classification: a network separates two clouds of points, telling classes apart by comparing two scores.

The network gives each point two logits, one score a class; the larger one wins. Cross-entropy wants these raw logits
and the class indices 0 or 1 as targets: it does the softmax itself, and the targets are not one-hot. Watch the border
between the two regions, where the scores are equal, turn until it lies between the clouds.

Run:  python 05_classification.py
Try:  python 05_classification.py --epochs 1000
          the loss falls to under half of its value after 100, the accuracy hardly moves: once a point is on the right
          side, only the confidence is left to gain.
      python 05_classification.py --hidden 1 --seed 0
          still half wrong: the only ReLU starts off for most points and learns from the few others. Add --epochs 2000
          and it gets there, too; ten units are never all so unlucky.
"""

# 原文小节：Classification分类
# 要点：分类网络为每个类别输出一个分数（logits），分数最高的类别就是预测结果。交叉熵直接接收分数和类别编号，
# 不必先做 softmax，也不需要 one-hot。动画里的背景色是网络划给两个类别的区域，边界会随训练慢慢转到两团点之间。

import pathlib
import sys
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.animation import FuncAnimation, PillowWriter

FPS = 8  # frames a second
BLUE, VERMILLION = "#0072B2", "#D55E00"  # from Okabe and Ito's colour-blind-safe palette


class Net(torch.nn.Module):
    """Linear, ReLU, linear: (N, n_feature) in, (N, n_output) out, the logits."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()  # notes: super(Net, self).__init__()
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.out = torch.nn.Linear(n_hidden, n_output)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        return self.out(x)


def make_data():
    """Return x, (200, 2): normal clouds around (2, 2) and (-2, -2), and y, (200,): the class of each point, 0 or 1."""
    n_data = torch.ones(100, 2)
    x0 = torch.normal(2 * n_data, 1)
    x1 = torch.normal(-2 * n_data, 1)
    # The notes' comment gives y the shape (100, 1); it is (100,), a class index a point, which is what the loss wants.
    y0 = torch.zeros(100, dtype=torch.long)  # notes: .type(torch.LongTensor) afterwards; long is 64-bit integer
    y1 = torch.ones(100, dtype=torch.long)
    return torch.cat((x0, x1)), torch.cat((y0, y1))


def accuracy(out, y):
    """Return the share, 0 to 1, of the logits `out`, (N, C), whose largest is that of the class y, (N,)."""
    return (out.argmax(dim=1) == y).float().mean().item()  # notes: torch.max(out, 1)[1], then numpy


def margins(net, side):
    """Return class 0's logit minus class 1's over the square of `side` by `side`, (len(side), len(side))."""
    grid = torch.cartesian_prod(side, side)  # (n * n, 2), the first feature changing slowest
    with torch.no_grad():
        out = net(grid)
    return (out[:, 0] - out[:, 1]).reshape(len(side), len(side)).T  # rows are the second feature, as contourf wants


def train(net, x, y, side, *, epochs, lr):
    """Train in place by full-batch gradient descent.

    Returns the `epochs` + 1 losses and accuracies, before the first step to after the last, and what to animate: a
    list of (epoch, margins over `side`), the first and the last included, more of them early, when most happens.
    """
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    loss_func = torch.nn.CrossEntropyLoss()
    losses, accuracies, snapshots, shown = [], [], [], {round(epochs * (i / 25) ** 2) for i in range(26)}
    for epoch in range(epochs + 1):
        out = net(x)
        loss = loss_func(out, y)  # (logits, class indices)
        losses.append(loss.item())
        accuracies.append(accuracy(out, y))
        if epoch in shown:
            snapshots.append((epoch, margins(net, side)))
        if epoch < epochs:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return losses, accuracies, snapshots


@plt.rc_context({"font.size": 13, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
def draw(x, y, side, accuracies, snapshots):
    """Draw the points and the classes' regions; return (figure, update), where update(i) shows snapshot i."""
    figure, ax = plt.subplots(figsize=(5.6, 4))
    figure.subplots_adjust(bottom=0.15, top=0.91)
    for label, color, marker in ((0, BLUE, "o"), (1, VERMILLION, "^")):
        ax.plot(*x[y == label].T, marker, color=color, markersize=7, markeredgecolor="white", label=f"class {label}")
    ax.set(xlabel="feature 1", ylabel="feature 2", xticks=(-4, 0, 4), yticks=(-4, 0, 4))
    ax.legend(loc="upper left", framealpha=1)

    def update(i):
        epoch, margin = snapshots[i]
        for region in list(ax.collections):
            region.remove()
        # Above zero class 0 wins, below it class 1; the colours say which region is whose.
        ax.contourf(side, side, margin, (-1e9, 0, 1e9), colors=(VERMILLION, BLUE), alpha=0.25, zorder=0)
        ax.set_title(f"After step {epoch}: {accuracies[epoch]:.1%} on the right side", fontweight="bold")

    return figure, update


def show(figure, update, count, *, save):
    """Play snapshots 0 to count - 1 in a window; with save, write a .gif; without a screen, the last one as a .png.

    The file is named after this script, in the current folder. Raises OSError if it can't be written.
    """
    frames = [*range(count), *[count - 1] * FPS]  # a second's rest on the result
    if not save and figure.canvas.required_interactive_framework:
        # notes: plt.ion() and plt.pause(0.1), which put the training to sleep; this window plays by itself
        figure.animation = FuncAnimation(figure, update, frames, interval=1000 / FPS, repeat=False)  # kept alive
        plt.show()
    else:
        picture = pathlib.Path(__file__).stem + (".gif" if save else ".png")
        if save:
            with PillowWriter(fps=FPS).saving(figure, picture, dpi=80) as writer:  # animation.save() draws all twice
                for i in frames:
                    update(i)
                    writer.grab_frame()
        else:
            update(count - 1)
            figure.savefig(picture)
        print(f"picture: {picture}")
    plt.close(figure)


def main(*, epochs=100, lr=0.02, hidden=10, seed=1, save=False):
    """Make data, train, print and draw; return (net, losses, accuracies, snapshots), see train()."""
    torch.manual_seed(seed)
    x, y = make_data()
    net = Net(n_feature=2, n_hidden=hidden, n_output=2)
    print(net)
    side = torch.linspace(-5.5, 5.5, 80)
    losses, accuracies, snapshots = train(net, x, y, side, epochs=epochs, lr=lr)
    print(f"before training    loss {losses[0]:.4f}  accuracy {accuracies[0]:6.1%}")
    print(f"after {epochs:4d} steps   loss {losses[-1]:.4f}  accuracy {accuracies[-1]:6.1%}")
    show(*draw(x, y, side, accuracies, snapshots), len(snapshots), save=save)
    return net, losses, accuracies, snapshots


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=100, help="steps over the whole data (100)")
    parser.add_argument("--lr", type=float, default=0.02, help="learning rate (0.02)")
    parser.add_argument("--hidden", type=int, default=10, help="hidden units (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the data and the first weights (1)")
    parser.add_argument("--save", action="store_true", help="write the animation as a .gif instead of a window")
    args = parser.parse_args()
    if not all(0 < value < 1e6 for value in (args.epochs, args.lr, args.hidden)) or not 0 <= args.seed < 2**32:
        parser.error("--epochs, --lr and --hidden must be above 0 and below a million, --seed from 0 to 4294967295")
    try:
        main(**vars(args))
    except OSError as error:
        sys.exit(f"can't write the picture: {error}")
