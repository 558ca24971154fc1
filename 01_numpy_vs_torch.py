"""numpy against torch: the same numbers, one shared memory, two default dtypes.

A torch tensor is a numpy array that can also sit on a GPU and remember how it was computed. Watch three things: the
two libraries agree on every result, some conversions copy while others share their memory, and a list of floats
becomes 64-bit in numpy but 32-bit in torch.

Run:  python 01_numpy_vs_torch.py
Try:  python 01_numpy_vs_torch.py --data 2 0 0 3
          * and @ now agree: a diagonal matrix is a poor test of a matrix product.
      python 01_numpy_vs_torch.py --data 16777217 0 0 1
          torch says 16777216: float32 has 24 bits for the digits, numpy's float64 has 53.
"""

# 原文小节：numpy torch 对比
# 要点：张量（tensor）与 ndarray 几乎一一对应，互相转换很方便。要留心两件事：from_numpy 和 .numpy() 不复制数据，
# 两边共用同一块内存；浮点数在 numpy 里默认是 float64，在 torch 里默认是 float32。

from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

import numpy as np
import torch


def there_and_back():
    """Return the 2x3 array 0..5, the tensor made of it, and the array made of that tensor."""
    np_data = np.arange(6).reshape((2, 3))
    torch_data = torch.from_numpy(np_data)
    tensor2array = torch_data.numpy()
    return np_data, torch_data, tensor2array


def products(data):
    """Compute |m|, m @ m and m * m in both libraries, for the 2x2 matrix m that holds the four numbers of `data`.

    Returns {operation: (ndarray, tensor)}, each of shape (2, 2). Source of the operations: the notes.
    """
    array = np.array(data, dtype=float).reshape(2, 2)
    tensor = torch.tensor(data, dtype=torch.float32).reshape(2, 2)  # notes: torch.FloatTensor(data), the old name
    return {
        "abs": (np.abs(array), torch.abs(tensor)),  # notes: np.abs(tensor); each library's function for its own type
        "m @ m": (array @ array, torch.mm(tensor, tensor)),  # rows times columns; tensor @ tensor says the same
        "m * m": (array * array, tensor * tensor),  # each number times itself: another thing altogether
    }


def conversions():
    """Convert among list, ndarray and tensor, all six ways; return {conversion: result}, each of shape (2, 2)."""
    data_list = [[1, 2], [3, 4]]
    data_numpy = np.array(data_list)  # the notes' comment says list->tensor; from_numpy makes the tensor
    data_tensor = torch.tensor(data_list)
    return {
        "list -> ndarray    np.array(x)": data_numpy,
        "list -> tensor     torch.tensor(x)": data_tensor,
        "ndarray -> tensor  torch.from_numpy(x)": torch.from_numpy(data_numpy),
        "tensor -> ndarray  x.numpy()": data_tensor.numpy(),
        "ndarray -> list    x.tolist()": data_numpy.tolist(),
        "tensor -> list     x.tolist()": data_tensor.tolist(),
    }


def shared_memory():
    """Write 100 into one array and -100 into one tensor; return (array, shared tensor, copied tensor), each (3,)."""
    array = np.zeros(3)
    shared, copied = torch.from_numpy(array), torch.tensor(array)
    array[0] = 100  # reaches `shared`
    shared.numpy()[1] = 100  # .numpy() shares as well, so this reaches both
    shared[2] = -100  # and so does this, the other way round
    return array, shared, copied


def default_dtypes(data=(0.5, 1.5)):
    """Return what a list of floats becomes: (ndarray, tensor)."""
    return np.array(data), torch.tensor(data)


def main(*, data=(1, -2, -3, 4)):
    """Do and print all of the above; return {"back", "products", "conversions", "memory", "dtypes"}: their results."""
    np_data, torch_data, tensor2array = there_and_back()
    print(f"There and back\n  ndarray {np_data.tolist()} -> tensor {torch_data.tolist()} -> {tensor2array.tolist()}")

    results = products(data)
    print("\nSame numbers, whichever library   numpy                             torch")
    for name, (array, tensor) in results.items():
        print(f"  {name:30s}  {array.tolist()!s:32s}  {tensor.tolist()}")

    converted = conversions()
    print("\nAll six conversions                         shape   dtype")
    for name, result in converted.items():
        shape, dtype = (
            ("2 x 2", type(result[0][0])) if isinstance(result, list) else (tuple(result.shape), result.dtype)
        )
        print(f"  {name:40s}  {shape!s:6s}  {dtype}")

    memory = shared_memory()
    print("\nWrite into the array and into the tensor that from_numpy made of it: who sees it?")
    for name, values in zip(("the array", "from_numpy: shared", "torch.tensor: a copy"), memory, strict=True):
        print(f"  {name:22s}  {values.tolist()}")

    dtypes = default_dtypes()
    print(f"\nA list of floats becomes {dtypes[0].dtype} in numpy and {dtypes[1].dtype} in torch")
    return {
        "back": (np_data, torch_data, tensor2array),
        "products": results,
        "conversions": converted,
        "memory": memory,
        "dtypes": dtypes,
    }


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=float, nargs=4, default=(1, -2, -3, 4), metavar="X", help="the matrix m, by rows"
    )
    main(**vars(parser.parse_args()))
