"""The smoke test: what holds for all, how they import, run alone, print, take options, fail and leave things."""

import argparse
import ast
import contextlib
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

from conftest import DRAWING, ROOT, SCRIPTS, bounds, command, load, options, parsed, smallest, source

each = pytest.mark.parametrize("name", SCRIPTS)
mirroring = pytest.mark.parametrize("name", [name for name in SCRIPTS if SCRIPTS[name][2] is not None])
LINE = "line: skip this at a first reading ----------"


def others(name):
    """Return what may be typed for each option of a script that changes what is printed, [(option, dest, words)]."""
    found = []
    for option, action in options(name).items():
        low, _ = bounds(action) or (None, None)
        words = [] if low is None else [low + 4] if isinstance(action.default, int) else [action.default / 3]
        if option not in ("--root", "--device", "--read", "--save"):  # the first three are 10's and tested there
            found.append((option, action.dest, [2, 0, 0, 3] if action.nargs == 4 else words))
    return found


@each
def test_alone_in_a_folder_it_runs_leaves_its_files_and_prints_draws_and_leaves_settings_as_here(name, tmp_path):
    def settings():
        allowed = [kind for kind in torch.serialization.get_safe_globals() if "torch.nn" in str(kind)]
        modes = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
        return dict(mpl.rcParams), socket.getdefaulttimeout(), allowed, modes

    folder, files = tmp_path / "alone", SCRIPTS[name][1].split()
    folder.mkdir()
    shutil.copy(ROOT / f"{name}.py", folder)
    screen = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND") if sys.platform == "linux" else ()  # others have one
    env = {key: value for key, value in os.environ.items() if key not in screen}
    call = [sys.executable, "-W", "error", f"{name}.py", *SCRIPTS[name][0].split()]
    done = subprocess.run(call, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr, done.stdout.isascii()) == (0, "", True)
    assert sorted(item.name for item in folder.iterdir()) == sorted([f"{name}.py", *files])
    assert name not in DRAWING or done.stdout.endswith(f"\npicture: {name}.png\n")
    before = settings()
    assert smallest(name).out == done.stdout
    assert settings() == before
    for file in files:
        assert file.endswith(".pt") or (tmp_path / file).read_bytes() == (folder / file).read_bytes()


@each
def test_importing_it_does_nothing(name, capfd, tmp_path):
    random = torch.get_rng_state()
    load.__wrapped__(name)  # imports it anew; load() would take it from its cache
    assert capfd.readouterr() == ("", "")
    assert (list(tmp_path.iterdir()), plt.get_fignums()) == ([], [])
    assert torch.equal(random, torch.get_rng_state())


@each
def test_help_is_the_docstring_in_ascii_with_each_default_and_the_notes_numbers(name):
    done = command(name, "-h")
    doc, defaults = load(name).__doc__.strip(), load(name).main.__kwdefaults__
    assert (done.code, done.err, done.out[:7], done.out.isascii()) == (0, "", "usage: ", True)
    assert doc in done.out
    usage = done.out.split("\n\n")[0]
    assert usage.startswith(f"usage: {name}.py ") and all(option in usage for option in options(name))
    assert re.fullmatch(r"\s+options:\n( .*\n)+", done.out.split(doc)[1])  # and nothing else
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
def test_values_at_the_edge_and_switches_reach_main_and_nothing_else_changes(name):
    defaults = parsed(name)
    assert load(name).main.__kwdefaults__.items() <= defaults.items()
    for option, action in options(name).items():
        for edge in bounds(action) or ():
            assert parsed(name, option, edge) == {**defaults, action.dest: type(action.default)(edge)}
        if action.nargs == 0:  # a switch
            assert parsed(name, option) == {**defaults, action.dest: not action.default}
    alone = {dest: parsed(name, option, *words)[dest] for option, dest, words in others(name)}
    assert (
        parsed(name, *(word for option, _, words in others(name) for word in (option, *words))).items() >= alone.items()
    )


@each
def test_each_option_changes_what_is_printed_by_main_too_and_so_do_values_at_the_edge(name, monkeypatch, capsys):
    """An option that main() takes and then ignores would change nothing; what draws only is in test_figures.py."""
    script, usual = load(name), parsed(name, *SCRIPTS[name][0].split())
    monkeypatch.setattr(script, "draw", lambda *_: (None,) * 3, raising=False)
    monkeypatch.setattr(script, "show", lambda *_, **__: None, raising=False)

    def out(**changed):
        script.main(**{key: value for key, value in {**usual, **changed}.items() if key != "read"})
        return capsys.readouterr().out

    for option, dest, words in others(name):
        value = parsed(name, option, *words)[dest]
        outs = {out(), out(**{dest: value})}
        assert len(outs) == 2, option
        if dest in ("lr", "hidden", "seed"):
            low, high = bounds(options(name)[option])
            edges = {out(**{dest: edge}) for edge in (low, high * 0.9 if dest == "lr" else high - 1, high)}
            assert len(edges | outs) == 5, option
            assert out(**{dest: low}) in edges  # the same again


KERNELS = "ipykernel_launcher.py -f k.json, colab_kernel_launcher.py -f k.json, ipykernel_launcher.py --f=k.json --stop"


@each
@pytest.mark.parametrize("argv", [*KERNELS.split(", "), "spyder_kernels/console/__main__.py -f k.json", "ipython"])
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


ACTS = r"\.savefig\(|\.animation\.save\(|^net2\.load_state_dict\(|^with Image\.open\(|download_and_extract_archive\("
OUTSIDE = {"06": "RuntimeError", "10": "OSError RuntimeError HTTPException Image.DecompressionBombError"}


@each
def test_only_what_comes_from_outside_is_caught_and_then_told_and_nothing_is_deleted(name):
    for node in ast.walk(ast.parse(source(name))):
        if isinstance(node, ast.Try):
            act, *others = [ast.unparse(part) for part in node.body if not isinstance(part, ast.Return)]
            assert re.search(ACTS, act) and not others
        if isinstance(node, ast.ExceptHandler):
            kinds = {ast.unparse(kind) for kind in getattr(node.type, "elts", [node.type])}
            assert kinds <= set(OUTSIDE.get(name[:2], "OSError").split())
            assert node.name in {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    assert not re.search(r"\.(unlink|rmtree|remove|rmdir)\(|filterwarnings|simplefilter", source(name))


@each
def test_what_is_printed_under_an_expressions_name_is_that_expression(name):
    tree, pairs = ast.parse(source(name)), []
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            pairs += zip(node.args, node.args[1:])
        if isinstance(node, ast.Dict):
            pairs += [
                (key, value) for key, value in zip(node.keys, node.values) if not ast.unparse(key)[1:-1].isidentifier()
            ]
    for label, value in pairs:
        with contextlib.suppress(SyntaxError, AttributeError, ValueError):  # most labels are words
            named = ast.parse(ast.literal_eval(label).strip(), mode="eval").body
            if not isinstance(named, ast.Name) or named.id in names:
                assert ast.unparse(value) == ast.unparse(named)


@each
def test_its_network_takes_as_many_inputs_and_gives_as_many_outputs_as_it_is_told(name):
    net = getattr(load(name), "Net", None)
    if net and "n_feature" in inspect.signature(net).parameters:
        assert net(n_feature=3, n_hidden=5, n_output=2)(torch.ones(7, 3)).shape == (7, 2)


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
    assert all("parse_args([] if notebook else None)" in source(name) for name in SCRIPTS)
