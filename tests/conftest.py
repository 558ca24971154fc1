"""What all tests share: the scripts as modules and as commands, no network, no window, small data."""

import argparse
import atexit
import contextlib
import functools
import importlib.util
import inspect
import io
import os
import pathlib
import re
import runpy
import shutil
import sys
import tempfile
import tokenize
import types
from unittest import mock

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).parents[1]
SAMPLE = ROOT / "tests" / "mnist_sample"
RAW = SAMPLE / "MNIST" / "raw"
NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]

# No test reaches the network: it would have to pass a proxy at which nobody listens.
os.environ.update(http_proxy="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9", no_proxy="127.0.0.1")
# Here and in the processes that tests start: no window, one thread, matplotlib's own defaults.
os.environ.update(MPLBACKEND="agg", OMP_NUM_THREADS="1", NO_COLOR="1", MATPLOTLIBRC=mpl.get_data_path())
torch.set_num_threads(1)


def pytest_configure(config):
    """Make every warning an error, and matplotlib the same for everybody."""
    config.addinivalue_line("filterwarnings", "error")
    mpl.rcdefaults()
    plt.switch_backend("agg")


@functools.cache
def load(name):
    """Import a script by its path: a name that starts with a digit can't be imported."""
    spec = importlib.util.spec_from_file_location(f"script_{name}", ROOT / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command(script, *args):
    """Run a script, by name or path, in this process as `python SCRIPT ARGS` would; return status and output."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    path = str(script if isinstance(script, pathlib.Path) else ROOT / f"{script}.py")
    argv = mock.patch.object(sys, "argv", [path, *map(str, args)])
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), argv:
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as stop:
            code = stop.code or 0
    if isinstance(code, str):  # sys.exit("message")
        print(code, file=err)
        code = 1
    return types.SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())


def tested(request):
    """Return the name of the script that this test file is about: the one with its number."""
    return next(name for name in SCRIPTS if name[:2] == request.path.name[5:7])


@pytest.fixture
def script(request):
    """The script that this test file is about, as a module."""
    return load(tested(request))


@pytest.fixture
def run(request):
    """Run this test file's script with the given arguments, see command()."""
    return functools.partial(command, tested(request))


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Run each test in an empty folder of its own, and close the figures that it leaves."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    plt.close("all")


@pytest.fixture
def window(monkeypatch):
    """Pretend that there is a window: plt.show() appends its figure to this list."""
    shown = []

    def show():
        plt.gcf().canvas.draw()
        shown.append(plt.gcf())

    monkeypatch.setattr("matplotlib.backends.backend_agg.FigureCanvasAgg.required_interactive_framework", "qt")
    monkeypatch.setattr(plt, "get_backend", lambda: "qtagg")
    monkeypatch.setattr(plt, "show", show)
    return shown


def idx(name, folder=RAW):
    """Read an IDX file with numpy: a header of big-endian sizes, then bytes."""
    content = (folder / name).read_bytes()
    shape = np.frombuffer(content, ">i4", content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def idx_bytes(array):
    """Return an array of bytes as the content of an IDX file."""
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">i4").tobytes()
    return header + array.astype(np.uint8).tobytes()


# A folder like the sample with 200 training and 60 test digits: runs of 10 are short with it.
SMALL = pathlib.Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, SMALL, ignore_errors=True)
(SMALL / "MNIST" / "raw").mkdir(parents=True)
for file in NAMES:
    (SMALL / "MNIST" / "raw" / file).write_bytes(idx_bytes(idx(file)[: 200 if "train" in file else 60]))


