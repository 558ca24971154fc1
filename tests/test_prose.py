"""Numbers in prose: each is computed here and must stand so in the script's text, line breaks aside."""

import argparse
import re
import sys

import numpy as np
import pytest
import torch

from conftest import SCRIPTS, command, load, smallest, source


def text(name):
    """Return the script's text with every run of spaces, line breaks and comment signs as one space."""
    return re.sub(r"\s*\n\s*(#\s+)?|\s+", " ", source(name))


def tries(name):
    """Return the arguments of each command under `Try:`."""
    return [found.split() for found in re.findall(rf"python {name}\.py (--.*)", load(name).__doc__)]


def tried(name):
    """Return what the script prints when the first command under `Try:` is run."""
    return command(name, *tries(name)[0]).out


def claims():
    """Yield (script, words that must stand in it), with the numbers computed."""
    array, tensor = np.array([0.5]), torch.tensor([0.5])
    yield "01_numpy_vs_torch", f"becomes {array.dtype} in numpy, {str(tensor.dtype)[6:]} in torch"
    yield "01_numpy_vs_torch", f"std(0, correction={int(np.std([1, 2]) * 2 != 1)})"  # numpy divides by n - 0
    data = load("01_numpy_vs_torch").main.__kwdefaults__["data"]
    yield "01_numpy_vs_torch", f"(default: {' '.join(map(str, data))})"
    yield "01_numpy_vs_torch", "both print only 1 and -1"  # held by test_exercises.py
    v = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    yield "02_autograd", f"the mean stays at {(v * v).mean():g}"
    yield "02_autograd", f"variable.grad is 2 * v / {v.numel()}, as by hand"
    yield "02_autograd", f"v ends near {(3 - 1) // 2}, the value near {(1 - 3) ** 2 + (1 + 1) ** 2}"
    x = torch.linspace(-5, 5, 1001)
    top = (x.sigmoid() * (1 - x.sigmoid())).max().item()
    yield "03_activations", f"the sigmoid lets at most {({0.25: 'a quarter'})[round(top, 4)]} of a gradient through"
    yield "03_activations", "where the slope is within 0.05 of 0"
    yield "03_activations", "layers equal one (True), but not with a ReLU between them (False)"
    outputs, inputs = torch.nn.Linear(1, 4).weight.shape
    yield "03_activations", f"keeps its W as {({(4, 1): '(outputs, inputs)'})[(outputs, inputs)]}"
    defaults = load("04_regression").main.__kwdefaults__
    yield "04_regression", f"in {defaults['epochs']} steps a network learns"
    long = re.findall(r"loss ([\d.]+)", tried("04_regression"))[-1]
    yield "04_regression", f"down to about {float(long):.3f}, near the noise"
    yield "04_regression", f"about 0.4 ({0.5}^2 + {0.2 / 2:g})"
    outs = command("05_classification").out, tried("05_classification")
    first, last = (float(re.search(r"loss in .* (\S+)\n", out)[1]) for out in outs)
    yield "05_classification", f"the loss falls to {['more', 'less'][last < first / 2]} than half"
    yield "05_classification", "class 2, around (-4, 4)"  # held by the solution
    yield "05_classification", "at least 95% of the new points"
    count = (10 + 10) + (10 * 10 + 10) + (10 + 1)
    yield "06_sequential", f"it has the {count} parameters"
    yield "06_sequential", f"参数有 {count} 个"
    yield "06_sequential", "net3 takes net1's state dict, net2 refuses it"
    count = smallest("07_save_restore").out.count("True")
    yield "07_save_restore", f"{['no', 'one', 'two', 'three', 'four'][count]} times True"
    share = re.search(r"momentum=([\d.]+)", source("07_save_restore"))[1]
    yield "07_save_restore", f"momentum: {({'0.5': 'half'})[share]} of the last step"
    yield "07_save_restore", "restore_net() needs a change"
    left = re.search(r"left out: x = \[(.*)\]", tried("08_batching"))[1].split(", ")
    yield "08_batching", f"these are x = {float(left[0]):g} and {float(left[1]):g} in every epoch"
    yield "08_batching", f"ten examples make {({2: 'two'})[10 // 5]} steps in an epoch"
    yield "08_batching", "batches of five got there in one epoch, batches of ten in two"
    yield "09_optimizers", f"Momentum's steps grow to {1 / (1 - 0.8):.0f} times SGD's"
    steep = load("09_optimizers").height(0, 1) / load("09_optimizers").height(1, 0)
    yield "09_optimizers", f"it curves {steep:.0f} times as much as along x"
    yield "09_optimizers", "the order turns over: RMSprop and Adam now end with the largest losses"
    yield "09_optimizers", "v = 0.9 * v + 0.1 * g * g; p -= lr * g / sqrt(v) forgets"
    shape = tuple(load("10_cnn_mnist").CNN().conv1(torch.zeros(1, 1, 28, 28)).shape[1:])
    yield "10_cnn_mnist", f"-> (N, {shape[0]}, {shape[1]}, {shape[2]}); its stride is 2"
    optimizer = torch.optim.Adam([torch.zeros(1)], lr=1)
    rates = []
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1, total_steps=1000)
    for _ in range(1000):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    yield "10_cnn_mnist", f"rises from lr / {1 / rates[0]:.0f} to lr for {np.argmax(rates) / 100:.0f}/10 of the steps"


def test_what_is_said_in_numbers_is_what_is_computed():
    assert [(name, words) for name, words in claims() if words not in text(name)] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_command_under_try_is_accepted(name, monkeypatch):
    parse = argparse.ArgumentParser.parse_args
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", lambda *given: sys.exit(vars(parse(*given))))
    assert tries(name)
    for arguments in tries(name):
        taken = command(name, *arguments).code
        assert taken != 2 and taken.items() != load(name).main.__kwdefaults__.items(), arguments
