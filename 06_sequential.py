"""nn.Sequential: the network of the regression in five lines, with no class, and the very same outputs.

A list of layers that run one after the other is enough for many networks. Watch what the two styles share, the same
four tensors of parameters, and what sets them apart, the names: a class gives its layers names, a Sequential numbers
them, unless an OrderedDict brings names along. Names decide what a state dict fits.

Run:  python 06_sequential.py
Try:  python 06_sequential.py --hidden 1000
          3001 parameters instead of 31, in the same four tensors and the same printed lines.
      python 06_sequential.py --seed 5
          other numbers everywhere, yet the differences stay exactly 0.
"""

# 原文小节：快速搭建法
# 要点：结构简单、逐层串联的网络，用 nn.Sequential 几行就能搭好，效果与自定义类完全相同。自定义类的好处是每层有名字，
# forward 可以随意写；Sequential 的好处是简短，想要名字时可以传入 OrderedDict。

from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from collections import OrderedDict

import torch
import torch.nn.functional as F


class Net(torch.nn.Module):
    """Linear, ReLU, linear as a class: (N, n_feature) in, (N, n_output) out; forward() may hold any Python."""

    def __init__(self, n_feature, n_hidden, n_output):
        super().__init__()
        self.hidden = torch.nn.Linear(n_feature, n_hidden)
        self.predict = torch.nn.Linear(n_hidden, n_output)

    def forward(self, x):
        x = F.relu(self.hidden(x))
        return self.predict(x)


def numbered(n_hidden):
    """Return the 1-n_hidden-1 network as a Sequential: the layers' names are their numbers."""
    return torch.nn.Sequential(
        torch.nn.Linear(1, n_hidden),
        torch.nn.ReLU(),  # a layer of its own here, where the class calls the function F.relu
        torch.nn.Linear(n_hidden, 1),
    )


def named(n_hidden):
    """Return the same Sequential with the class's names for its layers."""
    return torch.nn.Sequential(
        OrderedDict(
            hidden=torch.nn.Linear(1, n_hidden),
            relu=torch.nn.ReLU(),
            predict=torch.nn.Linear(n_hidden, 1),
        )
    )


def copy_by_position(source, target):
    """Give target the parameters of source, pairing them in order: their names may differ, their shapes may not."""
    target.load_state_dict(dict(zip(target.state_dict(), source.state_dict().values(), strict=True)))


def refusal(source, target):
    """Return torch's reason for not loading the state dict of source into target, or "" once it is loaded."""
    try:
        target.load_state_dict(source.state_dict())
    except RuntimeError as error:
        return str(error).splitlines()[1].strip()
    return ""


def main(*, hidden=10, seed=1):
    """Build the three, copy the first one's parameters, compare; return (net1, net2, net3, outputs).

    The outputs are those of the three networks for 100 points in [-1, 1], three tensors of shape (100, 1).
    """
    torch.manual_seed(seed)
    net1, net2, net3 = Net(n_feature=1, n_hidden=hidden, n_output=1), numbered(hidden), named(hidden)
    for title, net in (("net1, a class", net1), ("net2, a Sequential", net2), ("net3, a named Sequential", net3)):
        print(f"{title}, {sum(p.numel() for p in net.parameters())} parameters: {', '.join(net.state_dict())}\n{net}\n")

    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)  # (100, 1)
    with torch.no_grad():
        print(
            f"largest difference to net1 with weights of their own   net2 {(net1(x) - net2(x)).abs().max():.4f}", end=""
        )
        print(f"   net3 {(net1(x) - net3(x)).abs().max():.4f}")
        print(f"net2 won't take net1's state dict: {refusal(net1, net2)}")
        copy_by_position(net1, net2)
        print(f"net3 takes it, the names fit:      {refusal(net1, net3) or 'no error'}")
        outputs = net1(x), net2(x), net3(x)
    differences = [(outputs[0] - out).abs().max().item() for out in outputs[1:]]
    print(
        f"largest difference to net1 with net1's parameters      net2 {differences[0]:.4f}   net3 {differences[1]:.4f}"
    )
    return net1, net2, net3, outputs


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, default=10, help="hidden units (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the first weights (1)")
    args = parser.parse_args()
    if not 0 < args.hidden < 1e6 or not 0 <= args.seed < 2**32:
        parser.error("--hidden must be above 0 and below a million, --seed from 0 to 4294967295")
    main(**vars(args))
