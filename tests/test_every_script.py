"""What holds for all ten scripts: how they import, run, print, show, fail and leave things."""

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import types

import matplotlib as mpl
import nbclient
import nbformat
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from conftest import ROOT, SMALL, command, load

SCRIPTS = {  # name: (the arguments of its smallest run, what it writes without a display, the notes' numbers)
    "01_numpy_vs_torch": ("", [], {"data": (1, -2, -3, 4)}),
    "02_autograd": ("", [], {}),
    "03_activations": ("", ["03_activations.png"], {"depth": 1}),
    "04_regression": ("--epochs 2", ["04_regression.png"], {"epochs": 200, "lr": 0.2, "hidden": 10}),
    "05_classification": ("--epochs 2", ["05_classification.png"], {"epochs": 100, "lr": 0.02, "hidden": 10}),
    "06_sequential": ("", [], {"hidden": 10}),
    "07_save_restore": ("--epochs 2", ["07_save_restore.png", "net.pt", "net_params.pt"], {"epochs": 100, "lr": 0.5}),
    "08_batching": ("--epochs 2", [], {"batch_size": 5, "epochs": 3, "shuffle": True}),
    "09_optimizers": ("--epochs 1", ["09_optimizers.png"], {"epochs": 12, "lr": 0.01, "batch_size": 32}),
    "10_cnn_mnist": (f"--root {SMALL} --device cpu", ["10_cnn_mnist.png"], {"epochs": 1, "batch_size": 50}),
}
ANIMATED = ["04_regression", "05_classification"]
SAVED = {name: f"{name}.{'gif' if name in ANIMATED else 'png'}" for name in SCRIPTS if SCRIPTS[name][1]}
SEEDED = [name for name in SCRIPTS if name[:2] in ("04", "05", "07", "08", "09", "10")]  # 06 tests its own
LIMITS = {  # option: (values that make no sense, values at the edge that do)
    "--epochs": ("0 -1 x 1.5", "1"),
    "--lr": ("-1 nan inf x", "0 0.25"),
    "--hidden": ("0 -1 999999 x", "1"),
    "--batch-size": ("0 -1 x", "1"),
    "--seed": ("-1 4294967296 x 1e3", "0 4294967295"),
    "--depth": ("0 21 1.5", "1 20"),
    "--data": ("a", ""),
    "--device": ("tpu meta", "cpu"),
}
DIVIDER = "line: skip this at a first reading ----------"
each = pytest.mark.parametrize("name", SCRIPTS)
each_drawing = pytest.mark.parametrize("name", SAVED)


def source(name):
    return (ROOT / f"{name}.py").read_text(encoding="utf-8")


def run(name, *args):
    return command(name, *SCRIPTS[name][0].split(), *args)


def written(folder):
    return sorted(item.name for item in folder.iterdir() if item.suffix != ".pt")


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
    assert len(done.stdout.splitlines()) > 3
    assert sorted(item.name for item in folder.iterdir()) == sorted([f"{name}.py", *files])
    assert not files or done.stdout.endswith(f"\npicture: {files[0]}\n")
    assert steady(run(name).out) == steady(done.stdout)
    for picture in written(tmp_path):
        assert (tmp_path / picture).read_bytes() == (folder / picture).read_bytes()


@each
def test_importing_it_does_nothing_and_running_it_leaves_the_settings_of_the_process(name, capfd, tmp_path):
    def state():
        allowed = len(torch.serialization.get_safe_globals())
        modes = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
        return dict(mpl.rcParams), socket.getdefaulttimeout(), allowed, modes

    before, random = state(), torch.get_rng_state()
    load.__wrapped__(name)
    assert capfd.readouterr() == ("", "")
    assert (written(tmp_path), plt.get_fignums()) == ([], [])
    assert torch.equal(random, torch.get_rng_state())
    assert run(name).code == 0
    assert state() == before


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_gives_another_result(name):
    assert len({steady(run(name, "--seed", seed).out) for seed in (1, 2, 3)}) == 3


