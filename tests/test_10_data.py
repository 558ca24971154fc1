"""10: MNIST is found, fetched or refused as promised, and no file of the user's is lost."""

import gc
import gzip
import hashlib
import http.server
import io
import pathlib
import re
import shutil
import socket
import sys
import threading
import time

import numpy as np
import pytest
import torch
from torchvision.datasets import MNIST

from conftest import NAMES, SAMPLE, SMALL, command, idx, idx_bytes, load

# torchvision keeps urllib's errors, and these their sockets, until they are collected
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
PACKED = {f"{name}.gz": gzip.compress((SMALL / "MNIST" / "raw" / name).read_bytes(), mtime=0) for name in NAMES}
FOLDER = pathlib.Path("mnist", "MNIST", "raw")
HEAD = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n"
REASONS = {
    "404": b"HTTP/1.0 404\r\n\r\n",
    "no HTTP": b"no HTTP",
    "corrupted": HEAD % 3 + b"cut",
    "timed out": b"silent",
}


@pytest.fixture
def script():
    return load("10_cnn_mnist")


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
            content = server.answers[self.path[1:]]
            if content == b"silent":
                time.sleep(2)
            drops = 9 if content.startswith(b"drip") else 0  # so many bytes come one now and then
            self.wfile.write(content[: len(content) - drops].removeprefix(b"drip"))
            for byte in content[len(content) - drops :]:
                time.sleep(0.08)
                self.wfile.write(bytes([byte]))

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


def fail(error):
    """Return a function that raises this error."""

    def raising(*_, **__):
        raise error

    return raising


def files():
    """Return the content of every file in the current folder, by its path."""
    return {path: path.read_bytes() for path in pathlib.Path().rglob("*") if path.is_file()}


def check_small(script, root):
    """Check that with this root the small data are read: images in [0, 1] and their digits."""
    assert script.find_root(root) == pathlib.Path(root or "mnist")
    for part, count in (("train", 200), ("t10k", 60)):
        images, digits = script.load_data(root or "mnist", train=part == "train")
        assert torch.equal(images, torch.tensor(idx(f"{part}-images-idx3-ubyte")[:count, None]) / 255)
        assert digits.tolist() == idx(f"{part}-labels-idx1-ubyte")[:count].tolist()


def check_refused(script, root, line):
    """Check that find_root() ends with this line and status 1, and leaves all files as they are."""
    before = files()
    with pytest.raises(SystemExit) as stop:
        script.find_root(root)
    assert re.fullmatch(line, stop.value.code)  # a text: Python prints it, and ends with status 1
    assert files() == before


def test_the_sample_is_400_and_100_of_each_digit_in_shuffled_order():
    for part, count in (("train", 400), ("t10k", 100)):
        digits = idx(f"{part}-labels-idx1-ubyte")
        assert idx(f"{part}-images-idx3-ubyte").shape == (10 * count, 28, 28)
        assert np.bincount(digits).tolist() == [count] * 10
        assert (np.diff(digits.astype(int)) != 0).mean() > 0.8


def test_files_in_place_are_read_packed_or_not_and_the_network_isnt_asked(script, mirror, raw, capsys):
    check_small(script, None)
    assert capsys.readouterr().out == ""
    for name in NAMES:
        (raw / name).unlink()
        (raw / f"{name}.gz").write_bytes(PACKED[f"{name}.gz"])
    check_small(script, "mnist")
    assert mirror.asked == []


def test_missing_data_are_fetched_once_and_this_is_said_first_even_if_they_drip(script, mirror, timeouts, monkeypatch):
    mirror.answers[f"1/{NAMES[1]}.gz"] = b"drip" + mirror.answers[f"1/{NAMES[1]}.gz"]  # longer than the timeout
    said, fetch = io.BytesIO(), script.download_and_extract_archive

    def watched(*args, **how):
        assert said.getvalue().decode() == f"Fetching MNIST, some 12 MB, into {FOLDER}\n"  # flushed
        fetch(*args, **how)

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(said, newline="\n"))
    monkeypatch.setattr(script, "download_and_extract_archive", watched)
    check_small(script, None)
    asked = mirror.asked.copy()
    assert {path[0] for path in asked} == {"1"}
    check_small(script, None)
    assert mirror.asked == asked


def test_a_silent_mirror_costs_ten_seconds_then_the_other_is_asked(script, mirror, timeouts):
    mirror.answers |= {f"1/{name}": b"silent" for name in PACKED}
    start = time.monotonic()
    check_small(script, "new/deep")
    assert time.monotonic() - start < 1.5  # ten seconds are half a second here
    assert [path[0] for path in mirror.asked] == ["1", *"22222222"]  # each is first asked where it is
    assert timeouts == [10, 60]


