import pathlib
import re
import shutil

import pytest
import torch
from matplotlib import pyplot as plt
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from conftest import SMALL, load

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # urllib's errors keep sockets
script = load("10_cnn_mnist")
SMALL_CPU = {"root": SMALL, "device": "cpu"}  # 200 digits: 2 x 97 to train on, the last 6 held out


def digits(train):
    """Return the small MNIST's images, (N, 1, 28, 28), made as the notes make them; and digits."""
    images, digits = zip(*MNIST(SMALL, train=train, transform=ToTensor()))
    return torch.stack(images), torch.tensor(digits)


@pytest.mark.parametrize("one_cycle", [False, True])
def test_it_learns_by_adam_from_shuffled_digits_that_are_not_held_out(one_cycle):
    cnn, _, errors = script.main(**SMALL_CPU, batch_size=20, lr=0.01, one_cycle=one_cycle)
    torch.manual_seed(1)  # as main() does
    conv1 = nn.Conv2d(1, 16, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2)
    conv2 = nn.Conv2d(16, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2)
    net, (x, y) = nn.Sequential(*conv1, *conv2, nn.Flatten(), nn.Linear(1568, 10)), digits(True)
    adam = torch.optim.Adam(net.parameters(), lr=0.01)  # its rule: test_09_optimizers.py
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, 0.01, total_steps=10) if one_cycle else None
    for batch_x, batch_y in DataLoader(TensorDataset(x[:194], y[:194]), 20, shuffle=True):
        adam.zero_grad()
        nn.functional.cross_entropy(net(batch_x), batch_y).backward()
        adam.step()
        if one_cycle:
            cycle.step()
    torch.testing.assert_close(cnn(x), net(x), rtol=0, atol=1e-3)
    right = (net(x[194:]).argmax(dim=1) == y[194:]).float().mean().item()
    assert errors[-1] == (10, pytest.approx(1 - right))


def test_what_it_says_and_draws_is_what_the_network_reads(capsys):
    cnn, losses, errors = script.main(**SMALL_CPU, lr=0.003)
    out, (x, y), (train_x, train_y) = capsys.readouterr().out, digits(False), digits(True)
    shares = cnn(x).detach().softmax(dim=1)
    pred_y = shares.argmax(dim=1)
    wrong = (pred_y != y).nonzero()[:, 0]
    train_right = (cnn(train_x[:60]).argmax(dim=1) == train_y[:60]).float().mean()
    assert re.findall(r"(\d+\.\d\d%)", out) == [f"{1 - len(wrong) / 60:.2%}", f"{train_right:.2%}"]
    assert f"{pred_y[:10].numpy()}" in out and f"{y[:10].numpy()}" in out
    *_, bars, curves = plt.gcf().axes[:7]  # five maps, bars, curves; then the mistakes
    assert [bar.get_height() for bar in bars.patches] == pytest.approx(shares[0].tolist(), abs=1e-4)
    assert curves.lines[0].get_ydata().tolist() == losses
    assert [*map(tuple, curves.lines[1].get_xydata())] == errors
    for ax, i in zip(plt.gcf().axes[7:], wrong[:10], strict=True):
        assert re.findall(r"\d", ax.get_title()) == [str(y[i].item()), str(pred_y[i].item())]
        assert (ax.images[0].get_array() == x[i, 0].numpy()).all()


def test_only_training_batches_meet_graph_and_training_mode_and_test_digits_come_last(monkeypatch):
    asked, forward = [], script.CNN.forward

    def watched(cnn, x):
        asked.append((len(x), {cnn.training, torch.is_grad_enabled()}))
        return forward(cnn, x)

    monkeypatch.setattr(script.CNN, "forward", watched)
    script.main(**SMALL_CPU, batch_size=97)  # then 60 test digits, 60 of training, 1 drawn
    assert asked == [(97, {True}), (6, {False})] * 2 + [(n, {False}) for n in (60, 60, 1)]


def test_without_usable_mnist_the_sample_serves_for_ten_times_the_epochs(monkeypatch, capsys):
    monkeypatch.setattr(script, "SAMPLE", SMALL)
    losses = script.main(batch_size=97, device="cpu")[1]
    assert len(losses) == 10 * 2 and "refused" in capsys.readouterr().out  # by conftest's proxy
    shutil.copytree(SMALL, "mnist", dirs_exist_ok=True)
    pathlib.Path("mnist/MNIST/raw/train-labels-idx1-ubyte").write_bytes(b"damaged")
    assert script.find_root(None, 1) == (SMALL, 10) and "Error" in capsys.readouterr().out


def test_missing_digits_are_fetched_and_read_but_a_root_is_only_read(monkeypatch):
    monkeypatch.setattr(MNIST, "download", lambda mnist: shutil.copytree(SMALL, mnist.root))
    assert len(script.main(batch_size=97, device="cpu")[1]) == 2
    with pytest.raises(RuntimeError, match="not found"):
        script.main(root="mine")


def test_a_device_that_torch_has_gets_the_digits_and_the_network(monkeypatch):
    found = []
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: torch.device("meta"))
    monkeypatch.setattr(script.CNN, "forward", lambda cnn, x: found.extend([x, *cnn.parameters()]))
    monkeypatch.setattr(nn.CrossEntropyLoss, "forward", lambda loss, x, y: found.append(y))
    with pytest.raises(AttributeError):  # None has no backward()
        script.main(root=SMALL)
    assert {tensor.device.type for tensor in found} == {"meta"}
