"""README's table of the post's code and today's: both sides are run, and agree, warn or fail as it says."""

import copy
import pickle
import re
import time
import warnings

import numpy as np
import pytest
import torch
from conftest import ROOT, SAMPLE, load
from matplotlib import pyplot as plt
from matplotlib.animation import FuncAnimation
from torch import nn
from torch.autograd import Variable
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

README = (ROOT / "README.md").read_text(encoding="utf-8")
OUT = torch.tensor([[1.0, 3.0, 2.0], [9.0, 0.0, 1.0]])


def test_variable_just_returns_a_tensor():
    assert type(Variable(torch.ones(2), requires_grad=True)) is torch.Tensor
    assert Variable(torch.ones(2), requires_grad=True).requires_grad


def test_float_tensor_gives_what_torch_tensor_gives_but_takes_a_number_for_a_size():
    assert torch.equal(torch.FloatTensor([1, 2]), torch.tensor([1, 2], dtype=torch.float32))
    assert torch.FloatTensor(3).shape == (3,)
    assert torch.tensor(3, dtype=torch.float32).item() == 3


def test_type_long_tensor_is_long():
    assert torch.equal(torch.ones(2).type(torch.LongTensor), torch.ones(2).long())
    assert torch.ones(2, dtype=torch.long).dtype == torch.ones(2).type(torch.LongTensor).dtype


def test_data_and_detach_give_the_same_numbers_and_02_shows_the_difference():
    x = torch.ones(2, requires_grad=True)
    assert torch.equal(x.data, x.detach())
    script = load(ROOT / "02_autograd.py")
    assert script.overwrite("data").tolist() != script.overwrite().tolist()
    with pytest.raises(RuntimeError, match="inplace"):
        script.overwrite("detach")


def test_loss_data_numpy_is_an_array_and_item_a_number():
    loss = torch.ones(1, requires_grad=True).sum()
    assert type(loss.data.numpy()) is np.ndarray
    assert type(loss.item()) is float


