"""The gallery is what the scripts draw today: each picture is drawn anew and compared with the stored one."""

import numpy as np
import pytest
from conftest import ROOT, load
from PIL import Image, ImageSequence

GALLERY = ROOT / "tests" / "gallery"
DRAWN = ["03_activations.png", "04_regression.gif", "05_classification.gif", "07_save_restore.png", "09_optimizers.png"]
REACH, NEAR, ENOUGH = 3, 250, 3  # pixels of the shrunk pictures, summed colour levels of 765, pixels


def frames(path):
    """Return a picture's frames, shrunk to a width of 250 to 370, as arrays of shape (H, W, 3)."""
    with Image.open(path) as image:
        size = (image.width // 2, image.height // 2) if path.suffix == ".gif" else (image.width // 3, image.height // 3)
        return [
            np.asarray(frame.convert("RGB").resize(size, Image.Resampling.BOX), int)
            for frame in ImageSequence.Iterator(image)
        ]


def durations(path):
    """Return how long each frame of a picture is shown, in milliseconds."""
    with Image.open(path) as image:
        return [frame.info.get("duration") for frame in ImageSequence.Iterator(image)]


def strangers(picture, other):
    """Count the pixels of a picture that aren't white and have no pixel of a like colour nearby in the other one.

    Another matplotlib or processor moves a line by a pixel or two, and redraws letters; a line that is missing or
    shows something else has no like anywhere near.
    """
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
    load(ROOT / f"{name[:-4]}.py").main(save=True)
    drawn, stored = frames(tmp_path / name), frames(GALLERY / name)
    assert durations(tmp_path / name) == durations(GALLERY / name)
    for i in {0, len(stored) // 3, len(stored) - 1}:
        assert not differ(drawn[i], stored[i])


@pytest.mark.parametrize("name", DRAWN)
def test_the_comparison_survives_a_small_shift_and_notices_what_is_missing(name):
    picture = frames(GALLERY / name)[-1]
    assert not differ(picture, np.roll(picture, (1, -1), axis=(0, 1)))
    without_a_panel = picture.copy()
    without_a_panel[:, : picture.shape[1] // 3] = 255
    assert differ(without_a_panel, picture)
    for color in ("#0072B2", "#D55E00", "#009E73", "#E69F00"):
        curve = np.abs(picture - [int(color[k : k + 2], 16) for k in (1, 3, 5)]).sum(axis=2) < NEAR
        assert curve.sum() < 60 or differ(np.where(curve[..., None], 255, picture), picture)
    for edge in (slice(0, picture.shape[0] // 16), slice(-picture.shape[0] // 12, None)):  # a title, a label
        blank = picture.copy()
        blank[edge] = 255
        assert differ(blank, picture)


@pytest.mark.parametrize("name", ["04_regression.gif", "05_classification.gif"])
def test_the_animations_are_small_loop_and_rest_for_a_second_on_the_result(name):
    assert (GALLERY / name).stat().st_size < 400_000
    with Image.open(GALLERY / name) as image:
        assert image.info["loop"] == 0
    *played, rest = durations(GALLERY / name)
    assert set(played) == {120}  # an eighth of a second, in GIF's hundredths
    assert rest >= 1000


def test_the_gallery_holds_the_six_pictures_and_readme_shows_them_all():
    pictures = sorted([*DRAWN, "10_cnn_mnist.png"])
    assert sorted(item.name for item in GALLERY.iterdir()) == pictures
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"(tests/gallery/{name})" in readme or f'"tests/gallery/{name}"' in readme for name in pictures)
    with Image.open(GALLERY / "10_cnn_mnist.png") as image:
        assert image.size == (900, 440)
