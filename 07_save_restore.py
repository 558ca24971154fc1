"""Save and restore: a trained network comes back from its file in two ways, and can learn further.

torch.save() writes the whole network (net.pt) or only its state dict (net_params.pt). The second
way is preferred: a state dict holds tensors only, to fill a network built by your own code. net.pt
also names the network's classes: delete or move one, and it won't load. Either file could be forged
to run code on loading; weights_only=True refuses that. To continue training later, checkpoint.pt
keeps the optimizer's state, too. The script overwrites these three files in the current folder.

Run:  python 07_save_restore.py
Look: three times True: each restored network has net1's parameters.
Try:  python 07_save_restore.py --forget
          net4 continues without the optimizer's state and ends elsewhere: False.
Do:   give build() a Tanh instead of its ReLU. Right when it says True three times again:
      restore_net() needs a change, too. (Solutions: tests/solutions)
"""

# 原文小节：保存提取
# 要点：torch.save() 可以保存整个网络（net.pt），也可以只保存 state dict（net_params.pt）。推荐
#   后者：其中只有张量，先用自己的代码新建网络再填进去。整个网络的文件里还有类的名字，类被删掉或挪动
#   后就无法加载。两种文件都可能被人藏入代码，weights_only=True 会拒绝。中断后接着训练，要用检查点
#   （checkpoint.pt），把优化器的状态也存下来。
# 看什么：三个 True：恢复的网络与 net1 的参数完全相同。脚本会覆盖当前文件夹里的这三个 .pt 文件。
# 试一试：--forget，不恢复优化器的状态，接着训练的 net4 就与 net1 不同了（False）。
# 动手：把 build() 里的 ReLU 换成 Tanh；又是三个 True 就对了：restore_net() 也要改。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch


def make_data():
    """Return x and y = x^2 + noise, both (100, 1); the noise is uniform from 0 to 0.2."""
    x = torch.linspace(-1, 1, 100).unsqueeze(1)
    y = x.pow(2) + 0.2 * torch.rand(x.shape)
    return x, y


def build():
    """Return a new network with random parameters: (N, 1) in, (N, 1) out."""
    return torch.nn.Sequential(torch.nn.Linear(1, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1))


