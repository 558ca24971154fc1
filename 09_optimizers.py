"""Optimizers: from one start and on the same batches, five rules descend at different speeds.

Left in the picture all five have the same learning rate, 0.01, and Adam and RMSprop are soon far
ahead. This is no verdict: the best rate differs from one to the next, as the first Try shows. Right
in the picture each walks 60 steps along a narrow ravine, with a rate tuned for it by hand. Look at
the paths: SGD jumps from wall to wall, Momentum swings through, AdaGrad's steps shrink, RMSprop
rattles at the end, Adam swings past and turns back.

Run:  python 09_optimizers.py
Try:  python 09_optimizers.py --lr 0.3
          the order turns over: RMSprop and Adam now end with the largest losses.
      python 09_optimizers.py --lr 1
          only AdaGrad still gets close to 0.01, the noise's variance: it divides by the root of
          the sum of all its squared gradients, so its steps shrink by themselves.
"""

# 原文小节：优化器 Optimizer 加速神经网络训练（深度学习）
# 要点：起点相同，每一步的批次也相同，五种优化器的更新规则却让结果相差很大。SGD 只看当前批次的梯度；
#   Momentum 把以往的梯度累加起来；AdaGrad 和 RMSprop 给每个参数各自的学习率：前者累计全部梯度的
#   平方，后者主要看最近的梯度；Adam 把动量与 RMSprop 合在一起。没有哪一种在任何学习率下都最好。
# 看什么：左图学习率都是 0.01，Adam 和 RMSprop 领先；右图各用手工调好的学习率走 60 步：SGD 在
#   沟壑两壁之间跳，Momentum 摆动着前进，AdaGrad 步子越来越小，RMSprop 最后来回抖动，Adam 冲过
#   终点再折回。
# 试一试：--lr 0.3：名次颠倒，RMSprop 和 Adam 的损失变成最大。--lr 1：只有 AdaGrad 还能接近 0.01，
#   即噪声的方差：它除以全部梯度平方和的平方根，步子自动变小。
# 对照：优化器提到最前，其余顺序同原文；LR、BATCH_SIZE、EPOCH 成了 main 的默认值；opt、output、b_x
#   改叫 optimizer、prediction、batch_x；net_SGD、opt_SGD 等直接放进列表，labels 成了字典的键。
#   原文画每一步的损失，太密，这里画每个 epoch 的平均；ylim(0, 0.2) 换成对数轴，图例换成线旁的名字；
#   注释掉的数据图删去；右图是补充。今天常用 AdamW（同时缩小权重的 Adam），学习率随训练变化，如 10。

import copy
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from functools import partial

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

# One step for a parameter p with the gradient g; m and v are kept for it from step to step, so
# AdaGrad, RMSprop and Adam scale lr for every parameter by itself. partial(f, a=1) is f with a=1
# filled in; torch adds a tiny number to each sqrt(v). While g stays the same, Momentum's steps grow
# to 1 / (1 - 0.8) = 5 times SGD's. Common today: AdamW, Adam that also shrinks weights, with a
# schedule for lr as in 10.
# 原文：Momentum 是梯度的指数加权平均，越陡越快，几乎总快于 SGD；这里的 m 是累加，梯度方向稳定时才
# 加速，梯度不变时步子趋近 1 / (1 - 0.8) = 5 倍；--lr 0.3 时与 SGD 不相上下
# 原文：下坡指惯性，破鞋子指每个参数学习率不同；RMSprop 在这里没有动量，不含下坡；Adam 是
# Momentum + RMSprop，不是 + AdaGrad；SGD 停在局部最优点也只是可能。AdaGrad 原文的代码里没有用到
OPTIMIZERS = {
    "SGD": torch.optim.SGD,  # p -= lr * g
    "Momentum": partial(torch.optim.SGD, momentum=0.8),  # m = 0.8 * m + g;  p -= lr * m
    "AdaGrad": torch.optim.Adagrad,  # v = v + g * g;  p -= lr * g / sqrt(v)
    "RMSprop": partial(torch.optim.RMSprop, alpha=0.9),  # v = 0.9 * v + 0.1 * g * g;  p as above
    # m = 0.9 * m + 0.1 * g;  v = 0.99 * v + 0.01 * g * g;  p -= lr * m / sqrt(v), with m and v
    # first divided by 1 - 0.9 ** step and 1 - 0.99 ** step, since both start at 0
    "Adam": partial(torch.optim.Adam, betas=(0.9, 0.99)),
}
RATES = {"SGD": 0.038, "Momentum": 0.038, "AdaGrad": 1.0, "RMSprop": 0.3, "Adam": 0.4}  # ravine


def make_data():
    """Return x and y = x^2 + noise, both (1000, 1); the noise is normal, its variance 0.01."""
    x = torch.unsqueeze(torch.linspace(-1, 1, 1000), dim=1)
    # 原文：torch.normal(torch.zeros(*x.size()))；randn 更直接
    y = x.pow(2) + 0.1 * torch.randn(x.size())
    return x, y


class Net(torch.nn.Module):
    """Linear, ReLU, Linear with 20 hidden units: (N, 1) in, (N, 1) out."""

    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(1, 20)
        self.predict = torch.nn.Linear(20, 1)

    def forward(self, x):
        return self.predict(F.relu(self.hidden(x)))


