"""What the tests share. torch is imported where it is used: xdist's first process needs none."""

import atexit
import contextlib
import copy
import functools
import importlib.util
import io
import os
import pathlib
import re
import runpy
import shutil
import sys
import tempfile
import types

import pytest

ROOT = pathlib.Path(__file__).parents[1]
SAMPLE = ROOT / "tests" / "mnist_sample"
# MNIST for quick runs of 10: of the sample the first 200 digits for training, 60 for testing
SMALL = pathlib.Path(tempfile.mkdtemp())

# Each script: the arguments of its smallest run, and what that leaves in the current folder.
SCRIPTS = {
    "01_numpy_vs_torch": ("", ""),
    "02_autograd": ("", ""),
    "03_activations": ("", "03_activations.png"),
    "04_regression": ("--epochs 2", "04_regression.png"),
    "05_classification": ("--epochs 20", "05_classification.png"),
    "06_sequential": ("", ""),
    "07_save_restore": ("--epochs 2", "07_save_restore.png checkpoint.pt net.pt net_params.pt"),
    "08_batching": ("--epochs 2", ""),
    "09_optimizers": ("--epochs 1", "09_optimizers.png"),
    "10_cnn_mnist": (f"--root {SMALL} --device cpu", "10_cnn_mnist.png cnn.pt"),
}

# Here and in the processes that tests start: no window, one thread, no network (a proxy at which
# nobody listens).
os.environ.update(MPLBACKEND="agg", OMP_NUM_THREADS="1")
os.environ.update(http_proxy="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9")


def pytest_configure(config):
    """Make every warning an error."""
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Run each test in an empty folder of its own, and close the figures that it leaves."""
    from matplotlib import pyplot as plt

    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


@functools.cache
def load(name):
    """Import a script by its path, since its name starts with a digit."""
    spec = importlib.util.spec_from_file_location(f"script_{name}", ROOT / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(script, *args):
    """Run a script, by name or path, in this process; return its status, output and errors."""
    path = script if isinstance(script, pathlib.Path) else ROOT / f"{script}.py"
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(path), *map(str, args)])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                runpy.run_path(str(path), run_name="__main__")
            except SystemExit as stop:
                code = stop.code or 0
    return types.SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())


def changed(name, *changes):
    """Write a script into the current folder with each old replaced by new; return its path."""
    text = (ROOT / f"{name}.py").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{name}.py no longer holds {old}"
        text = text.replace(old, new)
    path = pathlib.Path(f"{name}.py")
    path.write_text(text, encoding="utf-8")
    return path


def numbers(text, before=""):
    """Return the next number after each place where `before`, a regular expression, fits a text."""
    return [float(x) for x in re.findall(rf"{before}\D*?(-?\d[\d.e+-]*|\bnan\b|\binf\b)", text)]


def trained_by_hand(net, loss_of, *, steps, lr, momentum=0.0):
    """Return a copy of a network, trained by the rule m = momentum * m + gradient, p -= lr * m."""
    import torch

    net = copy.deepcopy(net)
    m = [0] * len(list(net.parameters()))
    for _ in range(steps):
        gradients = torch.autograd.grad(loss_of(net), list(net.parameters()))
        with torch.no_grad():
            for i, p in enumerate(net.parameters()):
                m[i] = momentum * m[i] + gradients[i]
                p -= lr * m[i]
    return net


(SMALL / "MNIST" / "raw").mkdir(parents=True)
atexit.register(shutil.rmtree, SMALL, ignore_errors=True)
for file in SAMPLE.glob("MNIST/raw/*"):
    content, count = file.read_bytes(), 200 if "train" in file.name else 60
    end = 16 + 784 * count if "images" in file.name else 8 + count
    small = content[:4] + count.to_bytes(4, "big") + content[8:end]  # bytes 4 to 7: how many
    (SMALL / "MNIST" / "raw" / file.name).write_bytes(small)
