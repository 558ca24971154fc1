"""Batching: a DataLoader deals ten pairs out in fives, each pair once an epoch, in a new order every time.

Networks are trained on small batches: a step costs less than over all data, and the shuffled order keeps the steps from
repeating themselves. Watch that no pair is torn apart (x + y is always 11), that every epoch visits every pair exactly
once, and what is left over where the batch size doesn't divide the number of pairs.

Run:  python 08_batching.py
Try:  python 08_batching.py --batch-size 8
          a batch of 8 and a last one of 2; drop_last=True would leave these 2 out.
      python 08_batching.py --batch-size 8 --drop-last --no-shuffle
          unshuffled, it is the pairs of x = 9 and 10 every time: a network would never see them.
"""

# 原文小节：批数据训练
# 要点：DataLoader 把数据集切成一个个批量（batch），每个 epoch 打乱顺序，并且每个样本恰好出现一次。
# 批量大小除不尽样本数时，最后一批会小一些；drop_last=True 则把它丢掉。

from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

import torch
from torch.utils.data import DataLoader, TensorDataset


def make_data():
    """Return x = 1..10 and y = 10..1, float tensors of shape (10,)."""
    return torch.linspace(1, 10, 10), torch.linspace(10, 1, 10)


def make_loader(x, y, *, batch_size, shuffle, drop_last):
    """Return a DataLoader over the pairs (x[i], y[i])."""
    dataset = TensorDataset(x, y)
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)


def unvisited(x, epoch):
    """Return, as a sorted list, the x whose pairs are in none of the epoch's batches, a list of (batch_x, batch_y)."""
    visited = torch.cat([batch_x for batch_x, _ in epoch]) if epoch else torch.empty(0)
    return x[~torch.isin(x, visited)].tolist()


def main(*, batch_size=5, epochs=3, shuffle=True, drop_last=False, seed=1):
    """Load and print every batch; return a list of epochs, each a list of (batch_x, batch_y), each (batch_size,)."""
    torch.manual_seed(seed)
    x, y = make_data()
    loader = make_loader(x, y, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)
    history = []
    for epoch in range(epochs):
        history.append([])
        for step, (batch_x, batch_y) in enumerate(loader):
            # A training step would go here; notes: Variable(batch_x) in the optimizers' section, needed no more.
            history[-1].append((batch_x, batch_y))
            print(f"epoch {epoch} | step {step} | batch x:", *(f"{number:2.0f}" for number in batch_x.tolist()), end="")
            print(" | batch y:", *(f"{number:2.0f}" for number in batch_y.tolist()))

    for epoch, batches in enumerate(history):
        missing = unvisited(x, batches)
        seen = sum(len(batch_x) for batch_x, _ in batches)
        print(f"epoch {epoch}: {seen} of {len(x)} pairs visited", end="")
        print(f", left out: x = {', '.join(f'{number:.0f}' for number in missing)}" if missing else ", each once")
    if left_over := len(x) % batch_size:
        print(
            f"{len(x)} pairs in batches of {batch_size}: drop_last=True leaves out {left_over} pairs an epoch", end=""
        )
        print(", drop_last=False gives a smaller last batch")
    return history


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=5, help="pairs in a batch (5)")
    parser.add_argument("--epochs", type=int, default=3, help="passes over the data (3)")
    parser.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="keep the order of the data")
    parser.add_argument("--drop-last", action="store_true", help="leave out a last batch that isn't full")
    parser.add_argument("--seed", type=int, default=1, help="of the shuffled orders (1)")
    args = parser.parse_args()
    if not 0 < args.batch_size < 1e6 or not 0 < args.epochs < 1e6 or not 0 <= args.seed < 2**32:
        parser.error("--batch-size and --epochs must be above 0 and below a million, --seed from 0 to 4294967295")
    main(**vars(args))
