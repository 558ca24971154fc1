"""Loads the numbered scripts, keeps every test off the network and the screen, and makes warnings errors."""

import contextlib
import functools
import importlib.util
import io
import os
import pathlib
import runpy
import sys
import types
from unittest import mock

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

ROOT = pathlib.Path(__file__).parents[1]
SAMPLE = ROOT / "tests" / "mnist_sample"
DEAD = "http://127.0.0.1:9"  # a proxy that nobody runs: whatever asks for the network is refused at once
os.environ.update(http_proxy=DEAD, https_proxy=DEAD, no_proxy="127.0.0.1", MPLBACKEND="agg")
torch.set_num_threads(1)  # networks this small gain nothing from a second thread, and on a busy machine wait for it
os.environ["OMP_NUM_THREADS"] = "1"  # the same for the processes that tests start
os.environ["MATPLOTLIBRC"] = mpl.get_data_path()  # and for them matplotlib's defaults, not the user's
for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY"):
    os.environ.pop(name, None)


def pytest_configure(config):
    """Turn every warning into an error, and use matplotlib's defaults here, too."""
    config.addinivalue_line("filterwarnings", "error")
    mpl.rcdefaults()
    mpl.use("agg")


@functools.cache
def load(path):
    """Import a script by its path: a name that starts with a digit can't be imported."""
    spec = importlib.util.spec_from_file_location(path.stem.replace("_", "", 1), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def path_of(test_file):
    """Return the script that a test file, test_NN_name.py, is about."""
    return ROOT / f"{test_file.stem.removeprefix('test_')}.py"


@pytest.fixture
def script(request):
    """The script that this test file is about, as a module."""
    return load(path_of(request.path))


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Run each test in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(path, *args):
    """Run a script as `python PATH ARGS` would, but in this process; return its exit status, output and errors."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = [str(path), *map(str, args)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch.object(sys, "argv", argv):
        try:
            runpy.run_path(str(path), run_name="__main__")
        except SystemExit as stop:
            code = stop.code or 0
            if isinstance(code, str):
                err.write(f"{code}\n")
                code = 1
    return types.SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())


@pytest.fixture
def run(request):
    """Run the script that this test file is about with the given arguments: see command()."""
    return functools.partial(command, path_of(request.path))


def parameters(net):
    """Return copies of a network's parameters by name."""
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def noise(make_data, count, repeat):
    """Return y - x^2, (count * repeat, 1), of `repeat` sets of data, whose x must be `count` even steps in [-1, 1]."""
    pairs = [make_data() for _ in range(repeat)]
    for x, y in pairs:
        assert x.shape == y.shape == (count, 1)
        np.testing.assert_allclose(x[:, 0], np.linspace(-1, 1, count), atol=1e-6)
    return torch.cat([y - x**2 for x, y in pairs])


def two_layers(p, x, out="predict"):
    """Compute linear, ReLU, linear by hand from the parameters p, a dict of tensors."""
    hidden = (x @ p["hidden.weight"].T + p["hidden.bias"]).clamp(min=0)
    return hidden @ p[f"{out}.weight"].T + p[f"{out}.bias"]


def descend(p, loss_of, *, steps, lr):
    """Do gradient descent by its rule, p -= lr * gradient, with torch.autograd.grad; return p and all losses."""
    losses = []
    for step in range(steps + 1):
        leaves = {name: value.clone().requires_grad_() for name, value in p.items()}
        loss = loss_of(leaves)
        losses.append(loss.item())
        if step < steps:
            gradients = torch.autograd.grad(loss, list(leaves.values()))
            p = {name: p[name] - lr * g for name, g in zip(p, gradients, strict=True)}
    return p, losses


@pytest.fixture
def window(monkeypatch):
    """Pretend that there is a screen; the list gets the figure that each window would show."""
    shown = []

    def show(**_):
        figure = plt.gcf()
        figure.canvas.draw()
        shown.append(figure)

    monkeypatch.setattr(FigureCanvasAgg, "required_interactive_framework", "qt")
    monkeypatch.setattr(plt, "show", show)
    return shown
