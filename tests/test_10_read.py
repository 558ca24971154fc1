"""10 --read: pictures of digits become images like MNIST's; the kept network's answer is said."""

import pathlib
import re

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from conftest import SAMPLE, load, run

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # a file that Pillow can't read
SEVEN = [(90, 60), (210, 60), (140, 240)]
NINE = [(200, 120), (160, 80), (120, 110), (140, 150), (190, 140), (200, 100), (180, 240)]


@pytest.fixture(scope="session")
def cnn_pt(tmp_path_factory):
    """A network for --read, trained on the sample; return what cnn.pt then holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("trained"))
        run("10_cnn_mnist", "--root", SAMPLE, "--epochs", 8, "--device", "cpu")
        return pathlib.Path("cnn.pt").read_bytes()


def page(stroke=SEVEN, ink=0, paper=255, width=18):
    """Draw a stroke on a page of 300 x 300 pixels; return it as an array."""
    picture = Image.new("L", (300, 300), paper)
    ImageDraw.Draw(picture).line(stroke, fill=ink, width=width, joint="curve")
    return np.array(picture, dtype=float)


def write(pixels, name="my.png", **how):
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(name, **how)
    return name


def framed(pixels):
    pixels[:8] = pixels[-8:] = pixels[:, :8] = pixels[:, -8:] = 0
    return pixels


def photo(pixels):
    """Add gray paper, a shadow from one side, grain, and a dark table at the right."""
    light = np.linspace(1, 0.6, 300) * np.linspace(1, 0.85, 300)[:, None]
    pixels = (70 + 0.6 * pixels) * light + np.random.default_rng(1).normal(0, 4, pixels.shape)
    pixels[:, 275:] = 20
    return pixels


def turned(pixels):
    """Write a photo of a camera held upright, which says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return write(np.rot90(pixels), "my.jpg", exif=exif)


def clear(pixels):
    """Write ink on a transparent page."""
    ink = 255 - pixels
    return write(np.stack((0 * ink, 0 * ink, 0 * ink, ink), axis=2))


def sixteen_bits(pixels):
    Image.fromarray((pixels / 255 * 180 + 40).astype("uint16") * 257).save("my.png")
    return "my.png"


PAGES = {
    "black on white": lambda: write(page()),
    "white on black": lambda: write(page(ink=255, paper=0)),
    "pale": lambda: write(page(ink=210)),
    "thin": lambda: write(page(width=4)),
    "small, in a corner": lambda: write(np.pad(page(), ((0, 600), (0, 600)), constant_values=255)),
    "frame": lambda: write(framed(page())),
    "photo": lambda: write(photo(page())),
    "turned": lambda: turned(page()),
    "transparent": lambda: clear(page()),
    "16 bits": lambda: sixteen_bits(page()),
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_seven_on_any_page_becomes_a_light_7_of_20_pixels_in_the_middle_and_is_read(kind, cnn_pt):
    image = load("10_cnn_mnist").prepare(PAGES[kind]())[0, 0].numpy()
    rows, columns = np.nonzero(image)
    assert (image.min(), image.max(), max(np.ptp(rows), np.ptp(columns)) + 1) == (0, 1, 20)
    centre = [np.average(places, weights=image[rows, columns]) for places in (rows, columns)]
    assert np.abs(np.subtract(centre, 13.5)).max() < 0.6
    top, bottom = image[rows.min() : rows.min() + 5], image[rows.max() - 4 : rows.max() + 1]
    assert top.sum() > 1.5 * bottom.sum()  # the bar of the 7 is at the top
    pathlib.Path("cnn.pt").write_bytes(cnn_pt)
    name = "my.jpg" if kind == "turned" else "my.png"
    out = run("10_cnn_mnist", "--read", name).out
    assert re.search(rf"^{name}: 7 \(\d+\.\d%\)$", out, flags=re.M)


def test_each_picture_gets_the_networks_own_answer_and_what_cant_be_read_is_named(cnn_pt):
    pathlib.Path("cnn.pt").write_bytes(cnn_pt)
    script = load("10_cnn_mnist")
    names = [write(page(), "7.png"), write(page(NINE), "9.png")]
    empty = write(page(ink=255), "empty.png")
    done = run("10_cnn_mnist", "--read", "missing.png", names[0], empty, names[1], "--save")
    cnn = script.CNN()
    cnn.load_state_dict(torch.load("cnn.pt"))
    for name in names:
        share = cnn(script.prepare(name)).softmax(dim=1)
        assert f"{name}: {share.argmax()} ({share.max():.1%})\n" in done.out
    assert "missing.png" in done.out and "can't read empty.png: no ink" in done.out
    assert done.code == 0 and pathlib.Path("10_cnn_mnist_read.png").exists()
    assert not pathlib.Path("10_cnn_mnist.png").exists()


def test_without_a_network_it_says_to_train_first():
    done = run("10_cnn_mnist", "--read", write(page()))
    assert (done.code, done.out) == (
        "no cnn.pt in this folder: train first, python 10_cnn_mnist.py",
        "",
    )
