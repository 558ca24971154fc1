"""The gallery is what the scripts draw today: each picture is drawn anew and compared.

A comparison pixel by pixel, such as matplotlib.testing.compare or pytest-mpl make it, serves only
for one version of matplotlib: the next one places the letters elsewhere, and lines move by a pixel
or two. So both pictures are shrunk to a third, and each inked pixel of one must have a pixel of a
like colour nearby, at most three away, in the other, and the other way round. A shift passes; a
curve, a label or a shade that has changed has nothing like it nearby. What titles and labels say in
detail is checked in each script's own tests. 10's picture needs the full MNIST and isn't redrawn.
"""

import numpy as np
import pytest
from conftest import ROOT, load
from PIL import Image, ImageSequence

GALLERY = ROOT / "tests" / "gallery"
DRAWN = [
    "03_activations.png",
    "04_regression.gif",
    "05_classification.gif",
    "07_save_restore.png",
    "09_optimizers.png",
]
REACH = 3  # how far away a like pixel may be
NEAR = 250  # how much red, green and blue may differ, summed, of 765
ENOUGH = 3  # so many strangers are a difference


def frames(path):
    """Return a picture's frames, shrunk to a third, as arrays (height, width, 3)."""
    with Image.open(path) as image:
        size = (image.width // 3, image.height // 3)
        return [
            np.asarray(frame.convert("RGB").resize(size, Image.Resampling.BOX), int)
            for frame in ImageSequence.Iterator(image)
        ]


def strangers(picture, other):
    """Count the inked pixels of a picture that have no like pixel nearby in the other one."""
    best = np.full(picture.shape[:2], 765)
    padded = np.pad(other, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
    height, width, _ = picture.shape
    for down in range(2 * REACH + 1):
        for right in range(2 * REACH + 1):
            moved = padded[down : down + height, right : right + width]
            np.minimum(best, np.abs(picture - moved).sum(axis=2), out=best)
    inked = picture.sum(axis=2) < 700
    return int(((best > NEAR) & inked).sum())


def differ(picture, other):
    if picture.shape != other.shape:
        return True
    return max(strangers(picture, other), strangers(other, picture)) > ENOUGH


@pytest.mark.parametrize("name", DRAWN)
def test_the_stored_picture_is_what_the_script_draws(name, tmp_path):
    load(name[:-4]).main(save=True)
    drawn, stored = frames(tmp_path / name), frames(GALLERY / name)
    assert len(drawn) == len(stored)
    for i in {0, len(stored) // 4, len(stored) - 1}:
        assert not differ(drawn[i], stored[i])


@pytest.mark.parametrize("name", DRAWN)
def test_the_comparison_survives_a_small_shift_and_notices_what_is_missing(name):
    picture = frames(GALLERY / name)[-1]
    height, width, _ = picture.shape
    assert not differ(picture, np.roll(picture, (1, -1), axis=(0, 1)))
    for part in (
        np.s_[:, : width // 3],  # a panel
        np.s_[: height // 14],  # a title
        np.s_[-height // 14 :],  # a label
    ):
        without = picture.copy()
        without[part] = 255
        assert differ(without, picture)
    if name.startswith(("03", "04", "07")):  # where curves and points are thick
        for color in ((31, 119, 180), (210, 105, 30)):
            curve = np.abs(picture - color).sum(axis=2) < 150
            assert differ(np.where(curve[..., None], 255, picture), picture)


@pytest.mark.parametrize("name", ["04_regression.gif", "05_classification.gif"])
def test_the_animations_are_small_loop_and_rest_for_a_second_on_the_result(name):
    assert (GALLERY / name).stat().st_size < 400_000
    with Image.open(GALLERY / name) as image:
        assert image.info["loop"] == 0
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    assert durations[-1] >= 1000
    assert sum(durations) < 6000


def test_the_gallery_holds_the_six_pictures():
    assert sorted(item.name for item in GALLERY.iterdir()) == sorted([*DRAWN, "10_cnn_mnist.png"])
    with Image.open(GALLERY / "10_cnn_mnist.png") as image:
        assert image.size == (1008, 672)
