"""A CNN reads handwritten digits: about 98 % right on MNIST after one epoch, in ten seconds or so without a GPU.

Two rounds of convolution, ReLU and pooling turn an image into 32 small maps of what was found where; a linear layer
reads the digit off them. Watch the sizes follow (W - F + 2P) / S + 1 and the accuracy leap in the first 100 steps.
The data come from ./mnist, else from the network, else from the 5,000 digits of tests/mnist_sample.

Run:  python 10_cnn_mnist.py
Try:  python 10_cnn_mnist.py --root tests/mnist_sample --epochs 10
          few data, read ten times over: from about 90 % to 95 % and more.
"""

# 原文小节：卷积神经网络CNN / MNIST手写数字识别
# 要点：卷积层用一组小滤波器扫过整幅图像，提取局部特征；池化层缩小特征图，只留下最强的响应；最后由全连接层给出十个分数。
# 输出尺寸 = (输入尺寸 - 卷积核尺寸 + 2 * 填充) / 步幅 + 1。训练一个 epoch，测试集准确率约为 98 %。

import contextlib
import io
import pathlib
import socket
import sys
import tempfile
import time
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

import matplotlib.pyplot as plt
import torch
from torch import nn
from torchvision.datasets import mnist, utils

READERS = {"images-idx3-ubyte": mnist.read_image_file, "labels-idx1-ubyte": mnist.read_label_file}
SAMPLE = pathlib.Path(__file__).resolve().parent / "tests" / "mnist_sample"
TIMEOUT = 10  # seconds that a mirror may stay silent
BLUE, VERMILLION = "#0072B2", "#D55E00"  # from Okabe and Ito's colour-blind-safe palette
STYLE = {"font.size": 13, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False}


class CNN(nn.Module):
    """The notes' network: images (N, 1, 28, 28) in [0, 1] in, logits (N, 10) out."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(  # (N, 1, 28, 28)
            nn.Conv2d(in_channels=1, out_channels=16, kernel_size=5, stride=1, padding=2),  # -> (N, 16, 28, 28)
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),  # -> (N, 16, 14, 14)
        )
        self.conv2 = nn.Sequential(nn.Conv2d(16, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2))  # -> (N, 32, 7, 7)
        self.out = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        return self.out(x.flatten(1))  # notes: x.view(x.size(0), -1), which can't read the memory layout used below


def output_size(width, kernel, *, padding=0, stride=1):
    """Return (W - F + 2P) / S + 1, rounded down: a convolution's or pooling's output width, in pixels."""
    return (width - kernel + 2 * padding) // stride + 1


def print_sizes(cnn):
    """Print each layer's output width by the formula beside the true shape, for one image of 28 x 28."""
    x, width = torch.zeros(1, 1, 28, 28), 28
    for layer in (*cnn.conv1, *cnn.conv2):
        x = layer(x)
        if not isinstance(layer, nn.ReLU):
            conv = isinstance(layer, nn.Conv2d)
            width = output_size(width, kernel=5, padding=2) if conv else output_size(width, kernel=2, stride=2)
        print(f"{type(layer).__name__:10s} formula {width:3d}   shape {tuple(x.shape)}")


