"""The gallery is what the scripts draw today: each picture is drawn anew and compared, see tests/README.md."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from conftest import MOVING, ROOT, SAVED, SCRIPTS, load

GALLERY = ROOT / "tests" / "gallery"
DRAWN = [name for name in SAVED if "--root" not in SCRIPTS[name][0]]  # the others need the full MNIST
REACH = 3  # a like pixel may be so many pixels away,
NEAR = 250  # and so different: red, green and blue together, of 765
ENOUGH = 3  # more pixels than this without a like one make a difference


def frames(path):
    """Return a picture's frames, one an eighth of a second, shrunk to a third, as arrays (3, height, width)."""
    with Image.open(path) as image:
        size, shown = (image.width // 3, image.height // 3), []
        for frame in ImageSequence.Iterator(image):  # equal frames may be stored as one that lasts longer
            colors = frame.convert("RGB").resize(size, Image.Resampling.BOX).split()
            shown += [np.array(colors, np.int16)] * round(frame.info.get("duration", 120) / 120)
    return shown


def strangers(picture, other):
    """Count the inked pixels of a picture that have no like pixel nearby in the other one."""
    _, height, width = picture.shape
    best = np.full((height, width), 765)
    padded = np.pad(other, ((0, 0), (REACH, REACH), (REACH, REACH)), mode="edge")
    for down in range(2 * REACH + 1):
        for right in range(2 * REACH + 1):
            moved = padded[:, down : down + height, right : right + width]
            best = np.minimum(best, np.abs(picture - moved).sum(axis=0))
    inked = picture.sum(axis=0) < 700
    return (inked & (best > NEAR)).sum()


def differ(picture, other):
    return picture.shape != other.shape or max(strangers(picture, other), strangers(other, picture)) > ENOUGH


@pytest.mark.parametrize("name", DRAWN)
def test_the_stored_picture_is_what_the_script_draws(name, tmp_path, monkeypatch):
    shown, stored = [], frames(GALLERY / SAVED[name])
    monkeypatch.setattr(load(name), "show", lambda *given, **_: shown.extend(given))
    load(name).main()
    figure, update, played = (
        shown if name in MOVING else (*shown, lambda _: None, [0])
    )  # moving: draw three frames only
    assert len(played) == len(stored)
    for i in sorted({0, len(stored) // 4, len(stored) - 1}):
        update(played[i])
        figure.savefig(tmp_path / "drawn.png")
        (drawn,) = frames(tmp_path / "drawn.png")
        assert not differ(drawn, stored[i])
    _, height, _ = stored[-1].shape
    stored[-1][:, : height // 14] = 255  # a missing title would be noticed
    assert differ(drawn, stored[-1])


def test_the_gallery_holds_a_picture_of_each_script_that_draws_and_its_animations_are_small():
    assert sorted(item.name for item in GALLERY.iterdir()) == sorted(SAVED.values())
    assert all(path.stat().st_size < 400_000 for path in GALLERY.glob("*.gif"))
