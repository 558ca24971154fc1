"""Optimizers: from one start and on the same batches, five rules descend at different speeds.

An optimizer turns gradients into steps. On the left of the picture, all five have the same learning
rate. This is no verdict: the best rate differs from one to the next, as the first Try shows. On the
right, each takes 60 steps down a ravine, a narrow valley: height(x, y) stands for a loss. The rates
are tuned by hand. Rings join equal heights; the star is the lowest place.

Run:  python 09_optimizers.py
Look: Adam and RMSprop are soon ahead. In the ravine, SGD jumps from wall to wall; Momentum and Adam
      swing past the star and come back; AdaGrad's steps shrink; RMSprop rattles at the end.
Try:  python 09_optimizers.py --lr 0.3
          the order turns over: RMSprop and Adam now end with the largest losses.
      python 09_optimizers.py --lr 1
          only AdaGrad still gets close to 0.01, the noise's variance: its steps have shrunk.
Do:   add a sixth: SGD with momentum=0.8 and nesterov=True, and a rate for the ravine. Right when it
      ends nearer to the star than Momentum, which has 0.01 to go. (Solutions: tests/solutions)
"""

# 原文小节：优化器 Optimizer 加速神经网络训练（深度学习）
# 要点：优化器把梯度变成步子。SGD 只看当前批次；Momentum（动量）带着以往的速度往前滚；AdaGrad 按以往
#   的梯度缩小步子；RMSprop 也这样，但会忘掉旧的；Adam 兼有动量和 RMSprop。
# 看什么：左图学习率相同，Adam 和 RMSprop 领先。右图各用自己的学习率沿沟壑走 60 步，圈是等高线，星是
#   最低处：SGD 在两壁间跳；Momentum 和 Adam 冲过星再折回；AdaGrad 步子渐小；RMSprop 最后抖动。
# 试一试：--lr 0.3，名次颠倒，RMSprop 和 Adam 的损失最大。--lr 1，只有 AdaGrad 接近噪声方差 0.01。
# 动手：加第六种：momentum=0.8、nesterov=True 的 SGD，为沟壑选学习率；离星比 Momentum 近就对了。

import copy
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

# A step of each, for a parameter p with the gradient g; m and v are kept for p and start at 0:
#   SGD       p -= lr * g
#   Momentum  m = 0.8 * m + g;  p -= lr * m                                            rolls on
#   AdaGrad   v = v + g * g;  p -= lr * g / sqrt(v)                                    steps shrink
#   RMSprop   v = 0.9 * v + 0.1 * g * g;  p -= lr * g / sqrt(v)                        forgets
#   Adam      m = 0.9 * m + 0.1 * g;  v = 0.99 * v + 0.01 * g * g;  p -= lr * m / sqrt(v)   both
# sqrt(v) is the size of recent g (AdaGrad: of all g, it only grows); dividing by it makes steps
# alike for large and small g; torch adds a tiny number. In its step, Adam uses m / (1 - 0.9^step)
# and v / (1 - 0.99^step): both start at 0, too small at first. While g stays the same, Momentum's
# steps grow to 5 times SGD's, 1 / (1 - 0.8). RMSprop's 0.9 is alpha, Adam's are betas;
# torch's own are 0.99 and (0.9, 0.999).
OPTIMIZERS = {
    "SGD": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "Momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.8),
    "AdaGrad": lambda p, lr: torch.optim.Adagrad(p, lr=lr),
    "RMSprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr, alpha=0.9),
    "Adam": lambda p, lr: torch.optim.Adam(p, lr=lr, betas=(0.9, 0.99)),
}
RATES = {"SGD": 0.038, "Momentum": 0.038, "AdaGrad": 1.0, "RMSprop": 0.3, "Adam": 0.4}  # ravine


