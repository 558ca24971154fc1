"""README is true: its links, commands and sample of output, and every row of then-and-now."""

import pickle
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.autograd import Variable
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from conftest import ROOT, SAMPLE, SCRIPTS, SMALL, command, options, source

README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = README.split("Then and now")[1].split("\n## ")[0]
ROWS = re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", TABLE, flags=re.M)[2:]
OUT = torch.tensor([[1.0, 3.0, 2.0], [9.0, 0.0, 1.0]])
KNOWN = {"torch": torch, "np": np, "x": OUT, "y": OUT, "out": OUT, "tensor": OUT, "loss": OUT.sum(), "data": [1, 2]}


def value(cell):
    """Return the value of a cell's code as a tensor, or None where it isn't one of names that we know."""
    torch.manual_seed(0)
    try:
        return torch.as_tensor(eval(cell.strip("`"), dict(KNOWN)))
    except Exception:  # most cells are words, or need what we have not
        return None


@pytest.mark.filterwarnings("ignore")  # numpy 2 and torch don't always agree on how np.abs wraps its result
def test_then_and_now_give_the_same_where_a_row_holds_two_expressions():
    pairs = [[value(cell) for cell in row[:2]] for row in ROWS]
    pairs = [pair for pair in pairs if pair[0] is not None and pair[1] is not None]
    assert len(pairs) >= 8 and all(torch.equal(*pair) for pair in pairs)


def test_then_fails_or_warns_where_the_table_says_so(tmp_path):
    """Hold torch and torchvision to what README says of them, not the scripts."""
    assert type(Variable(torch.ones(2))) is torch.Tensor
    assert torch.FloatTensor(3).shape == (3,)
    with pytest.raises(RuntimeError, match="requires grad"):
        np.abs(torch.ones(1, requires_grad=True))
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last).view(2, -1)
    torch.save(nn.Sequential(nn.Linear(1, 1)), "net.pkl")
    with pytest.raises(pickle.UnpicklingError):
        torch.load("net.pkl")
    assert (tmp_path / "net.pkl").read_bytes()[:2] == b"PK"  # a zip archive
    with pytest.raises(RuntimeError, match="Dataset not found"):
        MNIST("./mnist", train=True, download=False)
    data = MNIST(SAMPLE, train=False, transform=ToTensor())
    assert torch.equal(data[7][0][0], data.data[7] / 255)
    for old, new in (("test_data", "data"), ("test_labels", "targets")):
        with pytest.warns(UserWarning, match=f"{old} has been renamed {new}"):
            assert torch.equal(getattr(data, old), getattr(data, new))


def test_an_overwritten_detached_result_is_noticed_only_where_backward_needs_it_and_never_through_numpy():
    """What README and 02 say of .data and .detach(), held against torch."""

    def gradient(overwrite, of=lambda h: (h * h).sum()):  # with respect to v: 8 v
        v = torch.tensor([1.0, 2.0], requires_grad=True)
        h = v * 2
        out = of(h)
        overwrite(h)
        out.backward()
        return v.grad.tolist()

    assert gradient(lambda h: None) == [8, 16]
    assert gradient(lambda h: h.data.zero_()) == [0, 0]  # wrong, without a word
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        gradient(lambda h: h.detach().zero_())
    assert gradient(lambda h: h.detach().numpy().fill(0)) == [0, 0]  # wrong, without a word
    assert gradient(lambda h: h.detach().zero_(), lambda h: (3 * h).sum()) == [6, 6]  # backward doesn't need h


def test_every_row_of_the_table_is_answered_in_a_script_and_has_its_reason_in_both_languages():
    """What the left column names in code stands in a comment of a script, behind 原文 or in its 对照."""
    remarks = "".join(re.findall(r"#.*", "\n".join(map(source, SCRIPTS))))
    for old, _, since, why in ROWS:
        assert re.fullmatch(r"–|\d\.\d(\.\d)?|Python 3|torchvision \d\.\d\.\d", since)
        assert re.search(r"[\u4e00-\u9fff].* · .*[a-z]", why), old
        for code in re.findall(r"`(.+?)`", old):
            assert re.split(r"[(\s]", code)[0].split(".")[-1] in remarks, code


def test_every_link_is_alive_and_every_script_and_picture_is_shown_with_its_section():
    links = [link for link in re.findall(r'(?:\]\(|src=")([^)"]+)', README) if not link.startswith("http")]
    assert all((ROOT / link.partition("#")[0]).exists() for link in links)
    for name in SCRIPTS:
        row = next(line for line in README.splitlines() if line.startswith(f"| [{name}.py]({name}.py#L1)"))
        for title in re.findall(r"^# 原文小节：(.*)$", source(name), flags=re.M):
            assert row.startswith(f"| [{name}.py]({name}.py#L1)<br>{title} | ")
    assert all(f'src="tests/gallery/{path.name}"' in README for path in (ROOT / "tests" / "gallery").iterdir())


def test_its_commands_name_files_and_options_that_exist_and_every_option_stands_in_its_table():
    assert all((ROOT / file).exists() for file in re.findall(r"-r (\S+?)[`\s]", README))
    for script, option in re.findall(r"(\d\d_\w+)\.py (--[\w-]+)", README):
        assert option in options(script)
    told = set(re.findall(r"`(--[\w-]+)", README))
    for name in SCRIPTS:
        rate, passes = "--lr" in options(name), "--epochs" in options(name)
        assert (f"{name[:2]}（只有 `--lr`）" in README, f"{name[:2]}（无 `--lr`）" in README) == (
            rate > passes,
            rate < passes,
        )
    assert told - {"--dist"} == {option for name in SCRIPTS for option in options(name)}


def test_the_output_that_readme_shows_has_the_form_of_the_real_one():
    def without_numbers(text):
        return re.sub(r"[+-]?\d+(\.\d+)?", "0", text).splitlines()

    shown = without_numbers(README.split("```text\n")[1].split("```")[0])
    real = without_numbers(command("10_cnn_mnist", "--root", SMALL, "--device", "cpu").out)
    assert len(shown) == 3 and set(shown) <= set(real)
    test, train, difference = map(float, re.findall(r"[+-]?\d+\.\d+", README.split("```text\n")[1].split("```")[0]))
    assert difference == round(train - test, 2)


def test_the_five_lines_that_readme_shows_are_those_of_the_scripts():
    shown = [line.split("#")[0].rstrip() for line in README.split("```python\n")[1].split("```")[0].splitlines()]
    lesson = [line.split("#")[0].strip() for line in source("04_regression").splitlines()]
    at = lesson.index(shown[0])
    assert lesson[at : at + 5] == shown
