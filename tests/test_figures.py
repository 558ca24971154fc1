"""How pictures appear: in a window, an IDE, a notebook and a file, for both kinds of show()."""

import os
import pathlib
import shutil
import subprocess
import sys
import types

import nbclient
import nbformat
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from conftest import ROOT, SCRIPTS, smallest

STILL, MOVING = "03_activations", "04_regression"  # 05 moves as 04 does
both = pytest.mark.parametrize("name", [STILL, MOVING])


@both
def test_a_window_opens_once_but_to_save_only_files_are_written(name, monkeypatch):
    shown = []
    monkeypatch.setattr(FigureCanvasAgg, "required_interactive_framework", "qt", raising=False)
    monkeypatch.setattr(plt, "get_backend", lambda: "qtagg")
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()) or plt.gcf().canvas.draw())
    smallest(name)
    assert len(shown) == 1 and hasattr(shown[0], "animation") == (name == MOVING)
    smallest(name, "--save")
    assert len(shown) == 1 and pathlib.Path(f"{name}.png").exists()
    if name == MOVING:
        with Image.open(f"{name}.gif") as gif:
            first = gif.convert("L").histogram()
            gif.seek(gif.n_frames - 1)
            assert gif.convert("L").histogram() != first


@both
def test_an_ide_without_a_window_shows_the_last_state(name, monkeypatch):
    ide, titles = types.ModuleType("ide"), []  # as PyCharm's: Agg with a show() of its own
    ide.FigureCanvas = FigureCanvasAgg
    ide.show = lambda: titles.append(plt.gcf().axes[0].get_title())
    monkeypatch.setitem(sys.modules, "ide", ide)
    plt.switch_backend("module://ide")
    smallest(name)
    plt.close("all")
    plt.switch_backend("agg")
    assert len(titles) == 1 and (name == STILL or "2" in titles[0].split())
    assert [path.name for path in pathlib.Path().iterdir()] == [f"{name}.png"]


@both
def test_a_picture_that_cant_be_written_is_pythons_error_that_names_it(name):
    pathlib.Path(f"{name}.png").mkdir()
    with pytest.raises(OSError, match=f"{name}.png"):
        smallest(name)


@pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")  # of Windows
def test_jupyter_shows_the_picture_below_the_cell_run_or_pasted(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    cells = ["%matplotlib inline"]
    for name in (STILL, MOVING):
        cells.append(f"%run {ROOT / name}.py {SCRIPTS[name][0]}")
        cells.append((ROOT / f"{name}.py").read_text(encoding="utf-8"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    where = {"metadata": {"path": tmp_path}}
    nbclient.NotebookClient(notebook, timeout=120, resources=where).execute()
    for cell in notebook.cells[1:]:
        assert sum("image/png" in output.get("data", {}) for output in cell.outputs) == 1
        assert not any(output.get("name") == "stderr" for output in cell.outputs)


CLOSE = """
import runpy, sys, matplotlib.pyplot as plt
def show(wait=plt.show):
    timer = plt.gcf().canvas.new_timer(interval=1000)
    timer.add_callback(lambda: (print("open for a second"), plt.close()))
    timer.start()
    wait()
plt.show, sys.argv = show, sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@both
@pytest.mark.skipif(not shutil.which("xvfb-run"), reason="no virtual display here")
def test_a_real_window_opens_and_waits_to_be_closed(name):
    display = ["xvfb-run", "-a", "-s", "-noreset", sys.executable, "-c", CLOSE]
    call = [*display, str(ROOT / f"{name}.py"), *SCRIPTS[name][0].split()]
    env = {**os.environ, "MPLBACKEND": ""}
    done = subprocess.run(call, env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    if "open for a second" not in done.stdout:
        pytest.skip("neither Tk nor Qt here")
