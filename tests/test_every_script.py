import re
import shutil
import subprocess
import sys

import pytest
import torch
from matplotlib import pyplot as plt

from conftest import ROOT, SCRIPTS, SMALL, load, run

each = pytest.mark.parametrize("name", SCRIPTS)


@pytest.fixture
def undrawn(monkeypatch):
    """Let figures write nothing: that takes longer than all the rest of a tiny run."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *args, **options: None)


def test_every_script_stands_in_the_table():
    assert sorted(path.stem for path in ROOT.glob("[0-9]*.py")) == sorted(SCRIPTS)


@each
def test_importing_it_prints_draws_writes_and_trains_nothing(name, capfd, tmp_path):
    state = torch.get_rng_state()  # a network, even untrained, draws its weights from it
    load.__wrapped__(name)  # anew: load() keeps what it has imported
    assert capfd.readouterr() == ("", "")
    assert (list(tmp_path.iterdir()), plt.get_fignums()) == ([], [])
    assert torch.equal(state, torch.get_rng_state())


@each
def test_alone_in_an_empty_folder_it_runs_and_leaves_just_its_files(name, tmp_path, undrawn):
    shutil.copy(ROOT / f"{name}.py", tmp_path)
    args = SCRIPTS[name][0].split()
    call = [sys.executable, "-W", "error", f"{name}.py", *args]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    files = [f"{name}.py", *SCRIPTS[name][1].split()]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)
    assert f"{name}.png" not in files or f"{name}.png" in done.stdout
    assert done.stdout == run(name, *args).out  # same seed, same output; this run is undrawn


@each
def test_help_is_the_docstring_in_ascii(name):
    done = run(name, "-h")
    assert (done.code, done.err, done.out.isascii()) == (0, "", True)
    assert load(name).__doc__.strip() in done.out


@each
def test_each_command_under_try_runs(name, undrawn):
    data = SCRIPTS[name][0].split() if "--root" in SCRIPTS[name][0] else []
    # 05 and 06 have none: both their Tries change a line
    for found in re.findall(rf"python {name}\.py (--.*)", load(name).__doc__.split("Try:")[1]):
        done = run(name, *found.split(), *data)
        assert (done.code, done.err) == (0, "")


@each
def test_pasted_into_a_notebooks_cell_it_runs(name, monkeypatch, capsys, undrawn):
    shutil.copytree(SMALL, "mnist")  # for 10
    monkeypatch.setattr(sys, "argv", ["ipykernel_launcher.py", "-f", "kernel.json"])
    exec((ROOT / f"{name}.py").read_text(encoding="utf-8"), {"__name__": "__main__"})
    assert capsys.readouterr().out
