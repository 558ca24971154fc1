"""What holds for all ten scripts: how they import, run, print, show, fail and leave things."""

import ast
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import types

import matplotlib as mpl
import nbclient
import nbformat
import pytest
import torch
from conftest import ROOT, SMALL, command, load
from matplotlib import pyplot as plt
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

TENTH = ["--root", str(SMALL), "--device", "cpu"]
SCRIPTS = {  # name: (the arguments of its smallest run, what it writes without a display)
    "01_numpy_vs_torch": ([], []),
    "02_autograd": ([], []),
    "03_activations": ([], ["03_activations.png"]),
    "04_regression": (["--epochs", "2"], ["04_regression.png"]),
    "05_classification": (["--epochs", "2"], ["05_classification.png"]),
    "06_sequential": ([], []),
    "07_save_restore": (["--epochs", "2"], ["07_save_restore.png", "net.pt", "net_params.pt"]),
    "08_batching": (["--epochs", "2"], []),
    "09_optimizers": (["--epochs", "1"], ["09_optimizers.png"]),
    "10_cnn_mnist": (TENTH, ["10_cnn_mnist.png"]),
}
ANIMATED = ["04_regression", "05_classification"]
# 06 prints the same answers for every seed; its own test compares the weights
SEEDED = [
    "04_regression",
    "05_classification",
    "07_save_restore",
    "08_batching",
    "09_optimizers",
    "10_cnn_mnist",
]
SAVED = {
    name: f"{name}.gif" if name in ANIMATED else f"{name}.png"
    for name, (_, files) in SCRIPTS.items()
    if files
}
TITLES = {  # the notes' own headings
    "01_numpy_vs_torch": "numpy torch 对比",
    "02_autograd": "Variable变量",
    "03_activations": "Activaton 激励函数",
    "04_regression": "建造第一个神经网络 / Regression回归",
    "05_classification": "Classification分类",
    "06_sequential": "快速搭建法",
    "07_save_restore": "保存提取",
    "08_batching": "批数据训练",
    "09_optimizers": "优化器 Optimizer 加速神经网络训练（深度学习）",
    "10_cnn_mnist": "高级神经网络结构 / 卷积神经网络CNN / MNIST手写数字识别",
}
LIMITS = {  # option: values that make no sense, the smallest and the largest that do
    "--epochs": (["0", "-1", "x", "1.5"], "1", None),
    "--lr": (["-1", "nan", "inf", "x"], "0", None),
    "--hidden": (["0", "-1", "999999", "x"], "1", None),
    "--batch-size": (["0", "-1", "x"], "1", None),
    "--seed": (["-1", "4294967296", "x", "1e3"], "0", "4294967295"),
    "--depth": (["0", "21", "1.5"], "1", "20"),
    "--data": (["1 2 3", "a b c d"], "1 2 3 4", None),
    "--device": (["tpu", "meta"], "cpu", None),
}
DIVIDER = "line: skip this at a first reading ----------"
each = pytest.mark.parametrize("name", SCRIPTS)
each_drawing = pytest.mark.parametrize("name", SAVED)


def path(name):
    return ROOT / f"{name}.py"


def source(name):
    return path(name).read_text(encoding="utf-8")


def written(folder):
    return sorted(item.name for item in folder.iterdir())


def steady(text):
    """Drop the seconds, which no seed decides."""
    return re.sub(r" +\d+\.\d s$", "", text, flags=re.M)


@pytest.fixture(scope="module", params=SCRIPTS)
def alone(request, tmp_path_factory):
    """Run a script as a process, copied alone into a folder, without a display, -W error."""
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    shutil.copy(path(name), folder)
    env = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "MPLBACKEND")}
    call = [sys.executable, "-W", "error", f"{name}.py", *SCRIPTS[name][0]]
    done = subprocess.run(call, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    return name, done, folder


# ---------- running ----------


def test_there_are_ten_scripts_and_each_has_its_test_file():
    assert sorted(item.stem for item in ROOT.glob("*.py")) == list(SCRIPTS)
    assert all((ROOT / "tests" / f"test_{name}.py").exists() for name in SCRIPTS)


def test_alone_in_a_folder_without_a_display_it_runs_and_leaves_its_files(alone):
    name, done, folder = alone
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) > 3
    assert done.stdout.isascii()
    assert written(folder) == sorted([f"{name}.py", *SCRIPTS[name][1]])
    pictures = [f"picture: {file}" for file in SCRIPTS[name][1] if file.endswith(".png")]
    assert done.stdout.splitlines()[-1:] == pictures or not pictures