@each
def test_help_is_the_docstring_in_ascii_with_each_default(name):
    done = command(name, "-h")
    doc, defaults = ast.get_docstring(ast.parse(source(name))), load(name).main.__kwdefaults__
    assert (done.code, done.err, done.out[:7], done.out.isascii()) == (0, "", "usage: ", True)
    assert doc in done.out
    assert f"\nRun:  python {name}.py\nTry:  python {name}.py --" in doc
    options = " ".join(done.out.split("options:")[1].split())
    for key, value in defaults.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            assert re.search(rf"--{key.replace('_', '-')} [^-]*default: {value}\b", options), key
    assert {**defaults, **SCRIPTS[name][2]} == defaults  # the notes' numbers


@each
def test_a_value_that_makes_no_sense_is_named_with_status_2_before_any_work(name, tmp_path):
    used = [option for option in LIMITS if f'"{option}"' in source(name)]
    bad = [(option, value) for option in used for value in LIMITS[option][0].split()]
    for arguments in [*bad, ("--nonsense",), ("extra",)]:
        done = command(name, *arguments)
        assert (done.code, done.out, done.err[:7]) == (2, "", "usage: "), arguments
        (line,) = (line for line in done.err.splitlines() if ": error: " in line)
        assert arguments[0] in line
    assert written(tmp_path) == []


@each
def test_every_option_reaches_main(name, monkeypatch):
    parser, caught = load(name).ArgumentParser, []
    parse = parser.parse_args
    monkeypatch.setattr(parser, "parse_args", lambda self: caught.append(vars(parse(self))) or sys.exit(0))

    def parsed(*args):
        command(name, *args)
        return caught.pop()

    defaults = load(name).main.__kwdefaults__
    assert parsed() == defaults
    for key, value in defaults.items():
        option = f"--{key.replace('_', '-')}"
        if isinstance(value, bool):
            assert parsed(option.replace("--", "--no-") if value else option) == {**defaults, key: not value}
        for edge in LIMITS.get(option, ("", ""))[1].split():
            found = parsed(option, edge)
            assert str(found[key]).removesuffix(".0") == edge
            assert {**found, key: value} == defaults


@each_drawing
def test_a_file_that_cant_be_written_is_one_line_and_status_1(name, tmp_path, monkeypatch):
    for file in {*SCRIPTS[name][1], SAVED[name]}:
        (tmp_path / f"no {file}" / file).mkdir(parents=True)  # a folder in the way stops anybody, even root
        monkeypatch.chdir(tmp_path / f"no {file}")
        done = run(name, *["--save"] * (file == SAVED[name]))
        assert (done.code, len(done.err.splitlines())) == (1, 1)
        assert done.err.startswith("can't write ")


@each
def test_it_has_two_floors_its_chinese_block_its_remarks_and_only_the_four_packages(name):
    text = source(name)
    kind = "picture and command" if name in SAVED else "command"
    assert text.count(f"\n# ---------- {kind} {DIVIDER}\n") == 1
    lesson = re.sub("#.*", "", text.split(DIVIDER)[0].split("\n\n\n", 1)[1])
    assert "def main(" in lesson and not re.search(r"argparse|plt\.", lesson)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    imported = {(getattr(node, "module", None) or node.names[0].name).split(".")[0] for node in nodes}
    assert imported - sys.stdlib_module_names <= {"torch", "torchvision", "numpy", "matplotlib"}
    assert ("matplotlib" in imported, "torchvision" in imported) == (name in SAVED, name.startswith("10"))

    block = text.split('"""')[2].split("\n\n")[1]
    heads = re.findall(r"^# (原文小节|要点|看什么|试一试|对照)：", block, flags=re.M)
    assert heads == ["原文小节", "要点", "看什么", "试一试", "对照"]
    tried = re.findall(r" (--[a-z-]+)", text.split("Try:")[1].split('"""')[0])
    assert all(option in block for option in tried)  # what Try tries, 试一试 tries, too
    remarks = re.findall(r"# 原文：(.*)", text)
    assert remarks and all(re.search(r"[\u4e00-\u9fff]", remark) for remark in remarks)
    assert "notes:" not in text


