"""numpy and torch: some conversions share memory with their source, the others copy it.

A tensor is torch's array: numbers of one type, the dtype, in a shape such as (2, 3), 2 rows of 3.
It works like numpy's, with dim for axis. It can be on a GPU (10); torch computes gradients (02).

Run:  python 01_numpy_vs_torch.py
Look: 100 is written into each source. Where a result shows it (True), both share one memory. A list
      of floats becomes float64 in numpy, float32 in torch.
Try:  python 01_numpy_vs_torch.py --clone
          np_data keeps its 0: clone() gave torch_data a memory of its own.
      python 01_numpy_vs_torch.py --data 2 0 0 3
          torch.mm and * print the same: for a diagonal matrix the two products agree.
Do:   in products(), print array and tensor with standardised columns: minus their mean, divided by
      their standard deviation (torch: std(0, correction=0)). Right when both print only 1 and -1.
      (Solutions: tests/solutions)
"""

# 原文小节：numpy torch 对比
# 要点：张量（tensor）是 torch 的数组：同一类型（dtype）的数，排成一定形状（shape）。用法与 numpy
#   数组相近，numpy 的 axis 在 torch 里叫 dim。张量还能放到 GPU 上（见 10），能自动求梯度（见 02）。
# 看什么：往每个来源里写入 100，结果里也出现 100 的（True），就是共用同一块内存。浮点数列表在 numpy
#   里变成 float64，在 torch 里变成 float32。
# 试一试（接在 python 01_numpy_vs_torch.py 后面，下同）：--clone，np_data 里的 0 不变，因为 clone()
#   给了 torch_data 自己的内存。--data 2 0 0 3，对角矩阵的两种乘积（矩阵乘、逐元素乘）相同。
# 动手：在 products() 里打印按列标准化（见对照）的 array 和 tensor；都只有 1 和 -1 就对了。

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

import numpy as np
import torch


def there_and_back(*, clone):
    """Turn an array into a tensor and back, then write into the last: the first may change, too."""
    np_data = np.arange(6).reshape((2, 3))
    torch_data = torch.from_numpy(np_data)
    if clone:
        torch_data = torch_data.clone()
    tensor2array = torch_data.numpy()
    print("np_data", np_data, "torch_data", torch_data, "tensor2array", tensor2array, sep="\n")
    tensor2array[0, 0] = 100
    print("100 written into tensor2array[0, 0]; np_data[0, 0] is now", np_data[0, 0])


def products(data):
    """Print |m|, m times m and m * m for the (2, 2) matrix m that holds the four numbers."""
    array = np.array(data, dtype=np.float64).reshape((2, 2))  # numpy's own dtype for floats
    # 原文：torch.FloatTensor(data)；旧写法，FloatTensor(3) 得到的不是 3，而是三个未初始化的数
    tensor = torch.tensor(data, dtype=torch.float32).reshape((2, 2))  # torch's own
    # 原文：np.abs(tensor)；今天仍得到张量，但 numpy 可能警告；遇到 requires_grad=True 的张量则报错
    print("\nnp.abs(array)", np.abs(array), "torch.abs(tensor)", torch.abs(tensor), sep="\n")
    # rows times columns, here [[7, -10], [-15, 22]]; tensor @ tensor is the same
    print("torch.mm(tensor, tensor)", torch.mm(tensor, tensor), sep="\n")
    # each number times itself, here [[1, 4], [9, 16]]
    print("tensor * tensor", tensor * tensor, sep="\n")


def conversions():
    """Convert back and forth, write 100 into the sources, print which results show it."""
    data_list = [[1, 2], [3, 4]]
    # 原文：此行的注释写作 list->tensor；得到的是 numpy 数组
    data_numpy = np.array(data_list)
    data_tensor = torch.tensor(data_list)
    results = {
        "np.array(data_list)": np.array(data_list),
        "torch.from_numpy(data_numpy)": torch.from_numpy(data_numpy),
        "torch.tensor(data_numpy)": torch.tensor(data_numpy),
        "torch.tensor(data_list)": torch.tensor(data_list),
        "data_tensor.numpy()": data_tensor.numpy(),
        "data_tensor.tolist()": data_tensor.tolist(),
    }
    data_list[0][0] = 100
    data_numpy[0, 0] = 100
    data_tensor[0, 0] = 100
    print("\n100 written into data_list, data_numpy and data_tensor; which results show it?")
    for call, result in results.items():
        print(f"{call:30s}{int(result[0][0]) == 100}")


def dtypes():
    """Print what a list of floats becomes in either library, and what lets the two meet."""
    array = np.array([[0.5, 1.5]])  # (1, 2)
    tensor = torch.tensor([[2.0], [4.0]])  # (2, 1)
    print("\nA list of floats becomes", array.dtype, "in numpy,", tensor.dtype, "in torch")
    # .float() makes it float32. Take it away, and see what torch.mm says to two dtypes.
    product = torch.mm(torch.from_numpy(array).float(), tensor)  # tensor([[7.]])
    print("torch.mm of the two, after .float():", product)


def main(*, data=(1, -2, -3, 4), clone=False):
    """Do all four, one after the other."""
    there_and_back(clone=clone)
    products(data)
    conversions()
    dtypes()


# 对照：
#   顺序同原文。补充的是 --clone、往里写入 100、逐元素乘法、torch.tensor(data_numpy)、.tolist() 和
#   dtypes()；np.abs(tensor) 由 torch.abs 代替，原文的 data 成了选项 --data，print 有拆有并。
#   torch.mm 是行乘以列，tensor @ tensor 与它相同。标准化：减去均值，除以标准差；torch 写 std(0,
#   correction=0) 才与 numpy 相同。网络的层（见 03）默认是 float32，遇到 float64 会报错，先
#   用.float() 转换。
#   原文的两个链接： https://pytorch.org/docs/stable/index.html 是现行的英文文档；
#   https://pytorch-cn.readthedocs.io/zh/latest/ 是早期版本的中文翻译，许多写法已经过时。

# ---------- command line: skip this at a first reading ----------

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    help_data = "four numbers; negative ones without an e: -100000, not -1e5 (default: 1 -2 -3 4)"
    parser.add_argument("--data", type=float, nargs=4, metavar="M", help=help_data)
    parser.add_argument("--clone", action="store_true", help="copy the tensor's memory")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
