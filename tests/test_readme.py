"""README is true: its links, commands and sample of output, and every row of then-and-now."""

import ast
import copy
import pickle
import re
import time
import warnings

import numpy as np
import pytest
import torch
from conftest import ROOT, SAMPLE, SMALL, command, load
from matplotlib import pyplot as plt
from matplotlib.animation import FuncAnimation
from torch import nn
from torch.autograd import Variable
from torchvision.datasets import MNIST

README = (ROOT / "README.md").read_text(encoding="utf-8")
OUT = torch.tensor([[1.0, 3.0, 2.0], [9.0, 0.0, 1.0]])


def test_variable_just_returns_a_tensor():
    assert type(Variable(torch.ones(2), requires_grad=True)) is torch.Tensor
    assert Variable(torch.ones(2), requires_grad=True).requires_grad


def test_float_tensor_takes_a_number_for_a_size():
    assert torch.equal(torch.FloatTensor([1, 2]), torch.tensor([1, 2], dtype=torch.float32))
    assert torch.FloatTensor(3).shape == (3,)
    assert torch.tensor(3, dtype=torch.float32).item() == 3


def test_type_long_tensor_is_long():
    old, new = torch.ones(2).type(torch.LongTensor), torch.ones(2).long()
    assert torch.equal(old, new)
    assert old.dtype == new.dtype == torch.int64


def test_overwriting_data_makes_the_gradient_wrong_and_detach_complains():
    def gradient(overwrite):
        v = torch.tensor([1.0, 2.0], requires_grad=True)
        y = v * v
        out = (y * y).sum()
        overwrite(y)
        out.backward()
        return v.grad.tolist()

    assert gradient(lambda y: None) == [4, 32]
    assert gradient(lambda y: y.data.zero_()) == [0, 0]
    with pytest.raises(RuntimeError, match="inplace"):
        gradient(lambda y: y.detach().zero_())


def test_loss_data_numpy_is_an_array_and_item_a_number():
    loss = torch.ones(1, requires_grad=True).sum()
    assert type(loss.data.numpy()) is np.ndarray
    assert type(loss.item()) is float


def test_np_abs_refuses_a_tensor_that_tracks_gradients():
    x = torch.tensor([-1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy 2 and torch don't always agree on wrapping results
        assert np.abs(x).tolist() == torch.abs(x).tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="requires grad"):
        np.abs(x.requires_grad_())


def test_normal_of_zeros_is_randn():
    x = torch.zeros(4, 1)
    torch.manual_seed(0)
    old = torch.normal(torch.zeros(*x.size()))
    torch.manual_seed(0)
    assert torch.equal(old, torch.randn(x.size()))


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
    assert (tmp_path / "net.pkl").read_bytes()[:2] == b"PK"  # a zip archive


def test_the_loops_last_prediction_is_one_step_older_than_the_network():
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 100).unsqueeze(dim=1)
    net = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    for _ in range(3):
        prediction = net(x)
        optimizer.zero_grad()
        nn.functional.mse_loss(prediction, x**2).backward()
        optimizer.step()
    assert not torch.equal(prediction, net(x))