def test_what_repeats_in_several_scripts_is_the_same_text():
    lines = "prediction = net(x) loss = loss_func(prediction, y) optimizer.zero_grad() loss.backward() optimizer.step()"
    for name in ("04_regression", "05_classification", "07_save_restore", "09_optimizers", "10_cnn_mnist"):
        plain = " ".join(re.sub("#.*", "", source(name)).replace("batch_", "").split())
        assert lines in plain.replace("net1(", "net(").replace("cnn(", "net(")
    texts = "".join(source(name).replace(name, "NAME") for name in SCRIPTS)
    for function, count, kinds in (("between", 9, 1), ("show", 6, 2)):  # two kinds: animated or not
        found = re.findall(rf"\ndef {function}\(.*?(?=\n\n\n)", texts, flags=re.S)
        assert (len(found), len(set(found))) == (count, kinds)


@each_drawing
def test_with_a_window_the_figure_is_shown_once_stays_open_and_save_still_saves(name, window, tmp_path):
    done = run(name)
    (figure,) = window
    assert (done.code, done.err, written(tmp_path)) == (0, "", [])
    assert "picture" not in done.out
    assert plt.fignum_exists(figure.number)
    if name in ANIMATED:
        *_, last = frames = list(figure.animation.new_frame_seq())
        assert all(frame is last for frame in frames[-8:])  # eight frames of an eighth of a second
        assert (figure.animation.event_source.interval, figure.animation._repeat) == (125, False)
    done = run(name, "--save")
    assert (len(window), written(tmp_path)) == (1, [SAVED[name]])
    assert done.out.endswith(f"picture: {SAVED[name]}\n")


@each_drawing
def test_an_ide_that_subclasses_agg_is_given_each_figure_once_in_its_last_state(name, monkeypatch, tmp_path):
    """PyCharm's SciView is such a backend: an Agg canvas, and a show() of its own."""
    shown, sciview = [], types.ModuleType("sciview")
    sciview.FigureCanvas = type("Canvas", (FigureCanvasAgg,), {"manager_class": FigureManagerBase})
    sciview.FigureManager = FigureManagerBase
    sciview.show = lambda *_, **__: (plt.gcf().canvas.draw(), shown.append(plt.gcf()))
    monkeypatch.setitem(sys.modules, "sciview", sciview)
    plt.switch_backend("module://sciview")
    done = run(name)
    plt.close("all")
    plt.switch_backend("agg")
    assert (done.code, done.err, len(shown), written(tmp_path)) == (0, "", 1, [])
    if name in ANIMATED:
        assert not hasattr(shown[0], "animation")
        assert shown[0].axes[0].get_title().split()[1] in done.out  # the last loss or accuracy


@pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")  # of Windows
def test_jupyter_shows_each_picture_under_its_cell(tmp_path):
    cells = ["%matplotlib inline", *(f"%run {ROOT / name}.py {SCRIPTS[name][0]}" for name in SAVED)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    for cell in notebook.cells[1:]:
        assert sum("image/png" in output.get("data", {}) for output in cell.outputs) == 1, cell.source
        assert not any(output.get("name") == "stderr" for output in cell.outputs)
    assert written(tmp_path) == []


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="no virtual display here")
def test_a_real_window_opens_on_a_virtual_display_and_waits_to_be_closed(tmp_path):
    display = subprocess.Popen(["Xvfb", "-noreset", "-displayfd", "1"], stdout=-1, stderr=-3, text=True)
    env = {**os.environ, "DISPLAY": f":{display.stdout.readline().strip()}", "MPLBACKEND": ""}
    call = [sys.executable, "-u", ROOT / "05_classification.py"]
    script = subprocess.Popen(call, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    next(line for line in script.stdout if line.startswith("loss after "))
    time.sleep(2)
    waits = script.poll() is None  # as long as its window is open
    script.terminate()
    out, _ = script.communicate()
    display.terminate()
    display.communicate()
    if "picture: " in out:
        pytest.skip("neither Tk nor Qt here")
    assert (waits, out, written(tmp_path)) == (True, "", [])  # and no warning
