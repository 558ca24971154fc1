"""Classification: the same five lines teach a network to tell two clouds of points apart.

The network gives each point two numbers, its logits, one for each of the two classes; the larger
one is the answer. Softmax turns logits into probabilities. The loss is the cross-entropy: minus the
logarithm of the right class's probability, averaged over the points. Look at the border between the
two colours: it moves until each cloud lies on its own side. The accuracy is the share of right
answers, here on the very points that the network learned from.

Run:  python 05_classification.py
Try:  python 05_classification.py --epochs 1000
          the loss falls to less than half of what it is after 100 steps, the accuracy hardly
          changes: nearly all answers stay the same, the network becomes surer of them.
"""

# 原文小节：Classification分类
# 要点：网络为每个点输出两个数，即 logits，每类一个，较大的就是答案；softmax 能把它们变成概率。
#   损失是交叉熵：正确类别概率的负对数，再对所有点取平均。CrossEntropyLoss 直接以 logits 和类别
#   索引为输入，不要先做 softmax，标签也不必转成 one-hot 编码。训练的五行与 04 完全相同。
# 看什么：两种底色之间的边界，它移动到两团点各在一侧为止。准确率是答对的比例，这里用的正是
#   训练用过的点，不能说明网络在新点上的表现。
# 试一试：--epochs 1000：损失降到 100 步时的一半以下，准确率几乎不变：答案几乎没有变，只是更有把握。
# 对照：顺序同原文；网络和训练里与 04 不同的行标有 differs from 04。原文按预测的类别给点上色
#   （RdYlGn，红绿色盲难以分辨）；这里底色是预测的类别，点画成真实的类别 0 和 1。原文每 2 步一帧，
#   这里是前 25 步和最后一步；准确率移到标题，改为百分数；其余同 04 的对照。

import copy
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.animation import FuncAnimation


def make_data():
    """Return x, (200, 2), 100 points around (2, 2) and 100 around (-2, -2), and their classes y."""
    n_data = torch.ones(100, 2)
    x0 = torch.normal(2 * n_data, 1)  # mean 2, standard deviation 1
    y0 = torch.zeros(100)  # 原文：注释写 shape=(100, 1)；实际是 (100,)
    x1 = torch.normal(-2 * n_data, 1)
    y1 = torch.ones(100)
    # 原文：x 用 .type(torch.FloatTensor)，x 本来就是，多余；y 用 .type(torch.LongTensor)，旧写法
    x = torch.cat((x0, x1), 0)  # (200, 2), float32
    y = torch.cat((y0, y1)).long()  # (200,), int64: class indices
    return x, y


class Net(torch.nn.Module):
    """Linear, ReLU, Linear: (N, n_feature) in, (N, n_output) out, the logits."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.out = torch.nn.Linear(n_hidden, n_output)  # differs from 04 in its name

    def forward(self, x):
        x = F.relu(self.hidden(x))
        x = self.out(x)
        return x


def train(net, x, y, *, epochs, lr):
    """Train the net; return copies of it, from before the first step to after the last."""
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    # differs from 04: logits and class indices in; it includes the softmax
    # 原文：标签不能是 one-hot；类别索引最简单，但 1.10 起也接受浮点数的类别概率，包括 one-hot
    loss_func = torch.nn.CrossEntropyLoss()
    nets = [copy.deepcopy(net)]  # differs from 04: the whole net is kept, to ask it about any point
    # 原文：out = net(x)；这里与 04 同名，叫 prediction；原文的 prediction 是类别，这里叫 pred_y
    for epoch in range(epochs):
        prediction = net(x)  # (200, 2), the logits
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        nets.append(copy.deepcopy(net))
    return nets


def accuracy(prediction, y):
    """Return the share, 0 to 1, of logits (N, C) whose largest is that of the class y, (N,)."""
    # 原文：torch.max(out, 1)[1]，再转成 numpy 计数；argmax 直接给出最大值的位置，torch 自己就能计数
    pred_y = prediction.argmax(dim=1)
    return (pred_y == y).float().mean().item()


def main(*, epochs=100, lr=0.02, hidden=10, seed=1, save=False):
    """Train, print and draw; return x, y and the epochs + 1 nets, see train()."""
    torch.manual_seed(seed)
    x, y = make_data()
    net = Net(n_feature=2, n_hidden=hidden, n_output=2)  # differs from 04: two in, two out
    print(net)
    nets = train(net, x, y, epochs=epochs, lr=lr)
    print(f"accuracy before training {accuracy(nets[0](x), y):.1%}")
    print(f"accuracy after {epochs} steps {accuracy(nets[-1](x), y):.1%}")
    print(f"loss after {epochs} steps {F.cross_entropy(nets[-1](x), y):.4f}")
    figure, update, frames = draw(x, y, nets)
    show(figure, update, frames, save=save)
    return x, y, nets


# ---------- picture and command line: skip this at a first reading ----------


def draw(x, y, nets):
    """Draw what the last net says; return the figure, update(net), and the nets to animate."""
    figure, ax = plt.subplots(figsize=(3.8, 3.5), dpi=125, layout="constrained")
    grid = torch.cartesian_prod(torch.linspace(-6, 6, 200), torch.linspace(-6, 6, 200))
    region = ax.imshow([[0, 1]], "Paired", alpha=0.4, extent=(-6, 6, -6, 6), origin="lower")
    ax.scatter(x[y == 0, 0], x[y == 0, 1], marker="$0$")
    ax.scatter(x[y == 1, 0], x[y == 1, 1], marker="$1$", color="chocolate")

    def update(net):
        region.set_data(net(grid).argmax(dim=1).reshape(200, 200).T.numpy())
        ax.set(title=f"accuracy {accuracy(net(x), y):.1%}", xlabel="feature 1", ylabel="feature 2")

    update(nets[-1])
    # the first 25 steps, which move the border most, and the last one for a second
    return figure, update, nets[:25] + nets[-1:] * 8


def show(figure, update, frames, *, save):
    """Play the frames in a window; save them as a .gif; without a display, write a .png.

    Where nothing can move, as in Jupyter, the last state is shown. Raises OSError.
    """
    if save or figure.canvas.required_interactive_framework:
        figure.animation = FuncAnimation(figure, update, frames, interval=125, repeat=False)
    if save:
        figure.animation.save("05_classification.gif", writer="pillow")
        print("picture: 05_classification.gif")
    elif plt.get_backend().lower() == "agg":
        figure.savefig("05_classification.png")
        print("picture: 05_classification.png")
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
    parser.add_argument("--epochs", type=between(1, 10_000), help="steps (default: %(default)s)")
    parser.add_argument("--lr", type=between(0, 1, float), help="rate (default: %(default)s)")
    parser.add_argument("--hidden", type=between(1, 1000), help="units (default: %(default)s)")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .gif, open no window")
    try:
        main(**vars(parser.parse_args()))
    except OSError as error:
        sys.exit(f"can't write the picture: {error}")