def test_plt_pause_makes_the_training_wait_and_the_animation_doesnt(window):
    figure = plt.figure()
    start = time.perf_counter()
    with plt.ion(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is a display, matplotlib warns about Agg
        plt.pause(0.2)
    assert time.perf_counter() - start >= 0.2
    plt.close(figure)
    load("04_regression").main(epochs=2)
    assert isinstance(window[-1].animation, FuncAnimation)


def test_nets_of_their_own_start_elsewhere_and_copies_at_the_same_place():
    net = nn.Linear(1, 20)
    assert not torch.equal(net.weight, nn.Linear(1, 20).weight)
    assert torch.equal(net.weight, copy.deepcopy(net).weight)


def test_without_files_and_download_the_posts_mnist_stops():
    with pytest.raises(RuntimeError, match="Dataset not found"):
        MNIST("./mnist", train=True, download=False)


def test_the_old_names_of_the_test_data_warn():
    data = MNIST(SAMPLE, train=False)
    for old, new in (("test_data", "data"), ("test_labels", "targets")):
        with pytest.warns(UserWarning, match=f"{old} has been renamed {new}"):
            assert torch.equal(getattr(data, old), getattr(data, new))


def test_no_grad_builds_no_graph():
    net = nn.Linear(1, 1)
    assert net(torch.ones(1)).grad_fn is not None
    with torch.no_grad():
        assert net(torch.ones(1)).grad_fn is None


def test_every_row_of_the_table_is_answered_in_a_script():
    """What the left column names in code stands behind 原文 in a script, or in its 对照."""
    table = README.split("Then and now")[1].split("</details>")[0]
    rows = re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", table, flags=re.M)[2:]
    assert len(rows) >= 18
    remarks = ""
    for path in ROOT.glob("[01]*.py"):
        text = path.read_text(encoding="utf-8")
        remarks += "".join(re.findall(r"原文：.*(?:\n *#.*)*|# 对照：(?:.*\n#)*.*", text))
    for old, today, since, why in rows:
        assert re.fullmatch(r"–|\d\.\d(\.\d)?|Python 3|torchvision \d\.\d\.\d", since)
        assert re.search(r"[\u4e00-\u9fff]", why), old  # the reason in both languages
        assert " · " in why, old
        for code in re.findall(r"`(.+?)`", old):
            name = re.split(r"[(\s]", code)[0].split(".")[-1]
            assert name in remarks, code


def test_every_link_in_readme_is_alive_and_points_at_the_lessons_first_line():
    links = re.findall(r"(?:\]\(|src=\")(?!http)([^)\"]+)[)\"]", README)
    assert len(links) >= 18
    for link in links:
        file, _, line = link.partition("#L")
        assert (ROOT / file).exists()
        if line:
            text = (ROOT / file).read_text(encoding="utf-8")
            body = ast.parse(text).body
            imports = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
            below = text.splitlines()[imports[-1].end_lineno : int(line)]
            assert below[-1].strip()
            assert not any(row.strip() for row in below[:-1])


def test_readme_shows_the_ten_under_the_posts_titles_and_all_six_pictures():
    for path in ROOT.glob("[01][0-9]_*.py"):
        title = re.search(r"^# 原文小节：(.*)$", path.read_text(encoding="utf-8"), flags=re.M)[1]
        assert re.search(
            rf"^\| \[{path.name}\]\({path.name}#L\d+\) \| {title} \| ", README, flags=re.M
        )
    for picture in (ROOT / "tests" / "gallery").iterdir():
        assert f'src="tests/gallery/{picture.name}"' in README


def test_the_commands_name_files_and_options_that_exist():
    for requirements in re.findall(r"-r (\S+)", README):
        assert (ROOT / requirements).exists()
    scripts = re.findall(r"(\d\d_\w+\.py)((?: --?[\w-]+(?: [\d.]+)?)*)", README)
    assert len(scripts) > 15
    for script, options in scripts:
        text = (ROOT / script).read_text(encoding="utf-8")
        assert all(f'"{option}"' in text for option in re.findall(r"--[\w-]+", options))
    for options in re.findall(r"`(--[^`]+)`", README):
        assert all(
            any(f'"{option}"' in path.read_text("utf-8") for path in ROOT.glob("*.py"))
            for option in re.findall(r"--[\w-]+", options)
        )


def test_the_output_that_readme_shows_has_the_form_of_the_real_one():
    shown = README.split("```text\n")[1].split("```")[0].splitlines()
    real = command(ROOT / "10_cnn_mnist.py", "--root", SMALL, "--device", "cpu").out.splitlines()

    def form(line):
        return re.sub(r"[+-]?\d+(\.\d+)?", "0", line)

    assert len(shown) == 3
    assert {form(line) for line in shown} <= {form(line) for line in real}
