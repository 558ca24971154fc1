"""The smoke test: what holds for all ten, how they import, run alone, print, fail and leave things."""

import os
import re
import shutil
import socket
import subprocess
import sys
from argparse import ArgumentParser

import matplotlib as mpl
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import ROOT, SAVED, SCRIPTS, command, load, smallest, written

SEEDED = [
    name for name in SCRIPTS if name[:2] in ("04", "05", "07", "08", "09", "10")
]  # 06 prints the same for every seed
LIMITS = {  # option: (values that make no sense, values at the edge that do)
    "--epochs": ("0 -1 10001 x 1.5", "1"),
    "--lr": ("-1 1000001 nan inf x", "0 0.25"),
    "--hidden": ("0 -1 10001 x", "1"),
    "--batch-size": ("0 -1 10001 x", "1"),
    "--seed": ("-1 4294967296 x 1e3", "0 4294967295"),
    "--depth": ("0 21 1.5", "1 20"),
    "--data": ("a", ""),
    "--device": ("tpu meta", "cpu"),
}
DIVIDER = "line: skip this at a first reading ----------"
each = pytest.mark.parametrize("name", SCRIPTS)


def source(name):
    return (ROOT / f"{name}.py").read_text(encoding="utf-8")


def steady(text):
    """Drop the seconds, which no seed decides."""
    return re.sub(r" +\d+\.\d s$", "", text, flags=re.M)


@each
def test_alone_in_a_folder_it_runs_leaves_its_files_and_prints_and_draws_as_here(name, tmp_path, tmp_path_factory):
    folder, files = tmp_path_factory.mktemp("alone"), SCRIPTS[name][1]
    shutil.copy(ROOT / f"{name}.py", folder)
    screen = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND") if sys.platform == "linux" else ()  # others have one
    env = {key: value for key, value in os.environ.items() if key not in screen}
    call = [sys.executable, "-W", "error", f"{name}.py", *SCRIPTS[name][0].split()]
    done = subprocess.run(call, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr, done.stdout.isascii()) == (0, "", True)
    assert sorted(item.name for item in folder.iterdir()) == sorted([f"{name}.py", *files])
    assert not files or done.stdout.endswith(f"\npicture: {files[0]}\n")
    assert steady(smallest(name).out) == steady(done.stdout)
    for picture in written(tmp_path):
        assert (tmp_path / picture).read_bytes() == (folder / picture).read_bytes()


@each
def test_importing_it_does_nothing_and_running_it_leaves_the_settings_of_the_process(name, capfd, tmp_path):
    def state():
        allowed = len(torch.serialization.get_safe_globals())
        modes = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
        return dict(mpl.rcParams), socket.getdefaulttimeout(), allowed, modes

    before, random = state(), torch.get_rng_state()
    load.__wrapped__(name)  # imports it anew; load() would take it from its cache
    assert capfd.readouterr() == ("", "")
    assert (written(tmp_path), plt.get_fignums()) == ([], [])
    assert torch.equal(random, torch.get_rng_state())
    assert smallest(name).code == 0
    assert state() == before


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_gives_another_result(name):
    assert steady(smallest(name, "--seed", 3).out) != steady(smallest(name, "--seed", 4).out)


@each
def test_help_is_the_docstring_in_ascii_with_each_default(name):
    done = command(name, "-h")
    doc, defaults = load(name).__doc__.strip(), load(name).main.__kwdefaults__
    assert (done.code, done.err, done.out[:7], done.out.isascii()) == (0, "", "usage: ", True)
    assert doc in done.out
    assert f"\nRun:  python {name}.py\nTry:  python {name}.py --" in doc
    options = " ".join(done.out.split("options:")[1].split())
    for key, value in defaults.items():
        if type(value) in (int, float):
            assert re.search(rf"--{key.replace('_', '-')} [^-]*default: {value}\b", options), key
    assert SCRIPTS[name][2].items() <= defaults.items()  # the notes' numbers


@each
def test_a_value_that_makes_no_sense_is_named_with_status_2_before_any_work(name):
    used = [option for option in LIMITS if f'"{option}"' in source(name)]
    bad = [(option, value) for option in used for value in LIMITS[option][0].split()]
    for arguments in [*bad, ("--nonsense",), ("extra",)]:
        done = command(name, *arguments)
        assert (done.code, done.out, done.err[:7]) == (2, "", "usage: "), arguments
        _, error = done.err.split(": error: ")
        assert arguments[0] in error


@each
def test_every_option_reaches_main(name, monkeypatch):
    parse = ArgumentParser.parse_args
    monkeypatch.setattr(ArgumentParser, "parse_args", lambda self: sys.exit(vars(parse(self))))

    def parsed(*args):
        return command(name, *args).code  # what sys.exit() was given

    defaults = load(name).main.__kwdefaults__
    assert parsed() == defaults
    for key, value in defaults.items():
        option = f"--{key.replace('_', '-')}"
        if isinstance(value, bool):
            assert parsed(option.replace("--", "--no-") if value else option) == {**defaults, key: not value}
        for edge in LIMITS.get(option, ("", ""))[1].split():
            kind = str if value is None else type(value)
            assert parsed(option, edge) == {**defaults, key: kind(edge)}


@each
def test_it_has_its_lesson_above_the_line_its_chinese_block_and_only_the_four_packages(name):
    text = source(name)
    kind = "picture and command" if name in SAVED else "command"
    assert text.count(f"\n# ---------- {kind} {DIVIDER}\n") == 1
    lesson = re.sub("#.*", "", text.split(DIVIDER)[0].split("\n\n\n", 1)[1])
    assert "def main(" in lesson and not re.search(r"argparse|plt\.", lesson)
    imported = set(re.findall(r"^ *(?:from|import) (\w+)", text, flags=re.M))
    assert imported - sys.stdlib_module_names <= {"torch", "torchvision", "numpy", "matplotlib"}

    block = text.split('"""')[2].split("\n\n")[1]
    heads = re.findall(r"^# (原文小节|要点|看什么|试一试|对照)：", block, flags=re.M)
    assert heads == ["原文小节", "要点", "看什么", "试一试", "对照"]
    tried = re.findall(r" (--[a-z-]+)", text.split("Try:")[1].split('"""')[0])
    assert all(option in block for option in tried)  # what Try tries, 试一试 tries, too


def test_the_five_lines_of_training_are_the_same_in_five_scripts():
    lines = [r"prediction = \w+\(\w*x\)", r"loss = loss_func\(prediction, \w*y\)"]
    lines += [r"optimizer\.zero_grad\(\)", r"loss\.backward\(\)", r"optimizer\.step\(\)"]
    for name in ("04_regression", "05_classification", "07_save_restore", "09_optimizers", "10_cnn_mnist"):
        assert re.search(r".*\s+".join(lines), source(name)), name  # a remark may follow each


def test_what_repeats_below_the_line_is_the_same_text_everywhere():
    for start in ("def between(", "def show(figure, *", "def show(figure, update"):
        texts = [source(name).replace(name, "NAME") for name in SCRIPTS if start in source(name)]
        assert len(texts) > 1
        assert len({text.split(start)[1].split("\n\n\n")[0] for text in texts}) == 1