def find_data(root):
    """Return the folder of the four files: in root, or downloaded to it, or, for the default root, the sample's."""
    raw, timeout = pathlib.Path(root, "MNIST", "raw"), socket.getdefaulttimeout()
    there = {path.name.removesuffix(".gz") for path in raw.glob("*-ubyte*")}
    missing = [f"{part}-{kind}" for part in ("train", "t10k") for kind in READERS if f"{part}-{kind}" not in there]
    if not missing:
        return raw
    try:
        print(f"{raw} lacks {', '.join(missing)}: downloading", flush=True)
        socket.setdefaulttimeout(TIMEOUT)
        # Into a folder of its own until all is there and checked. The progress bar, on stderr, says enough.
        with tempfile.TemporaryDirectory(dir=raw.parents[2]) as part, contextlib.redirect_stdout(io.StringIO()):
            fetched = pathlib.Path(mnist.MNIST(part, download=True).raw_folder)
            raw.mkdir(parents=True, exist_ok=True)
            for name in missing:
                (fetched / name).replace(raw / name)
        return raw
    except (OSError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[-1]
        if root == "mnist" and SAMPLE.exists():
            print(f"No download ({reason}): training on the bundled sample of 5,000 digits instead")
            return SAMPLE / "MNIST" / "raw"
        sys.exit(f"no download ({reason}). Put these files, packed (.gz) or not, into {raw}: {', '.join(missing)}")
    finally:
        socket.setdefaulttimeout(timeout)


def read(path, reader):
    """Return the tensor in an IDX file, or in the .gz of that name; exit with status 1 if the file is damaged."""
    try:
        if path.exists():
            return reader(path)
        with tempfile.TemporaryDirectory() as folder:
            utils.extract_archive(path := path.with_name(f"{path.name}.gz"), folder)
            return reader(pathlib.Path(folder, path.stem))
    except Exception as error:  # a cut, empty or foreign file fails in as many ways as there are steps in reading it
        sys.exit(f"{path} is damaged ({type(error).__name__}): delete it and run again, or put a good copy there")


def load(raw, part):
    """Return images, uint8 (N, 1, 28, 28) from 0 to 255, and labels (N,) of the part, "train" or "t10k" (test)."""
    images, labels = (read(raw / f"{part}-{kind}", reader) for kind, reader in READERS.items())
    if images.shape[1:] != (28, 28) or not 0 < len(images) == len(labels) or labels.max() > 9:
        names = " and ".join(f"{part}-{kind}" for kind in READERS)
        sys.exit(f"{raw}: {names} don't belong together: delete both and run again, or put good copies there")
    return images.unsqueeze(dim=1), labels  # notes: test_data.test_data and .test_labels, now .data and .targets


@torch.inference_mode()  # builds no graph; in slices, whose feature maps fit the processor's cache
def predict(cnn, images):
    """Return the digits, (N,), that the network sees in the images, uint8 (N, 1, 28, 28)."""
    return torch.cat([cnn(part.float() / 255).argmax(dim=1) for part in images.split(250)])


def accuracy(cnn, images, labels):
    """Return the share, 0 to 1, of images whose digit the network gets right."""
    return (predict(cnn, images) == labels).float().mean().item()


def train(cnn, train_x, train_y, test_x, test_y, *, epochs, batch_size, lr):
    """Train in place; return the losses, one a step, and [(step, test accuracy)], a dozen an epoch or more."""
    optimizer = torch.optim.Adam(cnn.parameters(), lr=lr)
    loss_func = nn.CrossEntropyLoss()
    losses, accuracies, start = [], [], time.perf_counter()
    for epoch in range(1, epochs + 1):
        # notes: a DataLoader, which passes 60,000 single images through PIL; whole batches by index are the same deal
        batches = torch.randperm(len(train_x), device=train_x.device).split(batch_size)
        for step, index in enumerate(batches, start=1):
            batch_x, batch_y = train_x[index].float() / 255, train_y[index]  # notes: ToTensor(), an image at a time
            loss = loss_func(cnn(batch_x), batch_y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            if step % max(1, len(batches) // 12) == 0 or step == len(batches):
                accuracies.append((len(losses), accuracy(cnn, test_x, test_y)))
                print(f"epoch {epoch}/{epochs}  step {step:4d}/{len(batches)}  loss {loss.item():.4f}", end="  ")
                print(f"test accuracy {accuracies[-1][1]:6.1%}  {time.perf_counter() - start:5.1f} s", flush=True)
    return torch.stack(losses).tolist(), accuracies


@plt.rc_context(STYLE)
def draw(losses, accuracies, images, said, labels, title):
    """Draw loss and accuracy by step, and ten digits, (10, 1, 28, 28), with what was said of them."""
    figure = plt.figure(figsize=(11, 5), layout="constrained")
    figure.suptitle(title, fontweight="bold")
    left, right = figure.subfigures(1, 2)
    top, bottom = left.subplots(2, 1, sharex=True)
    top.plot(range(1, len(losses) + 1), losses, color=BLUE)
    top.set(ylabel="loss (cross-entropy)", ylim=0)
    bottom.plot(*zip(*accuracies, strict=True), "o-", color=VERMILLION)
    bottom.set(xlabel="step", ylabel="test accuracy", ylim=(0, 1.05))
    bottom.yaxis.set_major_formatter("{x:.0%}")
    for ax, image, guess, label in zip(right.subplots(2, 5).flat, images, said, labels, strict=True):
        ax.imshow(image[0].numpy(), cmap="gray_r")
        ax.axis("off")
        ax.set_title(guess if guess == label else f"{guess}, not {label}", color=BLUE if guess == label else VERMILLION)
    return figure


def main(*, root="mnist", epochs=1, batch_size=50, lr=0.001, seed=1, save=False):
    """Find the data, train, test, print and draw; return the network: (N, 1, 28, 28) in [0, 1] to logits (N, 10)."""
    torch.manual_seed(seed)
    raw = find_data(root)
    # .to(device) moves network and data to the accelerator, if there is one, once for all: no copy in the loop
    device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")
    train_x, train_y, test_x, test_y = (data.to(device) for part in ("train", "t10k") for data in load(raw, part))
    cnn = CNN()
    print(cnn)
    print_sizes(cnn)
    cnn.to(device, memory_format=torch.channels_last)  # a pixel's 16 channels side by side: convolutions run faster
    few = test_x[:2000], test_y[:2000]  # as in the notes; the whole test set comes at the end
    losses, accuracies = train(cnn, train_x, train_y, *few, epochs=epochs, batch_size=batch_size, lr=lr)

    said, real = predict(cnn, test_x[:10]).tolist(), test_y[:10].tolist()
    source = " of the bundled sample" if raw.is_relative_to(SAMPLE) else ""
    result = f"{accuracy(cnn, test_x, test_y):.1%} of all {len(test_x):,} test digits{source} read right"
    print(f"\nprediction {said}\nreal       {real}\n{result}")
    figure = draw(losses, accuracies, test_x[:10].cpu(), said, real, result)
    if save or figure.canvas.required_interactive_framework is None:  # no screen
        figure.savefig("10_cnn_mnist.png")
        print("picture: 10_cnn_mnist.png")
    else:
        plt.show()
    plt.close(figure)
    return cnn


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    # A folder that the user names is a Path, which differs from the default "mnist" even where it is ./mnist.
    parser.add_argument("--root", type=pathlib.Path, default=SUPPRESS, help="folder of the data (mnist)")
    parser.add_argument("--epochs", type=int, default=1, help="passes over the data (1)")
    parser.add_argument("--batch-size", type=int, default=50, help="images in a batch (50)")
    parser.add_argument("--lr", type=float, default=0.001, help="learning rate (0.001)")
    parser.add_argument("--seed", type=int, default=1, help="of the first weights and the batches (1)")
    parser.add_argument("--save", action="store_true", help="write the picture instead of opening a window")
    args = parser.parse_args()
    if not all(0 < value < 1e6 for value in (args.epochs, args.batch_size, args.lr)) or not 0 <= args.seed < 2**32:
        parser.error("--epochs, --batch-size and --lr must be above 0 and below a million, --seed from 0 to 4294967295")
    try:
        main(**vars(args))
    except OSError as error:
        sys.exit(f"can't write the picture: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
