"""Classification: the five lines of 04 teach a network to tell two clouds of points apart.

For each point the network says two numbers, the logits, one for each class; the larger one is its
answer. Softmax turns logits into probabilities: e^logit, divided by the sum of both e^logit. The
loss is the cross-entropy: minus the logarithm of the right class's probability, averaged over the
points. The accuracy is the share of right answers.

Run:  python 05_classification.py
Look: the border between the two colours moves until each cloud lies on its own side. And the last
      accuracy is the honest one: on new points, which the network has not learned from.
Try:  python 05_classification.py --epochs 1000
          the loss falls to less than half, the accuracy hardly changes: nearly all answers stay
          the same, the network becomes surer of them.
Do:   add a third cloud, class 2, around (-4, 4). Right when the picture shows three, each on its
      own colour, and at least 95% of the new points are told apart. (Solutions: tests/solutions)
"""

# 原文小节：Classification分类
# 要点：网络为每个点输出两个数，即 logits，每类一个，大的那类是答案；softmax 把它们变成概率：e^logit
#   除以各类 e^logit 之和。损失是交叉熵：正确类别概率的负对数，再取平均。CrossEntropyLoss 已含
#   softmax，直接输入 logits；标签是类别的编号，不必转成 one-hot 编码。训练的五行与 04 相同。
# 看什么：两种底色的分界线不断移动，直到两团点各在一侧。准确率是答对的比例；只有用新点算的可信。
# 试一试：--epochs 1000，损失降到一半以下，准确率几乎不变：答案几乎没有变，只是更有把握。
# 动手：在 (-4, 4) 周围加第三团点，类别 2；图上三团各在一种底色上，新点的准确率至少 95% 就对了。

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
    # 原文：再加 .type(torch.FloatTensor)；x 本来就是 float32，这一步多余
    x = torch.cat((x0, x1), 0)  # (200, 2): a point is a row, its two features are columns
    # 原文：.type(torch.LongTensor)，旧写法
    y = torch.cat((y0, y1)).long()  # (200,), int64, since a class is an index: 0, 1, …
    return x, y


class Net(torch.nn.Module):
    """Linear, ReLU, Linear: (N, n_feature) in, (N, n_output) out, the logits."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.out = torch.nn.Linear(n_hidden, n_output)  # differs from 04 in its name

    def forward(self, x):
        x = F.relu(self.hidden(x))
        x = self.out(x)  # differs from 04 in its name
        return x


def predict(net, x):
    """Return the net's answers, the classes (N,), for the points x, (N, 2)."""
    # 原文：torch.max(out, 1)[1]，取最大值的位置；argmax 直接给出
    with torch.no_grad():
        return net(x).argmax(dim=1)


def accuracy(pred_y, y):
    """Return the share, 0 to 1, of answers (N,) that are the right classes y, (N,)."""
    # 原文：转成 numpy 数组再计数；torch 自己就能计数
    return (pred_y == y).float().mean().item()


def train(net, x, y, *, epochs, lr):
    """Train the net; return for the picture what it said before each of the first 25 steps."""
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    # 原文：the target label is NOT one-hotted；这里也用类别的编号。1.10 起也接受各类的概率
    loss_func = torch.nn.CrossEntropyLoss()  # differs from 04: the softmax is part of it
    frames = []
    for epoch in range(epochs):
        if epoch < 25:  # differs from 04: for the picture (GRID: points all over it)
            frames.append((predict(net, GRID), accuracy(predict(net, x), y)))
        # 原文：out = net(x)；这里与 04 同名，叫 prediction；原文的 prediction 是类别，这里叫 pred_y
        prediction = net(x)  # differs from 04 in its shape: (200, 2), the logits
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"loss in the last of {epochs} steps {loss.item():.4f}")
    return frames


def main(*, epochs=100, lr=0.02, hidden=10, seed=1, save=False):
    """Train a network on two clouds, print its accuracies, show its border; return net, x and y."""
    torch.manual_seed(seed)
    x, y = make_data()
    net = Net(n_feature=2, n_hidden=hidden, n_output=2)  # differs from 04: two in, two out
    print(net)
    frames = train(net, x, y, epochs=epochs, lr=lr)
    print(f"accuracy on its own points {accuracy(predict(net, x), y):.1%}")
    new_x, new_y = make_data()
    print(f"accuracy on new points {accuracy(predict(net, new_x), new_y):.1%}")
    figure, update, frames = draw(net, x, y, frames)
    show(figure, update, frames, save=save)
    return net, x, y


# 对照：
#   顺序同原文；网络和训练里与 04 不同的行标有 differs from 04。补充：新点的准确率、最后一步的损失。
#   (pred_y == y) 得到一串 True 和 False，.float().mean() 就是 True 所占的比例。
#   原文这里和 CNN 一节都说 CrossEntropyLoss 适用于分类问题，CNN 一节又说 MSELoss 用于回归问题；这里
#   和 04 也是如此。
#   原文按预测的类别给点上色（RdYlGn，红绿色盲难以分辨）；这里底色是预测的类别，每个点画成数字，即它
#   的真实类别。
#   原文每 2 步一帧，这里是前 25 步和最后一步，为此每步先求网格上各点的预测类别；准确率移到标题，
#   写成百分数。其余同 04 的对照。

# ---------- picture and command line: skip this at a first reading ----------

GRID = torch.cartesian_prod(torch.linspace(-6, 6, 200), torch.linspace(-6, 6, 200))  # (40000, 2)


def draw(net, x, y, frames):
    """Draw points and regions; return the figure, update(frame), and the frames to play."""
    figure, ax = plt.subplots(figsize=(3.8, 3.5), dpi=125, layout="constrained")
    region = ax.imshow([[0, int(y.max())]], "Paired", alpha=0.4, origin="lower", extent=[-6, 6] * 2)
    for label, color in zip(range(3), ("tab:blue", "chocolate", "black")):
        ax.scatter(x[y == label, 0], x[y == label, 1], marker=f"${label}$", color=color)

    def update(frame):
        region.set_data(frame[0].reshape(200, 200).T.numpy())
        ax.set_title(f"accuracy {frame[1]:.1%}")

    ax.set(xlabel="feature 1", ylabel="feature 2", xlim=(-6, 6), ylim=(-6, 6))
    # the early steps move the border most; the last state stays for a second
    return figure, update, frames + [(predict(net, GRID), accuracy(predict(net, x), y))] * 8


def show(figure, update, frames, *, save):
    """Play the frames in a window; save them as a .gif; where none can open, the last as a .png.

    Notebooks and IDEs are then asked to show it, too: any backend but agg.
    """
    window = figure.canvas.required_interactive_framework
    name = "05_classification.gif" if save else "05_classification.png"
    played = frames if save or window else frames[-1:]
    figure.animation = FuncAnimation(figure, update, played, interval=125, repeat=False)
    if save or not window:
        try:
            figure.animation.save(name, writer="pillow")
        except OSError as error:
            sys.exit(f"can't write {name}, try it in another folder: {error}")
        print("picture:", name)
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
    parser.add_argument("--epochs", type=between(1, 10_000), help="steps (default: %(default)s)")
    parser.add_argument("--lr", type=between(0, 1, float), help="rate (default: %(default)s)")
    parser.add_argument("--hidden", type=between(1, 1000), help="units (default: %(default)s)")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .gif, open no window")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