def test_two_runs_in_two_processes_print_and_draw_the_same(alone, tmp_path):
    name, done, folder = alone
    again = command(path(name), *SCRIPTS[name][0])
    assert (again.code, again.err) == (0, "")
    assert steady(again.out) == steady(done.stdout)
    for file in SCRIPTS[name][1]:
        if file.endswith(".png"):
            assert (tmp_path / file).read_bytes() == (folder / file).read_bytes()


@each
def test_importing_prints_draws_writes_and_changes_nothing(name, capfd, tmp_path):
    random = torch.get_rng_state()
    load.__wrapped__(name)
    assert capfd.readouterr() == ("", "")
    assert written(tmp_path) == []
    assert plt.get_fignums() == []
    assert torch.equal(random, torch.get_rng_state())


@each
def test_the_settings_of_the_process_are_left_as_they_were(name):
    def state():
        allowed = len(torch.serialization.get_safe_globals())
        modes = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
        return dict(mpl.rcParams), socket.getdefaulttimeout(), allowed, modes

    before = state()
    assert command(path(name), *SCRIPTS[name][0]).code == 0
    assert state() == before


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_gives_another_result(name):
    runs = {steady(command(path(name), *SCRIPTS[name][0], "--seed", s).out) for s in (1, 2, 3)}
    assert len(runs) == 3


# ---------- command line ----------


@each
def test_help_is_the_docstring_in_ascii_and_names_each_default_once(name):
    done = command(path(name), "-h")
    doc = ast.get_docstring(ast.parse(source(name)))
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()
    assert doc in done.out
    assert f"\nRun:  python {name}.py\nTry:  python {name}.py --" in doc
    assert done.out.startswith("usage: ")
    options = " ".join(done.out.split("options:")[1].split())
    for key, value in load(name).main.__kwdefaults__.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            assert re.search(rf"--{key.replace('_', '-')} [^-]*default: {value}\b", options), key


@each
def test_a_value_that_makes_no_sense_is_named_with_status_2_before_any_work(name, tmp_path):
    used = [option for option in LIMITS if f'add_argument("{option}"' in source(name)]
    bad = [f"{option} {value}" for option in used for value in LIMITS[option][0]]
    for arguments in [*bad, "--nonsense", "extra"]:
        done = command(path(name), *arguments.split())
        assert (done.code, done.out) == (2, ""), arguments
        assert done.err.startswith("usage: ")
        (line,) = (line for line in done.err.splitlines() if ": error: " in line)
        if arguments.startswith("--") and " " in arguments:
            assert f"argument {arguments.split()[0]}: " in line
        assert "Traceback" not in done.err
    assert written(tmp_path) == []


@each
def test_every_option_reaches_main(name, monkeypatch):
    """Run the script's last lines with a parser that hands over what it parsed instead."""
    caught = []
    parse = argparse_of(name).parse_args

    def parse_args(parser):
        caught.append(vars(parse(parser)))
        raise KeyboardInterrupt

    monkeypatch.setattr(argparse_of(name), "parse_args", parse_args)
    defaults = load(name).main.__kwdefaults__

    def parsed(*args):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", [name, *args])
            with contextlib.suppress(KeyboardInterrupt, SystemExit):
                command(path(name), *args)
        return caught[-1]

    assert parsed() == defaults
    for option, (_, low, high) in LIMITS.items():
        key = option[2:].replace("-", "_")
        if key not in defaults:
            continue
        for value in (low, high):
            if value:
                found = parsed(option, *value.split())
                values = found[key] if isinstance(found[key], list) else [found[key]]
                assert [str(v).removesuffix(".0") for v in values] == value.split()
                assert {**found, key: defaults[key]} == defaults
    flags = {"save": "--save", "shuffle": "--no-shuffle", "one_cycle": "--one-cycle"}
    flags |= {"drop_last": "--drop-last", "keep_grad": "--keep-grad"}
    for key, value in defaults.items():
        if isinstance(value, bool):
            assert parsed(flags[key]) == {**defaults, key: not value}


