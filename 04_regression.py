"""Regression: in 200 steps a network learns to predict y from x, where y = x^2 + noise.

A layer multiplies its inputs by weights and adds biases; both are its parameters, and start at
random. The first layer turns x into ten numbers, the hidden units; the second turns these into the
prediction. The loss is its mean squared error. Each step changes the parameters to lower it.

Run:  python 04_regression.py
Look: the curve is made of straight pieces: each hidden unit's ReLU can bend it once. Its last loss
      is above 0.0033, the noise's variance, which x^2 + 0.1 (0.1: the noise's mean) would leave.
Try:  python 04_regression.py --epochs 2000
          down to about 0.004, near the noise. Much lower would be learning each point's noise.
      python 04_regression.py --lr 1.5
          each step goes past the best place and ends where the loss is larger: up to inf, then nan.
Do:   ask the trained network for y at x = 0.5 and at 2. Right when it says about 0.4 (0.5^2 + 0.1),
      and less than 3 (not 2^2): outside its data it goes straight on. (Solutions: tests/solutions)
"""

# 原文小节：建造第一个神经网络 / Regression回归
# 要点：每层把输入乘以权重再加偏置；权重、偏置合称参数，起初是随机的。第一层把 x 变成十个数，即
#   隐藏单元；第二层把它们变成预测值。损失（loss）表示预测错了多少，这里用均方误差。每一步五行：
#   预测，求损失，梯度清零，反向传播，略微更新参数，使损失变小。
# 看什么：曲线由直线段组成，每个隐藏单元至多折弯一处。最后的损失仍大于噪声的方差 0.0033：还能再降。
# 试一试：--epochs 2000，损失降到约 0.004，接近噪声；低得多，就是在学噪声本身。--lr 1.5，每一步都
#   越过最好的位置，损失越来越大，直到 inf，最后是 nan。
# 动手：求网络在 x = 0.5、2 处的 y；约 0.4（0.5² + 0.1）、小于 3 就对了：数据之外，它沿直线延伸。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.animation import FuncAnimation


def make_data():
    """Return x and y = x^2 + noise, both (100, 1); the noise is uniform from 0 to 0.2."""
    # 原文：torch.unsqueeze(…, dim=1)，“解压即维度补充”：unsqueeze 增加一维，(100,) 变成 (100, 1)；
    # “torch中只会处理2维的数据”则不然，是 Linear 要求最后一维为特征：一行一个样本，一列一个特征
    x = torch.linspace(-1, 1, 100).unsqueeze(1)  # 100 rows, the examples; 1 column, the feature
    y = x.pow(2) + 0.2 * torch.rand(x.shape)
    return x, y


class Net(torch.nn.Module):  # Module: the class of everything that holds parameters
    """Linear, ReLU, Linear: (N, n_feature) in, (N, n_output) out."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()  # 原文：super(Net, self).__init__()；Python 3 不用再写参数
        # A layer assigned to self brings its parameters into net.parameters(). They start at
        # random, within 1 / sqrt(inputs) of 0, so the bends start in different places.
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.predict = torch.nn.Linear(n_hidden, n_output)

    def forward(self, x):  # net(x) calls this
        x = F.relu(self.hidden(x))
        x = self.predict(x)  # no activation: the answer may be any number
        return x


def train(net, x, y, *, epochs, lr):
    """Train the net; return its predictions, (100, 1) each, and losses after 0, 1, … steps."""
    # SGD is gradient descent, the steps of 02 for all parameters (the S: see 08)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    loss_func = torch.nn.MSELoss()  # mean squared error
    predictions, losses = [], []  # for the picture
    # 原文：for t in range(200)；每一步都用上全部数据，所以一步就是一个 epoch，改用这个名字
    for epoch in range(epochs):  # an epoch is one pass over all data: here, one step of five lines
        prediction = net(x)  # what the network says now
        loss = loss_func(prediction, y)  # how wrong that is: one number
        optimizer.zero_grad()  # clear the last step's gradients, or the new ones are added to them
        loss.backward()  # compute the loss's gradient for each parameter p, into p.grad (02)
        optimizer.step()  # p becomes p - lr * p.grad
        if epoch % 20 == 0:
            print(f"after {epoch:4d} steps: loss {loss.item():.4f}")
        predictions.append(prediction.detach())
        losses.append(loss.item())
    with torch.no_grad():  # the network is only asked, so no graph is needed (02)
        prediction = net(x)
        loss = loss_func(prediction, y)
    print(f"after {epochs:4d} steps: loss {loss.item():.4f}")
    return [*predictions, prediction], [*losses, loss.item()]


def main(*, epochs=200, lr=0.2, hidden=10, seed=1, save=False):
    """Train a network on the data, print its loss and show its curve; return net, x and y."""
    torch.manual_seed(seed)
    x, y = make_data()
    net = Net(n_feature=1, n_hidden=hidden, n_output=1)
    print(net)
    predictions, losses = train(net, x, y, epochs=epochs, lr=lr)
    figure, update, frames = draw(x, y, predictions, losses)
    show(figure, update, frames, save=save)
    return net, x, y


# 对照：
#   数据、网络、训练的顺序同原文，只是各放进一个函数；200、0.2、10 成了 main 的默认值。把层赋给 self
#   的属性，它的参数才会出现在 net.parameters() 里；参数起初随机，各单元的折点就散在各处；net(x) 会
#   调用 forward；输出层没有激活函数，因为预测值可以是任何数。
#   原文的注释“must be (1. nn output, 2. target)”说的是传入的次序；均方误差两边对称，换过来数值也
#   一样，05 的交叉熵则必须按这个次序。SGD 就是对所有参数做 02 的梯度下降。原文的
#   loss.data.numpy()：需要 Python 数值时用 .item()；x.size() 与 x.shape 相同。
#   补充：每 20 步打印一次损失；训练后只求预测值，放在 no_grad 里，不建计算图。
#   plt.ion()、plt.pause() 换成 FuncAnimation，画图不打断训练：前 125 步每 5 步一帧，再加最后一步；
#   损失写在标题里；颜色和大小不同。
#   原文注释掉的种子这里启用（同一台机器、同一版本，结果相同），注释掉的散点图并入动画；Variable 见
#   02。
#   代码源自莫烦（MorvanZhou）的教程，出处见 README。

# ---------- picture and command line: skip this at a first reading ----------


def draw(x, y, predictions, losses):
    """Draw the data and a curve; return the figure, update(step), and the steps to play."""
    figure, ax = plt.subplots(figsize=(4.2, 3.2), dpi=150, layout="constrained")
    ax.scatter(x, y)
    (curve,) = ax.plot(x, predictions[-1], color="chocolate", linewidth=5)
    ax.set(xlabel="x", ylabel="y", ylim=(y.min().item() - 0.5, y.max().item() + 0.2))

    def update(step):
        curve.set_ydata(predictions[step])
        ax.set_title(f"after {step} steps: loss {losses[step]:.4f}")

    # every fifth of the first 125 steps, which move most, and the last one for a second
    return figure, update, [*range(len(losses))[:125:5], *[len(losses) - 1] * 8]


def show(figure, update, frames, *, save):
    """Play the frames in a window; save them as a .gif; where none can open, the last as a .png.

    Notebooks and IDEs are then asked to show it, too: any backend but agg.
    """
    window = figure.canvas.required_interactive_framework
    name = "04_regression.gif" if save else "04_regression.png"
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
    parser.add_argument("--lr", type=between(0, 1e6, float), help="rate (default: %(default)s)")
    parser.add_argument("--hidden", type=between(1, 1000), help="units (default: %(default)s)")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .gif, open no window")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