def race(x, y, *, epochs, batch_size, lr):
    """Train five copies of one network on the same batches; return {name: mean loss per epoch}."""
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    # 原文：四个 Net()，随机的起点各不相同，运气也参加了比赛；deepcopy 让起点相同
    start = Net()
    nets = [copy.deepcopy(start) for name in OPTIMIZERS]
    optimizers = [OPTIMIZERS[name](net.parameters(), lr=lr) for name, net in zip(OPTIMIZERS, nets)]
    loss_func = torch.nn.MSELoss()
    losses_his = [[] for name in OPTIMIZERS]
    for epoch in range(epochs):
        for batch_x, batch_y in loader:  # 原文：Variable(batch_x)；不必再包一层
            for net, optimizer, l_his in zip(nets, optimizers, losses_his):
                prediction = net(batch_x)
                loss = loss_func(prediction, batch_y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                l_his.append(loss.item())
    # (5, epochs, steps in an epoch) -> (5, epochs)
    losses = torch.tensor(losses_his).reshape(len(OPTIMIZERS), epochs, -1).mean(dim=2)
    return dict(zip(OPTIMIZERS, losses))


def height(x, y):
    """Return the height of the ravine at (x, y): it is 50 times as steep in y as in x."""
    return (x**2 + 50 * y**2) / 2


def walk(name, steps=60):
    """Walk down the ravine from (-8, 1); return the positions, (steps + 1, 2)."""
    position = torch.tensor([-8.0, 1.0], requires_grad=True)  # in the place of a network
    optimizer = OPTIMIZERS[name]([position], lr=RATES[name])
    path = [position.detach().clone()]
    for step in range(steps):
        optimizer.zero_grad()
        height(position[0], position[1]).backward()
        optimizer.step()
        path.append(position.detach().clone())
    return torch.stack(path)


def main(*, epochs=12, batch_size=32, lr=0.01, seed=1, save=False):
    """Race, walk, print and draw; return {name: (epochs,) losses} and {name: (61, 2) path}."""
    torch.manual_seed(seed)
    x, y = make_data()
    losses = race(x, y, epochs=epochs, batch_size=batch_size, lr=lr)
    paths = {name: walk(name) for name in OPTIMIZERS}
    print("          loss in the last epoch   ravine: distance to go, rate")
    for name in OPTIMIZERS:
        to_go = paths[name][-1].norm()
        print(f"{name:10s}{losses[name][-1]:22.4f}{to_go:24.2f}{RATES[name]:6.3g}")
    show(draw(losses, paths), save=save)
    return losses, paths


# ---------- picture and command line: skip this at a first reading ----------

# colour-blind readers can tell them apart
COLORS = ["black", "tab:blue", "tab:green", "goldenrod", "chocolate"]


def draw(losses, paths):
    """Draw the loss of each epoch and the five paths; return the figure."""
    figure = plt.figure(figsize=(8, 4.8), dpi=120, layout="constrained")
    axes = figure.subplot_mosaic([["losses", name] for name in paths], width_ratios=(4, 5))
    left, colors = axes["losses"], dict(zip(OPTIMIZERS, COLORS))
    order = sorted(losses, key=lambda name: losses[name][-1].nan_to_num(float("inf")))
    for rank, name in enumerate(order):
        epochs = range(1, len(losses[name]) + 1)
        left.plot(epochs, losses[name], ".-", color=colors[name], linewidth=2)
        left.text(1.03, 0.1 + 0.1 * rank, name, color=colors[name], transform=left.transAxes)
    left.set(title=f"At one rate, none ends below {order[0]}", xlabel="epoch", yscale="log")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.set_ylabel("mean of the epoch's batch losses (noise: 0.01)")

    x, y = torch.meshgrid(torch.linspace(-9, 3, 99), torch.linspace(-1.3, 1.3, 99), indexing="xy")
    axes["SGD"].set_title("60 steps down a ravine, each at its own rate")
    for name, path in paths.items():
        ax, label = axes[name], f"{name}\nrate {RATES[name]}"
        ax.contour(x, y, height(x, y).sqrt(), 8, colors="0.8", linewidths=1)
        ax.plot(path[:, 0], path[:, 1], ".-", color=colors[name])
        ax.plot(0, 0, "*", color="black", markersize=10)
        ax.text(1.02, 0.5, label, color=colors[name], va="center", transform=ax.transAxes)
        ax.set(xticks=(), yticks=())
    return figure


def show(figure, *, save):
    """Open a window; to save, or without a display, write 09_optimizers.png. Raises OSError."""
    if save or plt.get_backend().lower() == "agg":
        figure.savefig("09_optimizers.png")
        print("picture: 09_optimizers.png")
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
    parser.add_argument("--epochs", type=between(1, 10_000), help="default: %(default)s")
    parser.add_argument("--batch-size", type=between(1, 1000), help="default: %(default)s")
    parser.add_argument("--lr", type=between(0, 1e6, float), help="rate (default: %(default)s)")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .png, open no window")
    try:
        main(**vars(parser.parse_args()))
    except OSError as error:
        sys.exit(f"can't write the picture: {error}")
