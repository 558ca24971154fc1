"""10: MNIST is found, fetched or refused as promised, and no file of the user's is lost."""

import gc
import gzip
import hashlib
import http.server
import pathlib
import re
import shutil
import socket
import threading
import time
from unittest import mock

import numpy as np
import pytest
import torch
from torchvision.datasets import MNIST

from conftest import NAMES, SAMPLE, SMALL, digits, idx, idx_bytes, source

# torchvision keeps urllib's errors, and these their sockets, until they are collected
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
PACKED = {f"{name}.gz": gzip.compress((SMALL / "MNIST" / "raw" / name).read_bytes(), mtime=0) for name in NAMES}
FOLDER = pathlib.Path("mnist", "MNIST", "raw")
HEAD = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n"
SILENT = b"pause" * 7  # of 0.3 s each, where the timeout is 0.5 s
REASONS = {"404": b"HTTP/1.0 404\r\n\r\n", "no HTTP": b"no HTTP\r\nat all"}  # its error ends with a line break
REASONS |= {"corrupted": HEAD % 3 + b"cut", "timed out": SILENT}


@pytest.fixture
def raw():
    """./mnist/MNIST/raw with the small files, to be spoilt."""
    shutil.copytree(SMALL, "mnist")
    return FOLDER


@pytest.fixture
def mirror(monkeypatch):
    """Two web servers on this machine in place of MNIST's, /1/ and /2/: what was `asked` gets these `answers`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path[1:])
            first, *others = server.answers[self.path[1:]].split(b"pause")
            self.wfile.write(first)
            for part in others:
                time.sleep(0.3)
                self.wfile.write(part)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        server.answers = {f"{n}/{name}": HEAD % len(data) + data for name, data in PACKED.items() for n in (1, 2)}
        monkeypatch.setattr(MNIST, "resources", [(name, hashlib.md5(PACKED[name]).hexdigest()) for name in PACKED])
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/{n}/" for n in (1, 2)])
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield server
        server.shutdown()
    gc.collect()


@pytest.fixture
def timeouts(monkeypatch):
    """The timeouts that are set, in seconds: they pass 20 times as fast. The user's own is 60."""
    set_timeout, asked = socket.setdefaulttimeout, []
    monkeypatch.setattr(socket, "getdefaulttimeout", lambda: 60)
    monkeypatch.setattr(socket, "setdefaulttimeout", lambda seconds: (asked.append(seconds), set_timeout(seconds / 20)))
    yield asked
    set_timeout(None)


def files():
    """Return the content of every file in the current folder, by its path."""
    return {path: path.read_bytes() for path in pathlib.Path().rglob("*") if path.is_file()}


def check_small(script, root):
    """Check that with this root the small data are read: images in [0, 1] and their digits."""
    assert script.find_root(root) == pathlib.Path(root or "mnist")
    for part, count in (("train", 200), ("t10k", 60)):
        read = script.load_data(root or "mnist", train=part == "train")
        assert all(torch.equal(found, data[:count]) for found, data in zip(read, digits(part), strict=True))


def check_refused(script, root, line):
    """Check that find_root() ends with this line and status 1, and leaves all files as they are."""
    before = files()
    with pytest.raises(SystemExit) as stop:
        script.find_root(root)
    assert re.fullmatch(line, stop.value.code)  # a text: Python prints it, and ends with status 1
    assert files() == before


def test_the_sample_is_400_and_100_of_each_digit_in_shuffled_order_and_lies_beside_the_script(script):
    cell = {"__name__": "cell"}  # which has no __file__: there it is looked for in the current folder
    exec(source("10_cnn_mnist"), cell)
    assert (script.SAMPLE, cell["SAMPLE"]) == (SAMPLE, pathlib.Path("tests", "mnist_sample"))
    for part, count in (("train", 400), ("t10k", 100)):
        x, y = digits(part)
        assert x.shape == (10 * count, 1, 28, 28)
        assert y.bincount().tolist() == [count] * 10
        assert (y.diff() != 0).float().mean() > 0.8


def test_files_in_place_are_read_packed_or_not_and_the_network_isnt_asked(script, mirror, raw, capsys, monkeypatch):
    check_small(script, None)
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(pathlib.Path().absolute()))
    assert script.find_root("~/mnist") == pathlib.Path("mnist").absolute()
    assert capsys.readouterr().out == ""
    for name in NAMES:
        (raw / name).unlink()
        (raw / f"{name}.gz").write_bytes(PACKED[f"{name}.gz"])
    check_small(script, "mnist")
    assert mirror.asked == []
    assert {path.name for path in raw.iterdir()} == {*NAMES, *PACKED}


