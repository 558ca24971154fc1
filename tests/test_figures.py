"""How figures appear: in a window, in an IDE, in Jupyter, on a real display, and in a file."""

import os
import shutil
import subprocess
import sys
import time
import types

import nbclient
import nbformat
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

from conftest import ANIMATED, ROOT, SAVED, SCRIPTS, smallest, written

each_drawing = pytest.mark.parametrize("name", SAVED)


@each_drawing
def test_with_a_window_the_figure_is_shown_once_stays_open_and_save_still_saves(name, window, tmp_path):
    done = smallest(name)
    (figure,) = window
    assert (done.code, done.err, written(tmp_path)) == (0, "", [])
    assert plt.fignum_exists(figure.number)
    assert hasattr(figure, "animation") == (name in ANIMATED)
    done = smallest(name, "--save")
    assert (len(window), written(tmp_path)) == (1, [SAVED[name]])
    assert done.out.endswith(f"picture: {SAVED[name]}\n")


@each_drawing
def test_an_ide_that_subclasses_agg_is_given_each_figure_once_in_its_last_state(name, monkeypatch, tmp_path):
    """PyCharm's SciView is such a backend: an Agg canvas, and a show() of its own."""
    shown = []

    def show(*_, **__):
        plt.gcf().canvas.draw()
        shown.append(plt.gcf())

    sciview = types.ModuleType("sciview")
    sciview.FigureCanvas, sciview.show = FigureCanvasAgg, show
    monkeypatch.setitem(sys.modules, "sciview", sciview)
    plt.switch_backend("module://sciview")
    done = smallest(name)
    plt.close("all")
    plt.switch_backend("agg")
    assert (done.code, done.err, len(shown), written(tmp_path)) == (0, "", 1, [])
    if name in ANIMATED:
        assert not hasattr(shown[0], "animation")
        assert shown[0].axes[0].get_title().split()[1] in done.out  # the last loss or accuracy


@each_drawing
def test_a_file_that_cant_be_written_is_one_line_and_status_1(name, tmp_path, monkeypatch):
    for file in {*SCRIPTS[name][1], SAVED[name]}:
        (tmp_path / f"no {file}" / file).mkdir(parents=True)  # a folder in the way stops anybody, even root
        monkeypatch.chdir(tmp_path / f"no {file}")
        done = smallest(name, "--save") if file == SAVED[name] else smallest(name)
        assert (done.code, len(done.err.splitlines())) == (1, 1)
        assert done.err.startswith("can't write ")


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
    xvfb = ["Xvfb", "-noreset", "-displayfd", "1"]  # prints the number of its display
    display = subprocess.Popen(xvfb, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    env = {**os.environ, "DISPLAY": f":{display.stdout.readline().strip()}", "MPLBACKEND": ""}
    call = [sys.executable, "-u", ROOT / "05_classification.py", "--epochs", "1"]
    script = subprocess.Popen(call, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    next(line for line in script.stdout if line.startswith("loss after "))
    time.sleep(1)
    waits = script.poll() is None  # as long as its window is open
    script.terminate()
    out, _ = script.communicate()
    display.terminate()
    display.communicate()
    if "picture: " in out:
        pytest.skip("neither Tk nor Qt here")
    assert (waits, out, written(tmp_path)) == (True, "", [])  # and no warning
