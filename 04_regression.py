"""Regression: in 200 steps a network learns to predict y from x, where y = x^2 + noise.

A Linear layer multiplies its inputs by weights and adds biases. These are its parameters; they
start at random. The first one turns x into ten numbers, the hidden units; the second turns these
into the prediction. The loss says how wrong it is: the mean of the squared errors. Each step moves
the parameters a little, against the gradient: if the step isn't too long, the loss gets smaller.

Run:  python 04_regression.py
Look: the curve is made of straight pieces. Each hidden unit's ReLU can bend it once.
Try:  1. python 04_regression.py --hidden 1000
         A hundred times as many hidden units: does the curve fit better?
      2. Delete the line loss.backward(). Does torch complain? What does the loss do?
Do:   in main(), after train(), ask the network for y at x = 0.5 and 2. About 15 minutes. Right when
      it says 0.3 to 0.5, and less than 3: outside its data it knows no x^2. (tests/solutions)
"""

# 原文小节：建造第一个神经网络 / Regression回归
# 要点：Linear 层把输入乘以权重再加偏置；两者合称参数，起初是随机的。第一层把 x 变成十个数，即隐藏单
#   元；第二层把它们变成预测值。损失（loss）是误差平方的平均值，每一步逆着梯度改动参数，使损失变小。
# 看什么：曲线由一段段直线组成，每个隐藏单元的 ReLU 至多把它折弯一处。
# 试一试：1. 隐藏单元增加到一百倍（--hidden 1000），曲线会更贴近数据吗？2. 删去 loss.backward() 这一
#   行，torch 会报错吗？损失会怎样？
# 动手：在 main() 里 train() 之后，求 x = 0.5 和 2 处的预测值，前者 0.3 到 0.5、后者小于 3 就对了。

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.animation import FuncAnimation


def make_data():
    """Return x and y = x^2 + noise, both (100, 1); the noise is uniform from 0 to 0.2."""
    # 原文：“torch中只会处理2维的数据”；其实是 Linear 要求最后一维放特征，一行是一个样本
    x = torch.linspace(-1, 1, 100).unsqueeze(1)  # (100, 1): 100 examples of one feature
    # Nobody can predict the noise. Even the best curve, x^2 + 0.1, is off by up to 0.1 each time: a
    # loss of about 0.0033.
    y = x.pow(2) + 0.2 * torch.rand(x.shape)
    return x, y


