"""numpy and torch: some conversions share memory with their source, the others copy it.

A tensor is torch's array: numbers of one type, the dtype, in a shape such as (2, 3): 2 rows of 3.
It works much like numpy's, with dim for axis. torch.from_numpy() and .numpy() share memory: what is
written into one shows in the other. torch.tensor() and np.array() copy the numbers.

Run:  python 01_numpy_vs_torch.py
Look: True where a result shows the 100 that was written into its source: they share memory.
Try:  1. python 01_numpy_vs_torch.py --data 16777217 16777217 16777217 16777217
         Are np.abs(array) and torch.abs(tensor) the same numbers? (This one is 2^24 + 1.)
      2. In there_and_back(), write 99.9 instead of 100. What is np_data[0, 0] now?
Do:   before the 100, print (only print) np_data and torch_data with each column minus its mean,
      divided by its standard deviation (torch: .float() first, and std(0, correction=0), as
      numpy's). About 15 minutes. Right when both show a row of -1 and of 1. (tests/solutions)
"""

# 原文小节：numpy torch 对比
# 要点：张量（tensor）是 torch 的数组：同一类型（dtype）的数，排成一定形状（shape）；dim 就是 numpy
#   的 axis。from_numpy()、.numpy() 的结果与来源共用内存，torch.tensor()、np.array() 则复制数据。
# 看什么：把 100 写入来源，结果里也出现 100（打印 True），就说明两者共用内存。
# 试一试：1. 运行上面带 --data 的命令，np.abs(array) 与 torch.abs(tensor) 相同吗？（16777217 是 2^24
#   + 1。）2. 在 there_and_back() 里把 100 换成 99.9，np_data[0, 0] 变成多少？
# 动手：打印 np_data、torch_data 各列减均值、除以标准差的结果（写法见上）；-1、1 各一行就对了。

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

import numpy as np
import torch


def there_and_back():
    """Turn an array into a tensor and back, write into the last, look at the first."""
    np_data = np.arange(6).reshape((2, 3))
    torch_data = torch.from_numpy(np_data)
    tensor2array = torch_data.numpy()
    print("np_data", np_data, "torch_data", torch_data, "tensor2array", tensor2array, sep="\n")
    tensor2array[0, 0] = 100  # all three are one memory; torch_data.clone() would have its own
    print("written into tensor2array[0, 0]; np_data[0, 0] is now", np_data[0, 0])


def products(data):
    """Print |m|, m times m and m * m for the (2, 2) matrix m that holds the four numbers."""
    array = np.array(data, dtype=np.float64).reshape((2, 2))  # numpy's usual dtype for floats
    # 原文：torch.FloatTensor(data)；旧写法，而且 FloatTensor(3) 不是 3，是三个未初始化的数
    tensor = torch.tensor(data, dtype=torch.float32).reshape((2, 2))  # torch's usual one
    # 原文：np.abs(tensor)；numpy 的函数遇到 requires_grad=True 的张量会报错，torch 有自己的 abs
    print("\nnp.abs(array)", np.abs(array), "torch.abs(tensor)", torch.abs(tensor), sep="\n")
    # rows times columns, here [[7, -10], [-15, 22]]; tensor @ tensor is the same
    print("torch.mm(tensor, tensor)", torch.mm(tensor, tensor), sep="\n")
    # each number times itself, here [[1, 4], [9, 16]]
    print("tensor * tensor", tensor * tensor, sep="\n")


def conversions():
    """Convert back and forth, write 100 into the sources, print which results show it."""
    data_list = [[1, 2], [3, 4]]
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


def main(*, data=(1, -2, -3, 4)):
    """Do all four, one after the other."""
    there_and_back()
    products(data)
    conversions()
    dtypes()


# Answers:
# 1. No: torch says 16777216. A float32 holds 24 binary digits: beyond 2^24 not all whole numbers
#    are among them, and torch takes a neighbour. A float64 holds 53 digits.
# 2. 99. np.arange(6) is an array of whole numbers, int64. It keeps its dtype: what is written into
#    it loses its fraction, without a word.
# 答案：
# 1. 不同，torch 得到 16777216。float32 只有 24 位二进制有效数字，2^24 以上的整数不能个个都表示，只
#   好取相邻的一个；float64 有 53 位。
# 2. 99。np.arange(6) 是整数数组（int64），dtype 不会变：写入的数被悄悄去掉小数部分。
# 说明：torch_data.clone() 会另占一块内存。torch.mm 是行乘以列，tensor @ tensor 与它相同；* 是逐元素
#   相乘。浮点数列表在 numpy 里成为 float64，在 torch 里成为 float32；网络的层默认也是 float32（见
#   03）。torch.mm 和层都不接受 dtype 不一致的张量，要先用 .float() 转换：去掉它，看看 torch.mm 报什
#   么错。“动手”里也要先 .float()，因为整数张量不能求均值；标准差用 std(0, correction=0)，才与 numpy
#   的相同。
# 对照：
# - data_numpy = np.array(data_list) 上面的注释写 list->tensor；得到的是 numpy 数组。
# - “list,numpy,tensor相互转化”一段列出三种写法（.numpy() 在它前面一段）；这里再加
#   torch.tensor(data_numpy) 和 tolist()，看哪些共用内存。逐元素相乘和 dtypes() 是补充。
# - 英文文档的链接今天仍然有效；中文文档译自早期版本，许多写法已经过时。

# ---------- command line: skip this at a first reading ----------

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--data", type=float, nargs=4, metavar="M", help="default: 1 -2 -3 4")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    main(**vars(parser.parse_args([] if notebook else None)))
