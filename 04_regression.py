"""Regression: a network of ten hidden units bends along y = x^2 + noise in 200 steps.

The first layer turns x into ten numbers, the hidden units, the second turns these into y. A layer
multiplies by weights and adds biases; these are its parameters. They start at random, and each step
changes them a little to make the loss smaller, a number that says how wrong the predictions are.
Look at the straight pieces of the curve: each hidden unit can bend it in one place. And look at the
last loss: the noise alone costs about 0.0033, its variance, 0.2^2 / 12.

Run:  python 04_regression.py
Try:  python 04_regression.py --hidden 1
          a single ReLU is flat on one side of its bend, and a bowl rises on both: the loss stays
          above 0.05.
      python 04_regression.py --lr 1.5
          each step goes past the best place and lands where the loss is larger, until the
          numbers overflow and the loss is nan.
"""

# 原文小节：建造第一个神经网络 / Regression回归
# 要点：第一层把 x 变成十个数，即隐藏单元，第二层把它们变成 y。层就是乘以权重再加偏置；权重和偏置
#   合称参数，起初是随机的，每一步略作调整，使损失变小。损失（loss）表示预测错了多少，这里用均方
#   误差。每一步五行：预测，求损失，清零梯度，反向传播，更新参数。
# 看什么：曲线由直线段组成，每个隐藏单元至多增加一个折点。最后的损失：仅噪声就占约 0.0033，即它的
#   方差 0.2^2 / 12。
# 试一试：--hidden 1：单个 ReLU 在折点的一侧是平的，而碗形两侧都升高，损失停在 0.05 以上。
#   --lr 1.5：每一步都越过最好的位置，落到损失更大的地方，最后数值溢出，损失变成 nan。
# 对照：数据、网络、训练的顺序同原文，只是各放进一个函数；原文的 200、0.2、10 成了 main 的默认值。
#   plt.ion()、plt.pause() 换成 FuncAnimation，画图移到横线以下，不打断训练：前 125 步每 5 步一帧，
#   再加最后一步；损失写在标题里；颜色和大小不同。注释掉的种子这里启用，数据图并入动画；
#   Variable 见 02。代码源自莫烦（MorvanZhou）的教程，出处见 README。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.animation import FuncAnimation


def make_data():
    """Return x and y = x^2 + noise, both (100, 1); the noise is uniform from 0 to 0.2."""
    # 原文：“torch中只会处理2维的数据”，unsqueeze 是“解压”；其实张量可以是任意维，unsqueeze 增加一个
    # 长度为 1 的维度：(100,) 变成 (100, 1)，因为 Linear 把最后一维当作特征，这里每个点只有一个特征
    x = torch.unsqueeze(torch.linspace(-1, 1, 100), dim=1)
    y = x.pow(2) + 0.2 * torch.rand(x.size())
    return x, y


class Net(torch.nn.Module):
    """Linear, ReLU, Linear: (N, n_feature) in, (N, n_output) out."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()  # 原文：super(Net, self).__init__()；Python 3 不用再写参数
        self.hidden = torch.nn.Linear(n_feature, n_hidden)  # a layer assigned to self brings its
        self.predict = torch.nn.Linear(n_hidden, n_output)  # parameters into net.parameters()

    def forward(self, x):  # net(x) calls this
        x = F.relu(self.hidden(x))
        x = self.predict(x)  # no activation: the answer may be any number
        return x


def train(net, x, y, *, epochs, lr):
    """Train the net; return its predictions, (100, 1) each: untrained, and after every step."""
    # SGD, (stochastic) gradient descent: each parameter p becomes p - lr * its gradient, where lr
    # is the learning rate
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    loss_func = torch.nn.MSELoss()  # mean squared error
    predictions = []
    # An epoch is one pass over all the data; here one step uses them all, so it is an epoch.
    # 原文：for t in range(200)；每一步都用上全部数据，所以一步就是一个 epoch，改用这个名字
    for epoch in range(epochs):  # the five lines of training:
        prediction = net(x)  # what the net says now
        loss = loss_func(prediction, y)  # how wrong that is: one number
        optimizer.zero_grad()  # forget the last step's gradients, or the new ones are added to them
        loss.backward()  # compute the gradient of the loss for each parameter
        optimizer.step()  # move each parameter against its gradient
        predictions.append(prediction.detach())
    predictions.append(net(x).detach())
    return predictions


def main(*, epochs=200, lr=0.2, hidden=10, seed=1, save=False):
    """Train, print and draw; return the net, x, y and the epochs + 1 predictions, see train()."""
    torch.manual_seed(seed)
    x, y = make_data()
    net = Net(n_feature=1, n_hidden=hidden, n_output=1)
    print(net)
    predictions = train(net, x, y, epochs=epochs, lr=lr)
    # 原文：loss.data.numpy()；.data 是旧写法，f-string 能直接格式化单元素张量，要数用 .item()
    print(f"loss before training {F.mse_loss(predictions[0], y):.4f}")
    print(f"loss after {epochs} steps {F.mse_loss(predictions[-1], y):.4f}")
    figure, update, frames = draw(x, y, predictions)
    show(figure, update, frames, save=save)
    return net, x, y, predictions


# ---------- picture and command line: skip this at a first reading ----------


def draw(x, y, predictions):
    """Draw the last prediction; return the figure, update(prediction), and what to animate."""
    figure, ax = plt.subplots(figsize=(4.2, 3.2), dpi=150, layout="constrained")
    ax.scatter(x, y)
    (curve,) = ax.plot(x, y, color="chocolate", linewidth=5)
    ax.set(xlabel="x", ylabel="y", ylim=(-0.5, 1.4))

    def update(prediction):
        curve.set_ydata(prediction)
        ax.set_title(f"loss {F.mse_loss(prediction, y):.4f}")

    update(predictions[-1])
    # every fifth of the first 125 steps, which move most, and the last one for a second
    return figure, update, predictions[:125:5] + predictions[-1:] * 8


def show(figure, update, frames, *, save):
    """Play the frames in a window; save them as a .gif; without a display, write a .png.

    Where nothing can move, as in Jupyter, the last state is shown. Raises OSError.
    """
    if save or figure.canvas.required_interactive_framework:
        figure.animation = FuncAnimation(figure, update, frames, interval=125, repeat=False)
    if save:
        figure.animation.save("04_regression.gif", writer="pillow")
        print("picture: 04_regression.gif")
    elif plt.get_backend().lower() == "agg":
        figure.savefig("04_regression.png")
        print("picture: 04_regression.png")
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
    parser.add_argument("--lr", type=between(0, 1e6, float), help="rate (default: %(default)s)")
    parser.add_argument("--hidden", type=between(1, 1000), help="units (default: %(default)s)")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .gif, open no window")
    try:
        main(**vars(parser.parse_args()))
    except OSError as error:
        sys.exit(f"can't write the picture: {error}")
