"""10: the network of the notes learns by Adam what is not held out; its data, words and picture."""

import functools
import gzip
import hashlib
import http.server
import pathlib
import shutil
import threading

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import MNIST

from conftest import SMALL, digits, load, numbers

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # urllib's errors keep sockets


def by_hand(cnn, x):
    """Return what comes after each round, and the logits, computed without nn.Module."""
    p, maps = dict(cnn.named_parameters()), []
    for name in ("conv1.0", "conv2.0"):
        x = F.conv2d(x, p[f"{name}.weight"], p[f"{name}.bias"], padding=2).clamp(min=0)
        x = x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).amax(dim=(3, 5))
        maps.append(x)
    return *maps, x.flatten(1) @ p["out.weight"].T + p["out.bias"]


def small(**how):
    """Train with the first 200 and 60 digits of the sample; the last 6 of the 200 are held out."""
    return load("10_cnn_mnist").main(root=SMALL, **{"device": "cpu", **how})


@pytest.mark.parametrize(("epochs", "one_cycle"), [(1, False), (3, True)])
def test_it_learns_by_adam_from_shuffled_batches_of_what_is_not_held_out(epochs, one_cycle):
    cnn, losses, errors = small(epochs=epochs, one_cycle=one_cycle, batch_size=20, seed=5)
    torch.manual_seed(5)
    same, (x, y) = load("10_cnn_mnist").CNN(), digits("train")
    start = 1 - (by_hand(same, x[194:200])[2].argmax(dim=1) == y[194:200]).float().mean()
    loader = DataLoader(TensorDataset(x[:194], y[:194]), batch_size=20, shuffle=True)
    adam = torch.optim.Adam(same.parameters(), lr=0.001)  # its rule: test_09_optimizers.py
    batches = [batch for _ in range(epochs) for batch in loader]
    for i, (batch_x, batch_y) in enumerate(batches):
        if one_cycle:  # half a cosine up in 3/10 of the steps, another one down; beta1 against it
            top = 0.3 * len(batches) - 1
            way = i / top if i < top else (len(batches) - 1 - i) / (len(batches) - 1 - top)
            share = (1 - np.cos(np.pi * way)) / 2
            low = 1 / 25 if i < top else 1 / 250_000
            rate, beta = 0.001 * (low + (1 - low) * share), 0.95 - 0.1 * share
            adam.param_groups[0].update(lr=rate, betas=(beta, 0.999))
        loss = F.nll_loss(by_hand(same, batch_x)[2].log_softmax(dim=1), batch_y)
        assert losses[i] == pytest.approx(loss.item(), rel=1e-3)
        adam.zero_grad()
        loss.backward()
        adam.step()
    wrong = (by_hand(cnn, x[194:200])[2].argmax(dim=1) != y[194:200]).float().mean().item()
    assert errors[-1] == (len(batches), pytest.approx(wrong)) and len(losses) == len(batches)
    assert len(errors) == 10 * epochs and start > 0.5


def test_what_it_says_and_draws_is_what_the_network_reads(capsys):
    cnn, losses, errors = small(epochs=8)
    (x, y), (train_x, train_y) = (digits(part) for part in ("t10k", "train"))
    pred_y = by_hand(cnn, x[:60])[2].argmax(dim=1)
    train_share = (by_hand(cnn, train_x[:60])[2].argmax(dim=1) == train_y[:60]).float().mean()
    out = capsys.readouterr().out
    test_share = (pred_y == y[:60]).float().mean()
    shares = [pytest.approx(100 * share.item(), abs=0.01) for share in (test_share, train_share)]
    assert numbers(out, "test digits:") + numbers(out, "training digits:") == shares
    assert f"{pred_y[:10].numpy()} prediction" in out and f"{y[:10].numpy()} real" in out
    assert numbers(out, "held-out digits")[-1] == pytest.approx(100 * (1 - errors[-1][1]), abs=0.1)
    torch.testing.assert_close(torch.load("cnn.pt"), cnn.state_dict())

    *way, bars, curves = plt.gcf().axes[:7]
    conv1, conv2, logits = by_hand(cnn, x[:1])
    shown = [x[:1], None, None, conv1, conv2]
    for ax, maps in zip(way, shown, strict=True):
        if maps is not None:
            assert ax.images[0].get_array().max() == pytest.approx(maps.max().item(), abs=1e-4)
            assert f"{maps.shape[1]} x {maps.shape[2]} x {maps.shape[3]}" in ax.get_title()
    heights = [bar.get_height() for bar in bars.patches]
    np.testing.assert_allclose(heights, logits.detach()[0].softmax(dim=0), atol=1e-4)
    assert f"read as {pred_y[0]}" in bars.get_title()
    np.testing.assert_allclose(curves.lines[0].get_ydata(), losses)
    np.testing.assert_allclose(curves.lines[1].get_xydata(), errors)
    for ax, i in zip(plt.gcf().axes[7:], (pred_y != y[:60]).nonzero()[:10, 0]):
        assert ax.get_title() == f"{y[i]} read\nas {pred_y[i]}"
        np.testing.assert_array_equal(ax.images[0].get_array(), x[i, 0])


