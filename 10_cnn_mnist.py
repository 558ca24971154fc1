"""A CNN reads handwritten digits: about 98 % right on MNIST after one epoch, in ten seconds or so without a GPU.

Two rounds of convolution, ReLU and pooling turn an image into 32 small maps of what was found where; a linear layer
reads the digit off them. Watch the sizes follow (W - F + 2P) / S + 1 and the accuracy leap in the first 100 steps.

Run:  python 10_cnn_mnist.py
Try:  python 10_cnn_mnist.py --root tests/mnist_sample --epochs 3
          a fifteenth of the data, read three times over: about 90 % after one epoch, 95 % after three.
"""

# 原文小节：卷积神经网络CNN / MNIST手写数字识别
# 要点：卷积层用一组小滤波器扫过整幅图像，提取局部特征；池化层缩小特征图，只保留最强的响应；
# 全连接层再据此给出十个数字的分数。训练一个 epoch，测试集上的准确率约为 98 %。

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
FILES = [f"{part}-{kind}" for part in ("train", "t10k") for kind in READERS]
SAMPLE = pathlib.Path(__file__).resolve().parent / "tests" / "mnist_sample"
BLUE, VERMILLION = "#0072B2", "#D55E00"  # from Okabe and Ito's colour-blind-safe palette