@pytest.mark.parametrize("reason", REASONS)
def test_where_fetching_fails_the_sample_is_used_but_not_for_a_root(
    script, mirror, timeouts, reason, capsys, monkeypatch
):
    mirror.answers |= {f"{n}/{NAMES[2]}.gz": REASONS[reason] for n in (1, 2)}
    assert script.find_root(None) == SAMPLE
    line = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(rf"No MNIST \(.*{reason}.*\): using the bundled sample of 5,000 digits", line)
    assert timeouts == [10, 60]
    monkeypatch.setattr(MNIST, "mirrors", MNIST.mirrors[1:])
    refused = rf"no MNIST in {re.escape(str(FOLDER))} \(.*{reason}.*\): put there {', '.join(PACKED)}"
    check_refused(script, "mnist", refused)
    monkeypatch.setattr(script, "SAMPLE", pathlib.Path("nothing"))
    monkeypatch.setattr(script, "download_and_extract_archive", fail(OSError(f"no space left, {reason}")))
    check_refused(script, None, refused)


@pytest.mark.parametrize("unpacking", [False, True])
def test_a_download_or_unpacking_that_was_cut_is_completed_but_for_the_last_unpacking(script, mirror, unpacking):
    for k, name in enumerate(NAMES):
        raw = pathlib.Path(f"cut at {k}", "MNIST", "raw")
        raw.mkdir(parents=True)
        for done in NAMES[: k + 1]:
            shutil.copy(SMALL / "MNIST" / "raw" / done, raw)
            (raw / f"{done}.gz").write_bytes(PACKED[f"{done}.gz"])
        interrupted = raw / (name if unpacking else f"{name}.gz")
        interrupted.write_bytes(interrupted.read_bytes()[:20])
        if not unpacking:
            (raw / name).unlink()
        if unpacking and k == 3:  # all are there
            check_refused(script, "cut at 3", r".* cut, .* delete the folder cut at 3 and run again")
        else:
            check_small(script, f"cut at {k}")


def test_what_the_user_unpacked_isnt_overwritten_where_another_file_is_missing(script, mirror, raw):
    (raw / NAMES[1]).write_bytes(idx_bytes(np.arange(200) % 10))
    (raw / NAMES[2]).unlink()
    before = files()
    assert script.find_root(None) == pathlib.Path("mnist")
    assert files().items() > before.items()
    assert set(mirror.asked) == {f"1/{NAMES[2]}.gz"}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_cut_foreign_or_doesnt_match_is_refused_with_the_folder_to_delete(script, raw, name):
    good, array, part = (raw / name).read_bytes(), idx(name, raw), name.split("-")[0]
    spoilt = [b"", good[:4], good[:-1], good[: len(good) // 2], good + b"0", b"<html>" * 99, idx_bytes(array[1:])]
    if "labels" in name:
        foreign = [array[:0], array + 5, np.where(array == 3, 10, array)]  # more than 9
    else:
        foreign = [array[:0], array[:, :14], array.reshape(-1, 14, 56)]  # other sizes
    line = f"the {part} files in {FOLDER} are cut, foreign or don't match: put good ones there, or delete the folder"
    for content in spoilt + [idx_bytes(other) for other in foreign]:
        (raw / name).write_bytes(content)
        for root in (None, "mnist"):
            check_refused(script, root, f"{line} mnist and run again")
    done = command("10_cnn_mnist", "--root", "mnist")
    assert (done.code, done.out, done.err) == (1, "", f"{line} mnist and run again\n")
    for file in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"):  # they match, but there are no digits
        (raw / file).write_bytes(idx_bytes(idx(file)[:0]))
    check_refused(script, None, f"{line} mnist and run again")


@pytest.mark.parametrize("error", [NameError("mine"), RuntimeError("mine"), MemoryError("mine"), OSError("mine")])
def test_an_error_while_reading_comes_out_as_itself(script, raw, error, timeouts, monkeypatch):
    for owner, name in ((script, "load_data"), (MNIST, "_load_data")):
        with monkeypatch.context() as patch, pytest.raises(type(error), match="mine"):
            patch.setattr(owner, name, fail(error))
            script.main()
    if type(error) in (NameError, MemoryError):  # fetching never raises these: they come out there, too
        (raw / NAMES[0]).unlink()
        monkeypatch.setattr(script, "download_and_extract_archive", fail(error))
        with pytest.raises(type(error), match="mine"):
            script.main()