class Net(torch.nn.Module):  # Module: what all networks and layers in torch are made from
    """Linear, ReLU, Linear: (N, n_feature) in, (N, n_output) out."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()  # sets Module up, before any layer is assigned
        # A layer assigned to self brings its parameters into net.parameters(). They have
        # requires_grad=True already (02).
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.predict = torch.nn.Linear(n_hidden, n_output)

    def forward(self, x):  # net(x) calls this
        x = F.relu(self.hidden(x))
        x = self.predict(x)  # no activation: a prediction may be any number
        return x


def train(net, x, y, *, epochs, lr):
    """Train the net; return its predictions, (100, 1) each, after 0, 1, 2, … steps."""
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)  # gradient descent, as in 02
    loss_func = torch.nn.MSELoss()  # mean squared error
    predictions = []
    for epoch in range(epochs):  # an epoch is one pass over all the data: here, a single step
        prediction = net(x)  # what the network says now
        loss = loss_func(prediction, y)  # how wrong that is: one number
        optimizer.zero_grad()  # forget the last step's gradients: backward() would add to them
        loss.backward()  # compute the loss's gradient for each parameter p, into p.grad
        optimizer.step()  # p becomes p - lr * p.grad
        if epoch % 20 == 0:
            print(f"after {epoch:4d} steps: loss {loss.item():.4f}")
        predictions.append(prediction.detach())  # for the picture
    with torch.no_grad():  # only asked, not trained: no graph is needed (02)
        prediction = net(x)
        loss = loss_func(prediction, y)
    print(f"after {len(predictions):4d} steps: loss {loss.item():.4f}")
    return [*predictions, prediction]


def main(*, epochs=200, lr=0.2, hidden=10, seed=1, save=False):
    """Train a network on the data, print its loss, show its curve; return net, x and y."""
    torch.manual_seed(seed)
    x, y = make_data()
    net = Net(n_feature=1, n_hidden=hidden, n_output=1)
    print(net)
    predictions = train(net, x, y, epochs=epochs, lr=lr)
    figure, update, frames = draw(x, y, predictions)
    show(figure, update, frames, save=save)
    return net, x, y


# Answers:
# 1. No: the curve is almost flat. A step moves all 1000 units, and their changes add up: for so
#    many, a rate of 0.2 is far too large. After the first steps most ReLUs give 0 for every x, and
#    where the slope is 0 nothing more is learned (03). With --lr 0.01 the curve fits again.
# 2. No complaint, and the loss never changes: step() leaves a parameter without a gradient alone.
# 答案：
# 1. 不会，曲线几乎是平的。一步同时改动 1000 个单元，这些变化加在一起，0.2 的学习率就太大了：走过头
#   之后，大多数 ReLU 对每个 x 都输出 0，斜率也是 0，再也学不到东西（见 03）。改用 --lr 0.01，曲线又
#   能贴近数据。
# 2. 不报错，损失始终不变：参数没有梯度，step() 就不改动它。
# 说明：循环的五行：求预测和损失，清掉旧梯度，求出每个参数 p 的梯度 p.grad，把 p 改为 p - lr *
#   p.grad；最后这一步参数怎么变，由优化器决定，SGD 就是 02 的梯度下降。把层赋给 self 的属性，
#   net.parameters() 里就有了它的参数，而且已经是 requires_grad=True。torch 的网络和层都是 Module；
#   net(x) 会调用 forward。epoch 是全部数据过一遍，这里一步就用上全部数据，所以一步就是一个 epoch。
#   噪声无法预测：最好的曲线 x² + 0.1 也有约 0.0033 的损失。“动手”里的 2 在数据之外，网络不知道那里
#   也是 x²。
# 对照：
# - “torch.unsqueeze（解压即维度补充）”：“维度补充”说得对，即插入一个长度为 1 的维，与解压文件无关。
#   x.unsqueeze(1)、x.shape 与 torch.unsqueeze(x, dim=1)、x.size() 相同。
# - 注释“must be (1. nn output, 2. target)”说的是参数的次序。均方误差交换两者，数值不变；05 的交叉熵
#   则必须按这个次序。
# - 原文最后一次画图在 t = 195，是走了 195 步的曲线；这里训练结束后再求一次，画到 200 步。
# - plt.ion() 和 plt.pause() 换成 FuncAnimation，训练不必停下来等画图。

# ---------- picture and command line: skip this at a first reading ----------


def draw(x, y, predictions):
    """Draw the data and the curve; return the figure, update(step), and the steps to play."""
    figure, ax = plt.subplots(figsize=(4.2, 3.2), dpi=150, layout="constrained")
    ax.scatter(x, y)
    (curve,) = ax.plot(x, predictions[-1], color="chocolate", linewidth=5)
    ax.set(xlabel="x", ylabel="y", ylim=(-0.5, 1.4))

    def update(step):
        curve.set_ydata(predictions[step])
        ax.set_title(f"after {step} steps: loss {F.mse_loss(predictions[step], y):.4f}")

    # every fifth of the first 125 steps, which move most, then the last one for a second
    last = len(predictions) - 1
    return figure, update, [*range(0, min(last, 125), 5), *[last] * 8]


def show(figure, update, frames, *, save):
    """Write the last state to 04_regression.png and show it; in a window or a .gif it moves."""
    update(frames[-1])
    figure.savefig("04_regression.png")
    print("picture: 04_regression.png")
    if save or figure.canvas.required_interactive_framework:  # a window
        # kept on the figure, or it would be garbage-collected
        figure.animation = FuncAnimation(figure, update, frames, interval=125, repeat=False)
    if save:
        figure.animation.save("04_regression.gif", writer="pillow")
    elif plt.get_backend().lower() != "agg":
        plt.show()


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--epochs", type=int, help="steps (default: %(default)s)")
    parser.add_argument("--lr", type=float, help="learning rate (default: %(default)s)")
    parser.add_argument("--hidden", type=int, help="hidden units (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="for the random numbers (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write 04_regression.gif, too")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