def make_data():
    """Return x and y = x^2 + noise, both (1000, 1); the noise is normal, its variance 0.01."""
    x = torch.linspace(-1, 1, 1000).unsqueeze(1)
    # 原文：torch.normal(torch.zeros(*x.size()))；randn 更直接
    y = x.pow(2) + 0.1 * torch.randn(x.shape)
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
    """Train copies of one network on the same batches; return {name: mean loss of each epoch}."""
    loader = DataLoader(dataset=TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    # 原文：四个 Net()，随机的起点各不相同，比的还有运气；deepcopy 让起点相同
    start = Net()
    nets = [copy.deepcopy(start) for name in OPTIMIZERS]
    optimizers = [OPTIMIZERS[name](net.parameters(), lr) for name, net in zip(OPTIMIZERS, nets)]
    loss_func = torch.nn.MSELoss()
    losses_his = {name: [] for name in OPTIMIZERS}
    for epoch in range(epochs):
        for l_his in losses_his.values():
            l_his.append(0.0)  # this epoch's mean, to be added up
        for batch_x, batch_y in loader:  # 原文：Variable(batch_x)；不必再包一层
            for net, optimizer, l_his in zip(nets, optimizers, losses_his.values()):
                prediction = net(batch_x)
                loss = loss_func(prediction, batch_y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                l_his[-1] += loss.item() / len(loader)
    return losses_his


def height(x, y):
    """Return the height of the ravine at (x, y): along y it curves 50 times as much as along x."""
    return (x**2 + 50 * y**2) / 2


def walk(name, steps=60):
    """Walk down the ravine from (-8, 1); return the positions, (steps + 1, 2)."""
    position = torch.tensor([-8.0, 1.0], requires_grad=True)  # in the place of a network
    optimizer = OPTIMIZERS[name]([position], RATES[name])
    path = [position.detach().clone()]  # detach() shares memory and would move along: so a copy
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
    print("          loss in the last epoch   ravine: distance to go, rate")
    for name in OPTIMIZERS:
        to_go = torch.linalg.vector_norm(paths[name][-1])  # the length of the vector to (0, 0)
        print(f"{name:10s}{losses[name][-1]:22.4f}{to_go:24.2f}{RATES[name]:6.3g}")
    show(draw(losses, paths, lr), save=save)
    return losses, paths


# 对照：
#   原文先写数据和网络，后写优化器；这里优化器提到最前。LR、BATCH_SIZE、EPOCH 成了 main 的默认值；
#   net_SGD、opt_SGD 等放进列表，labels 成了字典的键；opt、output、b_x 改叫 optimizer、prediction、
#   batch_x。
#   AdaGrad 原文只有文字，没有代码；它和右图的沟壑（height(x, y)，代替损失；各学习率是手工调的）是
#   补充。左图不是定论：各优化器最好的学习率并不相同。今天还常用 AdamW（同时缩小权重的 Adam），
#   学习率也常随训练变化，见 10。
#   SGD：原文说“最大的缺点是下降速度慢，而且可能会在沟壑的两边持续震荡，停留在一个局部最优点”，右图
#   第一行正是这样来回震荡；局部最优点则各种优化器都可能遇到，这条沟壑里没有。
#   Momentum：原文说它是梯度的“指数加权平均”；这里的 m = 0.8 * m + g 是它的 5 倍，只差这个常数，所以
#   梯度不变时步子趋近 SGD 的 1 / (1 - 0.8) = 5 倍。原文说“几乎总是快于”SGD：左图如此，--lr 0.3 时
#   持平。
#   AdaGrad：原文的理由是，经常更新的参数学习率小一些，偶尔更新的大一些。“改进错误方向,破鞋子”：
#   走弯路硌脚，只好走直：梯度大的方向步子小。
#   RMSprop：原文写“下坡＋破鞋子（差点）”，差的是下坡，即动量。Adam：原文写 Momentum+AdaGrad，更准确
#   地说是 Momentum + RMSprop，因为它的 v 会忘掉旧的；论文说它兼取 AdaGrad 和 RMSProp 之长。
#   代码上方的规则里，p 是参数，g 是梯度，m、v 从 0 开始；除以 sqrt(v)，大小梯度的步子才相近。Adam
#   先修正起步时偏小的 m 和 v；alpha、betas 照原文，torch 默认 0.99 和 (0.9, 0.999)。
#   图：原文画每一步的损失，太密，这里画每个 epoch 的平均；ylim(0, 0.2) 换成对数轴，图例换成曲线末端
#   的名字；注释掉的数据图删去；种子是新加的。detach() 与原张量共用内存，所以再 clone() 才能留住
#   路线。
#   原文的链接： https://pytorch.org/docs/stable/optim.html ，现行文档，各优化器的公式都在里面。

# ---------- picture and command line: skip this at a first reading ----------

# colour-blind readers can tell them apart
COLORS = ["black", "tab:blue", "tab:green", "goldenrod", "chocolate", "tab:purple", "0.6"]


def draw(losses, paths, lr):
    """Draw the mean loss of each epoch and the paths; return the figure."""
    figure = plt.figure(figsize=(8, 4.8), dpi=120, layout="constrained")
    axes = figure.subplot_mosaic([["losses", name] for name in paths], width_ratios=(4, 5))
    left, colors = axes["losses"], dict(zip(paths, COLORS))
    numbers = torch.tensor(list(losses.values()))  # (5, epochs)
    top = numbers[numbers.isfinite()].max().item()
    gap = (top / numbers[numbers.isfinite()].min().item()) ** 0.07  # so that names don't collide
    ends = dict(zip(losses, numbers[:, -1].nan_to_num(top, top).tolist()))
    epochs, place, best = range(1, numbers.shape[1] + 1), 0, min(ends, key=ends.get)
    for name in sorted(ends, key=ends.get):
        left.plot(epochs, losses[name], ".-", color=colors[name], linewidth=2)
        place = max(place * gap, ends[name])
        left.text(epochs[-1], place, f"  {name}", color=colors[name], va="center")
    left.set(title=f"All at rate {lr:g}:\n{best} ends lowest", xlabel="epoch", yscale="log")
    left.margins(x=0.02)
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
    """Open a window; to save, or where none can open, write 09_optimizers.png.

    Notebooks and IDEs are then asked to show it, too: any backend but agg.
    """
    if save or not figure.canvas.required_interactive_framework:
        try:
            figure.savefig("09_optimizers.png")
        except OSError as error:
            sys.exit(f"can't write 09_optimizers.png, try it in another folder: {error}")
        print("picture: 09_optimizers.png")
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
    parser.add_argument("--epochs", type=between(1, 10_000), help="default: %(default)s")
    parser.add_argument("--batch-size", type=between(1, 1000), help="default: %(default)s")
    parser.add_argument("--lr", type=between(1e-6, 1, float), help="rate (default: %(default)s)")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .png, open no window")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
