"""Save and restore: a trained network comes back from its file in two ways, and can learn further.

torch.save() writes the whole network (net.pt) or only its state dict (net_params.pt). The second is
usual: it holds only tensors, and your own code builds the network. net.pt won't load where one of
its classes is gone. All these files are pickles, lists of instructions for building objects: a
forged one could run any code, which weights_only=True refuses. checkpoint.pt lets training go on.

Run:  python 07_save_restore.py      (it overwrites these three files in the current folder)
Look: three times True: each restored network has net1's parameters.
Try:  1. Delete the line optimizer.load_state_dict(...). Which True becomes False?
      2. python 07_save_restore.py --seed 1
         What does the curve look like? Is it still three times True?
Do:   give build() a Tanh instead of its ReLU. About 10 minutes. Right when it says True three times
      again, still with weights_only=True; restore_net() changes, too. (tests/solutions)
"""

# 原文小节：保存提取
# 要点：torch.save() 保存整个网络（net.pt），或只保存 state dict（net_params.pt）；通常用后者：里面
#   只有张量，由自己的代码建好网络再填入。检查点 checkpoint.pt 里还存有接着训练所需的状态。
# 看什么：三个 True：恢复的网络与 net1 的参数完全相同。脚本会覆盖当前文件夹里的这三个文件。
# 试一试：1. 删去 optimizer.load_state_dict(...)，哪个 True 会变？2. --seed 1，曲线成什么样？还有三
#   个 True 吗？
# 动手：把 build() 的 ReLU 换成 Tanh，restore_net() 也要改；weights_only=True 不变，得到三个 True。

import pathlib
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

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
    """Train net1, with a checkpoint halfway; write its two files at the end; return it."""
    net1 = build()
    # momentum: half of the last step is added to each one (09); that step is a state to keep
    optimizer = torch.optim.SGD(net1.parameters(), lr=lr, momentum=0.5)
    epoch = epochs // 2
    train(net1, optimizer, x, y, epochs=epoch)
    state = {"epoch": epoch, "net": net1.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state, "checkpoint.pt")
    train(net1, optimizer, x, y, epochs=epochs - epoch)
    torch.save(net1, "net.pt")
    torch.save(net1.state_dict(), "net_params.pt")
    return net1


def restore_net():
    """Return net2, the whole network in net.pt."""
    # weights_only=True builds tensors; of classes only those listed here, torch's layers or yours
    # 原文：torch.load('net.pkl')；2.6 起默认 weights_only=True，这样写会报错：要先列出放行的类
    with torch.serialization.safe_globals([torch.nn.Sequential, torch.nn.Linear, torch.nn.ReLU]):
        return torch.load("net.pt", weights_only=True)


def restore_params():
    """Return net3, a new network filled with the parameters in net_params.pt."""
    net3 = build()
    # Saved on a GPU, loaded without one? torch.load(…, map_location="cpu")
    net3.load_state_dict(torch.load("net_params.pt", weights_only=True))
    return net3


def restore_and_train_on(x, y, *, epochs, lr):
    """Return net4, which goes on from the epoch in checkpoint.pt."""
    net4 = build()
    optimizer = torch.optim.SGD(net4.parameters(), lr=lr, momentum=0.5)
    state = torch.load("checkpoint.pt", weights_only=True)
    net4.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
    train(net4, optimizer, x, y, epochs=epochs - state["epoch"])
    return net4


def same_parameters(net, other):
    """Return whether two networks have exactly the same parameters; a nan is the same as a nan."""
    pairs = zip(net.parameters(), other.parameters(), strict=True)
    return all(torch.allclose(a, b, rtol=0, atol=0, equal_nan=True) for a, b in pairs)


def main(*, epochs=100, lr=0.5, seed=2, save=False):
    """Train, save, restore in three ways and compare; return the four networks."""
    for name in ("net.pt", "net_params.pt", "checkpoint.pt"):
        pathlib.Path(name).write_bytes(b"")  # nothing of the last run can pass for a new file
    torch.manual_seed(seed)
    x, y = make_data()
    net1 = train_and_save(x, y, epochs=epochs, lr=lr)
    net2 = restore_net()
    net3 = restore_params()
    net4 = restore_and_train_on(x, y, epochs=epochs, lr=lr)
    print("net2, from net.pt, equals net1:", same_parameters(net1, net2))
    print("net3, from net_params.pt, equals net1:", same_parameters(net1, net3))
    print("net4, from checkpoint.pt and trained on, equals net1:", same_parameters(net1, net4))
    show(draw(x, y, net2, net3), save=save)
    return net1, net2, net3, net4


# Answers:
# 1. The third. SGD adds half of its last step to each one. Without its state net4 begins at rest,
#    takes another way, and ends elsewhere.
# 2. A flat line: none of the ten ReLUs is left. A rate of 0.5 is large: a step can push a ReLU so
#    far that it gives 0 for every x, and where its slope is 0 it stays for good (03). Four of the
#    seeds 1 to 15 end with eight ReLUs or more that give 0 for every x (some do so from the start),
#    three without the momentum. And still three times True: a file keeps a bad network, too.
# 答案：
# 1. 第三个。这里的 SGD 带动量，每走一步，都再加上前一步的一半；没有恢复这个状态，net4 就从静止开
#   始，走了另一条路，结果不同。
# 2. 一条水平线：十个 ReLU 全部失效。学习率 0.5 偏大，一步可能把 ReLU 推得太远，使它对每个 x 都输出
#   0；它的斜率也就是 0，再也恢复不了（见 03）。种子取 1 到 15，有四次最后至少八个 ReLU 失效（有的一
#   开始就如此）；去掉动量，也有三次。仍是三个 True：不论网络好坏，文件都如实保存。
# 说明：这些文件都是 pickle，里面是重建对象的指令：若有人植入恶意代码，加载时就会运行；用
#   weights_only=True，torch 会拒绝它，只放行张量等少数类型，别的类要先列出。net.pt 还写着网络的类
#   名：类被删掉或挪动，就无法加载。在 GPU 上保存、到没有 GPU 的机器上加载，用 map_location="cpu"。
#   开头先清空三个文件，免得把上次运行的结果当成这次的。
# 对照：
# - net.pkl 今天习惯叫 net.pt；1.6 起它是 zip 文件，pickle 在里面。torch.load('net_params.pkl') 今天
#   仍可照原样写。
# - “restore entire net (may slow)”：慢是其次，要紧的是它依赖类名，加载时还要放行这些类。恶意代码则
#   两种文件都可能夹带，靠 weights_only=True 拒绝。
# - 原文 Net1 一格画的是最后一次更新之前的 prediction，比存下的网络旧一步；这里只画恢复的两个网络。
# - 原文的 SGD 没有状态要存；这里加上 momentum=0.5（见 09），才看得出为什么要存优化器。练到一半存的
#   检查点和 net4 是补充。

# ---------- picture and command line: skip this at a first reading ----------


def draw(x, y, net2, net3):
    """Draw the curve that each file brings back, and what it holds; return the figure."""
    figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), dpi=130, layout="constrained", sharey=True)
    figure.suptitle("Two files, what they hold, and the curves that they bring back", weight="bold")
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
    """Write the picture to 07_save_restore.png, and show it."""
    figure.savefig("07_save_restore.png")
    print("picture: 07_save_restore.png")
    if not save and plt.get_backend().lower() != "agg":
        plt.show()


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--epochs", type=int, help="steps (default: %(default)s)")
    parser.add_argument("--lr", type=float, help="learning rate (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="for the random numbers (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help="only write the picture")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
