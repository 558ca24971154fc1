"""Save and restore: a trained network comes back from its file with every bit in place, in two ways.

torch.save() writes either the whole network, layers and all (net.pt), or only its state dict, the parameters by name
(net_params.pt); the second wants the network built anew before it is filled. Watch three identical curves, and the
sizes: the description of three layers is all that the larger file has more.

A file can carry more than numbers: an unrestricted load (weights_only=False) runs any code that the file asks for, so
it is for files of your own alone. Both loads here refuse everything that isn't on a short list.

Run:  python 07_save_restore.py
Try:  python 07_save_restore.py --epochs 1
          a network that has learned next to nothing comes back just as exactly, from files of the very same size.
      python 07_save_restore.py --seed 1
          a rate of 0.5 is a gamble: here it kills all ten ReLUs, and a flat line is restored, to the last bit.
"""

# 原文小节：保存提取
# 要点：保存网络有两种办法：保存整个网络，或者只保存参数（state_dict）。两种都能原样恢复，预测结果一个比特都不差。
# 更推荐只保存参数。加载别人给的文件要小心：不加限制的加载会执行文件里夹带的代码。

import pathlib
import sys
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch

NET, PARAMS = pathlib.Path("net.pt"), pathlib.Path("net_params.pt")  # notes: .pkl; .pt is PyTorch's own custom
BLUE, VERMILLION = "#0072B2", "#D55E00"  # from Okabe and Ito's colour-blind-safe palette


def build():
    """Return the untrained network: (N, 1) in, (N, 1) out."""
    return torch.nn.Sequential(torch.nn.Linear(1, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1))


def make_data():
    """Return x and y = x^2 + 0.2 * U[0, 1), both of shape (100, 1)."""
    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
    y = x.pow(2) + 0.2 * torch.rand(x.size())
    return x, y


def train_and_save(x, y, *, epochs, lr):  # notes: save(), which also drew
    """Train net1 by full-batch gradient descent and return it; write it to net.pt, its state dict to net_params.pt."""
    net1 = build()
    optimizer = torch.optim.SGD(net1.parameters(), lr=lr)
    loss_func = torch.nn.MSELoss()
    for _ in range(epochs):
        loss = loss_func(net1(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    for path, content in ((NET, net1), (PARAMS, net1.state_dict())):
        with path.open("wb") as file:  # an OSError here names the file, torch's own error wouldn't
            torch.save(content, file)
    return net1


def load(path, *classes):
    """Return what torch.save() wrote to the path, as long as it holds tensors and the named classes alone.

    Raises ValueError if the file is cut short, and pickle.UnpicklingError, before anything runs, if it wants more.
    """
    try:
        with torch.serialization.safe_globals(classes):
            return torch.load(path, weights_only=True)
    except (EOFError, RuntimeError) as error:
        raise ValueError(f"{path} is cut short or damaged: save it again") from error


def restore_net():
    """Return net2, the whole network from net.pt, which may hold these three classes."""
    # notes: torch.load('net.pkl'), which since torch 2.6 refuses every class that isn't allowed by name
    return load(NET, torch.nn.Sequential, torch.nn.Linear, torch.nn.ReLU)


def restore_params():
    """Return net3, a new network with the parameters from net_params.pt."""
    net3 = build()
    net3.load_state_dict(load(PARAMS))
    return net3


@plt.rc_context({"font.size": 13, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
def draw(x, y, predictions):
    """Draw the three predictions, each (100, 1), side by side over the data; return the figure."""
    figure, axes = plt.subplots(1, 3, figsize=(8.4, 3.4), layout="constrained", sharey=True)
    titles = "net1: trained", "net2: whole network", "net3: parameters only"
    for ax, title, prediction in zip(axes, titles, predictions, strict=True):
        ax.plot(x, y, "o", color=BLUE, markersize=4, label="data")
        ax.plot(x, prediction, color=VERMILLION, linewidth=4, label="prediction")
        ax.set(title=title, xlabel="x")
    axes[0].set_ylabel("y")
    axes[0].legend(loc="upper center", frameon=False)
    same = all(torch.equal(predictions[0], other) for other in predictions[1:])
    figure.suptitle("Saved, restored, identical" if same else "Saved, restored, different", fontweight="bold")
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


def main(*, epochs=100, lr=0.5, seed=2, save=False):
    """Save, restore, compare, print and draw; return (nets, predictions), three of each, predictions (100, 1)."""
    torch.manual_seed(seed)
    x, y = make_data()
    nets = train_and_save(x, y, epochs=epochs, lr=lr), restore_net(), restore_params()
    with torch.no_grad():
        predictions = [net(x) for net in nets]  # the notes draw net1 as it was before its last step, net2 after
    loss = torch.nn.functional.mse_loss(predictions[0], y)
    print(f"trained net1 for {epochs} steps, loss {loss:.4f}\n")
    ways = (NET, "the whole network"), (PARAMS, "the parameters   ")
    for (path, what), prediction, name in zip(ways, predictions[1:], ("net2", "net3"), strict=True):
        same = "identical to the last bit" if torch.equal(prediction, predictions[0]) else "different"
        print(f"{path!s:14s}  {what}  {path.stat().st_size:5d} bytes   predictions of {name} and net1: {same}")
    show(draw(x, y, predictions), save=save)
    return nets, predictions


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=100, help="steps over the whole data (100)")
    parser.add_argument("--lr", type=float, default=0.5, help="learning rate (0.5)")
    parser.add_argument("--seed", type=int, default=2, help="of the data and the first weights (2)")
    parser.add_argument("--save", action="store_true", help="write the picture instead of opening a window")
    args = parser.parse_args()
    if not 0 < args.epochs < 1e6 or not 0 < args.lr < 1e6 or not 0 <= args.seed < 2**32:
        parser.error("--epochs and --lr must be above 0 and below a million, --seed from 0 to 4294967295")
    try:
        main(**vars(args))
    except OSError as error:
        sys.exit(f"can't write: {error}")
