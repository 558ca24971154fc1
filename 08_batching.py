"""Batching: a DataLoader deals out ten pairs in batches of five, every pair once in each epoch.

A batch is the group of examples that one training step uses: a step on five pairs is cheaper than
one on all ten. Shuffling puts other pairs together in every epoch. Look at the pairs: x + y is
always 11, so x and y stay together. And look at the last batch when ten can't be divided evenly,
as in the first Try.

Run:  python 08_batching.py
Try:  python 08_batching.py --batch-size 8
          a batch of 8 and a last one of 2, in each epoch.
      python 08_batching.py --batch-size 8 --drop-last --no-shuffle
          the last 2 are left out, and without shuffling they are x = 9 and 10 in every epoch: a
          network would never see them.
"""

# 原文小节：批数据训练
# 要点：分批训练：DataLoader 把数据分成若干批次（batch），每一步只用一个批次，计算量比用全部数据小。
#   每个 epoch 重新打乱，每个样本恰好出现一次。样本数不能被批大小整除时，最后一个批次会小一些；
#   drop_last=True 则丢掉它。
# 看什么：x + y 总是 11，说明 x 与 y 始终配对；每个 epoch 的 left out 是空的，即没有样本被漏掉。
# 试一试：--batch-size 8：每个 epoch 先是 8 个一批，最后一个批次 2 个。
#   --batch-size 8 --drop-last --no-shuffle：丢掉最后 2 个；不打乱时，每个 epoch 丢掉的都是
#   x = 9 和 10，网络永远见不到它们。
# 对照：顺序和打印的各项同原文；BATCH_SIZE 和 epoch 数成了 main 的默认值，随机种子是新加的；
#   每个 epoch 之后多打印一行，检查有没有漏掉的样本。

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter

import torch

# 原文：import torch.utils.data as Data，再写 Data.DataLoader；直接导入要用的名字更常见
from torch.utils.data import DataLoader, TensorDataset


def main(*, batch_size=5, epochs=3, shuffle=True, drop_last=False, seed=1):
    """Print every batch; return a list of epochs, each a list of (batch_x, batch_y) tensors."""
    torch.manual_seed(seed)
    x = torch.linspace(1, 10, 10)
    y = torch.linspace(10, 1, 10)
    torch_dataset = TensorDataset(x, y)  # pairs: torch_dataset[i] is (x[i], y[i])
    # num_workers=2 would let two more processes prepare the batches: worth it when reading one
    # takes long. On Windows, macOS and, from Python 3.14, Linux it needs the guard
    # `if __name__ == "__main__":`.
    loader = DataLoader(
        dataset=torch_dataset,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,
    )
    history = []
    for epoch in range(epochs):
        batches = []
        for step, (batch_x, batch_y) in enumerate(loader):
            # a training step stands here in 09 and 10
            # 原文：print('Epoch: ', epoch, …)；f-string 不会在各项之间多出空格
            x_text, y_text = batch_x.numpy(), batch_y.numpy()
            print(f"Epoch: {epoch} | Step: {step} | batch x: {x_text} | batch y: {y_text}")
            batches.append((batch_x, batch_y))
        seen = [number for batch_x, batch_y in batches for number in batch_x.tolist()]
        left_out = sorted(set(x.tolist()) - set(seen))
        print(f"Epoch: {epoch} | pairs dealt: {len(seen)} | left out: x = {left_out}")
        history.append(batches)
    return history


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
    parser.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="keep the order")
    parser.add_argument("--drop-last", action="store_true", help="leave out a smaller last batch")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    main(**vars(parser.parse_args()))