# A row a script: (arguments of its smallest run, what this writes without a display, the notes' numbers).
# Where there are none of these, None: the script doesn't mirror a section of the notes.
SCRIPTS = {
    "01_numpy_vs_torch": ("", "", {"data": (1, -2, -3, 4)}),
    "02_autograd": ("", "", {"lr": 0.1}),
    "03_activations": ("", "03_activations.png", {"depth": 1}),
    "04_regression": ("--epochs 2", "04_regression.png", {"epochs": 200, "lr": 0.2, "hidden": 10}),
    "05_classification": ("--epochs 2", "05_classification.png", {"epochs": 100, "lr": 0.02, "hidden": 10}),
    "06_sequential": ("", "", {"hidden": 10}),
    "07_save_restore": (
        "--epochs 2",
        "07_save_restore.png checkpoint.pt net.pt net_params.pt",
        {"epochs": 100, "lr": 0.5},
    ),
    "08_batching": ("--epochs 2 --batch-size 4", "", {"batch_size": 5, "epochs": 3, "shuffle": True}),
    "09_optimizers": ("--epochs 1", "09_optimizers.png", {"epochs": 12, "lr": 0.01, "batch_size": 32}),
    "10_cnn_mnist": (
        f"--root {SMALL} --device cpu",
        "10_cnn_mnist.png cnn.pt",
        {"epochs": 1, "batch_size": 50, "lr": 1e-3},
    ),
}


def source(name):
    """Return a script's text."""
    return (ROOT / f"{name}.py").read_text(encoding="utf-8")


def prose(name):
    """Return a script's docstrings and comments."""
    tokens = [token.string for token in tokenize.generate_tokens(io.StringIO(source(name)).readline)]
    return " ".join(token for token in tokens if token.startswith(("#", '"""')))


DRAWING = [name for name, (_, files, _) in SCRIPTS.items() if f"{name}.png" in files]
MOVING = [name for name in DRAWING if "FuncAnimation" in source(name)]
SAVED = {name: f"{name}.{'gif' if name in MOVING else 'png'}" for name in DRAWING}  # what --save writes


@functools.cache
def options(name):
    """Return the options of a script, {"--lr": argparse's action}, but for -h."""
    actions, add = {}, argparse.ArgumentParser.add_argument

    def watch(parser, *names, **how):
        actions[names[-1]] = action = add(parser, *names, **how)
        return action

    with mock.patch.object(argparse.ArgumentParser, "add_argument", watch):
        parsed(name)
    return {option: action for option, action in actions.items() if option != "--help"}


def bounds(action):
    """Return the lowest and the highest number that an option takes, or None if it isn't a number in between."""
    inside = inspect.getclosurevars(action.type).nonlocals if inspect.isfunction(action.type) else {}
    return (inside["low"], inside["high"]) if "low" in inside else None


def parsed(name, *args):
    """Return what the script's parser makes of the arguments, {"lr": 0.1}, or the status, without running main()."""
    parse = argparse.ArgumentParser.parse_args
    stop = mock.patch.object(argparse.ArgumentParser, "parse_args", lambda *given: sys.exit(vars(parse(*given))))
    with stop:
        return command(name, *args).code


def smallest(name, *args):
    """Run the script in its smallest way, see command(), with further arguments."""
    return command(name, *SCRIPTS[name][0].split(), *args)


def tries(name):
    """Return the arguments of each command under `Try:`."""
    return [found.split() for found in re.findall(rf"python {name}\.py (--.*)", load(name).__doc__)]


def said(figure):
    """Return what stands in a figure: its title and each panel's title, labels, scale, colours and texts."""
    lines = [f"{figure.bbox.width:.0f} x {figure.bbox.height:.0f} pixels: {figure.get_suptitle()}"]
    for ax in figure.axes:
        colors = [to_hex(line.get_color()) for line in ax.lines]
        texts = [(text.get_text(), to_hex(text.get_color())) for text in ax.texts]
        lines.append(f"{ax.get_title()!r} {ax.get_xlabel()!r} {ax.get_ylabel()!r} {ax.get_yscale()} {colors} {texts}")
    return "\n".join(lines)


