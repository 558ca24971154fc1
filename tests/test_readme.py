import contextlib
import re

import numpy as np
import pytest
import torch

from conftest import ROOT, SCRIPTS, run

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_linked_file_and_picture_is_there_and_every_script_has_its_row():
    links = re.findall(r'(?:\]\(|src=")([^)"#]+)', README)
    assert all((ROOT / link).exists() for link in links if not link.startswith("http"))
    assert [name for name in SCRIPTS if f"| [{name}.py]({name}.py)" not in README] == []


def test_the_options_in_its_commands_exist():
    for name, options in re.findall(r"(\d\d_\w+)\.py((?: --?[\w-]+(?: [\w./]+)?)+)", README):
        usage = run(name, "-h").out.split("\n\n")[0]  # without the docstring, which names them, too
        assert all(option in usage for option in re.findall(r"--[\w-]+", options))


@pytest.mark.filterwarnings("ignore")  # numpy and torch don't always agree how np.abs wraps
def test_then_and_now_give_the_same_where_a_line_holds_two_expressions():
    out, same = torch.tensor([[1.0, 3.0, 2.0], [9.0, 0.0, 1.0]]), {}
    known = dict.fromkeys(["x", "y", "out", "tensor"], out) | {"torch": torch, "np": np}
    known |= {"loss": out.sum(), "data": [1, 2]}
    for codes in re.findall(r"^- `(.*?)` → `(.*?)`：", README, flags=re.M):
        with contextlib.suppress(Exception):  # most are words, or need what isn't known here
            values = []
            for code in codes:
                torch.manual_seed(0)
                values.append(torch.as_tensor(eval(code, dict(known))))
            same[codes] = torch.equal(*values)
    assert [codes for codes in same if not same[codes]] == [] and len(same) >= 8  # of 20
