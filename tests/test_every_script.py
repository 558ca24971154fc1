"""What holds for all ten scripts: how they import, run, print, fail and leave things."""

import ast
import concurrent.futures
import os
import re
import shutil
import socket
import subprocess
import sys

import matplotlib as mpl
import pytest
import torch
from conftest import ROOT, SAMPLE, command, load
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

# script: (its smallest run, what it writes without a screen)
SCRIPTS = {
    "01_numpy_vs_torch": ({}, []),
    "02_autograd": ({}, []),
    "03_activations": ({}, ["03_activations.png"]),
    "04_regression": ({"epochs": 2}, ["04_regression.png"]),
    "05_classification": ({"epochs": 2}, ["05_classification.png"]),
    "06_sequential": ({}, []),
    "07_save_restore": ({"epochs": 2}, ["07_save_restore.png", "net.pt", "net_params.pt"]),
    "08_batching": ({"epochs": 2}, []),
    "09_optimizers": ({"epochs": 1}, ["09_optimizers.png"]),
    "10_cnn_mnist": ({"root": SAMPLE, "batch_size": 400}, ["10_cnn_mnist.png"]),
}
ANIMATED = ["04_regression", "05_classification"]
SEEDED = ["04_regression", "05_classification", "06_sequential", "07_save_restore", "08_batching", "09_optimizers"]
SEEDED += ["10_cnn_mnist"]
TITLES = {  # the notes' own headings
    "01_numpy_vs_torch": "numpy torch 对比",
    "02_autograd": "Variable变量",
    "03_activations": "Activaton 激励函数",
    "04_regression": "Regression回归",
    "05_classification": "Classification分类",
    "06_sequential": "快速搭建法",
    "07_save_restore": "保存提取",
    "08_batching": "批数据训练",
    "09_optimizers": "优化器 Optimizer 加速神经网络训练（深度学习）",
    "10_cnn_mnist": "卷积神经网络CNN / MNIST手写数字识别",
}
BAD = {
    "01_numpy_vs_torch": ["--data 1 2 3", "--data a b c d"],
    "02_autograd": ["--eps 0", "--eps -1", "--eps nan", "--eps inf", "--eps abc"],
    "03_activations": ["--depth 0", "--depth -1", "--depth 101", "--depth 1.5"],
    "04_regression": ["--epochs 0", "--epochs -1", "--epochs x", "--epochs 1.5", "--lr 0", "--lr -1", "--lr nan"],
    "05_classification": ["--epochs 0", "--epochs -1", "--epochs x", "--lr 0", "--lr -1", "--lr inf"],
    "06_sequential": ["--hidden 0", "--hidden -1", "--hidden x", "--hidden 1000000", "--seed 1e3"],
    "07_save_restore": ["--epochs 0", "--epochs -1", "--epochs x", "--lr 0", "--lr nan"],
    "08_batching": ["--epochs 0", "--epochs x", "--batch-size 0", "--batch-size -1", "--batch-size x"],
    "09_optimizers": ["--epochs 0", "--epochs x", "--batch-size 0", "--batch-size -1", "--lr 0", "--lr nan", "--lr x"],
    "10_cnn_mnist": ["--epochs 0", "--epochs x", "--batch-size 0", "--batch-size -1", "--lr 0", "--lr nan", "--lr x"],
}
for name in ANIMATED:
    BAD[name] += ["--hidden 0", "--hidden -1", "--hidden 1000000"]
for name in ("04_regression", "05_classification", "07_save_restore", "08_batching", "09_optimizers", "10_cnn_mnist"):
    BAD[name] += ["--epochs 1000000"]
for name in ("04_regression", "05_classification", "07_save_restore", "09_optimizers", "10_cnn_mnist"):
    BAD[name] += ["--lr 1000000"]
for name in ("08_batching", "09_optimizers", "10_cnn_mnist"):
    BAD[name] += ["--batch-size 1000000"]
for name in SEEDED:
    BAD[name] += ["--seed -1", "--seed 4294967296", "--seed x"]

DRAWN = {name: f"{name}.gif" if name in ANIMATED else f"{name}.png" for name, (_, files) in SCRIPTS.items() if files}
each = pytest.mark.parametrize("name", SCRIPTS)
each_drawn = pytest.mark.parametrize("name", DRAWN)
each_animated = pytest.mark.parametrize("name", ANIMATED)


def path(name):
    return ROOT / f"{name}.py"


def flags(arguments):
    return [str(part) for key, value in arguments.items() for part in (f"--{key.replace('_', '-')}", value)]


def steady(text):
    """Drop what no seed decides in 10's output: its seconds, and the sample, which a copy can't know by its place."""
    return re.sub(r" +\d+\.\d s$", "", text, flags=re.M).replace(" of the bundled sample", "")


