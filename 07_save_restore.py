"""Save and restore: a trained network comes back from its file bit for bit, in two ways.

torch.save() writes the whole network (net.pt) or only its state dict, the parameters by name
(net_params.pt). The second way is preferred. The whole-network file stores the names of its
classes, so it can't be loaded where a class is gone or has moved; a state dict holds tensors only,
and you fill a network built anew from your own code. Look at the two True: each restored network
has net1's parameters, bit for bit.

Run:  python 07_save_restore.py
Try:  python 07_save_restore.py --epochs 1
          one step of this length mostly makes net1 worse, and it comes back just as exactly.
      python 07_save_restore.py --lr 2
          the steps are too long, parameters overflow to nan, and net1 has no curve to draw. Both
          files give back even the nan, bit for bit.
"""

# 原文小节：保存提取
# 要点：保存与加载有两种办法：torch.save() 可以保存整个网络（net.pt），也可以只保存 state dict，即
#   按名字存放的参数（net_params.pt）。推荐后者：整个网络的文件里存的是类的名字，类被删掉或挪动之后
#   就加载不了；state dict 里只有张量，先用自己的代码新建网络，再把参数填进去。
# 看什么：输出的两个 True：恢复的网络与 net1 的参数逐比特一致。图中第三格的灰色虚线是一个刚建好的
#   网络，参数是随机的；橙色的线是填入参数之后的 net3。
# 试一试：--epochs 1：这么长的步子只走一步，多半比不训练还差，恢复同样精确。
#   --lr 2：步子太大，参数溢出成 nan，net1 没有曲线可画；两个文件连 nan 也逐比特恢复。
# 对照：先训练并保存，再用两种方法加载，顺序同原文；函数不再画图，三格图在横线以下画，标题、大小、
#   颜色不同。save() 改名 train_and_save()，因为 save 已是命令行选项。两处相同的网络写成一个
#   build()；eval() 是补充。注释掉的种子这里启用，取 2：学习率 0.5 偏大，种子 1 的 ReLU 会全部失效，
#   只剩一条平线。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F


def make_data():
    """Return x and y = x^2 + noise, both (100, 1); the noise is uniform from 0 to 0.2."""
    x = torch.unsqueeze(torch.linspace(-1, 1, 100), dim=1)
    y = x.pow(2) + 0.2 * torch.rand(x.size())
    return x, y


def build():
    """Return a new network with random parameters: (N, 1) in, (N, 1) out."""
    return torch.nn.Sequential(
        torch.nn.Linear(1, 10),
        torch.nn.ReLU(),
        torch.nn.Linear(10, 1),
    )


def train_and_save(x, y, *, epochs, lr):
    """Train net1, write it to net.pt and its state dict to net_params.pt; return it."""
    net1 = build()
    optimizer = torch.optim.SGD(net1.parameters(), lr=lr)
    loss_func = torch.nn.MSELoss()
    for epoch in range(epochs):
        prediction = net1(x)
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    # 原文：net.pkl、net_params.pkl；今天习惯用 .pt，1.6 起文件是 zip 格式，不再是单纯的 pickle
    torch.save(net1, "net.pt")
    torch.save(net1.state_dict(), "net_params.pt")
    # A checkpoint to go on training from holds more: torch.save({"net": net1.state_dict(),
    # "optimizer": optimizer.state_dict(), "epoch": epoch}, "checkpoint.pt")
    return net1


def restore_net():
    """Return net2, the whole network in net.pt."""
    # 原文：torch.load('net.pkl')；2.6 起默认 weights_only=True，这样写会报错：pickle 文件可以夹带
    # 任意代码，所以除张量、数、列表等之外，要逐个许可类名。原文的注释说可能较慢，那不是主要区别
    # load nothing but tensors and these three classes
    with torch.serialization.safe_globals([torch.nn.Sequential, torch.nn.Linear, torch.nn.ReLU]):
        return torch.load("net.pt", weights_only=True).eval()


def restore_params():
    """Return net3, a new network filled with the parameters in net_params.pt."""
    net3 = build()
    # Saved on a GPU, loaded without one? torch.load(…, map_location="cpu")
    net3.load_state_dict(torch.load("net_params.pt", weights_only=True))
    return net3.eval()  # a habit before use; it matters for some layers (10), none of them here


def same_bits(net, other):
    """Return whether two networks have the same parameters; as bytes, for nan never equals nan."""
    pairs = zip(net.parameters(), other.parameters(), strict=True)
    return all(a.detach().numpy().tobytes() == b.detach().numpy().tobytes() for a, b in pairs)


def main(*, epochs=100, lr=0.5, seed=2, save=False):
    """Train, save, restore twice, compare and draw; return net1, net2 and net3."""
    torch.manual_seed(seed)
    x, y = make_data()
    net1 = train_and_save(x, y, epochs=epochs, lr=lr)
    net2 = restore_net()
    net3 = restore_params()
    # 原文：画的是最后一步更新之前的 prediction，比存下的网络旧一步；这里三个网络都重新预测
    print(f"net1 after {epochs} steps: loss {F.mse_loss(net1(x), y):.4f}")
    print("net2, from net.pt, equals net1 bit for bit:", same_bits(net1, net2))
    print("net3, from net_params.pt, equals net1 bit for bit:", same_bits(net1, net3))
    show(draw(x, y, net1, net2, net3), save=save)
    return net1, net2, net3


# ---------- picture and command line: skip this at a first reading ----------


def draw(x, y, net1, net2, net3):
    """Draw the three networks' curves over the data; return the figure."""
    figure, axes = plt.subplots(1, 3, figsize=(7, 3.1), dpi=130, layout="constrained", sharey=True)
    how = "bit for bit" if same_bits(net1, net2) and same_bits(net1, net3) else "changed"
    figure.suptitle(f"net1 comes back from its files {how}", weight="bold")
    axes[0].set(title="net1: trained,\nthen saved twice", xlabel="x", ylabel="y")
    axes[1].set(title="net2: layers and\nparameters from net.pt", xlabel="x")
    axes[2].set(title="net3: from net_params.pt\n(gray: a net not filled)", xlabel="x")
    for ax, net in zip(axes, (net1, net2, net3)):
        ax.scatter(x, y, s=9)
        ax.plot(x, net(x).detach(), color="chocolate", linewidth=4)
    axes[2].plot(x, build()(x).detach(), "--", color="gray")
    return figure


def show(figure, *, save):
    """Open a window; to save, or without a display, write 07_save_restore.png. Raises OSError."""
    if save or plt.get_backend().lower() == "agg":
        figure.savefig("07_save_restore.png")
        print("picture: 07_save_restore.png")
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
    parser.add_argument("--epochs", type=between(1, 10_000), help="default: %(default)s")
    parser.add_argument("--lr", type=between(0, 1e6, float), help="rate (default: %(default)s)")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .png, open no window")
    try:
        main(**vars(parser.parse_args()))
    except (OSError, RuntimeError) as error:
        sys.exit(f"can't write or read net.pt, net_params.pt or the picture: {error}")
