"""Optimizers: from one start and on the same batches, five rules descend at different speeds.

An optimizer turns gradients into steps. On the left of the picture, all five have the same learning
rate; the best rate differs from one to the next. On the right, each walks down a ravine, a narrow
valley: height(x, y) stands for a loss, rings join equal heights, the star is the lowest place, a
circle the end of the walk; the rates are tuned by hand.

Run:  python 09_optimizers.py
Look: SGD jumps from wall to wall. Momentum and Adam swing past the star. AdaGrad's steps shrink.
Try:  1. python 09_optimizers.py --lr 1
         A hundred times the rate: which one of the five still gets down to the noise's 0.01?
      2. In walk(), delete .clone() both times. What becomes of the five walks?
Do:   add a sixth, a Momentum that looks ahead: SGD with momentum=0.8, nesterov=True, and 0.022 in
      RATES. About 20 minutes. Right when it ends nearer to the star than Momentum.
"""

# 原文小节：优化器 Optimizer 加速神经网络训练（深度学习）
# 要点：优化器把梯度变成步子。左图五种优化器学习率相同，但各自最好的学习率不同。右图中，它们各用手工
#   调好的学习率走下沟壑：height(x, y) 代替损失，灰线是等高线，星号是最低点，圆圈是终点。
# 看什么：SGD 在两壁之间来回跳；Momentum 和 Adam 冲过星号再折回；AdaGrad 的步子越来越小。
# 试一试：1. --lr 1，是原来的一百倍，左图里还有哪一种能降到噪声的水平（0.01）附近？2. 在 walk() 里删
#   去两处 .clone()，五条路线成了什么样？
# 动手：加第六种：momentum=0.8、nesterov=True 的 SGD，RATES 里写 0.022；要比 Momentum 更靠近星号。

import copy
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

# One step of each for a parameter p with the gradient g. m and v belong to p and start at 0.
#   SGD       p -= lr * g
#   Momentum  m = 0.8 * m + g;  p -= lr * m                                          rolls on
#   AdaGrad   v = v + g * g;  p -= lr * g / sqrt(v)                                  steps shrink
#   RMSprop   v = 0.9 * v + 0.1 * g * g;  p -= lr * g / sqrt(v)                      forgets old g
#   Adam      m = 0.9 * m + 0.1 * g;  v = 0.99 * v + 0.01 * g * g;  p -= lr * M / sqrt(V)
# Adam rolls on and forgets. In step t its M is m / (1 - 0.9^t), its V is v / (1 - 0.99^t), because
# m and v start at 0 and are too small at first. Dividing by sqrt(v) makes the steps about equally
# long for parameters with large and with small gradients; torch adds a tiny number to it, so as not
# to divide by 0.
OPTIMIZERS = {  # lambda: a short function, which makes the optimizer for parameters p and a rate lr
    "SGD": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "Momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.8),
    "AdaGrad": lambda p, lr: torch.optim.Adagrad(p, lr=lr),
    "RMSprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr, alpha=0.9),
    "Adam": lambda p, lr: torch.optim.Adam(p, lr=lr, betas=(0.9, 0.99)),
}
RATES = {"SGD": 0.038, "Momentum": 0.038, "AdaGrad": 1.0, "RMSprop": 0.3, "Adam": 0.4}  # ravine


def make_data():
    """Return x and y = x^2 + noise, both (1000, 1); the noise is normal, its mean square 0.01."""
    x = torch.linspace(-1, 1, 1000).unsqueeze(1)
    y = x.pow(2) + 0.1 * torch.randn(x.shape)
    return x, y


class Net(torch.nn.Module):
    """Linear, ReLU, Linear with 20 hidden units: (N, 1) in, (N, 1) out."""

    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(1, 20)
        self.predict = torch.nn.Linear(20, 1)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        x = self.predict(x)
        return x


