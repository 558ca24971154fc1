"""numpy and torch: some conversions share one memory, and the default dtypes differ.

A tensor is torch's array: numbers of one type, the dtype, in a shape such as 2 rows of 3. You use
it like a numpy array, and two things are new: it can be on a GPU (script 10), and torch can compute
gradients with it (script 02). Look at which results change when 100 is written into their source,
and at what a list of floats becomes: float64 in numpy, float32 in torch.

Run:  python 01_numpy_vs_torch.py
Try:  python 01_numpy_vs_torch.py --data 2 0 0 3
          torch.mm and * print the same numbers: for a diagonal matrix the two products agree.
      python 01_numpy_vs_torch.py --data 16777217 0 0 16777217
          torch.abs prints 16777216, one less than np.abs: the number is 2**24 + 1, and float32
          keeps 24 binary digits, float64 53.
"""

# 原文小节：numpy torch 对比
# 要点：张量（tensor）和 numpy 数组用法相近，还能放到 GPU 上（见 10），并能自动求梯度（见 02）。
#   from_numpy() 和 .numpy() 不复制数据，两边共用同一块内存；其余四种转换都复制。浮点数列表在 numpy
#   里变成 float64，在 torch 里变成 float32；网络的层默认是 float32，遇到 float64 会报错，先用
#   .float() 转换。
# 看什么：往原来的数据里写入 100 之后，六种转换的结果里哪些会变（True）；最后几行的 dtype。
# 试一试：（接在 python 01_numpy_vs_torch.py 后面，下同）--data 2 0 0 3：对角矩阵的两种乘积相同。
#   --data 16777217 0 0 16777217：torch.abs 显示 16777216，比 np.abs 少 1：这个数是 2**24 + 1，
#   float32 只有 24 位二进制有效数字，float64 有 53 位。
# 对照：前三个函数对应原文的代码，顺序不变；torch.abs、逐元素乘法、后三种转换、写入 100、dtypes()
#   是补充；data 成了选项 --data。原文链接的中文文档停留在 0.x 版，请以英文官网为准。

from argparse import ArgumentParser, RawDescriptionHelpFormatter

import numpy as np
import torch


def there_and_back():
    """Return the array of 0 to 5, the tensor made of it and the array made of that, each (2, 3)."""
    np_data = np.arange(6).reshape((2, 3))
    torch_data = torch.from_numpy(np_data)
    tensor2array = torch_data.numpy()
    print("np_data", np_data, "torch_data", torch_data, "tensor2array", tensor2array, sep="\n")
    return np_data, torch_data, tensor2array


def products(data):
    """Return |m| by numpy and by torch, m times m, and m * m, for the (2, 2) matrix m of `data`."""
    array = np.array(data, dtype=np.float64).reshape((2, 2))
    # 原文：torch.FloatTensor(data)；旧写法，FloatTensor(3) 得到的不是 3，而是三个未初始化的数
    tensor = torch.tensor(data, dtype=torch.float32).reshape((2, 2))
    # 原文：np.abs(tensor)；numpy 的函数留给 numpy 数组，遇到要求梯度的张量它会报错
    np_abs, torch_abs = np.abs(array), torch.abs(tensor)
    matrix_product = torch.mm(tensor, tensor)  # rows times columns; tensor @ tensor is the same
    elementwise = tensor * tensor  # each number times itself
    print("\nnp.abs(array)", np_abs, "torch.abs(tensor)", torch_abs, sep="\n")
    print("torch.mm(tensor, tensor)", matrix_product, "tensor * tensor", elementwise, sep="\n")
    return np_abs, torch_abs, matrix_product, elementwise


def conversions():
    """Convert in all six directions, then write 100 into the sources; return {call: sees it}."""
    data_list = [[1, 2], [3, 4]]
    data_numpy = np.array(data_list)  # 原文：此行注释写作 list->tensor；它得到的是 numpy 数组
    data_tensor = torch.tensor(data_list)
    results = {
        "np.array(data_list)": np.array(data_list),
        "torch.tensor(data_list)": torch.tensor(data_list),
        "torch.from_numpy(data_numpy)": torch.from_numpy(data_numpy),
        "data_tensor.numpy()": data_tensor.numpy(),
        "data_numpy.tolist()": data_numpy.tolist(),
        "data_tensor.tolist()": data_tensor.tolist(),
    }
    data_list[0][0] = data_numpy[0, 0] = data_tensor[0, 0] = 100
    shared = {call: int(result[0][0]) == 100 for call, result in results.items()}
    print("\nWrite 100 into data_list, data_numpy and data_tensor. Who sees it?")
    for call, sees_it in shared.items():
        print(f"{call:30s}{sees_it}")
    return shared


def dtypes():
    """Return what a list of floats becomes: the numpy array and the tensor, each (2,)."""
    array, tensor = np.array([0.5, 1.5]), torch.tensor([0.5, 1.5])
    print("\nA list of floats becomes", array.dtype, "in numpy and", tensor.dtype, "in torch")
    layer = torch.nn.Linear(2, 1)  # a layer, the building block of networks (04); it is float32
    try:
        layer(torch.from_numpy(array))
    except RuntimeError as error:
        print("A layer refuses float64 (Double):", error)
    print("After .float() it accepts it:", layer(torch.from_numpy(array).float()).dtype)
    return array, tensor


def main(*, data=(1, -2, -3, 4)):
    """Do and print all four; return their four results."""
    return there_and_back(), products(data), conversions(), dtypes()


# ---------- command line: skip this at a first reading ----------

if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--data", type=float, nargs=4, metavar="M", help="default: 1 -2 -3 4")
    main(**vars(parser.parse_args()))