def train(net, optimizer, x, y, *, epochs):
    """Train the net, see 04."""
    loss_func = torch.nn.MSELoss()
    for epoch in range(epochs):
        prediction = net(x)
        loss = loss_func(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def train_and_save(x, y, *, epochs, lr):
    """Train net1, with a checkpoint halfway, write its two files at the end; return it."""
    net1 = build()
    # momentum: half of the last step is added to each (09), so the last step is a state to save
    optimizer = torch.optim.SGD(net1.parameters(), lr=lr, momentum=0.5)
    train(net1, optimizer, x, y, epochs=epochs // 2)
    torch.save({"net": net1.state_dict(), "optimizer": optimizer.state_dict()}, "checkpoint.pt")
    train(net1, optimizer, x, y, epochs=epochs - epochs // 2)
    # 原文：net.pkl、net_params.pkl；今天习惯用 .pt，1.6 起文件是 zip 格式，不再是单纯的 pickle
    torch.save(net1, "net.pt")
    torch.save(net1.state_dict(), "net_params.pt")
    return net1


def restore_net():
    """Return net2, the whole network in net.pt."""
    # weights_only=True lets in plain data and the classes listed; add your own. eval(): see below
    # 原文：torch.load('net.pkl')；2.6 起默认 weights_only=True，这样写会报错：须先逐个放行所用的类
    with torch.serialization.safe_globals([torch.nn.Sequential, torch.nn.Linear, torch.nn.ReLU]):
        return torch.load("net.pt", weights_only=True).eval()


def restore_params():
    """Return net3, a new network filled with the parameters in net_params.pt."""
    net3 = build()
    # Saved on a GPU, loaded without one? torch.load(…, map_location="cpu")
    net3.load_state_dict(torch.load("net_params.pt", weights_only=True))
    return net3.eval()  # for use: some layers, as Dropout, differ in training; none here


def restore_and_train_on(x, y, *, epochs, lr, forget):
    """Return net4, which goes on where the checkpoint was made, in the middle."""
    net4 = build()
    optimizer = torch.optim.SGD(net4.parameters(), lr=lr, momentum=0.5)
    checkpoint = torch.load("checkpoint.pt", weights_only=True)
    net4.load_state_dict(checkpoint["net"])
    if not forget:
        optimizer.load_state_dict(checkpoint["optimizer"])
    train(net4, optimizer, x, y, epochs=epochs - epochs // 2)
    return net4


def same_parameters(net, other):
    """Return whether two networks have the same parameters, to the last bit."""
    return all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))


def main(*, epochs=100, lr=0.5, forget=False, seed=2, save=False):
    """Train, save, restore in three ways and compare; return the four networks."""
    torch.manual_seed(seed)
    x, y = make_data()
    net1 = train_and_save(x, y, epochs=epochs, lr=lr)
    with torch.no_grad():
        loss = torch.nn.MSELoss()(net1(x), y)
    print(f"net1 after {epochs} steps: loss {loss.item():.4f}")
    net2 = restore_net()
    net3 = restore_params()
    net4 = restore_and_train_on(x, y, epochs=epochs, lr=lr, forget=forget)
    print("net2, from net.pt, equals net1:", same_parameters(net1, net2))
    print("net3, from net_params.pt, equals net1:", same_parameters(net1, net3))
    print("net4, from checkpoint.pt and trained on, equals net1:", same_parameters(net1, net4))
    show(draw(x, y, net2, net3), save=save)
    return net1, net2, net3, net4


# 对照：
#   先训练并保存，再用两种方法加载，顺序同原文；save() 改名 train_and_save()，因为 save 已是选项；
#   两处相同的网络写成一个 build()。原文说提取整个网络 may slow（可能较慢）；更要紧的区别是上面说的
#   类名。
#   原文 Net1 一格画的是最后一步更新之前的 prediction，比存下的网络旧一步；这里重新求预测值。函数里
#   不再画图；原文的三格图去掉 Net1，余两格，每格写着文件里有什么。代码同样源自莫烦的教程。
#   补充：检查点和 net4。为了让优化器有状态可存，SGD 加了 momentum=0.5（见 09），原文没有。
#   eval()：使用前调用，因为 dropout、batch norm 在训练时行为不同；这里没有这些层，只是习惯。在 GPU
#   上保存、在没有 GPU 的机器上加载，用 map_location="cpu"。
#   注释掉的种子这里启用，取 2：学习率 0.5 偏大，用种子 1，ReLU 会全部失效。

# ---------- picture and command line: skip this at a first reading ----------


def draw(x, y, net2, net3):
    """Draw what comes back from either file, and what the file holds; return the figure."""
    figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), dpi=130, layout="constrained", sharey=True)
    figure.suptitle("Both bring back the curve, net.pt the layers, too", weight="bold")
    layers = [type(layer).__name__ for layer in net2]
    names = [f"{name} {tuple(value.shape)}" for name, value in net3.state_dict().items()]
    axes[0].set(title="net2, from net.pt", xlabel="x", ylabel="y", ylim=(-0.1, 1.9))
    axes[1].set(title="net3, from net_params.pt", xlabel="x")
    for ax, net, holds in zip(axes, (net2, net3), (layers, names)):
        with torch.no_grad():
            prediction = net(x)
        ax.scatter(x, y, s=9)
        ax.plot(x, prediction, color="chocolate", linewidth=4)
        ax.text(0, 1.5, "\n".join(holds), ha="center", va="center", size=10)
    return figure


def show(figure, *, save):
    """Open a window; to save, or where none can open, write 07_save_restore.png.

    Notebooks and IDEs are then asked to show it, too: any backend but agg.
    """
    if save or not figure.canvas.required_interactive_framework:
        try:
            figure.savefig("07_save_restore.png")
        except OSError as error:
            sys.exit(f"can't write 07_save_restore.png, try it in another folder: {error}")
        print("picture: 07_save_restore.png")
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
    parser.add_argument("--lr", type=between(0, 1, float), help="rate (default: %(default)s)")
    parser.add_argument("--forget", action="store_true", help="don't restore the optimizer")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .png, open no window")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
