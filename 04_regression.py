"""Regression: a network of ten ReLUs bends itself along y = x^2 + noise in 200 steps of gradient descent.

Training repeats four lines: predict, measure the loss, compute the gradients, step against them. Watch the straight
pieces: each hidden unit can bend the curve once. The noise is 0.2 * U[0, 1), so even the curve through its middle keeps
a mean squared error of its variance, 0.2^2 / 12 = 0.0033.

Run:  python 04_regression.py
Try:  python 04_regression.py --hidden 1
          one ReLU has one bend, a bowl needs more: the loss stays above 0.05.
      python 04_regression.py --lr 1.5
          each step jumps over the valley and lands higher up the other side, until the loss is nan.
"""

# 原文小节：Regression回归
# 要点：回归就是拟合连续的数值。网络输出预测值，用均方误差衡量它与真实值的差距，再靠反向传播和 SGD 一步步减小误差。
# 每个 ReLU 隐藏单元给曲线添一处转折，十个单元拼起来就能贴近抛物线。

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
    """Linear, ReLU, linear: (N, n_feature) in, (N, n_output) out."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()  # notes: super(Net, self).__init__(); Python 3 fills these in
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.predict = torch.nn.Linear(n_hidden, n_output)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        return self.predict(x)  # no activation at the end: a regression may have to answer any number


def make_data():
    """Return x and y = x^2 + 0.2 * U[0, 1), both of shape (100, 1)."""
    # The notes say that torch handles only 2-D data. Tensors have any number of dimensions; it is Linear that wants
    # the features in the last one, here a single one: (100,) -> (100, 1).
    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
    y = x.pow(2) + 0.2 * torch.rand(x.size())
    return x, y


def train(net, x, y, *, epochs, lr):
    """Train in place by full-batch gradient descent.

    Returns the `epochs` + 1 losses, before the first step to after the last, and the predictions to animate: a list of
    (epoch, tensor of shape (100, 1)), the first and the last epoch included, more of them early, when most happens.
    """
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    loss_func = torch.nn.MSELoss()
    losses, snapshots, shown = [], [], {round(epochs * (i / 25) ** 2) for i in range(26)}
    for epoch in range(epochs + 1):
        prediction = net(x)
        loss = loss_func(prediction, y)  # (the network's output, the target)
        losses.append(loss.item())  # notes: loss.data.numpy(); item() is a plain number, free of the graph
        if epoch in shown:
            snapshots.append((epoch, prediction.detach()))
        if epoch < epochs:
            optimizer.zero_grad()  # .grad adds up otherwise
            loss.backward()
            optimizer.step()
    return losses, snapshots


@plt.rc_context({"font.size": 13, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
def draw(x, y, losses, snapshots):
    """Draw the data and the fit; return (figure, update), where update(i) shows snapshot i."""
    figure, ax = plt.subplots(figsize=(5.6, 4))
    figure.subplots_adjust(bottom=0.15, top=0.91)
    ax.plot(x, y, "o", color=BLUE, label="data")
    (line,) = ax.plot(x, torch.zeros_like(y), color=VERMILLION, linewidth=5, label="prediction")
    ax.set(xlabel="x", ylabel="y", xticks=(-1, 0, 1), yticks=(0, 0.5, 1), ylim=(-0.6, 1.5))
    ax.legend(loc="upper center", ncols=2, frameon=False)

    def update(i):
        epoch, prediction = snapshots[i]
        line.set_ydata(prediction)
        ax.set_title(f"After step {epoch}: loss {losses[0]:.2g} → {losses[epoch]:.2g}", fontweight="bold")

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


def main(*, epochs=200, lr=0.2, hidden=10, seed=1, save=False):
    """Make data, train, print and draw; return (net, losses, snapshots), see train()."""
    torch.manual_seed(seed)
    x, y = make_data()
    net = Net(n_feature=1, n_hidden=hidden, n_output=1)
    print(net)
    losses, snapshots = train(net, x, y, epochs=epochs, lr=lr)
    print(f"loss before training {losses[0]:.4f}, after {epochs} steps {losses[-1]:.4f}")
    show(*draw(x, y, losses, snapshots), len(snapshots), save=save)
    return net, losses, snapshots


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=200, help="steps over the whole data (200)")
    parser.add_argument("--lr", type=float, default=0.2, help="learning rate (0.2)")
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
