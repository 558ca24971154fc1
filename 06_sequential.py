"""nn.Sequential: the network of 04 in five lines, with no class, and with the very same outputs.

Many networks are layers in a row, and then a list of them is enough. Both ways make four tensors of
parameters, of the same shapes. Their names differ: a class names its layers, a Sequential numbers
them, unless an OrderedDict brings names along. The state dict is the dict of all parameters by name
(for some layers it holds a little more). Look at which network takes net1's, and when the outputs
are equal.

Run:  python 06_sequential.py
Try:  python 06_sequential.py --hidden 1000
          3 * 1000 + 1 parameters instead of 3 * 10 + 1, in four tensors with the same names.
      python 06_sequential.py --seed 5
          other random weights, the same four answers: False, refused, True, True.
"""

# 原文小节：快速搭建法
# 要点：各层依次相连的网络，用 nn.Sequential 几行就能搭好；参数相同时，输出完全相同。两种写法的参数
#   都是四个张量，只是名字不同：自定义类给每层起名字，Sequential 用编号当名字，传入 OrderedDict 就
#   能自己起名。state dict 是按名字存放全部参数的字典，名字和形状都对得上才能加载。
# 看什么：三个网络的 state dict 里的名字；net2 拒绝 net1 的 state dict，只好按顺序逐个复制参数，
#   net3 则接受。参数相同之后，输出用 torch.equal 比较，每个数都相等。
# 试一试：--hidden 1000：参数从 3 * 10 + 1 个变成 3 * 1000 + 1 个，仍是同名的四个张量。
#   --seed 5：随机权重不同，四个答案仍然是 False、拒绝、True、True。
# 对照：原文只有 net2 一段，它就是 04 回归的网络；net1 重复 04 的类，用来比较，net3 是补充。

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections import OrderedDict

import torch
import torch.nn.functional as F


# 原文：这一节没有类；这里重复 04 的 Net，好与 net2 比较
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


def main(*, hidden=10, seed=1):
    """Build three networks, give all the same parameters, compare; return the three."""
    torch.manual_seed(seed)
    net1 = Net(n_feature=1, n_hidden=hidden, n_output=1)
    # 原文：Linear(1, 10)、Linear(10, 1)；10 成了 --hidden
    net2 = torch.nn.Sequential(
        torch.nn.Linear(1, hidden),
        torch.nn.ReLU(),  # a layer here; the class calls the function F.relu instead
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

    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)  # (100, 1)
    print("net2 equals net1 with its own random weights:", torch.equal(net1(x), net2(x)))
    try:
        net2.load_state_dict(net1.state_dict())
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip()  # the line that names the keys
        print("net2 refuses net1's state dict:", reason)
    with torch.no_grad():  # so copy the parameters one by one, in order
        for source, target in zip(net1.parameters(), net2.parameters(), strict=True):
            target.copy_(source)
    print("net2 equals net1 with net1's parameters:", torch.equal(net1(x), net2(x)))
    net3.load_state_dict(net1.state_dict())
    print("net3 takes net1's state dict and equals net1:", torch.equal(net1(x), net3(x)))
    return net1, net2, net3


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
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    main(**vars(parser.parse_args()))