@contextlib.contextmanager
def elsewhere():
    """Work in an empty folder that is gone afterwards, and so are the figures."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield
        plt.close("all")


@functools.cache
def printed_and_drawn(name, *args):
    """Return what the script prints with these arguments, and what stands in its figures."""
    with elsewhere():
        return command(name, *args).out, "\n".join(said(plt.figure(number)) for number in plt.get_fignums())


def printed(name, *args):
    """Return what the script prints with these arguments."""
    return printed_and_drawn(name, *args)[0]


@functools.cache
def solved(name):
    """Return what the script does with its exercise's solution applied, see command(); its text and files, too."""
    text, diff = source(name), (ROOT / "tests" / "solutions" / f"{name}.diff").read_text(encoding="utf-8")
    for hunk in re.split(r"^@@.*\n", diff, flags=re.M)[1:]:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] != "+")
        assert text.count(before) == 1, f"{name}.diff no longer applies: make it anew from the changed script"
        text = text.replace(before, "".join(line[1:] for line in lines if line[0] != "-"))
    with elsewhere():
        file = pathlib.Path(f"{name}.py")
        file.write_text(text, encoding="utf-8")
        done = command(file, *(SCRIPTS[name][0] if "--root" in SCRIPTS[name][0] else "").split())
        done.text = text
        done.files = {path.name: path.read_bytes() for path in pathlib.Path().iterdir()}
        return done


def written(folder):
    """Return the names of the files in a folder, but for networks."""
    return sorted(item.name for item in folder.iterdir() if item.suffix != ".pt")


def parameters(net):
    """Return copies of a network's parameters by name."""
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def two_layers(p, x, out="predict"):
    """Compute linear, ReLU, linear by hand from the parameters p, a dict of tensors."""
    hidden = (x @ p["hidden.weight"].T + p["hidden.bias"]).clamp(min=0)
    return hidden @ p[f"{out}.weight"].T + p[f"{out}.bias"]


def descend(p, loss_of, *, steps, lr):
    """Do gradient descent by its rule, p -= lr * gradient; return p."""
    for _ in range(steps):
        leaves = {name: value.clone().requires_grad_() for name, value in p.items()}
        gradients = torch.autograd.grad(loss_of(leaves), list(leaves.values()))
        p = {name: p[name] - lr * g for name, g in zip(p, gradients)}
    return p


def noise_of(make_data, count):
    """Return y - x^2 of 50 sets of data, (50, count); their x must be `count` even steps in [-1, 1]."""
    torch.manual_seed(0)
    pairs = [make_data() for _ in range(50)]
    for x, y in pairs:
        assert x.shape == y.shape == (count, 1)
        np.testing.assert_allclose(x[:, 0], np.linspace(-1, 1, count), atol=1e-6)
    return torch.stack([(y - x**2)[:, 0] for x, y in pairs])


def digits(part):
    """Return the sample's images, (N, 1, 28, 28) in [0, 1], and its digits, (N,)."""
    x = torch.tensor(idx(f"{part}-images-idx3-ubyte")).unsqueeze(1) / 255
    return x, torch.tensor(idx(f"{part}-labels-idx1-ubyte")).long()


def by_hand(p, x):
    """Return 10's maps after each round and its logits for the images x, computed without nn.Module."""
    maps = []
    for name in ("conv1.0", "conv2.0"):
        x = F.conv2d(x, p[f"{name}.weight"], p[f"{name}.bias"], padding=2).clamp(min=0)
        n, c, h, w = x.shape
        x = x.reshape(n, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))
        maps.append(x)
    return *maps, x.reshape(n, -1) @ p["out.weight"].T + p["out.bias"]


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """What 10's main() returns, prints, draws and keeps in cnn.pt: three epochs with the sample, on the CPU."""
    with contextlib.redirect_stdout(io.StringIO()) as out, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("trained"))
        cnn, losses, errors = load("10_cnn_mnist").main(root=SAMPLE, epochs=3, device="cpu")
        file = pathlib.Path("cnn.pt").read_bytes()
    told = {"out": out.getvalue(), "figure": plt.gcf(), "file": file}
    return types.SimpleNamespace(cnn=cnn, losses=losses, errors=errors, **told)
