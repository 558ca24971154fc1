"""The gallery is what the scripts draw today: each picture is drawn anew and compared, see tests/README.md."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from conftest import ROOT, load

GALLERY = ROOT / "tests" / "gallery"
DRAWN = ["03_activations.png", "04_regression.gif", "05_classification.gif", "07_save_restore.png", "09_optimizers.png"]
REACH, NEAR, ENOUGH = 3, 250, 3  # pixels away; red, green and blue summed, of 765; so many make a difference


def frames(path):
    """Return a picture's frames, one an eighth of a second, shrunk to a third, as arrays (height, width, 3)."""
    with Image.open(path) as image:
        size, shown = (image.width // 3, image.height // 3), []
        for frame in ImageSequence.Iterator(image):  # equal frames may be stored as one that lasts longer
            shrunk = np.asarray(frame.convert("RGB").resize(size, Image.Resampling.BOX), int)
            shown += [shrunk] * round(frame.info.get("duration", 120) / 120)
    return shown


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
    drawn, stored = frames(tmp_path / name), frames(GALLERY / name)
    assert len(drawn) == len(stored)
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
        assert all((frame == frames(path)[-1]).all() for frame in frames(path)[-8:])  # a second on the result
