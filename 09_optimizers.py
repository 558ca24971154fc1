"""Optimizers: at the same small rate Adam and RMSprop are done before SGD has warmed up, and the ravine shows why.

Five optimizers fit y = x^2 + noise from the very same weights, on the very same batches. Watch how soon each loss falls
on the left, and how each walks along a narrow ravine on the right: SGD bounces between the walls, Momentum carries
through, AdaGrad shortens its steps, RMSprop gets there and rattles, Adam swings past and comes back.

Run:  python 09_optimizers.py
Try:  python 09_optimizers.py --lr 0.3
          the order turns over: RMSprop and Adam, the fastest at 0.01, never get below the line now, the other three do.
      python 09_optimizers.py --lr 1
          only AdaGrad survives: it divides by all the gradients it has seen, so its steps come down by themselves.
"""

# 原文小节：优化器 Optimizer 加速神经网络训练（深度学习）
# 要点：同样的起点、同样的批量，五种优化器才能公平比较。SGD 在峡谷两壁之间来回震荡，Momentum 借惯性冲过去，
# AdaGrad 的步子越走越小，RMSprop 只看最近的梯度，Adam 把动量与 RMSprop 合在一起。没有哪种优化器在任何学习率下都最好。

import copy
import pathlib
import sys
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

OPTIMIZERS = {  # name: (class, its options, the rate in the ravine, the colour, by Okabe and Ito)
    "SGD": (torch.optim.SGD, {}, 0.038, "#000000"),
    "Momentum": (torch.optim.SGD, {"momentum": 0.8}, 0.038, "#0072B2"),  # a sum of gradients; notes: an average
    "AdaGrad": (torch.optim.Adagrad, {}, 1.0, "#009E73"),  # described in the notes, but missing from their race
    "RMSprop": (torch.optim.RMSprop, {"alpha": 0.9}, 0.3, "#E69F00"),
    "Adam": (torch.optim.Adam, {"betas": (0.9, 0.99)}, 0.4, "#D55E00"),  # notes: Momentum + AdaGrad; rather + RMSprop
}
LINE = 0.02  # twice the variance of the noise, 0.1^2
CURVATURE = torch.tensor([1.0, 50.0])  # of the ravine: 50 times steeper across than along


class Net(torch.nn.Module):
    """Linear, ReLU, linear with 20 hidden units: (N, 1) in, (N, 1) out."""

    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(1, 20)
        self.predict = torch.nn.Linear(20, 1)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        return self.predict(x)


def make_data():
    """Return x and y = x^2 + 0.1 * N(0, 1), both of shape (1000, 1)."""
    x = torch.linspace(-1, 1, 1000).unsqueeze(dim=1)
    y = x.pow(2) + 0.1 * torch.randn(x.size())  # notes: torch.normal(torch.zeros(*x.size()))
    return x, y


