"""What is said in numbers and can be computed: it must stand so in the text, line breaks aside."""

import math
import re

import numpy as np
import pytest
import torch

from conftest import ROOT, SCRIPTS, load, parsed, printed, source, tries

README = (ROOT / "README.md").read_text(encoding="utf-8")
MEDIANS = [float(median) for median in re.findall(r"\| ([\d.]+)% \| [\d.–]+% \|", README)]
WORDS = ["no", "one", "two", "three", "four", "five"]


def find(pattern, name):
    """Return what the group of the pattern holds where it is first found in the script."""
    return re.search(pattern, source(name))[1]


def tried(name, pattern):
    """Return the pattern's first group, where it is last found in what the first command under `Try:` prints."""
    return re.findall(pattern, printed(name, *tries(name)[0]))[-1]


def of_01(name):
    kept = tried(name, r"np_data\[0, 0\] is now (.*)")
    array, tensor = np.array([0.5]), torch.tensor([0.5])
    numbers = " ".join(map(str, load(name).main.__kwdefaults__["data"]))
    yield f"np_data keeps its {kept}: clone() gave"
    yield f"becomes {array.dtype} in numpy, {str(tensor.dtype)[6:]} in torch"
    yield f"(default: {numbers})"


def of_02(name):
    v, goal = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), "(v - 3)**2 + (v + 1)**2"
    lowest = min(np.linspace(-5, 5, 1001), key=lambda v: eval(goal, {"v": v}))
    yield f"the mean stays at {(v * v).mean():g}: each step turns v into -v, as far from 0 as before"
    yield f"variable.grad is 2 * v / {v.numel()}, as by hand"
    yield f"the derivative of v * v / {v.numel()} is 2 * v / {v.numel()}"
    yield f"make v one number, 5.0, and find where {goal} is smallest"
    yield f"v ends near {lowest:.0f}, the value near {eval(goal, {'v': lowest}):.0f}"


def of_03(name):
    x = torch.linspace(-5, 5, 1001)
    top = (x.sigmoid() * (1 - x.sigmoid())).max().item()
    dip = load(name).curve(torch.nn.functional.gelu, depth=1)[2].min()
    five, still = (float(tried(name, rf"{function} +(\S+)")) for function in ("sigmoid", "relu"))
    yield f"the sigmoid lets at most {({0.25: 'a quarter'})[round(top, 4)]} of a gradient through"
    relu, sigmoid = (find(rf"torch\.{function},  # (.*)", name) for function in ("relu", "sigmoid"))
    yield f"such as ReLU, {relu}, or the sigmoid, {sigmoid}, changes"  # both held by test_03_activations.py
    yield f"falls below {10.0 ** math.ceil(math.log10(five)):g}, ReLU's is still {still:g}: slopes"
    yield f"Right when GELU's is {dip:.2f}:"
    yield f"keeps its W as {({(4, 1): '(outputs, inputs)'})[tuple(torch.nn.Linear(1, 4).weight.shape)]}"


def of_04(name):
    high, steps = float(find(r"([\d.]+) \* torch.rand", name)), load(name).main.__kwdefaults__["epochs"]
    mean, variance = high / 2, high**2 / 12  # of numbers from 0 to high
    yield f"in {steps} steps a network learns to predict y from x, where y = x^2 + noise"
    yield f"above {variance:.4f}, the noise's variance, which x^2 + {mean} ({mean}: the noise's mean)"
    yield f"down to about {float(tried(name, r'loss (.*)')):.3f}, near the noise"
    yield f"for y at x = 0.5 and at 2. Right when it says about 0.4 (0.5^2 + {mean})"


def of_05(name):
    pattern = r"loss in .* (\S+)\n"
    first, last = float(re.search(pattern, printed(name))[1]), float(tried(name, pattern))
    yield f"the loss falls to {['more', 'less'][last < first / 2]} than half"


def of_06(name):
    yield f"it has the {(10 + 10) + (10 * 10 + 10) + (10 + 1)} parameters"


def of_07(name):
    share = find(r"momentum=([\d.]+)", name)
    yield f"{WORDS[printed(name).count('True')]} times True: each"
    yield f"momentum: {({'0.5': 'half'})[share]} of the last step"


def of_08(name):
    size, left = load(name).main.__kwdefaults__["batch_size"], eval(tried(name, r"left out: x = (.*)"))
    yield f"In batches of {WORDS[size]}, ten examples make {WORDS[10 // size]} steps in an epoch"
    yield f"the losses after step {10 // size}: much the same, but batches of {WORDS[size]} got there in one epoch"
    yield f"the last {len(left)} are left out, and without shuffling these are x = {left[0]:g} and {left[1]:g} in"


def of_09(name):
    momentum, noise = float(find(r"momentum=([\d.]+)", name)), float(find(r"([\d.]+) \* torch.randn", name))
    path, height = load(name).walk("Momentum"), load(name).height
    alpha, betas = torch.optim.RMSprop([path]).defaults["alpha"], torch.optim.Adam([path]).defaults["betas"]
    yield f"Momentum's steps grow to {1 / (1 - momentum):.0f} times SGD's, 1 / (1 - {momentum})"
    yield f"it curves {height(0, 1) / height(1, 0):.0f} times as much as along x"
    yield f"close to {noise**2:.2f}, the noise's variance"
    yield f"是它的 {1 / (1 - momentum):.0f} 倍"
    yield f"torch 默认 {alpha} 和 {betas}"
    yield f"than Momentum, which has {path[-1].norm():.2f} to go"
    yield f"torch's own are {alpha} and {betas}."


def of_10(name):
    cnn, image, optimizer = load(name).CNN(), torch.zeros(1, 1, 28, 28), torch.optim.Adam([torch.ones(1)])
    shapes = [
        part(x).shape[1:] for part, x in ((cnn.conv1[0], image), (cnn.conv1, image), (cnn.conv2, cnn.conv1(image)))
    ]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1, total_steps=1000)
    rates = schedule.get_last_lr()
    for _ in range(999):
        optimizer.step()
        schedule.step()
        rates += schedule.get_last_lr()
    yield f"about {MEDIANS[0]:.0f} of 100, and yours"  # README says how these two were measured
    yield f"about {MEDIANS[1]:.1f}%, not {MEDIANS[0]:.1f}% (full MNIST"
    yield from (f"-> (N, {count}, {h}, {w})" for count, h, w in shapes)
    yield f"rises from lr / {1 / rates[0]:.0f} to lr for {np.argmax(rates) / 100:.0f}/10 of the steps"


@pytest.mark.parametrize("name", [name for name in SCRIPTS if f"of_{name[:2]}" in globals()])
def test_what_is_said_in_numbers_is_what_is_computed(name):
    text = re.sub(r"\s*\n\s*(#\s+)?|\s+", " ", source(name))
    assert [words for words in globals()[f"of_{name[:2]}"](name) if words not in text] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_command_under_try_is_accepted(name):
    assert tries(name)
    for arguments in tries(name):
        taken = parsed(name, *arguments)
        assert taken != 2 and taken.items() != load(name).main.__kwdefaults__.items(), arguments