def race(x, y, *, epochs, batch_size, lr):
    """Train copies of one network on the same batches; return {name: loss after each epoch}."""
    loader = DataLoader(dataset=TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    # 原文：四个 Net()，随机的起点各不相同，谁领先还要看运气；deepcopy 让起点相同
    start = Net()
    nets = [copy.deepcopy(start) for name in OPTIMIZERS]
    optimizers = [OPTIMIZERS[name](net.parameters(), lr) for name, net in zip(OPTIMIZERS, nets)]
    loss_func = torch.nn.MSELoss()
    losses_his = {name: [] for name in OPTIMIZERS}
    for epoch in range(epochs):
        for batch_x, batch_y in loader:
            for net, optimizer in zip(nets, optimizers):
                prediction = net(batch_x)
                loss = loss_func(prediction, batch_y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        for net, l_his in zip(nets, losses_his.values()):
            with torch.no_grad():
                l_his.append(loss_func(net(x), y).item())
    return losses_his


def height(x, y):
    """Return the height of the ravine at (x, y): along y it curves 50 times as much as along x."""
    return (x**2 + 50 * y**2) / 2


def walk(name, steps=60):
    """Walk down the ravine from (-8, 1); return the positions, (steps + 1, 2)."""
    position = torch.tensor([-8.0, 1.0], requires_grad=True)  # in the place of a network
    optimizer = OPTIMIZERS[name]([position], RATES[name])
    path = [position.detach().clone()]
    for step in range(steps):
        optimizer.zero_grad()
        height(position[0], position[1]).backward()
        optimizer.step()
        path.append(position.detach().clone())
    return torch.stack(path)


def main(*, epochs=12, batch_size=32, lr=0.01, seed=1, save=False):
    """Race, walk, print and draw; return {name: losses of the epochs} and {name: path, (61, 2)}."""
    torch.manual_seed(seed)
    x, y = make_data()
    losses = race(x, y, epochs=epochs, batch_size=batch_size, lr=lr)
    paths = {name: walk(name) for name in OPTIMIZERS}
    print("           loss after the last epoch   ravine: distance to the star, rate")
    for name in OPTIMIZERS:
        to_go = torch.linalg.vector_norm(paths[name][-1])  # the length of the vector to (0, 0)
        print(f"{name:10s}{losses[name][-1]:22.4f}{to_go:24.4f}{RATES[name]:12.3g}")
    show(draw(losses, paths, lr), save=save)
    return losses, paths


# Answers:
# 1. AdaGrad: its steps have shrunk. The first steps of the other four are so long that all twenty
#    ReLUs die (07). A flat line is left: its loss is the variance of y, about 0.1. The same rate is
#    a different thing to each rule.
# 2. A single point each: the end. detach() shares its memory with position, so every entry of the
#    list shows where position is now (01). clone() has a memory of its own.
# 答案：
# 1. AdaGrad：它的步子已经缩小了。另外四种最初的步子太大，二十个 ReLU 全部失效（见 07），只剩一条水
#   平线，损失停在 0.1 上下。同一个学习率，用在不同的优化器里，效果并不相同。
# 2. 每条路线都成了一个点，即终点。detach() 与 position 共用内存，列表里每一项都是 position 现在的位
#   置（见 01）；clone() 才有自己的内存。
# 说明：OPTIMIZERS 上面的公式里，p 是参数，g 是它的梯度，m、v 从 0 开始，t 是第几步。除以 sqrt(v)，
#   梯度大的和梯度小的参数，步长就差不多；加上一个极小的数，以免除以 0。AdaGrad 的 v 只增不减，步子
#   越来越小；RMSprop 会忘掉旧的梯度。Adam 的 M、V 是修正过的 m、v：m、v 从 0 开始，起步时太小。
# 对照：
# - SGD：“由于是采用……”一句没有写完，意思是每次只用一部分训练数据来更新参数。
# - “可能会在沟壑的两边持续震荡”：右图第一行正是这样。“停留在一个局部最优点”：各种优化器都可能如此，
#   不过这条沟壑只有一个最低点。右图（height、walk、RATES）是补充。
# - Momentum 是梯度的“指数加权平均数”：这里的 m 是它的 5 倍（1 / (1 - 0.8)）；方向不变时，步子约为
#   SGD 的 5 倍。
# - “SGD最大的缺点是下降速度慢”、动量“几乎总是快于标准的梯度下降算法”：左图里 Momentum 领先于 SGD，
#   多半因为步子更长（用 --lr 0.3，两者不相上下）；右图才看得出惯性的作用。
# - “越陡的地方受惯性作用下降越快”：陡处快是因为梯度大，SGD 也一样；惯性是沿以往的方向继续走。
# - AdaGrad 的理由：经常更新的参数步子小些，偶尔更新的大些。规则正是如此，v 累积每个参数自己的梯度的
#   平方。“破鞋子”：走弯路硌脚，只好走直。原文没有它的代码，这里补上。
# - RMSprop“下坡＋破鞋子（差点）”：差的是下坡，即动量；Adam 写作 Momentum+AdaGrad，更准确地说是
#   Momentum + RMSprop，因为它的 v 也会忘掉旧的梯度。
# - opt_SGD 等四行成了 OPTIMIZERS 里的 lambda：给它参数 p 和学习率 lr，它就造出一个优化器。
# - 原文画每一步在那一批上的损失，又密又跳；这里每个 epoch 之后用全部数据求一次。randn(x.shape) 取自
#   标准正态分布。

# ---------- picture and command line: skip this at a first reading ----------

# colour-blind readers can tell them apart
COLORS = ["black", "tab:blue", "tab:green", "goldenrod", "chocolate", "tab:purple", "0.6"]


def draw(losses, paths, lr):
    """Draw the loss after each epoch, and the paths; return the figure."""
    figure = plt.figure(figsize=(8, 4.8), dpi=120, layout="constrained")
    axes = figure.subplot_mosaic([["losses", name] for name in paths], width_ratios=(4, 5))
    left, colors = axes["losses"], dict(zip(paths, COLORS))
    for name in sorted(losses, key=lambda name: losses[name][-1], reverse=True):
        epochs = range(1, len(losses[name]) + 1)
        left.plot(epochs, losses[name], ".-", color=colors[name], linewidth=2, label=name)
    left.set(title=f"All at rate {lr:g}", xlabel="epoch", yscale="log", ymargin=0.3)
    left.set_ylabel("loss on all data (the noise alone: 0.01)")
    left.legend(loc="upper center", ncols=2)
    left.xaxis.get_major_locator().set_params(integer=True)

    x, y = torch.meshgrid(torch.linspace(-9, 3, 99), torch.linspace(-1.3, 1.3, 99), indexing="xy")
    axes["SGD"].set_title("60 steps down a ravine, each at its own rate")
    for name, path in paths.items():
        ax, color = axes[name], colors[name]
        ax.contour(x, y, height(x, y).sqrt(), 8, colors="0.8", linewidths=1)
        ax.plot(path[:, 0], path[:, 1], ".-", color=color)
        ax.plot(0, 0, "*", color="black", markersize=10)
        ax.plot(path[-1, 0], path[-1, 1], "o", color=color, fillstyle="none", markersize=10)
        label = f"{name}\nrate {RATES[name]}"
        ax.text(1.02, 0.5, label, color=color, va="center", transform=ax.transAxes)
        ax.set(xticks=(), yticks=(), xlim=(-9, 3), ylim=(-1.3, 1.3))
    return figure


def show(figure, *, save):
    """Write the picture to 09_optimizers.png, and show it."""
    figure.savefig("09_optimizers.png")
    print("picture: 09_optimizers.png")
    if not save and plt.get_backend().lower() != "agg":
        plt.show()


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--epochs", type=int, help="default: %(default)s")
    parser.add_argument("--batch-size", type=int, help="default: %(default)s")
    parser.add_argument("--lr", type=float, help="learning rate, left (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="for the random numbers (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="only write the picture")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    args = parser.parse_args([] if notebook else None)
    if args.epochs < 1:
        parser.error("--epochs must be at least 1")
    main(**vars(args))