def argparse_of(name):
    return load(name).ArgumentParser


@each_drawing
def test_a_file_that_cant_be_written_is_one_line_and_status_1(name, tmp_path, monkeypatch):
    for file in {*SCRIPTS[name][1], SAVED[name]}:
        folder = tmp_path / f"without {file}"
        (folder / file).mkdir(parents=True)  # a folder in the way stops anybody, even root
        monkeypatch.chdir(folder)
        save = ["--save"] * (file == SAVED[name])
        done = command(path(name), *SCRIPTS[name][0], *save)
        assert done.code == 1
        assert len(done.err.splitlines()) == 1
        assert done.err.startswith("can't write ")


# ---------- reading ----------


@each
def test_a_script_has_two_floors_and_imports_only_the_four_packages(name):
    text = source(name)
    kind = "picture and command" if name in SAVED else "command"
    assert text.count(f"\n# ---------- {kind} {DIVIDER}\n") == 1
    lesson, machinery = text.split(DIVIDER)
    assert "def main(" in lesson
    code = re.sub("#.*", "", lesson.split("\n\n\n", 1)[1])
    assert "argparse" not in code
    assert "plt." not in code
    imported = {
        (node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[
            0
        ]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert imported - sys.stdlib_module_names <= {"torch", "torchvision", "numpy", "matplotlib"}
    assert ("matplotlib" in imported) == (name in SAVED)
    assert ("torchvision" in imported) == name.startswith("10")


def test_what_repeats_below_the_line_is_the_same_text_but_for_the_files_name():
    for function, scripts in (
        ("def between", 9),
        ("def show(figure, *", 4),
        ("def show(figure, u", 2),
    ):
        texts = [re.split(r"\n(?=def |if __name__)", source(name)) for name in SCRIPTS]
        found = [
            part.replace(name, "NAME")
            for name, parts in zip(SCRIPTS, texts)
            for part in parts
            if part.startswith(function)
        ]
        assert len(found) == scripts
        assert len(set(found)) == 1


def test_the_five_lines_of_training_stand_together_in_all_five_scripts():
    for name in (
        "04_regression",
        "05_classification",
        "07_save_restore",
        "09_optimizers",
        "10_cnn_mnist",
    ):
        lines = [line.split("#")[0].strip() for line in source(name).splitlines()]
        at = next(i for i, line in enumerate(lines) if line.startswith("prediction = "))
        assert re.fullmatch(r"prediction = (net|net1|cnn)\((x|batch_x)\)", lines[at])
        assert re.fullmatch(r"loss = loss_func\(prediction, (y|batch_y)\)", lines[at + 1])
        assert lines[at + 2 : at + 5] == [
            "optimizer.zero_grad()",
            "loss.backward()",
            "optimizer.step()",
        ]


@each
def test_the_chinese_block_has_its_heads_and_the_posts_title(name):
    block = source(name).split('"""')[2].split("\n\n")[1]
    heads = re.findall(r"^# (原文小节|要点|看什么|试一试|对照)：", block, flags=re.M)
    assert heads == ["原文小节", "要点", "看什么", "试一试", "对照"]
    assert f"# 原文小节：{TITLES[name]}\n" in block
    for option in re.findall(r" (--[a-z-]+)", source(name).split("Try:")[1].split('"""')[0]):
        assert option in block  # what Try tries, 试一试 tries, too


@each
def test_remarks_for_the_posts_readers_are_in_chinese_and_start_with_their_mark(name):
    text = source(name)
    assert "notes:" not in text
    remarks = re.findall(r"# 原文：(.*)", text)
    assert len(remarks) >= 2 or name in ("06_sequential", "08_batching")
    assert remarks
    assert all(re.search(r"[\u4e00-\u9fff]", remark) for remark in remarks)


# ---------- showing ----------


@each_drawing
def test_with_a_window_the_figure_is_shown_once_stays_open_and_nothing_is_written(
    name, window, tmp_path, capsys
):
    run = command(path(name), *SCRIPTS[name][0])
    assert (run.code, run.err) == (0, "")
    (figure,) = window
    assert plt.fignum_exists(figure.number)
    assert [item for item in written(tmp_path) if not item.endswith(".pt")] == []
    assert "picture" not in run.out
    if name in ANIMATED:
        *early, last = list(figure.animation.new_frame_seq())
        assert early[-7:] == [last] * 7 or all(frame is last for frame in early[-7:])
        assert figure.animation.event_source.interval == 125  # eight frames: a second's rest
        assert figure.animation._repeat is False


@each_drawing
def test_save_writes_the_picture_even_where_there_is_a_window(name, window, tmp_path):
    run = command(path(name), *SCRIPTS[name][0], "--save")
    assert window == []
    assert [item for item in written(tmp_path) if not item.endswith(".pt")] == [SAVED[name]]
    assert run.out.endswith(f"picture: {SAVED[name]}\n")


@each_drawing
def test_an_ide_that_subclasses_agg_is_given_each_figure_once_in_its_last_state(
    name, monkeypatch, tmp_path
):
    """PyCharm's SciView is such a backend: an Agg canvas with a show() of its own."""
    shown = []

    class Manager(FigureManagerBase):
        def show(self):
            self.canvas.draw()
            shown.append(self.canvas.figure)

    class Canvas(FigureCanvasAgg):
        manager_class = Manager

    sciview = types.ModuleType("sciview")
    sciview.FigureCanvas, sciview.FigureManager = Canvas, Manager
    sciview.show = lambda *_, **__: [
        manager.show() for manager in mpl._pylab_helpers.Gcf.get_all_fig_managers()
    ]
    monkeypatch.setitem(sys.modules, "sciview", sciview)
    plt.switch_backend("module://sciview")
    try:
        run = command(path(name), *SCRIPTS[name][0])
    finally:
        plt.close("all")
        plt.switch_backend("agg")
    assert (run.code, run.err, len(shown)) == (0, "", 1)
    assert [item for item in written(tmp_path) if not item.endswith(".pt")] == []
    if name in ANIMATED:
        assert not hasattr(shown[0], "animation")
        title = shown[0].axes[0].get_title()
        assert any(line.endswith(title.split()[-1]) for line in run.out.splitlines())


def test_jupyter_shows_each_picture_under_its_cell(tmp_path):
    cells = ["%matplotlib inline"]
    for name in SAVED:
        cells.append(f"%run {path(name)} {' '.join(map(str, SCRIPTS[name][0]))}")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    kernel = {"name": "python3", "display_name": "python3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": tmp_path}}
    ).execute()
    for cell in notebook.cells[1:]:
        pictures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert len(pictures) == 1, cell.source
        assert not any(output.get("name") == "stderr" for output in cell.outputs), cell.outputs
    assert [item for item in written(tmp_path) if not item.endswith(".pt")] == []