def race(x, y, *, epochs, batch_size, lr):
    """Train copies of one network, one an optimizer, on the same batches; return {name: loss of each step}."""
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    start = Net()  # notes: four Net(), each with random weights of its own, so luck had a say in who won
    nets = {name: copy.deepcopy(start) for name in OPTIMIZERS}
    optimizers = {
        name: kind(nets[name].parameters(), lr=lr, **options) for name, (kind, options, _, _) in OPTIMIZERS.items()
    }
    loss_func = torch.nn.MSELoss()
    losses = {name: [] for name in OPTIMIZERS}
    for _ in range(epochs):
        for batch_x, batch_y in loader:
            for name, optimizer in optimizers.items():
                loss = loss_func(nets[name](batch_x), batch_y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses[name].append(loss.item())
    return losses


def smooth(losses, window=32):
    """Return the mean of each `window` consecutive losses, by default an epoch's; shape (len(losses) - window + 1,)."""
    window = min(window, len(losses))
    return torch.tensor(losses).unfold(0, window, 1).mean(dim=1)


def first_below(losses, line=LINE):
    """Return the number of steps after which the smoothed loss is first below the line, or None."""
    smoothed = smooth(losses)
    below = (smoothed < line).nonzero()
    return below[0].item() + 1 + len(losses) - len(smoothed) if len(below) else None


def ravine(name, *, steps=40):
    """Walk from (-8, 1) down (x^2 + 50 y^2) / 2; return the positions, shape (steps + 1, 2)."""
    kind, options, lr, _ = OPTIMIZERS[name]
    position = torch.tensor([-8.0, 1.0], requires_grad=True)
    optimizer = kind([position], lr=lr, **options)
    path = [position.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        (CURVATURE * position**2 / 2).sum().backward()
        optimizer.step()
        path.append(position.detach().clone())
    return torch.stack(path)


@plt.rc_context({"font.size": 13, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
def draw(losses, paths):
    """Draw the losses by step and the five paths through the ravine; return the figure."""
    figure, axes = plt.subplot_mosaic([["losses", name] for name in paths], figsize=(9, 4.8), width_ratios=(4, 5))
    figure.subplots_adjust(left=0.11, right=0.99, bottom=0.2, top=0.94, wspace=0.18, hspace=0.25)
    ax = axes["losses"]
    for name, history in losses.items():
        smoothed = smooth(history)
        color = OPTIMIZERS[name][3]
        ax.plot(history, color=color, alpha=0.2, linewidth=0.8)
        ax.plot(range(len(history) - len(smoothed), len(history)), smoothed, color=color, linewidth=3, label=name)
    steps = {name: first_below(history) for name, history in losses.items()}
    finished = [name for name in steps if steps[name]]
    title = f"{min(finished, key=steps.get)} is first below the line" if finished else "None gets below the line"
    ax.axhline(LINE, color="0.3", linestyle=":")
    ax.set(xlabel="step", ylabel="loss (mean squared error)", ylim=(0, 0.2), title=title)
    figure.legend(loc="lower center", ncols=5, frameon=False)

    x, y = torch.meshgrid(torch.linspace(-9, 3, 100), torch.linspace(-1.4, 1.4, 100), indexing="xy")
    height = (CURVATURE[0] * x**2 + CURVATURE[1] * y**2) / 2
    for name, path in paths.items():
        ax, color = axes[name], OPTIMIZERS[name][3]
        ax.contour(x, y, height.sqrt(), 8, colors="0.85", linewidths=1)
        ax.plot(path[:, 0], path[:, 1], ".-", color=color, linewidth=1.5)
        ax.plot(0, 0, "*", color="0.2", markersize=10)
        ax.set(ylabel="y", yticks=(-1, 1), xticks=())
        ax.text(1, 0.9, name, color=color, transform=ax.transAxes, ha="right", va="top")
    ax.set(xlabel="x", xticks=(-8, -6, -4, -2, 0, 2))
    axes["SGD"].set_title("SGD bounces, Momentum carries through")
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


def main(*, epochs=12, batch_size=32, lr=0.01, seed=1, save=False):
    """Race, walk, print and draw; return (losses, paths): {name: list of floats} and {name: (41, 2) tensor}."""
    torch.manual_seed(seed)
    x, y = make_data()
    losses = race(x, y, epochs=epochs, batch_size=batch_size, lr=lr)
    paths = {name: ravine(name) for name in OPTIMIZERS}
    print(f"{'':10s}final loss   below {LINE} after step   ravine: distance left after 40 steps (rate)")
    for name, history in losses.items():
        step = first_below(history) or "never"
        rate = OPTIMIZERS[name][2]
        print(f"{name:10s}{smooth(history)[-1]:10.4f}{step:>25}{paths[name][-1].norm():12.3f} of 8.062 ({rate})")
    show(draw(losses, paths), save=save)
    return losses, paths


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=12, help="passes over the data (12)")
    parser.add_argument("--batch-size", type=int, default=32, help="points in a batch (32)")
    parser.add_argument("--lr", type=float, default=0.01, help="learning rate of all five (0.01)")
    parser.add_argument("--seed", type=int, default=1, help="of the data, first weights and batches (1)")
    parser.add_argument("--save", action="store_true", help="write the picture instead of opening a window")
    args = parser.parse_args()
    if not all(0 < value < 1e6 for value in (args.epochs, args.batch_size, args.lr)) or not 0 <= args.seed < 2**32:
        parser.error("--epochs, --batch-size and --lr must be above 0 and below a million, --seed from 0 to 4294967295")
    try:
        main(**vars(args))
    except OSError as error:
        sys.exit(f"can't write the picture: {error}")
