"""Classification: the five lines of 04 teach a network to tell two clouds of points apart.

For each point the network gives two numbers, the logits, one for each class; the larger one is its
answer. Softmax turns logits into probabilities: e^logit, divided by the sum of both e^logit. The
loss, the cross-entropy, is minus the logarithm of the right class's probability (0 if that is 1,
huge if it is near 0), averaged over the points. The accuracy is the share of right answers.

Run:  python 05_classification.py
Look: the border moves until each cloud has its own side. The accuracy on new points is the honest
      one: a few of them are wrong.
Try:  1. In train(), write prediction = net(x).softmax(dim=1). How far does the loss fall now?
      2. Delete the line optimizer.zero_grad(). Is the last loss larger or smaller than before?
Do:   add a third cloud, class 2, around (-4, 4); make_data() and main() change. 30 minutes. Right
      when the 2s have a background of their own, top left, and 95% of the new points are right.
"""

# 原文小节：Classification分类
# 要点：网络为每个点输出两个数，叫 logits，每类一个，哪个大就答哪一类；softmax 把它们变成概率：
#   e^logit 除以两个 e^logit 之和。损失是交叉熵：正确类别概率的对数，再变号；概率越大，损失越小。
# 看什么：分界线移到两团点之间。准确率是答对的比例，只有在新点上算出的才可信；新点里仍有少数答错。
# 试一试：1. 在 train() 里写 prediction = net(x).softmax(dim=1)，损失能降到多少？2. 删去
#   optimizer.zero_grad() 这一行，最后的损失变大还是变小？
# 动手：加第三团点，中心 (-4, 4)，类别 2，main() 也要改；它有自己的底色、新点答对 95% 以上就对了。

import copy
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.animation import FuncAnimation


def make_data(count):
    """Return x, (2 * count, 2): points around (2, 2) and (-2, -2), and y, their classes 0 and 1."""
    n_data = torch.ones(count, 2)
    x0 = torch.normal(2 * n_data, 1)  # a tensor of means, each 2 here; standard deviation 1
    y0 = torch.zeros(count)
    x1 = torch.normal(-2 * n_data, 1)
    y1 = torch.ones(count)
    # 原文：再加 .type(torch.FloatTensor)；x 本来就是 float32，这一步多余
    x = torch.cat((x0, x1), 0)  # a row is a point, a column one of its two features
    # 原文：.type(torch.LongTensor)；旧写法，LongTensor 只指 CPU 上的张量；今天写 .long()
    y = torch.cat((y0, y1)).long()  # int64: a class is an index, 0, 1, …
    return x, y


class Net(torch.nn.Module):
    """Linear, ReLU, Linear: (N, n_feature) in, (N, n_output) out, the logits."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.out = torch.nn.Linear(n_hidden, n_output)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        x = self.out(x)
        return x


def classify(net, x):
    """Return the net's answers, the classes (N,), for the points x, (N, 2)."""
    with torch.no_grad():
        return net(x).argmax(dim=1)  # the place of the larger logit in each row: 0 or 1


def accuracy(pred_y, y):
    """Return the share, 0 to 1, of answers pred_y, (N,), that are the right classes y, (N,)."""
    return (pred_y == y).float().mean().item()  # True counts as 1, False as 0


def train(net, x, y, *, epochs, lr):
    """Train the net; return copies of it after 0, 1, 2, … steps."""
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    loss_func = torch.nn.CrossEntropyLoss()  # takes the logits first, then the classes
    nets = []
    for epoch in range(epochs):
        nets.append(copy.deepcopy(net))  # for the picture
        prediction = net(x)  # (200, 2): logits; the softmax is part of loss_func
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (epoch + 1) % 20 == 0:
            print(f"before step {epoch + 1:4d}: loss {loss.item():.4f}")
    return [*nets, net]


def main(*, epochs=100, lr=0.02, hidden=10, seed=1, save=False):
    """Train a network on two clouds, print its accuracies, show its border; return net, x and y."""
    torch.manual_seed(seed)
    x, y = make_data(100)
    net = Net(n_feature=2, n_hidden=hidden, n_output=2)
    print(net)
    nets = train(net, x, y, epochs=epochs, lr=lr)
    new_x, new_y = make_data(5000)
    print(f"accuracy on its own {len(x)} points: {accuracy(classify(net, x), y):.2%}")
    print(f"accuracy on {len(new_x)} new points: {accuracy(classify(net, new_x), new_y):.2%}")
    figure, update, frames = draw(nets, x, y)
    show(figure, update, frames, save=save)
    return net, x, y