def test_the_test_digits_are_asked_once_at_the_end_without_graph_or_training_mode(monkeypatch):
    script, asked = load("10_cnn_mnist"), []
    forward = script.CNN.forward

    def watched(cnn, x):
        assert cnn.training == torch.is_grad_enabled()
        asked.append((len(x), cnn.training))
        return forward(cnn, x)

    monkeypatch.setattr(script.CNN, "forward", watched)
    small(batch_size=97)  # two steps; the held-out digits are asked after each
    assert asked[:6] == [(97, True), (6, False), (97, True), (6, False), (60, False), (60, False)]


def test_without_a_network_it_trains_ten_times_as_long_on_the_sample_and_says_why(monkeypatch):
    script = load("10_cnn_mnist")
    monkeypatch.setattr(script, "SAMPLE", SMALL)
    _, losses, _ = script.main(device="cpu")
    assert len(losses) == 10 * 4


def test_the_reason_for_using_the_sample_is_the_true_one(monkeypatch, capsys):
    script = load("10_cnn_mnist")
    assert script.find_root(None) == script.SAMPLE
    assert "Connection refused" in capsys.readouterr().out
    shutil.copytree(SMALL, "mnist", dirs_exist_ok=True)
    assert script.find_root(None) == "mnist"
    labels = pathlib.Path("mnist/MNIST/raw/train-labels-idx1-ubyte")
    labels.write_bytes(labels.read_bytes()[:100])
    assert script.find_root(None) == script.SAMPLE
    assert "no usable MNIST" in capsys.readouterr().out
    labels.unlink()
    monkeypatch.setattr(script, "SAMPLE", pathlib.Path("nothing"))
    with pytest.raises(RuntimeError, match="Connection refused"):
        script.find_root(None)


def test_missing_data_are_fetched_and_a_root_is_only_read(monkeypatch):
    script, packed = load("10_cnn_mnist"), pathlib.Path("packed")
    packed.mkdir()
    for file in SMALL.glob("MNIST/raw/*"):
        (packed / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="packed")
    monkeypatch.setattr(handler.func, "log_message", lambda *_: None)
    sums = [(f.name, hashlib.md5(f.read_bytes()).hexdigest()) for f in sorted(packed.iterdir())]
    monkeypatch.setattr(MNIST, "resources", sums)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        assert script.find_root(None) == "mnist"
        with pytest.raises(RuntimeError, match="Dataset not found"):
            script.main(root="mine")
        server.shutdown()
    x, y = script.load_data("mnist", train=True)
    assert torch.equal(x, digits("train")[0][:200]) and torch.equal(y, digits("train")[1][:200])
    assert not pathlib.Path("mine").exists()


def test_a_device_is_used_where_torch_has_one_or_it_is_named(monkeypatch, capsys):
    meta = torch.device("meta")  # holds no numbers, so asking for one fails
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: meta)
    for how in ({"device": None}, {"device": "meta"}):
        with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
            small(**how)
        assert "training on meta" in capsys.readouterr().out
    small()
    assert "training on cpu" in capsys.readouterr().out


def test_where_cnn_pt_cant_be_written_the_accuracy_has_been_said(capsys):
    pathlib.Path("cnn.pt").mkdir()
    with pytest.raises(RuntimeError):
        small()
    assert "accuracy on all test digits" in capsys.readouterr().out