def test_np_abs_still_computes_and_refuses_a_tensor_that_tracks_gradients():
    x = torch.tensor([-1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy 2 and torch don't always agree on how to wrap the result
        assert np.abs(x).tolist() == torch.abs(x).tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="requires grad"):
        np.abs(x.requires_grad_())


def test_normal_of_zeros_is_randn():
    x = torch.zeros(4, 1)
    torch.manual_seed(0)
    old = torch.normal(torch.zeros(*x.size()))
    torch.manual_seed(0)
    assert torch.equal(old, torch.randn_like(x))


def test_max_1_is_argmax():
    assert torch.equal(torch.max(OUT, 1)[1], OUT.argmax(dim=1))


def test_super_needs_no_arguments():
    class Old(nn.Module):
        def __init__(self):
            super(Old, self).__init__()  # noqa: UP008
            self.layer = nn.Linear(1, 1)

    class New(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(1, 1)

    for net in (Old(), New()):
        assert [name for name, _ in net.named_parameters()] == ["layer.weight", "layer.bias"]


def test_view_refuses_channels_last_and_flatten_takes_it():
    x = torch.rand(2, 3, 4, 4)
    assert torch.equal(x.view(x.size(0), -1), x.flatten(1))
    last = x.to(memory_format=torch.channels_last)
    with pytest.raises(RuntimeError, match="view"):
        last.view(last.size(0), -1)
    assert torch.equal(last.flatten(1), x.flatten(1))


def test_loading_a_whole_network_is_refused_unless_its_classes_are_allowed(tmp_path):
    torch.save(nn.Sequential(nn.Linear(1, 1)), "net.pkl")
    with pytest.raises(pickle.UnpicklingError, match="weights_only"):
        torch.load("net.pkl")
    with torch.serialization.safe_globals([nn.Sequential, nn.Linear]):
        assert isinstance(torch.load("net.pkl", weights_only=True), nn.Sequential)
    assert (tmp_path / "net.pkl").read_bytes()[:2] == b"PK"  # a zip archive, no plain pickle


def test_the_loops_last_prediction_is_one_step_older_than_the_network():
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
    net = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    for _ in range(3):
        prediction = net(x)
        loss = nn.functional.mse_loss(prediction, x**2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert not torch.equal(prediction, net(x))
    script = load(ROOT / "07_save_restore.py")
    (net1, *_), predictions = script.main(epochs=3)
    assert torch.equal(predictions[0], net1(x))


def test_plt_pause_puts_the_training_to_sleep_and_the_animation_doesnt(window):
    figure = plt.figure()
    start = time.perf_counter()
    with plt.ion(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is a display, matplotlib warns that Agg can't use it
        plt.pause(0.2)
    assert time.perf_counter() - start >= 0.2
    plt.close(figure)
    load(ROOT / "04_regression.py").main(epochs=2)
    assert isinstance(window[-1].animation, FuncAnimation)


def test_nets_of_their_own_start_elsewhere_and_copies_at_the_same_place():
    script = load(ROOT / "09_optimizers.py")
    net = script.Net()
    assert not torch.equal(net.hidden.weight, script.Net().hidden.weight)
    assert torch.equal(net.hidden.weight, copy.deepcopy(net).hidden.weight)


def test_without_files_and_download_the_posts_mnist_stops():
    with pytest.raises(RuntimeError, match="Dataset not found"):
        MNIST("./mnist", train=True, download=False)


def test_the_old_names_of_the_test_data_warn():
    data = MNIST(SAMPLE, train=False)
    for old, new in (("test_data", "data"), ("test_labels", "targets")):
        with pytest.warns(UserWarning, match=f"{old} has been renamed {new}"):
            assert torch.equal(getattr(data, old), getattr(data, new))


def test_to_tensor_one_by_one_gives_the_numbers_of_one_tensor_over_255():
    data = MNIST(SAMPLE, train=False, transform=transforms.ToTensor())
    images, labels = next(iter(DataLoader(data, batch_size=50)))
    script = load(ROOT / "10_cnn_mnist.py")
    ours, targets = script.load(SAMPLE / "MNIST" / "raw", "t10k")
    assert torch.equal(images, ours[torch.arange(50)].float() / 255)
    assert torch.equal(labels, targets[:50])


def test_every_row_of_the_table_is_marked_in_a_script():
    """The left column's calls stand behind `notes:` in the scripts, but for those that need no words there."""
    rows = re.findall(r"^\| (`.*?) \| (.*?) \| (.*?) \| (.*?) \|$", README.split("## Then and now")[1], flags=re.M)
    assert len(rows) >= 14
    lines = [line for path in ROOT.glob("[01]*.py") for line in path.read_text("utf-8").splitlines()]
    remarks = " ".join(line.split("notes:")[1] for line in lines if "notes:" in line)
    words = ["Variable", "FloatTensor", "LongTensor", ".data", "loss.data.numpy()", "np.abs(tensor)", "torch.normal"]
    words += ["super(Net, self)", "torch.max(out, 1)[1]", "x.view", "torch.load", ".pkl", "plt.ion()", "Net()"]
    for word in [*words, "DOWNLOAD_MINST", "test_data.test_data", "DataLoader", "ToTensor()"]:
        assert word in README, word
        assert word in remarks, word


def test_every_link_in_readme_is_alive():
    links = re.findall(r"(?:\]\(|src=\")(?!http)([^)\"]+)[)\"]", README)
    assert len(links) >= 16
    assert all((ROOT / link).exists() for link in links)


def test_readme_has_the_ten_scripts_under_the_notes_titles():
    for path in sorted(ROOT.glob("[01][0-9]_*.py")):
        title = re.search(r"^# 原文小节：(.*)$", path.read_text("utf-8"), flags=re.M)[1]
        assert f"| [{path.name}]({path.name}) | {title} | " in README
