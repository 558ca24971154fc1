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

from conftest import ROOT, SAMPLE, SMALL, command

README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("[01]*.py")}
TABLE = README.split("Then and now")[1].split("</details>")[0]
ROWS = re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", TABLE, flags=re.M)[2:]
OUT = torch.tensor([[1.0, 3.0, 2.0], [9.0, 0.0, 1.0]])


@pytest.mark.filterwarnings("ignore")  # numpy 2 and torch don't always agree on how np.abs wraps its result
@pytest.mark.parametrize("row", [1, 2, 3, 4, 5, 6, 7, 9])
def test_then_and_now_give_the_same_where_a_row_holds_two_expressions(row):
    names = {"torch": torch, "np": np, "x": OUT, "y": OUT, "out": OUT, "tensor": OUT, "loss": OUT.sum(), "data": [1, 2]}
    results = []
    for cell in ROWS[row][:2]:
        torch.manual_seed(0)
        results.append(torch.as_tensor(eval(cell.strip("`"), names)))
    assert torch.equal(*results)


def test_then_fails_or_warns_where_the_table_says_so(tmp_path):
    assert type(Variable(torch.ones(2))) is torch.Tensor
    assert torch.FloatTensor(3).shape == (3,)
    with pytest.raises(RuntimeError):
        np.abs(torch.ones(1, requires_grad=True))
    with pytest.raises(RuntimeError):
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
    # overwriting .data makes the gradient wrong without a word, and .detach() complains
    v = torch.tensor([1.0, 2.0], requires_grad=True)
    y = v * v
    out = (y * y).sum()  # its gradient is 4 v^3
    y.data.zero_()
    out.backward()
    assert v.grad.tolist() == [0, 0]
    y = v * v
    out = (y * y).sum()
    y.detach().zero_()
    with pytest.raises(RuntimeError):
        out.backward()


def test_every_row_of_the_table_is_answered_in_a_script_and_has_its_reason_in_both_languages():
    """What the left column names in code stands in a comment of a script, behind 原文 or in its 对照."""
    remarks = "".join(re.findall(r"#.*", "\n".join(SOURCES.values())))
    for old, _, since, why in ROWS:
        assert re.fullmatch(r"–|\d\.\d(\.\d)?|Python 3|torchvision \d\.\d\.\d", since)
        assert re.search(r"[\u4e00-\u9fff].* · .*[a-z]", why), old
        for code in re.findall(r"`(.+?)`", old):
            assert re.split(r"[(\s]", code)[0].split(".")[-1] in remarks, code


def test_every_link_is_alive_and_to_the_lessons_first_line_and_all_ten_titles_and_six_pictures_are_shown():
    links = [link for link in re.findall(r'(?:\]\(|src=")([^)"]+)', README) if not link.startswith("http")]
    for file, _, line in (link.partition("#L") for link in links):
        assert (ROOT / file).exists()
        if line:
            *before, first = SOURCES[file].splitlines()[: int(line)]
            assert first and "import " not in first
            assert "import " in [row for row in before if row][-1]

    for name, text in SOURCES.items():
        title = re.search(r"^# 原文小节：(.*)$", text, flags=re.M)[1]
        assert re.search(rf"^\| \[{name}\]\({name}#L\d+\)<br>{title} \| ", README, flags=re.M)
    assert all(f'src="tests/gallery/{path.name}"' in README for path in (ROOT / "tests" / "gallery").iterdir())


def test_the_commands_name_files_and_options_that_exist():
    assert all((ROOT / file).exists() for file in re.findall(r"-r (\S+)", README))
    for script, option in re.findall(r"(\d\d_\w+\.py) (--[\w-]+)", README):
        assert f'"{option}"' in SOURCES[script]
    for option in re.findall(r"`(--[\w-]+)", README):
        assert any(f'"{option}"' in text for text in SOURCES.values())


def test_the_output_that_readme_shows_has_the_form_of_the_real_one():
    def without_numbers(text):
        return re.sub(r"[+-]?\d+(\.\d+)?", "0", text).splitlines()

    shown = without_numbers(README.split("```text\n")[1].split("```")[0])
    real = without_numbers(command("10_cnn_mnist", "--root", SMALL, "--device", "cpu").out)
    assert len(shown) == 3 and set(shown) <= set(real)
