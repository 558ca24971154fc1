"""nn.Sequential: the network of 04 in five lines, without a class of its own.

Many networks are layers in a row, and then a list of them is enough. With the same parameters, the
class and the Sequential give the same outputs. The state dict holds all parameters by name: a class
names its layers, a Sequential numbers them, unless an OrderedDict brings names along.

Run:  python 06_sequential.py
Look: the same outputs only with the same parameters. net1 is the class, net2 the Sequential, net3
      has names: net3 takes net1's state dict, net2 refuses it, because its names differ.
Try:  python 06_sequential.py --tanh
          net2 with a Tanh instead of its ReLU takes the same parameters (an activation has none),
          but its outputs differ.
Do:   print a net4, too: net2 with a second hidden layer of the same size, and its ReLU. Right when
      it has the 141 parameters that you worked out on paper. (Solutions: tests/solutions)
"""

# 原文小节：快速搭建法
# 要点：各层依次相连的网络，用 nn.Sequential 几行就能搭好；参数相同时，与自定义类的输出完全相同。
#   state dict 按名字存放全部参数：自定义类给各层起名字，Sequential 用编号或 OrderedDict 里的名字。
# 看什么：net1 用类，net2 用 Sequential，net3 带名字。参数相同，输出才相同。名字对得上才能加载：net2
#   拒绝 net1 的 state dict，net3 接受。
# 试一试：--tanh，net2 的 ReLU 换成 Tanh，照样能复制参数（激活函数没有参数），但输出不同。
# 动手：再打印一个 net4：net2 多一个同样大小的隐藏层和 ReLU；参数有 141 个、与笔算一致就对了。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
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
    """Return whether two networks say the same, to the last bit, for 100 values of x."""
    x = torch.linspace(-1, 1, 100).unsqueeze(1)  # (100, 1)
    with torch.no_grad():
        return torch.equal(net(x), other(x))


def main(*, hidden=10, tanh=False):
    """Build one network in three ways and print when they say the same; return the three."""
    torch.manual_seed(1)
    net1 = Net(n_feature=1, n_hidden=hidden, n_output=1)
    net2 = torch.nn.Sequential(
        torch.nn.Linear(1, hidden),
        torch.nn.Tanh() if tanh else torch.nn.ReLU(),  # ReLU as a layer; F.relu: as a function
        torch.nn.Linear(hidden, 1),
    )
    named = OrderedDict()
    named["hidden"] = torch.nn.Linear(1, hidden)
    named["relu"] = torch.nn.ReLU()
    named["predict"] = torch.nn.Linear(hidden, 1)
    net3 = torch.nn.Sequential(named)
    for net in (net1, net2, net3):
        count = sum(parameter.numel() for parameter in net.parameters())
        print(net, f"\n{count} parameters:", list(net.state_dict()), "\n")

    print("net2 says the same as net1 before:", same_outputs(net1, net2))
    with torch.no_grad():  # copying is not to be recorded
        for source, target in zip(net1.parameters(), net2.parameters(), strict=True):
            target.copy_(source)  # an underscore at the end of a name: in place
    print("net2 says the same with net1's parameters:", same_outputs(net1, net2))
    net3.load_state_dict(net1.state_dict())
    print("net3 says the same with net1's state dict:", same_outputs(net1, net3))
    try:
        net2.load_state_dict(net1.state_dict())
    except RuntimeError as error:
        print("net2 refuses net1's state dict:", error)
    return net1, net2, net3


# 对照：
#   原文只有 net2 一段，它就是 04 回归的网络；net1 重复 04 的类，用来比较；net3 和比较是补充；隐层的
#   10 成了 --hidden。
#   ReLU() 是一层，写进 Sequential；F.relu 是函数，写在 forward 里，结果相同。名字末尾的下划线
#   （copy_）表示原地修改；复制参数放在 no_grad 里，因为它不该被记录。

# ---------- command line: skip this at a first reading ----------


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
    parser.add_argument("--hidden", type=between(1, 10_000), help="units (default: %(default)s)")
    parser.add_argument("--tanh", action="store_true", help="give net2 a Tanh instead of its ReLU")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
