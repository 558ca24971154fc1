"""Batching: smaller batches make more steps in one pass over the data.

A batch is the group of examples that one step uses. A DataLoader deals all examples out, once in an
epoch, and with shuffle=True in a new order each time. In batches of five, ten examples make two
steps in an epoch, not one, and a step needs less memory. The price: a few examples give only a
rough gradient, and which ones is left to chance: SGD is short for stochastic gradient descent.

Run:  python 08_batching.py
Look: x + y is always 11: each y stays with its x. Below, two steps take one epoch, or two.
Try:  1. python 08_batching.py --batch-size 1
         Steps by a single example: is the last loss larger or smaller than with batches of five?
      2. In train(), delete the line that normalises x. What does the loss do?
Do:   for torch_dataset in deal(), write a class of your own, from torch.utils.data.Dataset, with
      __len__() and __getitem__(i), which returns x[i], y[i]. 30 minutes. Right when all stays.
"""

# 原文小节：批数据训练
# 要点：批次（batch）是一步所用的一组样本。DataLoader 每个 epoch 把每个样本取出一次，shuffle=True 时
#   每次重新打乱。十个样本五个一批，一个 epoch 走两步，每步也省内存；代价是梯度粗略、带有随机性。
# 看什么：x + y 总是 11，x 与 y 始终配对。最后六行：同样两步，五个一批要一个 epoch，十个要两个。
# 试一试：1. --batch-size 1，每步只看一个样本，最后的损失比五个一批时大还是小？2. 在 train() 里删去
#   标准化 x 的那行，损失会怎样？
# 动手：用自己写的 Dataset 子类代替 deal() 里的 torch_dataset（要写的方法见上）；输出不变就对了。

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

import torch
from torch.utils.data import DataLoader, TensorDataset


def deal(x, y, *, batch_size, epochs, shuffle, drop_last):
    """Print the batches of each epoch, and which x were left out."""
    torch_dataset = TensorDataset(x, y)  # pairs: torch_dataset[i] is (x[i], y[i])
    loader = DataLoader(
        dataset=torch_dataset,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,  # leaves out a last batch that is smaller than the others
    )
    for epoch in range(epochs):
        left_out = set(x.tolist())
        for step, (batch_x, batch_y) in enumerate(loader):
            x_text, y_text = batch_x.numpy(), batch_y.numpy()
            print(f"Epoch: {epoch} | Step: {step} | batch x: {x_text} | batch y: {y_text}")
            left_out -= set(batch_x.tolist())
        print(f"Epoch: {epoch} | left out: x = {sorted(left_out)}")


def train(x, y, *, batch_size, epochs):
    """Let a Linear learn y from x in shuffled batches; print its loss after each epoch."""
    x = (x - x.mean()) / x.std()  # normalised: mean 0, standard deviation 1
    x, y = x.unsqueeze(1), y.unsqueeze(1)  # (10,) -> (10, 1)
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    net = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    loss_func = torch.nn.MSELoss()
    for epoch in range(epochs):
        for batch_x, batch_y in loader:
            prediction = net(batch_x)
            loss = loss_func(prediction, batch_y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            loss = loss_func(net(x), y)
        step = (epoch + 1) * len(loader)  # len(loader): the batches in an epoch
        print(f"batches of {batch_size:2d}, after step {step:2d}: loss on all {loss.item():.4g}")


def main(*, batch_size=5, epochs=3, shuffle=True, drop_last=False, seed=1):
    """Deal ten pairs out in batches; then learn from batches of ten and of batch_size."""
    torch.manual_seed(seed)
    x = torch.linspace(1, 10, 10)
    y = torch.linspace(10, 1, 10)
    deal(x, y, batch_size=batch_size, epochs=epochs, shuffle=shuffle, drop_last=drop_last)
    for size in (10, batch_size):
        torch.manual_seed(seed)  # the same start for both
        train(x, y, batch_size=size, epochs=epochs)


# Answers:
# 1. Much smaller: in three epochs it has taken 30 steps, not 6. Rough gradients do no harm here,
#    since all the points lie on one line. With noise in y, the loss would stay restless at the end.
# 2. It explodes. The gradient of the weight is made of error times x. With x up to 10, not 1.5, a
#    step of the same rate goes far past the best place, and the next one even farther.
# 答案：
# 1. 小得多：三个 epoch 走了 30 步，而不是 6 步。这里所有的点都在一条直线上，粗略的梯度没有坏处；y
#   里若有噪声，损失到最后也会不停地跳动。
# 2. 损失暴涨。权重的梯度由误差乘以 x 而来。不做标准化，x 最大是 10，而不是 1.5，梯度就大得多，同样
#   的学习率，一步就远远越过最好的位置，下一步越得更远。
# 说明：SGD 里的 S（stochastic）就是“随机”。torch_dataset[i] 就是 (x[i], y[i])。标准化是减去均值，再
#   除以标准差，使 x 的均值为 0、标准差为 1。len(loader) 是一个 epoch 的批数。drop_last=True 会丢掉
#   最后不足一批的样本。
# 对照：
# - 原文只是一批批取出数据，没有训练；left out 一行和 train() 是补充，train() 对每个批次执行 04 的那
#   五行。
# - 今天多不写 import torch.utils.data as Data，而是直接导入 DataLoader、TensorDataset。

# ---------- command line: skip this at a first reading ----------

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--batch-size", type=int, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, help="default: %(default)s")
    parser.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="deal in order")
    parser.add_argument("--drop-last", action="store_true", help="deal no smaller last batch")
    parser.add_argument("--seed", type=int, help="for the random numbers (default: %(default)s)")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    args = parser.parse_args([] if notebook else None)
    if args.epochs < 1:
        parser.error("--epochs must be at least 1")
    main(**vars(args))
