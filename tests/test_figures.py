import pathlib
import shutil
import subprocess
import sys

import nbclient
import nbformat
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from conftest import ROOT, SCRIPTS, run

STILL, MOVING = "03_activations", "04_regression"  # 05 moves as 04 does
both = pytest.mark.parametrize("name", [STILL, MOVING])


@both
def test_a_window_opens_once_but_to_save_only_files_are_written(name, monkeypatch):
    shown = []  # show() draws, too: an animation that was never drawn warns when it goes
    monkeypatch.setattr(FigureCanvasAgg, "required_interactive_framework", "qt", raising=False)
    monkeypatch.setattr(plt, "get_backend", lambda: "qtagg")
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()) or plt.gcf().canvas.draw())
    args = SCRIPTS[name][0].split()
    run(name, *args, "--save")
    assert not shown and pathlib.Path(f"{name}.png").exists()
    run(name, *args)
    assert len(shown) == 1 and hasattr(shown[0], "animation") == (name == MOVING)
    if name == MOVING:
        with Image.open(f"{name}.gif") as gif:
            first = gif.convert("L").histogram()
            gif.seek(gif.n_frames - 1)
            assert gif.convert("L").histogram() != first


@pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")  # of Windows
def test_jupyter_shows_the_picture_below_the_cell_run_or_pasted(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    cells = ["%matplotlib inline"]
    for name in (STILL, MOVING):
        cells.append(f"%run {ROOT / name}.py {SCRIPTS[name][0]}")
        cells.append((ROOT / f"{name}.py").read_text(encoding="utf-8"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120).execute()
    for cell in notebook.cells[1:]:
        assert sum("image/png" in output.get("data", {}) for output in cell.outputs) == 1
        assert not any(output.get("name") == "stderr" for output in cell.outputs)


CLOSE_AFTER_A_SECOND = """
import runpy, sys, matplotlib.pyplot as plt
def show(wait=plt.show):
    timer = plt.gcf().canvas.new_timer(1000, [(print, ("still open",), {}), (plt.close, (), {})])
    timer.start()
    wait()
plt.show, sys.argv = show, sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@both
@pytest.mark.skipif(not shutil.which("xvfb-run"), reason="no virtual display here")
def test_a_real_window_opens_and_waits_to_be_closed(name, monkeypatch):
    display = ["xvfb-run", "-a", "-s", "-noreset", sys.executable, "-c", CLOSE_AFTER_A_SECOND]
    call = [*display, str(ROOT / f"{name}.py"), *SCRIPTS[name][0].split()]
    monkeypatch.setenv("MPLBACKEND", "")
    done = subprocess.run(call, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "still open" in done.stdout
