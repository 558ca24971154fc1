"""A convolutional network (CNN) reads MNIST's handwritten digits: about 98 of 100, and yours, too.

A convolution slides a filter, 5 x 5 weights, over the image and adds up weight times pixel at each
place: a good fit gives a large sum. 16 filters give 16 maps of sums, called channels. ReLU sets
what is negative to 0, pooling keeps the largest of each 2 x 2 numbers; after two rounds, a Linear
reads the digit. The network learns from the training set. The validation set is kept out of that,
to watch the training and to choose, say, lr. The test set is used once, at the end.

Run:  python 10_cnn_mnist.py
Look: the accuracy on test digits and on as many training digits. If the second is far better, it
      has learned its examples by heart: overfitting. The picture: a digit that it is unsure of.
Try:  python 10_cnn_mnist.py --read my_7.png
          after that, it reads your own picture of a digit, PNG or JPEG, with the kept cnn.pt.
      python 10_cnn_mnist.py --one-cycle --epochs 2 --batch-size 100 --lr 0.01
          about 99.2%, not 98.0% (full MNIST, not the sample): two epochs; lr rises, then falls.
Do:   put nn.Dropout(0.5) before self.out: it zeroes half, by chance. After show(), cnn(test_x[:1])
      twice after cnn.eval() is equal, twice after cnn.train() not. (Solutions: tests/solutions)
"""

# 原文小节：高级神经网络结构 / 卷积神经网络CNN / MNIST手写数字识别
# 要点：卷积核（filter）是 5 x 5 的一小组权重，扫过整幅图像，每处记下匹配的程度；16 个卷积核给出 16
#   张特征图，即 16 个通道。ReLU 把负数变成 0；池化在每个 2 x 2 小块里只留最大的数。两轮之后，
#   全连接层（Linear）认出数字。训练集用来学；验证集从中留出，用来观察和选择；测试集只在最后用一次。
# 看什么：测试图像与同样多训练图像的准确率：后者远高于前者，就是过拟合。图：网络没把握的一个数字，
#   损失和验证集上的错误率，测试集里前十个认错的图像。
# 试一试：--read my_7.png，训练后，用 cnn.pt 认你写的数字（PNG、JPEG）。--one-cycle --epochs 2
#   --batch-size 100 --lr 0.01，完整 MNIST 约 99.2%（默认 98.0%）：多练一遍，学习率先升后降。
# 动手：self.out 前加 nn.Dropout(0.5)（随机置 0）；show() 后，cnn(test_x[:1]) 在 eval() 后两次相同、
#   train() 后不同。

import pathlib
import socket
import struct
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from http.client import HTTPException

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

# Pillow comes with torchvision and with matplotlib
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat
from torch import nn
from torch.optim.lr_scheduler import ConstantLR, OneCycleLR
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import MNIST
from torchvision.datasets.utils import check_integrity, download_and_extract_archive
from torchvision.transforms import ToTensor
from torchvision.utils import make_grid


def load_data(root, *, train):
    """Return MNIST's training or its test part: images (N, 1, 28, 28) in [0, 1], digits (N,)."""
    # 原文：DOWNLOAD_MINST = False（MNIST 的笔误），没有数据就报错；True 时已有数据也不会重复下载
    mnist = MNIST(root, train=train, download=True)
    # 原文：test_data.test_data、.test_labels；已改名 .data、.targets，用旧名会有警告
    images = mnist.data.unsqueeze(1)  # (N, 28, 28) -> (N, 1, 28, 28): one channel
    # 原文：transform=ToTensor()，每个 epoch 都逐张经过 PIL；这里一次除以 255，得到的数相同
    return images / 255, mnist.targets  # 0 to 255 -> 0 to 1: numbers of about 1, as x in 08


class CNN(nn.Module):
    """Two rounds of convolution, ReLU, pooling: images (N, 1, 28, 28) in, logits (N, 10) out."""

    def __init__(self):
        super().__init__()
        # width after = (width - kernel_size + 2 * padding) / stride + 1, rounded down
        self.conv1 = nn.Sequential(  # (N, 1, 28, 28)
            nn.Conv2d(
                in_channels=1,  # a gray image has one channel
                out_channels=16,  # 16 filters
                kernel_size=5,  # of 5 x 5 weights
                stride=1,  # that move one pixel at a time
                padding=2,  # over the image and two rings of zeros around it
            ),  # -> (N, 16, 28, 28), since (28 - 5 + 2 * 2) / 1 + 1 = 28
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),  # -> (N, 16, 14, 14); its stride is 2, too
        )
        self.conv2 = nn.Sequential(
            # 32 filters, each with 5 x 5 weights for each of the 16 channels
            nn.Conv2d(in_channels=16, out_channels=32, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),  # -> (N, 32, 7, 7)
        )
        self.out = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x):
        x = self.conv1(x)
        x = self.conv2(x)
        # 原文：x.view(x.size(0), -1)，拉伸成 x.size(0)（即 batchsize）行；flatten(1) 的结果相同
        x = x.flatten(1)  # (N, 32, 7, 7) -> (N, 32 * 7 * 7)
        output = self.out(x)
        return output


