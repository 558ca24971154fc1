"""How figures appear: in a window, in an IDE, in Jupyter, on a real display, and in a file."""

import os
import re
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

from conftest import DRAWING, MOVING, ROOT, SAVED, SCRIPTS, command, smallest, source, written

each_drawing = pytest.mark.parametrize("name", DRAWING)
STILL = next(name for name in DRAWING if name not in MOVING)  # show() is one text, so one script stands for all
kinds = pytest.mark.parametrize("name", [STILL, MOVING[0]])  # of a kind, see test_every_script.py


@each_drawing
def test_with_a_window_the_figure_is_shown_once_stays_open_and_save_still_saves(name, window, tmp_path):
    done = smallest(name)
    (figure,) = window
    assert (done.code, done.err, written(tmp_path)) == (0, "", [])
    assert plt.fignum_exists(figure.number)
    assert hasattr(figure, "animation") == (name in MOVING)
    done = smallest(name, "--save")
    assert (len(window), written(tmp_path)) == (1, [SAVED[name]])
    assert done.out.endswith(f"picture: {SAVED[name]}\n")
    assert len(plt.get_fignums()) == 2  # none is drawn over
    with Image.open(SAVED[name]) as picture:
        assert picture.size == tuple(figure.bbox.size.astype(int))


@kinds
@pytest.mark.parametrize("backend", ["svg", "module://matplotlib_inline.backend_inline", "module://sciview"])
@pytest.mark.filterwarnings("ignore:FigureCanvas.* is non-interactive:UserWarning")
def test_whatever_the_backend_a_file_is_named_and_it_may_show_the_last_state(name, backend, monkeypatch, tmp_path):
    """Inline is what `!python 04_regression.py` has in a notebook. PyCharm's SciView is an Agg with its own show()."""
    shown = []

    def show(*_, **__):
        plt.gcf().canvas.draw()
        shown.append(plt.gcf().axes[0].get_title())

    sciview = types.ModuleType("sciview")
    sciview.FigureCanvas, sciview.show = FigureCanvasAgg, show
    monkeypatch.setitem(sys.modules, "sciview", sciview)
    plt.switch_backend(backend)
    done, saved = smallest(name), smallest(name, "--save")
    plt.close("all")
    plt.switch_backend("agg")
    assert (done.code, done.err, saved.err) == (0, "", "")
    assert written(tmp_path) == sorted({f"{name}.png", SAVED[name]})
    assert f"\npicture: {name}.png\n" in done.out and saved.out.endswith(f"\npicture: {SAVED[name]}\n")
    if "sciview" in backend:
        (title,) = shown  # once; --save shows nothing
        assert name not in MOVING or title.split()[-1] in done.out  # the last loss or accuracy


@kinds
def test_a_picture_that_cant_be_written_is_one_line_that_names_it_and_status_1(name, tmp_path, monkeypatch):
    for arguments, file in (([], f"{name}.png"), (["--save"], SAVED[name])):
        (tmp_path / f"no {file}" / file).mkdir(parents=True, exist_ok=True)  # a folder in the way stops even root
        monkeypatch.chdir(tmp_path / f"no {file}")
        done = smallest(name, *arguments)
        assert (done.code, len(done.err.splitlines())) == (1, 1)
        assert done.err.startswith(f"can't write {file}")


@each_drawing
@pytest.mark.parametrize(
    "error", [FileNotFoundError("mydata.csv"), NameError("imges"), BrokenPipeError("gone"), MemoryError("full")]
)
def test_a_mistake_in_the_lesson_comes_out_as_itself(name, error, tmp_path):
    """A file that is missing, a name, a reader who has gone (`| head -1`): none is a picture that can't be written."""
    text, mistake = source(name), f"raise {error!r}"
    first = re.search(r"^    (torch\.manual_seed\(|curves = )", text.split("def main(")[1], flags=re.M)[0]
    (tmp_path / f"{name}.py").write_text(text.replace(first, f"    {mistake}\n{first}"), encoding="utf-8")
    with pytest.raises(type(error), match=str(error)):
        command(tmp_path / f"{name}.py")


@pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")  # of Windows
def test_jupyter_shows_each_picture_under_its_cell_run_or_pasted_and_all_scripts_in_one_kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # a home that can't be written to does no harm
    run = [f"%run {ROOT / name}.py {SCRIPTS[name][0]}" for name in (STILL, MOVING[0])]
    shorter = {"epochs=200": "epochs=2", "epochs=100": "epochs=2", "epochs=12": "epochs=1"}
    pasted = {name: source(name) for name in SCRIPTS if "root=None" not in source(name)}  # 10 would fetch MNIST
    for old, new in shorter.items():
        pasted = {name: text.replace(old, new, 1) for name, text in pasted.items()}
    cells = ["%matplotlib inline", *run, *pasted.values()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    outputs = [cell.outputs for cell in notebook.cells[1:]]
    pictures = [sum("image/png" in output.get("data", {}) for output in found) for found in outputs]
    assert pictures == [1] * len(run) + [int(name in DRAWING) for name in pasted]
    assert "after    2 steps" in "".join(output.get("text", "") for output in outputs[1])  # %run takes options
    assert all(found[0].get("name") == "stdout" for found in outputs)  # each prints, and none warns
    assert not any(output.get("name") == "stderr" for found in outputs for output in found)


WATCH = """
import runpy, sys, matplotlib.pyplot as plt
def show(wait=plt.show):
    timer = plt.gcf().canvas.new_timer(interval=1000)
    timer.add_callback(lambda: (print("open for a second"), plt.close()))
    timer.start()
    wait()
plt.show, sys.argv = show, sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="no virtual display here")
@kinds
def test_a_real_window_opens_on_a_virtual_display_and_waits_to_be_closed(name, tmp_path):
    xvfb = ["Xvfb", "-noreset", "-displayfd", "1"]  # prints the number of its display
    display = subprocess.Popen(xvfb, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    env = {**os.environ, "DISPLAY": f":{display.stdout.readline().strip()}", "MPLBACKEND": ""}
    call = [sys.executable, "-c", WATCH, str(ROOT / f"{name}.py"), *SCRIPTS[name][0].split()]
    try:
        done = subprocess.run(call, env=env, capture_output=True, text=True, timeout=60)
    finally:
        display.terminate()
        display.communicate()
    if "picture: " in done.stdout:
        pytest.skip("neither Tk nor Qt here")
    assert done.stdout.endswith("\nopen for a second\n")
    assert (done.returncode, done.stderr, written(tmp_path)) == (0, "", [])
