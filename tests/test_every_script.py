"""The smoke test: what holds for all, how they import, run alone, print, take options, fail and leave things."""

import argparse
import inspect
import os
import re
import shutil
import socket
import subprocess
import sys

import matplotlib as mpl
import pytest
import torch
from matplotlib import pyplot as plt

from conftest import DRAWING, ROOT, SCRIPTS, command, load, options, smallest, source, written

each = pytest.mark.parametrize("name", SCRIPTS)
mirroring = pytest.mark.parametrize("name", [name for name in SCRIPTS if SCRIPTS[name][2] is not None])
LINE = "line: skip this at a first reading ----------"


def bounds(action):
    """Return the lowest and the highest value that an option takes, or None if it isn't a number in between."""
    inside = inspect.getclosurevars(action.type).nonlocals if inspect.isfunction(action.type) else {}
    return (inside["low"], inside["high"]) if "low" in inside else None


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
    assert name not in DRAWING or done.stdout.endswith(f"\npicture: {name}.png\n")
    assert smallest(name).out == done.stdout
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


@each
def test_help_is_the_docstring_in_ascii_with_each_default_and_the_notes_numbers(name):
    done = command(name, "-h")
    doc, defaults = load(name).__doc__.strip(), load(name).main.__kwdefaults__
    assert (done.code, done.err, done.out[:7], done.out.isascii()) == (0, "", "usage: ", True)
    assert doc in done.out
    parts = re.findall(r"^(Run|Look|Try|Do): ", doc, flags=re.M)
    assert parts == ["Run", "Look", "Try", "Do"]
    for number, action in ((defaults[action.dest], action) for action in options(name).values() if bounds(action)):
        assert action.help.replace("%(default)s", str(number)).count(f"default: {number}") == 1, action.dest
    assert (SCRIPTS[name][2] or {}).items() <= defaults.items()


@each
def test_a_value_that_makes_no_sense_is_named_with_status_2_before_any_work(name):
    bad = [("--nonsense",), ("extra",)]
    for option, action in options(name).items():
        low, high = bounds(action) or (None, None)
        if low is not None:
            bad += [(option, value) for value in (low - 1, high * 1.01 + 1, "nan", "inf", "x")]
            bad += [(option, "1.5")] if isinstance(low, int) and isinstance(action.default, int) else []
        bad += [(option, "tpu")] if action.choices else []
        bad += [(option, "a")] if action.type is float else []
    for arguments in bad:
        done = command(name, *arguments)
        assert (done.code, done.out, done.err[:7]) == (2, "", "usage: "), arguments
        assert arguments[0] in done.err.split(": error: ")[1]


@each
def test_values_at_the_edge_and_switches_reach_main_and_nothing_else_changes(name, monkeypatch):
    parse = argparse.ArgumentParser.parse_args
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", lambda *given: sys.exit(vars(parse(*given))))
    defaults = command(name).code  # what sys.exit() was given
    assert load(name).main.__kwdefaults__.items() <= defaults.items()
    for option, action in options(name).items():
        for edge in bounds(action) or ():
            assert command(name, option, edge).code == {**defaults, action.dest: type(action.default)(edge)}
        if action.nargs == 0:  # a switch
            assert command(name, option).code == {**defaults, action.dest: not action.default}


@each
def test_each_option_changes_what_is_printed(name):
    """An option that main() takes and then ignores would change nothing; what draws only is in test_figures.py."""
    before = smallest(name).out
    for option, action in options(name).items():
        if option in ("--root", "--device", "--read", "--save"):  # the first three are 10's and tested there
            continue
        value = [2, 0, 0, 3] if action.nargs == 4 else []
        if bounds(action):
            value = [action.default * 3 + 1 if isinstance(action.default, int) else action.default / 3]
        assert smallest(name, option, *value).out != before, option


KERNELS = "ipykernel_launcher.py -f k.json, colab_kernel_launcher.py -f k.json, ipykernel_launcher.py --f=k.json --stop"


@each
@pytest.mark.parametrize("argv", [*KERNELS.split(", "), "spyder_kernels/console/__main__.py -f k.json"])
def test_pasted_into_a_cell_the_kernels_own_arguments_are_not_taken_for_the_scripts(name, argv, monkeypatch):
    parse = argparse.ArgumentParser.parse_args
    monkeypatch.setattr(sys, "argv", argv.split())
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", lambda *given: sys.exit(vars(parse(*given))))
    with pytest.raises(SystemExit) as taken:
        exec(source(name), {"__name__": "__main__"})  # a cell has no __file__
    assert taken.value.code.items() >= load(name).main.__kwdefaults__.items()


@each
def test_its_lesson_stands_above_the_line_and_it_imports_only_the_four_packages_and_what_they_bring(name):
    text = source(name)
    kind = "picture and command" if name in DRAWING else "command"
    assert text.count(f"\n# ---------- {kind} {LINE}\n") == 1
    lesson = re.sub("#.*", "", text.split(LINE)[0].split("\n\n\n", 1)[1])
    assert "def main(" in lesson and not re.search(r"argparse|plt\.", lesson)
    imported = set(re.findall(r"^ *(?:from|import) (\w+)", text, flags=re.M)) - sys.stdlib_module_names
    assert imported <= {"torch", "torchvision", "numpy", "matplotlib", "PIL"}


@each
def test_only_what_comes_from_outside_is_caught_and_nothing_is_deleted(name):
    caught = " ".join(re.findall(r"except\b(.*):", source(name)))
    names = set(re.findall(r"\w+", re.sub(r" as \w+", "", caught)))
    assert names <= {"OSError", "RuntimeError", "HTTPException", "Image", "DecompressionBombError"}
    assert not re.search(r"\.(unlink|rmtree|remove|rmdir)\(", source(name))


@mirroring
def test_its_chinese_tries_what_the_english_tries_and_its_heads_stand_in_order(name):
    text = source(name)
    heads = "原文小节 要点 看什么 试一试 动手 对照".split()
    assert re.findall(rf"^# ({'|'.join(heads)})", text, flags=re.M) == heads
    block = text.split('"""')[2].split("\nimport ")[0]
    tried = re.findall(r" (--[a-z-]+(?: [\d.]+)*)", text.split("Try:")[1].split("Do:")[0])
    assert all(option in re.sub(r"\n# +", " ", block) for option in tried)
    assert text.index("def main(") < text.index("# 对照") < text.index(LINE)


def test_the_five_lines_of_training_are_the_same_wherever_a_network_is_trained():
    lines = [r"prediction = \w+\(\w*x\)", r"loss = loss_func\(prediction, \w*y\)"]
    lines += [r"optimizer\.zero_grad\(\)", r"loss\.backward\(\)", r"optimizer\.step\(\)"]
    trained = [name for name in SCRIPTS if "loss.backward()" in source(name)]
    assert len(trained) >= 6
    for name in trained:
        assert re.search(r".*\s+".join(lines), source(name)), name  # a remark may follow each


def test_what_repeats_below_the_line_is_the_same_text_everywhere():
    for start in ("def between(", "def show(figure, *", "def show(figure, update", "    notebook = "):
        texts = [source(name).replace(name, "NAME") for name in SCRIPTS if start in source(name)]
        assert len(texts) > 1
        assert len({re.split(r"\n\n\n|\n    (?=main|options)", text.split(start)[1])[0] for text in texts}) == 1