def predict(cnn, x):
    """Return the digits, (N,), that the network reads in the images x, (N, 1, 28, 28)."""
    device = next(cnn.parameters()).device  # CPU or GPU: images must go where the network is
    cnn.eval()  # for use: some layers, as Dropout, differ in training; none here
    with torch.no_grad():  # no graph; and 250 images at a time, which need less memory
        return torch.cat([cnn(part.to(device)).argmax(dim=1).cpu() for part in x.split(250)])


def accuracy(pred_y, y):
    """Return the share, 0 to 1, of predicted digits, (N,), that are the digits y, (N,)."""
    return (pred_y == y).float().mean().item()


def train(cnn, train_loader, valid_x, valid_y, *, epochs, lr, one_cycle, device):
    """Train the network; return each step's loss, and [(step, share of held-out digits wrong)]."""
    optimizer = torch.optim.Adam(cnn.parameters(), lr=lr)
    loss_func = nn.CrossEntropyLoss()
    scheduler = ConstantLR(optimizer, factor=1)  # a scheduler changes lr; factor=1 leaves it alone
    if one_cycle:  # rises from lr / 25 to lr for 3/10 of the steps, then falls to about 0
        scheduler = OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * len(train_loader))
    losses, errors = [], [(0, 1 - accuracy(predict(cnn, valid_x), valid_y))]
    for epoch in range(epochs):
        for step, (batch_x, batch_y) in enumerate(train_loader, start=1):
            batch_x, batch_y = batch_x.to(device), batch_y.to(device)
            cnn.train()  # undoes the eval() of predict()
            prediction = cnn(batch_x)
            loss = loss_func(prediction, batch_y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
            # 原文：每 50 步用前 2000 个测试图像检验；这里看验证集，一个 epoch 约 12 次
            if step % max(1, len(train_loader) // 12) == 0:
                right = accuracy(predict(cnn, valid_x), valid_y)
                errors.append((len(losses), 1 - right))
                at = f"epoch {epoch}  step {step:4d} of {len(train_loader)}"
                print(f"{at}  loss {loss.item():.4f}  held-out digits {right:6.1%}", flush=True)
    return losses, errors


def main(
    *, root=None, epochs=1, batch_size=50, lr=1e-3, one_cycle=False, device=None, seed=1, save=False
):
    """Train a network, keep it in cnn.pt, print how well it reads; return it, losses and errors."""
    torch.manual_seed(seed)
    root = find_root(root)  # where MNIST is, or the bundled sample
    x, y = load_data(root, train=True)
    test_x, test_y = load_data(root, train=False)
    held_out = max(1, len(x) // 30)  # of 60,000: the last 2,000 are the validation set
    train_data = TensorDataset(x[:-held_out], y[:-held_out])
    train_loader = DataLoader(dataset=train_data, batch_size=batch_size, shuffle=True)

    # a GPU, if there is one that torch can use
    device = device or torch.accelerator.current_accelerator(check_available=True) or "cpu"
    cnn = CNN().to(device)
    if str(device) == "cpu":  # faster there when a pixel's channels lie side by side in memory
        cnn.to(memory_format=torch.channels_last)
    print(cnn)
    print(f"training on {device}: {len(train_data)} digits, {held_out} held out", flush=True)
    how = {"epochs": epochs, "lr": lr, "one_cycle": one_cycle, "device": device}
    losses, errors = train(cnn, train_loader, x[-held_out:], y[-held_out:], **how)
    torch.save(cnn.state_dict(), "cnn.pt")
    print("kept in cnn.pt: with --read my_7.png it reads your own digit")

    pred_y = predict(cnn, test_x)
    train_x, train_y = train_data[: len(test_x)]
    test_share, train_share = accuracy(pred_y, test_y), accuracy(predict(cnn, train_x), train_y)
    print(f"accuracy: test digits {test_share:.2%}, as many training digits {train_share:.2%}")
    print(f"difference {train_share - test_share:+.2%}: if large, the network is overfitting")
    print(pred_y[:10].numpy(), "prediction number")
    print(test_y[:10].numpy(), "real number")
    show(draw(cnn.cpu(), test_x, test_y, pred_y, losses, errors), save=save)
    return cnn, losses, errors


# 对照：
#   数据、网络、训练、十个预测的顺序同原文；EPOCH 等成了 main 的默认值；b_x、b_y、output 改叫
#   batch_x、batch_y、prediction；torch.max(…)[1] 换成 argmax（见 05），Variable 不再需要（见 02）；
#   原文另外预测前十个图像，这里取全部预测的前十个；步数从 1 数起；种子是新加的。
#   原文的“常见结构”image->convolution->max pooling->…->fully connected->fully connected->classifier
#   里有两个全连接层，代码里只有一个，即 self.out。原文说典型的一层含三级，卷积+激活+池化：conv1 和
#   conv2 各是这样的一层，激活是 ReLU。第二个 Conv2d 的参数这里写出名字，每个卷积核对 16 个通道各有
#   5 x 5 个权重，stride 默认就是 1。
#   原文的注释说得对：stride 是“步幅”，每次移动 1 个像素；kernel_size=5 即每次扫描 5 x 5 个像素；
#   padding 在四周补零。尺寸公式除不尽时向下取整；“if stride = 1, padding = (kernel_size-1)/2”保持
#   尺寸不变，还要求 kernel_size 是奇数。“例如25*25图中”只是举例，MNIST 的图是 28 x 28；“取卷积后最
#   重要特征”，取的是最大的响应。
#   原文注释掉的两个 size() 是 (60000, 28, 28) 和 (60000,)；注释掉的样例图并入图的上排，但不是同一个
#   数字。
#   原文在训练中反复用前 2000 个测试图像检验；若据此选择，会偏向这些图像，所以这里留出训练集的最后
#   2,000 个作验证集，用其余 58,000 个训练；测试集最后用一次，而且用全部 10,000 个。
#   eval()：使用前调用，因为 dropout、batch norm 在训练时行为不同（这里都没有），train() 再恢复；
#   no_grad()：不建计算图，省内存；每次只送 250 张，更省。像素除以 255，落在 0 到 1。网络和图像必须
#   在同一设备（CPU 或 GPU）上。channels_last：同一像素的各通道在内存里相邻，CPU 上更快；view 因此会
#   报错。
#   补充：查找和下载数据（没有网络就用自带的 5,000 张图像）、学习率的变化（--one-cycle 时前十分之三
#   的步数上升；否则 ConstantLR 不改学习率）、保存 cnn.pt、--read、图。
#   原文的链接： https://pytorch.org/docs/stable/nn.html#convolution-layers ，现行文档，有 nn.Conv2d
#   等层的参数说明。

# ---------- picture and command line: skip this at a first reading ----------

# a pasted cell has no __file__, and looks in the current folder
SAMPLE = pathlib.Path(globals().get("__file__", "")).parent / "tests" / "mnist_sample"


def find_root(root):
    """Return root (None: mnist) once MNIST is in it, fetched if need be; else the bundled sample.

    Exits with status 1 and one line where data can't be had, or aren't MNIST's.
    """
    folder = pathlib.Path(root or "mnist").expanduser()
    raw = folder / "MNIST" / "raw"
    files = {name: raw / name.removesuffix(".gz") for name, md5 in MNIST.resources}
    if not all(file.exists() for file in files.values()):
        print(f"Fetching MNIST, some 12 MB, into {raw}", flush=True)
        reason = fetch(raw)
        if reason and (root or not SAMPLE.exists()):
            sys.exit(f"no MNIST in {raw} ({reason}): put there {', '.join(files)}")
        if reason:
            print(f"No MNIST ({reason}): using the bundled sample of 5,000 digits")
            return SAMPLE
    for part in ("train", "t10k"):
        images = (raw / f"{part}-images-idx3-ubyte").read_bytes()
        digits = (raw / f"{part}-labels-idx1-ubyte").read_bytes()
        count = len(digits) - 8  # of these bytes, 8 are the head; of the images', 16
        good = images[:16] + digits[:8] == struct.pack(">6i", 2051, count, 28, 28, 2049, count)
        if not good or len(images) != 16 + 784 * count or max(digits[8:], default=10) > 9:
            bad = f"the {part} files in {raw} are cut, foreign or don't match"
            sys.exit(f"{bad}: put good ones there, or delete the folder {folder} and run again")
    return folder


def fetch(raw):
    """Fetch MNIST's files into the folder raw and unpack them; return None, or why it failed."""
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(10)  # seconds that a mirror may be silent
    try:
        for mirror in MNIST.mirrors:
            try:
                for name, md5 in MNIST.resources:
                    file, old = raw / name, raw / f"{name}.old"
                    if file.exists() and not check_integrity(file, md5) and not old.exists():
                        file.rename(old)  # the user's own, or cut: kept
                    # what was unpacked without an archive is the user's own: not overwritten
                    if file.exists() or not file.with_suffix("").exists():
                        download_and_extract_archive(mirror + name, raw, md5=md5)
                return None
            # RuntimeError: a wrong checksum
            except (OSError, RuntimeError, HTTPException) as error:
                reason = " ".join(f"{type(error).__name__}: {error}".split())
    finally:
        socket.setdefaulttimeout(timeout)
    return reason


def prepare(path):
    """Return a picture's digit as MNIST's makers prepared theirs, (1, 1, 28, 28) in [0, 1].

    Source: MNIST's own page. Of 1,797 handwritten digits (scikit-learn's load_digits), drawn large
    and off the centre of a white page, the network reads 89% so (93% after the second Try), and 10
    to 16% when the page is only shrunk to 28 x 28. Exits with one line where there is no digit.
    """
    try:
        with Image.open(path) as picture:
            picture = ImageOps.exif_transpose(picture).convert("RGBA")  # as it was taken
    except (OSError, Image.DecompressionBombError) as error:
        sys.exit(f"can't read {path}: {error}")
    picture.thumbnail((400, 400))  # averages a photo's grain
    white = Image.new("RGBA", picture.size, "white")  # what is transparent is paper
    gray = Image.alpha_composite(white, picture).convert("L")
    darkest, lightest = gray.getextrema()
    if 2 * ImageStat.Stat(gray).median[0] < darkest + lightest:  # most of it is paper
        gray = ImageOps.invert(gray)  # dark paper, as a blackboard: now it is light here, too
    # A photo's light is uneven: the paper at each place is as light as the lightest place around.
    paper = gray.resize((30, 30)).filter(ImageFilter.MaxFilter(11)).resize(gray.size)
    ink = ImageChops.subtract(paper, gray)  # light on dark, as MNIST's
    most = ink.getextrema()[1]
    if most < 25:  # of 255
        sys.exit(f"no ink in {path}")
    ink = ink.point(lambda value: value if value > 0.45 * most else 0)  # shadows are paper
    ink = ink.crop(ink.getbbox())
    ink = ink.resize([max(1, round(20 * side / max(ink.size))) for side in ink.size])
    image = F.pad(ToTensor()(ink), (0, 28 - ink.width, 0, 28 - ink.height))  # (1, 28, 28)
    for dim in (1, 2):  # rows, columns: the centre of mass goes to the middle
        room = 28 - ink.size[2 - dim]
        centre = image.sum(dim=(0, 3 - dim)) @ torch.arange(0.5, 28) / image.sum()
        image = image.roll(min(max(round(14 - centre.item()), 0), room), dim)
    return image.unsqueeze(0) / image.max()


def read_pictures(paths, *, save):
    """Print which digit the network in cnn.pt reads in each picture, and draw the first one's way.

    Exits with status 1 and one line where there is no cnn.pt, or no digit to be seen.
    """
    if not pathlib.Path("cnn.pt").exists():
        sys.exit("no cnn.pt in this folder: train first, python 10_cnn_mnist.py")
    cnn = CNN()
    cnn.load_state_dict(torch.load("cnn.pt", map_location="cpu", weights_only=True))
    cnn.eval()
    images = torch.cat([prepare(path) for path in paths])
    with torch.no_grad():
        shares = cnn(images).softmax(dim=1)
    for path, share in zip(paths, shares):
        print(f"{path}: {share.argmax()} ({share.max():.1%})")
    figure = plt.figure(figsize=(8.4, 2.3), dpi=120, layout="constrained")
    draw_way(figure, cnn, images[:1])
    show(figure, save=save)


def draw_way(figure, cnn, image):
    """Draw the way of an image, (1, 1, 28, 28), through the network."""
    axes = figure.subplots(1, 6, width_ratios=(1, 1, 1, 1, 2.1, 1))
    names = ("image", "convolution", "ReLU", "pooling", "conv2")
    for ax, name, layer in zip(axes, names, (nn.Identity(), *cnn.conv1, cnn.conv2)):
        with torch.no_grad():
            image = layer(image)
        _, count, height, width = image.shape
        ax.set_title(f"{name}\n{count} x {height} x {width}")
        tiles = make_grid(image[0, :, None], (count + 3) // 4, pad_value=image.max().item())
        ax.imshow(tiles[0].numpy(), cmap="gray")
        ax.axis("off")
    with torch.no_grad():
        shares = cnn.out(image.flatten(1))[0].softmax(dim=0)
    axes[5].bar(range(10), shares.tolist())
    axes[5].set(title="probability\nof each digit", xticks=range(10), yticks=(0, 1))


def draw(cnn, x, y, pred_y, losses, errors):
    """Draw an unsure digit's way, the loss and the held-out error, and ten mistakes."""
    figure = plt.figure(figsize=(8.4, 5.4), dpi=120, layout="constrained")
    share = accuracy(pred_y, y)
    figure.suptitle(f"{share:.1%} of {len(y)} test digits read right", weight="bold")
    top, bottom = figure.subfigures(2, 1, height_ratios=(2, 3))
    left, right = bottom.subfigures(1, 2)
    with torch.no_grad():
        sure = cnn(x[:1000]).softmax(dim=1).amax(dim=1)
    sure[pred_y[:1000] != y[:1000]] = 1  # among those that it read right: the least sure one
    draw_way(top, cnn, x[sure.argmin()].unsqueeze(0))
    ax, end = left.subplots(), len(losses)
    steps, wrong = zip(*errors)
    ax.semilogy(range(1, end + 1), losses, alpha=0.5)
    ax.semilogy(steps, wrong, "o-", color="chocolate")
    ax.text(end, sum(losses[-50:]) / len(losses[-50:]), "  loss", color="tab:blue")
    label = "  held-out\n  digits\n  wrong"
    ax.text(end, wrong[-1] or min(losses), label, color="chocolate", va="center")
    ax.set(xlabel="step", xlim=(0, end))
    for number, i in enumerate((pred_y != y).nonzero()[:10, 0].tolist(), start=1):
        ax = right.add_subplot(2, 5, number, title=f"{y[i]} read\nas {pred_y[i]}")
        ax.imshow(x[i, 0].numpy(), cmap="gray")
        ax.axis("off")
    return figure


def show(figure, *, save):
    """Open a window; to save, or where none can open, write 10_cnn_mnist.png.

    Notebooks and IDEs are then asked to show it, too: any backend but agg.
    """
    if save or not figure.canvas.required_interactive_framework:
        try:
            figure.savefig("10_cnn_mnist.png")
        except OSError as error:
            sys.exit(f"can't write 10_cnn_mnist.png, try it in another folder: {error}")
        print("picture: 10_cnn_mnist.png")
    if not save and plt.get_backend().lower() != "agg":
        plt.show()


def between(low, high, kind=int):
    """Return a converter for argparse that takes numbers from low to high only."""

    def number(text):
        if low <= kind(text) <= high:
            return kind(text)
        raise ArgumentTypeError(f"{text} is not from {low} to {high}")

    return number


if __name__ == "__main__":
    best = str(torch.accelerator.current_accelerator(check_available=True) or "cpu")
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.set_defaults(**main.__kwdefaults__)
    parser.add_argument("--root", help="folder that holds MNIST/raw (default: mnist)")
    parser.add_argument("--epochs", type=between(1, 1000), help="default: %(default)s")
    parser.add_argument("--batch-size", type=between(1, 10_000), help="default: %(default)s")
    parser.add_argument("--lr", type=between(0, 1, float), help="rate (default: %(default)s)")
    parser.add_argument("--one-cycle", action="store_true", help="let lr rise to --lr, then fall")
    device_help = f"default: {best}; cpu, if training fails on a GPU"
    parser.add_argument("--device", choices=sorted({"cpu", best}), help=device_help)
    parser.add_argument("--read", nargs="+", metavar="PICTURE", help="read these, train nothing")
    parser.add_argument("--seed", type=between(0, 2**32 - 1), help="default: %(default)s")
    parser.add_argument("--save", action="store_true", help="write a .png, open no window")
    notebook = sys.argv[0].endswith(("launcher.py", "__main__.py"))  # a pasted cell has no options
    options = vars(parser.parse_args([] if notebook else None))
    pictures = options.pop("read")
    if pictures:
        read_pictures(pictures, save=options["save"])
    else:
        main(**options)
