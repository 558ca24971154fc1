"""nn.Sequential: the network of 04 as a list of three layers, without a class of its own.

Many networks are layers in a row, and then a list of them is enough. With the same parameters, the
class and the Sequential give the same outputs. A state dict holds all parameters of a network by
name. In a class a layer has the name that you give it; a Sequential numbers its layers, unless an
OrderedDict brings names along.

Run:  python 06_sequential.py
Look: net2 is refused net1's state dict, for its names differ; net3 has the right ones.
Try:  1. Write torch.manual_seed(1) once more, just before net2. Does net2 say the same "before"?
      2. Write target = source instead of target.copy_(source). Does net2 say the same now?
Do:   in main(), print a net4, too: net2 with a second hidden layer of the same size, and its ReLU.
      About 15 minutes. Right when it has the 141 parameters that you worked out on paper.
      (tests/solutions)
"""

# 原文小节：快速搭建法
# 要点：各层依次相连的网络，用 nn.Sequential 列出各层就行；参数相同，输出就与 04 的类相同。state
#   dict 按名字存放全部参数：类里的层用自己起的名字，Sequential 用编号或 OrderedDict 里的名字。
# 看什么：net2 不能加载 net1 的 state dict，因为名字对不上；net3 的名字对得上。
# 试一试：1. 在 net2 之前再写一次 torch.manual_seed(1)，before 那一行是 True 还是 False？2. 把
#   target.copy_(source) 写成 target = source，net2 的输出还与 net1 相同吗？
# 动手：再打印一个 net4：net2 多一个同样大小的隐藏层和 ReLU；参数有 141 个、与笔算一致就对了。

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import OrderedDict

import torch
import torch.nn.functional as F


class Net(torch.nn.Module):
    """Linear, ReLU, Linear, as in 04: (N, n_feature) in, (N, n_output) out."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.predict = torch.nn.Linear(n_hidden, n_output)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        x = self.predict(x)
        return x


def same_outputs(net, other):
    """Return whether two networks say exactly the same for 100 values of x."""
    x = torch.linspace(-1, 1, 100).unsqueeze(1)  # (100, 1)
    with torch.no_grad():
        return torch.equal(net(x), other(x))


def main(*, hidden=10):
    """Build one network in three ways and print when they say the same; return the three."""
    torch.manual_seed(1)
    net1 = Net(n_feature=1, n_hidden=hidden, n_output=1)
    net2 = torch.nn.Sequential(
        torch.nn.Linear(1, hidden),
        torch.nn.ReLU(),  # a layer without parameters; F.relu is a function, for forward()
        torch.nn.Linear(hidden, 1),
    )
    named = OrderedDict()
    named["hidden"] = torch.nn.Linear(1, hidden)
    named["relu"] = torch.nn.ReLU()
    named["predict"] = torch.nn.Linear(hidden, 1)
    net3 = torch.nn.Sequential(named)
    for net in (net1, net2, net3):
        count = sum(parameter.numel() for parameter in net.parameters())  # numel: how many numbers
        print(net, f"\n{count} parameters:", list(net.state_dict()), "\n")

    print("net2 says the same as net1 before:", same_outputs(net1, net2))
    with torch.no_grad():  # copying is not to be recorded
        for source, target in zip(net1.parameters(), net2.parameters()):
            target.copy_(source)  # an underscore at the end of a name: target itself is changed
    print("net2 says the same with net1's parameters:", same_outputs(net1, net2))
    net3.load_state_dict(net1.state_dict())
    print("net3 says the same with net1's state dict:", same_outputs(net1, net3))
    try:
        net2.load_state_dict(net1.state_dict())
    except RuntimeError as error:
        print("net2 refuses net1's state dict:", error)
    return net1, net2, net3


# Answers:
# 1. Yes, True. Layers take their first parameters from the random numbers: from the same seed, and
#    in the same order, net2 gets the same ones as net1.
# 2. No, False. = gives the name target to another tensor; net2 keeps its parameters. copy_() writes
#    the numbers into the tensor that net2 holds.
# 答案：
# 1. 相同，True。各层的初始参数取自随机数：种子相同、次序相同，net2 得到的参数就与 net1 一样。
# 2. 不同，False。= 只是让 target 这个名字指向另一个张量，net2 的参数没有变；copy_() 才把数写进 net2
#   的张量里。
# 说明：torch.nn.ReLU() 是没有参数的一层，放进 Sequential；F.relu 是函数，用在 forward() 里，结果相
#   同。名字末尾的下划线（copy_）表示直接改动这个张量；复制参数不必记入计算图，所以放在 no_grad 里。
#   numel() 是一个张量里数的个数。
# 对照：
# - 原文只有 net2 一段。它就是回归一节的网络，所以这里用那个类 net1 来比较；net3 和各行判断是补充。

# ---------- command line: skip this at a first reading ----------

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--hidden", type=int, help="hidden units (default: %(default)s)")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
