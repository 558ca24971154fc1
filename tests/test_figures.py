"""How figures appear: in a window, in an IDE, in Jupyter, on a real display, and in a file."""

import os
import shutil
import subprocess
import sys
import threading
import types

import nbclient
import nbformat
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

from conftest import DRAWING, MOVING, ROOT, SAVED, SCRIPTS, smallest, source, written

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


@each_drawing
def test_an_ide_that_subclasses_agg_is_given_each_figure_once_in_its_last_state_and_a_file_is_named(
    name, monkeypatch, tmp_path
):
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
    assert (done.code, done.err, len(shown), written(tmp_path)) == (0, "", 1, [f"{name}.png"])
    assert done.out.endswith(f"picture: {name}.png\n")
    if name in MOVING:
        assert shown[0].axes[0].get_title().split()[-1] in done.out  # the last loss or accuracy
    smallest(name, "--save")
    assert len(shown) == 1


INLINE = "module://matplotlib_inline.backend_inline"  # what `!python 04_regression.py` has in a notebook


@pytest.mark.parametrize(("name", "backend"), [(STILL, "svg"), (STILL, INLINE), (MOVING[0], INLINE)])
def test_whatever_the_backend_a_run_leaves_a_file_and_names_it(name, backend, tmp_path):
    env = {**os.environ, "MPLBACKEND": backend}
    call = [sys.executable, ROOT / f"{name}.py", *SCRIPTS[name][0].split()]
    done = subprocess.run(call, env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, written(tmp_path)) == (0, [f"{name}.png"])
    assert f"\npicture: {name}.png\n" in done.stdout


@each_drawing
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
def test_a_mistake_in_the_lesson_comes_out_as_itself(name, error):
    """A file that is missing, a name, a reader who has gone (`| head -1`): none is a picture that can't be written."""
    first = next(
        line for line in source(name).splitlines() if line.startswith(("    torch.manual_seed(", "    curves = "))
    )
    text = source(name).replace(first, f"{first}\n    raise {error!r}")
    with pytest.raises(type(error), match=str(error)):
        exec(compile(text, f"{name}.py", "exec"), {"__name__": "__main__", "__file__": f"{name}.py"})


@pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")  # of Windows
def test_jupyter_shows_each_picture_under_its_cell_run_or_pasted_and_all_scripts_in_one_kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # a home that can't be written to does no harm
    run = [f"%run {ROOT / name}.py {SCRIPTS[name][0]}" for name in (STILL, MOVING[0])]
    shorter = {"epochs=200": "epochs=2", "epochs=100": "epochs=2", "epochs=12": "epochs=1"}
    pasted = {name: source(name) for name in SCRIPTS if "root=None" not in source(name)}  # 10 would fetch MNIST
    for old, new in shorter.items():
        pasted = {name: text.replace(old, new, 1) for name, text in pasted.items()}
    cells = ["%matplotlib inline", *run, *pasted.values(), f"!{sys.executable} {ROOT / STILL}.py"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    outputs = [cell.outputs for cell in notebook.cells[1:]]
    pictures = [sum("image/png" in output.get("data", {}) for output in found) for found in outputs]
    assert pictures == [1] * len(run) + [int(name in DRAWING) for name in pasted] + [0]
    assert not any(output.get("name") == "stderr" for found in outputs for output in found)
    printed = "".join(output["text"] for output in outputs[-1] if "text" in output)
    assert f"picture: {STILL}.png" in printed  # `!python` shows no picture: it names the file


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="no virtual display here")
@kinds
def test_a_real_window_opens_on_a_virtual_display_and_waits_to_be_closed(name, tmp_path):
    xvfb = ["Xvfb", "-noreset", "-displayfd", "1"]  # prints the number of its display
    display = subprocess.Popen(xvfb, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    env = {**os.environ, "DISPLAY": f":{display.stdout.readline().strip()}", "MPLBACKEND": ""}
    watch = "import runpy, sys, matplotlib.pyplot as p; show = p.show; p.show = lambda: (print('window'), show())"
    run = f"sys.argv[0:1] = []; runpy.run_path({str(ROOT / f'{name}.py')!r}, None, '__main__')"
    call = [sys.executable, "-u", "-c", f"{watch}; {run}", f"{name}.py", *SCRIPTS[name][0].split()]
    script = subprocess.Popen(call, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = threading.Timer(60, script.kill)
    deadline.start()
    lines = iter(script.stdout.readline, "")
    seen = next((line for line in lines if line.startswith(("window", "picture: "))), "it ended")
    try:
        script.wait(timeout=1)
    except subprocess.TimeoutExpired:
        seen += "waits"
    script.terminate()
    out, _ = script.communicate()
    deadline.cancel()
    display.terminate()
    display.communicate()
    if seen.startswith("picture: "):
        pytest.skip("neither Tk nor Qt here")
    assert (seen, out, written(tmp_path)) == ("window\nwaits", "", [])  # and no warning