class CNN(nn.Module):
    """The notes' network: images (N, 1, 28, 28) in [0, 1] in, logits (N, 10) out."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(  # (N, 1, 28, 28)
            nn.Conv2d(in_channels=1, out_channels=16, kernel_size=5, stride=1, padding=2),  # -> (N, 16, 28, 28)
            nn.ReLU(inplace=True),  # overwrites the convolution's output, which nothing needs any more
            nn.MaxPool2d(kernel_size=2),  # -> (N, 16, 14, 14)
        )
        self.conv2 = nn.Sequential(nn.Conv2d(16, 32, 5, 1, 2), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        self.out = nn.Linear(32 * 7 * 7, 10)  # conv2 gives (N, 32, 7, 7)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        return self.out(x.flatten(1))  # notes: x.view(x.size(0), -1), which can't read the memory layout used below


def output_size(width, kernel, *, padding=0, stride=1):
    """Return (W - F + 2P) / S + 1, rounded down: a convolution's or pooling's output width, in pixels."""
    return (width - kernel + 2 * padding) // stride + 1


def find_data(root):
    """Return the folder of the four files: in root, or downloaded to it, or, for the default root, the sample's."""
    raw, timeout = pathlib.Path(root, "MNIST", "raw"), socket.getdefaulttimeout()
    missing = [name for name in FILES if not (raw / name).exists() and not (raw / f"{name}.gz").exists()]
    if not missing:
        return raw
    try:
        print(f"{raw} lacks {', '.join(missing)}: downloading", flush=True)
        socket.setdefaulttimeout(10)  # seconds that a mirror may stay silent
        with tempfile.TemporaryDirectory(dir=raw.parents[2]) as part:  # apart, until all is complete and checked
            fetched = pathlib.Path(mnist.MNIST(part, download=True).raw_folder)  # notes: DOWNLOAD_MINST = False
            raw.mkdir(parents=True, exist_ok=True)
            for name in missing:
                (fetched / name).replace(raw / name)
        return raw
    except (OSError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[-1]
        if root == "mnist" and SAMPLE.exists():  # a --root is a Path, which never equals the default
            print(f"No download ({reason}): training on the bundled sample of 5,000 digits instead")
            return SAMPLE / "MNIST" / "raw"
        sys.exit(f"no download ({reason}). Put these files, packed (.gz) or not, into {raw}: {', '.join(missing)}")
    finally:
        socket.setdefaulttimeout(timeout)


def load(raw, part):
    """Return the part's ("train" or "t10k") images, uint8 (N, 1, 28, 28), and labels (N,); exit if one is damaged."""
    tensors = []
    for kind, reader in READERS.items():
        path = raw / f"{part}-{kind}"
        try:
            with tempfile.TemporaryDirectory() as folder:
                if not path.exists():
                    path = raw / f"{part}-{kind}.gz"
                    utils.extract_archive(path, folder)
                tensors.append(reader(pathlib.Path(folder, path.stem) if path.suffix else path))
        except Exception as error:  # a cut, empty or foreign file fails in as many ways as there are steps in reading
            sys.exit(f"{path} is damaged ({type(error).__name__}): delete it and run again, or put a good copy there")
    images, labels = tensors
    if images.shape[1:] != (28, 28) or not 0 < len(images) == len(labels) or labels.max() > 9:
        sys.exit(f"{raw}: {part}-images and {part}-labels don't match: delete both and run again, or put good ones")
    return images.unsqueeze(dim=1), labels  # notes: test_data.test_data and .test_labels, now .data and .targets


@torch.inference_mode()  # builds no graph; in slices, whose feature maps fit the processor's cache
def predict(cnn, images):
    """Return the digits, (N,), that the network sees in the images, uint8 (N, 1, 28, 28)."""
    return torch.cat([cnn(part.float() / 255).argmax(dim=1) for part in images.split(250)])


def accuracy(cnn, images, labels):
    """Return the share, 0 to 1, of images whose digit the network gets right."""
    return (predict(cnn, images) == labels).float().mean().item()


def train(cnn, train_x, train_y, test_x, test_y, epochs, batch_size, lr):
    """Train in place; return the losses, one a step, and [(step, test accuracy)], a dozen an epoch or more."""
    optimizer = torch.optim.Adam(cnn.parameters(), lr=lr, fused=True)  # all parameters in one kernel
    loss_func = nn.CrossEntropyLoss()
    losses, accuracies, start = [], [(0, accuracy(cnn, test_x, test_y))], time.perf_counter()
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


@plt.rc_context({"font.size": 13, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False})
def draw(losses, accuracies, images, said, labels, title):
    """Draw loss and accuracy by step, and ten digits, (10, 1, 28, 28), with what was said of them."""
    panels = [["loss", *range(5)], ["accuracy", *range(5, 10)]]
    figure, axes = plt.subplot_mosaic(panels, figsize=(9, 4.4), layout="constrained", width_ratios=(5, 1, 1, 1, 1, 1))
    figure.suptitle(title, fontweight="bold")
    axes["loss"].plot(range(1, len(losses) + 1), losses, color=BLUE)
    axes["loss"].set(xlabel="step", ylabel="loss (cross-entropy)", ylim=0)
    axes["accuracy"].plot(*zip(*accuracies, strict=True), "o-", color=VERMILLION)
    axes["accuracy"].set(xlabel="step", ylabel="test accuracy", ylim=(0, 1.05), yticks=(0, 0.5, 1))
    for i, (image, guess, label) in enumerate(zip(images, said, labels, strict=True)):
        axes[i].imshow(image[0].numpy(), cmap="gray_r")
        axes[i].axis("off")
        right = guess == label
        axes[i].set_title(guess if right else f"{guess}, not {label}", color=BLUE if right else VERMILLION)
    return figure


def main(*, root="mnist", epochs=1, batch_size=50, lr=0.001, seed=1, save=False):
    """Find the data, train, test, print and draw; return the network: (N, 1, 28, 28) in [0, 1] to logits (N, 10)."""
    torch.manual_seed(seed)
    raw = find_data(root)
    device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    train_x, train_y, test_x, test_y = (data.to(device) for part in ("train", "t10k") for data in load(raw, part))
    print(cnn := CNN())
    x, width = torch.zeros(1, 1, 28, 28), 28
    for layer in (*cnn.conv1, *cnn.conv2):
        x, kind = layer(x), type(layer)
        kernel, padding, stride = {nn.Conv2d: (5, 2, 1), nn.ReLU: (1, 0, 1), nn.MaxPool2d: (2, 0, 2)}[kind]
        width = output_size(width, kernel, padding=padding, stride=stride)
        print(f"{kind.__name__:10s} width by formula {width:3d}   true shape {tuple(x.shape)}")

    # to(device) has moved the data to the accelerator, if there is one, and now the network: no copies in the loop.
    cnn.to(device, memory_format=torch.channels_last)  # a pixel's channels lie side by side, which is faster
    # The first 1,000 test digits (notes: 2,000) show the progress; the whole test set comes at the end.
    losses, accuracies = train(cnn, train_x, train_y, test_x[:1000], test_y[:1000], epochs, batch_size, lr)
    said, real = predict(cnn, test_x[:10]).tolist(), test_y[:10].tolist()
    source = " of the bundled sample" if raw.resolve().is_relative_to(SAMPLE) else ""
    result = f"{accuracy(cnn, test_x, test_y):.1%} of all {len(test_x):,} test digits{source} read right"
    print(f"\nprediction {said}\nreal       {real}\n{result}")
    figure = draw(losses, accuracies, test_x[:10].cpu(), said, real, result)
    if save or figure.canvas.required_interactive_framework is None:  # no screen
        figure.savefig("10_cnn_mnist.png")
        print("picture: 10_cnn_mnist.png")
    else:
        plt.show()
    plt.close(figure)
    return cnn.cpu()


if __name__ == "__main__":
    parser = ArgumentParser(usage=SUPPRESS, description=__doc__, formatter_class=RawDescriptionHelpFormatter)
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
