"""Batching: smaller batches make more steps in one pass over the data.

A batch is the group of examples that one step uses. A DataLoader deals all examples out, once in an
epoch, with shuffle=True in a new order each time. In batches of five, ten examples make two steps
in an epoch, not one, and each step needs less memory. The price: few examples give only a rough
gradient, and which ones is left to chance. That is the S in SGD: stochastic.

Run:  python 08_batching.py
Look: x + y is always 11: x and y stay together. In the last lines, compare the losses after step 2:
      much the same, but batches of five got there in one epoch, batches of ten in two.
Try:  python 08_batching.py --batch-size 8 --drop-last --no-shuffle
          the last 2 are left out, and without shuffling these are x = 9 and 10 in every epoch.
      python 08_batching.py --raw
          x stays 1 to 10, not normalised: large x, large gradients, and the loss explodes.
Do:   write a torch.utils.data.Dataset of your own, with __len__ and __getitem__, for torch_dataset
      in deal(). Right when all that is printed stays as it was. (Solutions: tests/solutions)
"""

# 原文小节：批数据训练
# 要点：批次（batch）是一步所用的一组样本。DataLoader 把样本分批，每个恰好一次，shuffle=True 时每个
#   epoch 重新打乱。五个一批，一个 epoch 走两步，每步也省内存；代价是梯度噪声更大（SGD 的 S）。
# 看什么：x + y 总是 11，x 与 y 始终配对。第 2 步后损失相近：五个一批练一遍，十个一批两遍。
# 试一试：--batch-size 8 --drop-last --no-shuffle，丢掉最后 2 个，总是 x = 9 和 10。--raw，x 是从 1
#   到 10 的原值，不归一化，用这个学习率，损失会暴涨。
# 动手：自己写一个含 __len__ 和 __getitem__ 的 Dataset 类，用作 torch_dataset；输出不变就对了。

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import torch

# 原文：import torch.utils.data as Data，再写 Data.DataLoader；直接导入要用的名字更常见
from torch.utils.data import DataLoader, TensorDataset


def deal(x, y, *, batch_size, epochs, shuffle, drop_last):
    """Print the batches of each epoch, and which of the ten were left out."""
    torch_dataset = TensorDataset(x, y)  # pairs: torch_dataset[i] is (x[i], y[i])
    loader = DataLoader(
        dataset=torch_dataset,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,
        # num_workers=2 would prepare batches in two more processes; where these start afresh, as
        # on Windows and macOS, the script then needs `if __name__ == "__main__":`, as below
    )
    for epoch in range(epochs):
        left_out = set(x.tolist())
        for step, (batch_x, batch_y) in enumerate(loader):
            x_text, y_text = batch_x.numpy(), batch_y.numpy()
            print(f"Epoch: {epoch} | Step: {step} | batch x: {x_text} | batch y: {y_text}")
            left_out -= set(batch_x.tolist())
        print(f"Epoch: {epoch} | left out: x = {sorted(left_out)}")


def train(x, y, *, batch_size, epochs, raw):
    """Let a Linear learn y = 11 - x in shuffled batches, with a smaller last one; print losses."""
    if not raw:
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
        print(f"batches of {batch_size:2d}, after step {step}: loss on all ten {loss.item():.4g}")


def main(*, batch_size=5, epochs=3, shuffle=True, drop_last=False, raw=False, seed=1):
    """Deal ten pairs out in batches; then learn from batches of ten and of batch_size."""
    torch.manual_seed(seed)
    x = torch.linspace(1, 10, 10)
    y = torch.linspace(10, 1, 10)
    deal(x, y, batch_size=batch_size, epochs=epochs, shuffle=shuffle, drop_last=drop_last)
    for size in (10, batch_size):
        torch.manual_seed(seed)  # the same start for both
        train(x, y, batch_size=size, epochs=epochs, raw=raw)


# 对照：
#   deal() 的顺序和打印的各项同原文；BATCH_SIZE 和 epoch 数成了 main 的默认值，种子是新加的，每个
#   epoch 之后多一行，检查有没有漏掉的样本。train() 是补充：04 的五行放进对批次的循环。SGD 的 S 即
#   stochastic（随机）：每一步用哪些样本由随机决定。归一化：减去均值、除以标准差，使 x 的均值为 0、
#   标准差为 1，学习率才好选。
#   num_workers=2 让另外两个进程准备批次；在 Windows 和 macOS 上（Python 3.14 起 Linux 也是），
#   新进程会重新导入脚本，所以运行的代码要放在 if __name__ == "__main__": 里。

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
    parser.add_argument("--batch-size", type=between(1, 1000), help="default: %(default)s")
    parser.add_argument("--epochs", type=between(1, 1000), help="default: %(default)s")
    parser.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="deal in order")
    parser.add_argument("--drop-last", action="store_true", help="deal no smaller last batch")
    parser.add_argument("--raw", action="store_true", help="learn from x from 1 to 10 as it is")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