# Answers:
# 1. To 0.38, and never below 0.3133, though the accuracy stays as good. CrossEntropyLoss takes the
#    softmax of what it is given. Probabilities are at best 1 and 0: -ln(e / (e + 1)) = 0.3133.
# 2. Smaller: 0.0000. Gradients add up, so the steps get longer and longer. Here that does no harm:
#    the larger the logits of the right classes, the smaller the loss. In 04 the same mistake makes
#    the last loss many times as large: there is a best curve, and the long steps go past it.
# 答案：
# 1. 100 步后约 0.38，再练也降不到 0.3133 以下，准确率却几乎不变。CrossEntropyLoss 自己会做
#   softmax；把概率当作 logits 给它，最好的情况也只是 1 和 0，损失是 -ln(e / (e + 1)) = 0.3133。
# 2. 变小，成了 0.0000。梯度不断累加，步子越来越大；这里没有坏处，因为正确类别的 logit 越大，损失越
#   小。在 04 犯同样的错，最后的损失会是原来的十几倍：那里有一条最好的曲线，步子太大就会越过它。
# 说明：CrossEntropyLoss 的第一个参数是 logits，第二个是类别；它已包含 softmax，不要自己再做。
#   (pred_y == y) 得到 True 和 False，.float().mean() 就是 True 所占的比例，即准确率。
#   copy.deepcopy(net) 每步存一份网络，只为画图。
# 对照：
# - y0、y1 的注释写 shape=(100, 1)；实际是 (100,)，而 CrossEntropyLoss 要的正是这种形状。
# - 原文的 out（logits）在这里与 04 一样叫 prediction；原文的 prediction 是类别，这里叫 pred_y。
# - “the target label is NOT one-hotted”：今天通常仍用类别的编号；也可以给出每一类的概率，one-hot
#   （正确的类是 1、其余是 0）是其中一种。
# - torch.max(out, 1)[1] 是最大值的位置，argmax 直接得到它。
# - 原文在循环里每 2 步用训练过的点算一次准确率，这里写在图的标题里；训练之后另取 10,000 个新点再
#   算，才知道网络没见过的点能答对多少。
# - 原文用点的颜色表示预测的类别；这里底色是预测的类别，数字是真实的类别，答错的点一眼就能看到。

# ---------- picture and command line: skip this at a first reading ----------


def draw(nets, x, y):
    """Draw points and regions; return the figure, update(step), and the steps to play."""
    grid = torch.cartesian_prod(torch.linspace(-6, 6, 200), torch.linspace(-6, 6, 200))
    figure, ax = plt.subplots(figsize=(3.8, 3.5), dpi=125, layout="constrained")
    region = ax.imshow([[0, int(y.max())]], "Paired", alpha=0.4, origin="lower", extent=[-6, 6] * 2)
    for label, color in zip(range(3), ("tab:blue", "chocolate", "black")):
        ax.scatter(x[y == label, 0], x[y == label, 1], marker=f"${label}$", color=color)
    ax.set(xlabel="feature 1", ylabel="feature 2", xlim=(-6, 6), ylim=(-6, 6))

    def update(step):
        region.set_data(classify(nets[step], grid).reshape(200, 200).T.numpy())
        ax.set_title(f"after {step} steps: accuracy {accuracy(classify(nets[step], x), y):.1%}")

    # the first 25 steps, which move the border most, then the last one for a second
    last = len(nets) - 1
    return figure, update, [*range(min(last, 25)), *[last] * 8]


def show(figure, update, frames, *, save):
    """Write the last state to 05_classification.png, show it; in a window or a .gif it moves."""
    update(frames[-1])
    figure.savefig("05_classification.png")
    print("picture: 05_classification.png")
    if save or figure.canvas.required_interactive_framework:  # a window
        # kept on the figure, or it would be garbage-collected
        figure.animation = FuncAnimation(figure, update, frames, interval=125, repeat=False)
    if save:
        figure.animation.save("05_classification.gif", writer="pillow")
    elif plt.get_backend().lower() != "agg":
        plt.show()


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--epochs", type=int, help="steps (default: %(default)s)")
    parser.add_argument("--lr", type=float, help="learning rate (default: %(default)s)")
    parser.add_argument("--hidden", type=int, help="hidden units (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="for the random numbers (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="write 05_classification.gif, too")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