def plain(result):
    """Return what a main() returned as lists, dicts and numbers, which == compares to the last bit."""
    if isinstance(result, torch.nn.Module):
        result = result.state_dict()
    if isinstance(result, dict):
        return {key: plain(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [plain(value) for value in result]
    return result.tolist() if hasattr(result, "tolist") else result


def written(folder):
    return sorted(item.name for item in folder.iterdir())


@pytest.fixture(scope="session")
def alone(request, tmp_path_factory):
    """Run each script asked for as a process, copied alone into an empty folder, headless, with warnings as errors."""

    def start(name):
        folder = tmp_path_factory.mktemp(name)
        shutil.copy(path(name), folder)
        screen = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")
        env = {key: value for key, value in os.environ.items() if key not in screen}
        call = [sys.executable, "-W", "error", f"{name}.py", *flags(SCRIPTS[name][0])]
        done = subprocess.run(
            call, cwd=folder, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        return done, folder

    asked = [name for name in SCRIPTS if any(f"[{name}]" in item.name for item in request.session.items)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
        return dict(zip(asked, pool.map(start, asked), strict=True))


def test_there_are_ten_scripts_and_each_has_its_test_file():
    assert sorted(item.stem for item in ROOT.glob("*.py")) == list(SCRIPTS)
    assert all((ROOT / "tests" / f"test_{name}.py").exists() for name in SCRIPTS)


@each
def test_importing_prints_draws_writes_and_changes_nothing(name, capfd, tmp_path):
    random = torch.get_rng_state()
    load.__wrapped__(path(name))
    assert capfd.readouterr() == ("", "")
    assert written(tmp_path) == []
    assert plt.get_fignums() == []
    assert torch.equal(random, torch.get_rng_state())


@each
def test_imports_are_sorted_to_the_four_packages_and_none_is_idle(name):
    tree = ast.parse(path(name).read_text(encoding="utf-8"))
    imported = {
        (alias.name if isinstance(node, ast.Import) else node.module).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert imported - sys.stdlib_module_names <= {"torch", "torchvision", "numpy", "matplotlib"}
    assert "matplotlib" not in imported or SCRIPTS[name][1]
    assert "torchvision" not in imported or name.startswith("10")


@each
def test_alone_in_an_empty_folder_it_runs_without_a_screen_and_leaves_its_files(name, alone):
    done, folder = alone[name]
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) > 3
    assert done.stdout.isascii()
    assert written(folder) == sorted([f"{name}.py", *SCRIPTS[name][1]])
    pictures = [item for item in SCRIPTS[name][1] if item.endswith(".png")]
    assert all(f"picture: {picture}" in done.stdout for picture in pictures)


@each
def test_two_runs_print_return_and_draw_the_same_in_one_process_and_in_two(name, alone, capsys, tmp_path):
    main = load(path(name)).main
    first = plain(main(**SCRIPTS[name][0]))
    printed = steady(capsys.readouterr().out)
    assert plain(main(**SCRIPTS[name][0])) == first
    done, folder = alone[name]
    assert steady(capsys.readouterr().out) == printed == steady(done.stdout)
    for file in SCRIPTS[name][1] if name != "10_cnn_mnist" else []:  # 10's title tells the sample by its place
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes()


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_gives_another_result(name, capsys):
    main = load(path(name)).main
    outputs = set()
    for seed in range(1, 4):
        main(**SCRIPTS[name][0], seed=seed)
        outputs.add(steady(capsys.readouterr().out))
    assert len(outputs) == 3


@each
def test_the_global_state_is_left_as_it_was(name, tmp_path):
    def state():
        grad, inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        figures, style, timeout = plt.get_fignums(), dict(mpl.rcParams), socket.getdefaulttimeout()
        allowed = torch.nn.Linear in torch.serialization.get_safe_globals()
        return torch.get_default_dtype(), torch.get_num_threads(), grad, inference, figures, style, timeout, allowed

    before = state()
    load(path(name)).main(**SCRIPTS[name][0])
    assert state() == before
    assert written(tmp_path) == sorted(SCRIPTS[name][1])


@each
def test_help_is_the_docstring_and_prints_in_an_ascii_terminal(name):
    done = command(path(name), "-h")
    doc = ast.get_docstring(ast.parse(path(name).read_text(encoding="utf-8")))
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()
    assert done.out.startswith(doc)
    assert f"\nRun:  python {name}.py\nTry:  python {name}.py --" in doc


@each
def test_the_notes_title_and_the_point_in_chinese_stand_under_the_docstring(name):
    after = path(name).read_text(encoding="utf-8").split('"""')[2]
    assert after.startswith(f"\n\n# 原文小节：{TITLES[name]}\n# 要点：")
    assert 2 <= after.split("\n\n")[1].count("。") <= 4


@pytest.mark.parametrize(
    ("name", "bad"), [(name, bad) for name in SCRIPTS for bad in (*BAD[name], "--nonsense", "extra")]
)
def test_bad_input_is_one_line_and_status_2_before_any_work(name, bad, tmp_path):
    done = command(path(name), *bad.split())
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.strip().splitlines()) == 1
    assert f"{name}.py: error: " in done.err
    assert written(tmp_path) == []


@each
def test_the_command_line_passes_every_value_to_main_and_has_its_defaults(name, monkeypatch):
    """Whatever the options are set to must reach main, so the values are read back from a recording stand-in."""
    signature = dict(load(path(name)).main.__kwdefaults__)
    source = (
        path(name)
        .read_text(encoding="utf-8")
        .replace("        main(**", "        record(**")
        .replace("    main(**", "    record(**")
    )
    calls = []

    def call(*args):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", [name, *args])
            exec(
                compile(source, name, "exec"),
                {"__name__": "__main__", "record": lambda **k: calls.append(k), "__file__": name},
            )

    call()
    assert {**signature, **calls[0]} == signature
    options = {key: value for key, value in signature.items() if not isinstance(value, (bool, tuple)) and key != "root"}
    call(*flags({key: value + 1 for key, value in options.items()}))
    assert {key: calls[1][key] for key in options} == {key: value + 1 for key, value in options.items()}
    for edge in ({"seed": 0}, {"seed": 2**32 - 1, "lr": 999_999, "epochs": 999_999, "hidden": 999_999}):
        low = {key: 1 if isinstance(value, int) else 1e-9 for key, value in options.items()}
        chosen = {key: edge.get(key, low[key]) for key in options}
        if "depth" in chosen:
            chosen["depth"] = 1 if edge["seed"] == 0 else 100
        call(*flags(chosen))
        assert {key: calls[-1][key] for key in options} == chosen
    if "save" in signature:
        call("--save")
        assert calls[-1]["save"] is True


@pytest.mark.parametrize(("name", "file"), [(name, file) for name, (_, files) in SCRIPTS.items() for file in files])
@pytest.mark.parametrize("save", [False, True])
def test_a_file_that_cant_be_written_is_named_in_one_line(name, file, save, tmp_path):
    if save and name in ANIMATED:
        file = DRAWN[name]
    (tmp_path / file).mkdir()  # no permission holds root back, but a folder in the way stops anybody
    done = command(path(name), *flags(SCRIPTS[name][0]), *["--save"] * save)
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert file in done.err
    plt.close("all")


@each_drawn
def test_with_a_screen_a_window_opens_and_no_picture_is_written(name, window, tmp_path, capsys):
    load(path(name)).main(**SCRIPTS[name][0])
    assert len(window) == 1
    assert [item for item in written(tmp_path) if not item.endswith(".pt")] == []
    assert "picture" not in capsys.readouterr().out
    assert plt.get_fignums() == []


@each_drawn
def test_save_writes_the_picture_even_with_a_screen(name, window, tmp_path, capsys):
    load(path(name)).main(**SCRIPTS[name][0], save=True)
    assert window == []
    assert [item for item in written(tmp_path) if not item.endswith(".pt")] == [DRAWN[name]]
    assert f"picture: {DRAWN[name]}\n" in capsys.readouterr().out


@each_animated
def test_the_window_plays_every_snapshot_once_and_rests_a_second(name, window):
    script = load(path(name))
    snapshots = script.main(epochs=64)[-1]
    animation = window[0].animation
    frames = list(animation.new_frame_seq())
    assert frames == [*range(len(snapshots)), *[len(snapshots) - 1] * script.FPS]
    assert animation.event_source.interval * script.FPS == 1000
    assert animation._repeat is False


@each_animated
def test_without_a_screen_the_picture_shows_the_last_epoch(name, monkeypatch):
    pictures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, file: pictures.append((file, figure.axes[0].get_title())))
    load(path(name)).main(epochs=40)
    ((file, title),) = pictures
    assert file == f"{name}.png"
    assert title.startswith("After step 40: ")


@each_animated
@pytest.mark.parametrize("epochs", [1, 3, 100])
def test_snapshots_are_closer_at_first_and_include_the_first_and_the_last(name, epochs):
    squares = [0, 1, 3, 4, 6, 8, 10, 13, 16, 19, 23, 27, 31, 36, 41, 46, 52, 58, 64, 71, 77, 85, 92, 100]
    shown = [epoch for epoch, _ in load(path(name)).main(epochs=epochs)[-1]]
    assert shown == (squares if epochs == 100 else [*range(epochs + 1)])
