"""nn.Sequential: the network of 04 as a list of three layers, without a class of its own.

Many networks are layers in a row, and then a list of them is enough. With the same parameters, the
class and the Sequential give the same outputs. A state dict holds all parameters by name: a class
names its layers, a Sequential numbers them, unless an OrderedDict brings names along.

Run:  python 06_sequential.py
Look: net2 is refused net1's state dict, for its names differ; net3 has the right ones.
Try:  1. In Net, write self.hidden = [torch.nn.Linear(n_feature, n_hidden)], a list, and further
         down self.hidden[0](x). How many numbers has net1 now?
      2. Write target = source instead of target.copy_(source). Does net2 say the same now?
Do:   in main(), print a net4, too: net2 with a second hidden layer of the same size, and its ReLU.
      About 15 minutes. Right when it prints two ReLUs, and the 141 numbers that you worked out
      on paper. (tests/solutions)
"""

# 原文小节：快速搭建法
# 要点：各层依次相连的网络，用 nn.Sequential 列出各层就行；参数相同，输出就与 04 的类相同。state
#   dict 按名字存放全部参数：类里的层用你起的名字，Sequential 用编号，或用 OrderedDict 给出的名字。
# 看什么：net2 不能加载 net1 的 state dict，因为名字对不上；net3 的名字对得上。
# 试一试：1. 在 Net 里把层放进列表：self.hidden = [torch.nn.Linear(…)]，下面用 self.hidden[0](x)，
#   net1 的参数还有几个？2. 把 target.copy_(source) 写成 target = source，net2 与 net1 输出相同吗？
# 动手：再建一个 net4 并打印：比 net2 多一个同样大小的隐藏层和 ReLU；共 141 个数，与笔算一致就对了。

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
        print(net, f"\n{count} numbers in these parameters:", list(net.state_dict()), "\n")

    print("net2 says the same as net1 before:", same_outputs(net1, net2))
    with torch.no_grad():  # copying is not to be recorded
        for source, target in zip(net1.parameters(), net2.parameters(), strict=True):
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
# 1. 11, those of predict: a Module finds the layers that are assigned to self, not those in a plain
#    list. They are missing from net.parameters(), so no optimizer trains them, and from the state
#    dict. Then the copying fails: predict meets net2's first layer. (A ModuleList is found.)
# 2. No, False. = gives the name target to another tensor; net2 keeps its parameters. copy_() writes
#    the numbers into the tensor that net2 holds.
# 答案：
# 1. 11 个，只有 predict 的：Module 只认直接赋给 self 的层，不认普通列表里的层；net.parameters() 和
#   state dict 里没有它们，优化器也就训练不到。随后的复制报错：predict 的权重对上 net2 的第一层，形
#   状不合。（Module 认得的列表是 torch.nn.ModuleList。）
# 2. 不同，False。= 只是让 target 这个名字指向另一个张量，net2 的参数没有变；copy_() 才把数写进 net2
#   的张量里。
# 说明：torch.nn.ReLU() 是没有参数的一层，放进 Sequential；F.relu 是函数，用在 forward() 里，结果相
#   同。名字末尾的下划线（copy_）表示直接改动这个张量；复制参数不必记入计算图，所以放在 no_grad 里。
#   numel() 返回张量里有多少个数。
# 对照：
# - 原文只有 net2 一段。它与回归一节的网络相同，所以这里用那一节的类建出 net1，来作比较；net3 和打印
#   True、False 的几行是补充。

# ---------- command line: skip this at a first reading ----------

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--hidden", type=int, help="hidden units (default: %(default)s)")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
