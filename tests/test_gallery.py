"""The gallery is what the scripts draw today: each picture is drawn anew and compared, see tests/README.md."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from conftest import ROOT, load

GALLERY = ROOT / "tests" / "gallery"
DRAWN = ["03_activations.png", "04_regression.gif", "05_classification.gif", "07_save_restore.png", "09_optimizers.png"]
REACH, NEAR, ENOUGH = 3, 250, 3  # pixels away; red, green and blue summed, of 765; so many make a difference


def frames(path):
    """Return a picture's frames, shrunk to a third, as arrays (height, width, 3), and their milliseconds."""
    with Image.open(path) as image:
        parts = [frame.convert("RGB") for frame in ImageSequence.Iterator(image)]
        milliseconds = [frame.info.get("duration") for frame in ImageSequence.Iterator(image)]
    size = (parts[0].width // 3, parts[0].height // 3)
    return [np.asarray(part.resize(size, Image.Resampling.BOX), int) for part in parts], milliseconds


def strangers(picture, other):
    """Count the inked pixels of a picture that have no like pixel nearby in the other one."""
    best = np.full(picture.shape[:2], 765)
    padded = np.pad(other, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
    height, width, _ = picture.shape
    for down in range(2 * REACH + 1):
        for right in range(2 * REACH + 1):
            moved = padded[down : down + height, right : right + width]
            np.minimum(best, np.abs(picture - moved).sum(axis=2), out=best)
    return int(((best > NEAR) & (picture.sum(axis=2) < 700)).sum())


def differ(picture, other):
    return picture.shape != other.shape or max(strangers(picture, other), strangers(other, picture)) > ENOUGH


@pytest.mark.parametrize("name", DRAWN)
def test_the_stored_picture_is_what_the_script_draws(name, tmp_path):
    load(name[:-4]).main(save=True)
    (drawn, took), (stored, takes) = frames(tmp_path / name), frames(GALLERY / name)
    assert took == takes
    for i in {0, len(stored) // 4, len(stored) - 1}:
        assert not differ(drawn[i], stored[i])
    stored[0][: len(stored[0]) // 14] = 255  # a missing title would be noticed
    assert differ(drawn[0], stored[0])


def test_the_gallery_holds_six_pictures_and_its_animations_are_small_loop_and_rest():
    assert sorted(item.name for item in GALLERY.iterdir()) == sorted([*DRAWN, "10_cnn_mnist.png"])
    with Image.open(GALLERY / "10_cnn_mnist.png") as image:
        assert image.size == (1008, 672)
    for path in GALLERY.glob("*.gif"):
        assert path.stat().st_size < 400_000
        with Image.open(path) as image:
            assert image.info["loop"] == 0
        assert frames(path)[1][-1] >= 1000  # milliseconds on the result
