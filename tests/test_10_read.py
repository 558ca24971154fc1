import functools
import pathlib
import re

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image, ImageDraw, ImageOps

from conftest import SMALL, load, run

script = load("10_cnn_mnist")


@functools.cache
def trained():
    """Train a network, once, until it reads clear digits; return what cnn.pt then holds."""
    script.main(root=SMALL, device="cpu", epochs=10, batch_size=20, lr=0.003)
    return pathlib.Path("cnn.pt").read_bytes()


def page(*stroke):
    """Draw a black stroke on a white page."""
    picture = Image.new("L", (300, 300), "white")
    ImageDraw.Draw(picture).line(stroke, fill="black", width=18, joint="curve")
    return picture


SEVEN = page((90, 60), (210, 60), (140, 240))
light = np.linspace(1, 0.6, 300) * np.linspace(1, 0.85, 300)[:, None]  # from one side
photo = (70 + 0.6 * np.array(SEVEN)) * light + np.random.default_rng(1).normal(0, 4, (300, 300))
photo[:, 275:] = 20  # a dark table
photo = Image.fromarray(photo.astype(np.uint8))
turned = photo.rotate(90)
turned.getexif()[0x0112] = 6  # by this the camera says how it was held
transparent = Image.new("RGBA", SEVEN.size, "black")
transparent.putalpha(ImageOps.invert(SEVEN))
PICTURES = {
    "black_on_white.png": SEVEN,
    "white_on_black.png": ImageOps.invert(SEVEN),
    "pale.png": SEVEN.point(lambda value: 210 + value * 45 // 255),
    "frame.png": ImageOps.expand(SEVEN, border=8, fill="black"),
    "photo.jpg": photo,
    "turned.jpg": turned,
    "16_bits.png": Image.fromarray(np.array(SEVEN).astype("uint16") * 180 + 10_000),
    "small_in_a_corner.png": ImageOps.expand(SEVEN, border=(0, 0, 600, 600), fill="white"),
    "transparent.png": transparent,
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_seven_on_any_page_is_made_light_centred_and_read(name):
    PICTURES[name].save(name, exif=PICTURES[name].getexif())
    image = script.prepare(name)[0, 0].numpy()
    rows, columns = np.nonzero(image)
    assert (image.min(), image.max(), np.ptp(rows) + 1) == (0, 1, 20) and np.ptp(columns) < 17
    centre = [np.average(places, weights=image[rows, columns]) for places in (rows, columns)]
    assert centre == pytest.approx([13.5, 13.5], abs=0.6)
    pathlib.Path("cnn.pt").write_bytes(trained())
    assert re.search(rf"^{name}\D*7\b", run("10_cnn_mnist", "--read", name).out, re.M)


def test_each_picture_gets_its_own_answer_and_an_unreadable_one_is_named():
    SEVEN.save("7.png")
    page((150, 60), (150, 240)).save("1.png")
    Image.new("L", (300, 300), "white").save("empty.png")
    pathlib.Path("cnn.pt").write_bytes(trained())
    out = run("10_cnn_mnist", "--read", "missing.png", "7.png", "empty.png", "1.png").out
    cnn = script.CNN()
    cnn.load_state_dict(torch.load("cnn.pt"))
    for name in ("7.png", "1.png"):
        share = cnn(script.prepare(name)).softmax(dim=1)
        assert re.search(rf"{name}\D*{share.argmax()}\D*{share.max():.1%}", out)
    assert "missing.png" in out and re.search(r"empty\.png\D*$", out, re.M)
    assert pathlib.Path("10_cnn_mnist_read.png").exists()
    assert (plt.gcf().axes[0].images[0].get_array() == script.prepare("7.png")[0, 0].numpy()).all()