def test_missing_data_are_fetched_once_this_is_said_first_and_after_ten_silent_seconds_the_other_mirror_is_asked(
    script, mirror, timeouts, monkeypatch
):
    slow = mirror.answers[f"2/{NAMES[1]}.gz"]
    mirror.answers |= {f"1/{name}": SILENT for name in PACKED}
    mirror.answers[f"2/{NAMES[1]}.gz"] = b"pause".join((slow[:-9], slow[-9:-5], slow[-5:]))
    said = mock.Mock(side_effect=lambda *_, **__: mirror.asked.append("said"))
    monkeypatch.setattr("builtins.print", said)
    start = time.monotonic()
    check_small(script, None)
    assert time.monotonic() - start < 2.2  # 10 s are 0.5 s here, and the pauses take 0.6
    check_small(script, None)
    assert mirror.asked[:2] == ["said", f"1/{NAMES[0]}.gz"]
    assert [path[0] for path in mirror.asked if path != "said"] == ["1", *"22222222"]  # each is first asked where it is
    assert said.call_args_list[0] == mock.call(f"Fetching MNIST, some 12 MB, into {FOLDER}", flush=True)
    assert timeouts == [10, 60]


@pytest.mark.parametrize("reason", REASONS)
def test_without_a_mirror_the_sample_is_used_but_not_for_a_root(script, mirror, timeouts, reason, capsys, monkeypatch):
    mirror.answers |= {f"{n}/{NAMES[2]}.gz": REASONS[reason] for n in (1, 2)}
    assert script.find_root(None) == SAMPLE
    line = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(rf"No MNIST \(\w+: .*{reason}.*\): using the bundled sample of 5,000 digits", line)
    assert timeouts == [10, 60]
    monkeypatch.setattr(MNIST, "mirrors", MNIST.mirrors[1:])
    refused = rf"no MNIST in {re.escape(str(FOLDER))} \(\w+: .*{reason}.*\): put there {', '.join(PACKED)}"
    check_refused(script, "mnist", refused)
    monkeypatch.setattr(script, "SAMPLE", pathlib.Path("nothing"))
    check_refused(script, None, refused)


@pytest.mark.parametrize("unpacking", [False, True])
@pytest.mark.parametrize("last", range(4))
def test_a_cut_download_or_unpacking_is_completed_but_for_the_last_unpacking(script, mirror, raw, unpacking, last):
    for name in NAMES[: last + 1]:
        (raw / f"{name}.gz").write_bytes(PACKED[f"{name}.gz"])
    for name in NAMES[last:]:
        (raw / name).unlink()
    (raw / (NAMES[last] if unpacking else f"{NAMES[last]}.gz")).write_bytes(b"\0\0\10")
    if unpacking and last == 3:  # all are there
        check_refused(script, "mnist", r".* cut, .* delete the folder mnist and run again")
    else:
        check_small(script, "mnist")


@pytest.mark.parametrize("older", [False, True])
def test_of_the_users_own_files_none_is_overwritten_where_another_is_missing(script, mirror, raw, older):
    (raw / NAMES[1]).write_bytes(idx_bytes(np.arange(200) % 10))
    (raw / NAMES[2]).unlink()
    before = files()
    kept, packed = raw / f"{NAMES[2]}.gz.old", raw / f"{NAMES[2]}.gz"
    (kept if older else packed).write_bytes(b"the user's")
    packed.write_bytes(b"cut" if older else b"the user's")
    mirror.answers[f"1/{NAMES[2]}.gz"] = b"HTTP/1.0 200\r\n\r\ncut"  # the second mirror's is whole
    assert script.find_root(None) == pathlib.Path("mnist")
    assert files().items() > {**before, kept: b"the user's"}.items()
    assert set(mirror.asked) == {f"1/{NAMES[2]}.gz", f"2/{NAMES[2]}.gz"}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_cut_foreign_or_doesnt_match_is_refused_with_the_folder_to_delete(script, run, raw, name):
    good, array, part = (raw / name).read_bytes(), idx(name, raw), name.split("-")[0]
    spoilt = [b"", good[:4], good[:-1], good[: len(good) // 2], good + b"0", good + b"\n", b"<html>" * 99]
    foreign = [array[:, :14], array.reshape(-1, 14, 56)] if "images" in name else [np.where(array == 3, 10, array)]
    line = f"the {part} files in {FOLDER} are cut, foreign or don't match: put good ones there, or delete the folder"
    line += " mnist and run again"
    for content in spoilt + [idx_bytes(other) for other in (array[1:], array[:0], *foreign)]:
        (raw / name).write_bytes(content)
        check_refused(script, None, line)
    done = run("--root", "mnist")
    assert (done.code, done.out, done.err) == (1, "", f"{line}\n")
    for file in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"):  # they match, but there are no digits
        (raw / file).write_bytes(idx_bytes(idx(file)[:0]))
    check_refused(script, None, line)


@pytest.mark.parametrize("kind", [NameError, AttributeError, MemoryError, RuntimeError, OSError])
def test_an_error_while_reading_comes_out_as_itself(script, raw, kind, timeouts, monkeypatch):
    fail = mock.Mock(side_effect=kind("mine"))
    for owner, name in ((script, "load_data"), (MNIST, "_load_data")):
        with monkeypatch.context() as patch, pytest.raises(kind, match="mine"):
            patch.setattr(owner, name, fail)
            script.main()
    if kind in (NameError, AttributeError, MemoryError):  # fetching never raises these: they come out there, too
        (raw / NAMES[0]).unlink()
        monkeypatch.setattr(script, "download_and_extract_archive", fail)
        with pytest.raises(kind, match="mine"):
            script.main()
        assert timeouts == [10, 60]