WINDOW = """
import runpy, sys, matplotlib.pyplot as plt
show = plt.show
def show_for_two_seconds():
    timer = plt.gcf().canvas.new_timer(2000)
    timer.add_callback(plt.close, "all")
    timer.start()
    show()
    print("closed")
plt.show = show_for_two_seconds
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="no virtual display here")
@pytest.mark.parametrize("name", ["03_activations", "05_classification"])
def test_a_real_window_opens_on_a_virtual_display(name, tmp_path):
    toolkits = [("tkinter", "tkagg"), ("PySide6", "qtagg")]
    backends = [backend for module, backend in toolkits if importable(module)]
    if not backends:
        pytest.skip("neither Tk nor Qt here")
    with subprocess.Popen(
        ["Xvfb", "-noreset", "-displayfd", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as display:
        number = display.stdout.readline().strip()
        env = {**os.environ, "DISPLAY": f":{number}", "MPLBACKEND": backends[0]}
        call = [sys.executable, "-c", WINDOW, path(name), *SCRIPTS[name][0]]
        done = subprocess.run(
            call, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
        )
        display.terminate()
    assert (done.returncode, done.stderr) == (0, "")
    assert "closed" in done.stdout
    assert written(tmp_path) == []


def importable(module):
    return (
        subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode
        == 0
    )
