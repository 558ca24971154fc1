"""10: network and training are the notes', some digits are held out, what is printed and drawn is true."""

import pathlib
import re
import types
from unittest import mock

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from torch.nn import functional as F
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.data import DataLoader, TensorDataset

from conftest import SAMPLE, SMALL, by_hand, digits, load, parameters, parsed


@pytest.fixture
def small(script, monkeypatch):
    """main() with 200 training and 60 test digits, and without a picture, which takes its time."""
    monkeypatch.setattr(script, "draw", lambda *_: None)
    monkeypatch.setattr(script, "show", lambda *_, **__: None)
    return lambda device="cpu", **how: script.main(root=SMALL, device=device, **how)


def test_the_network_is_that_of_the_notes(script):
    cnn, x = script.CNN(), torch.rand(3, 1, 28, 28)
    sizes = [tuple(p.shape) for p in cnn.parameters()]
    assert sizes == [(16, 1, 5, 5), (16,), (32, 16, 5, 5), (32,), (10, 1568), (10,)]
    torch.testing.assert_close(cnn(x), by_hand(parameters(cnn), x)[2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("one_cycle", [False, True])
@pytest.mark.parametrize(("epochs", "batch_size", "steps"), [(1, 194, 1), (1, 20, 10), (2, 60, 8)])
def test_training_is_adams_in_64_bits_at_the_schedules_rates(script, small, one_cycle, epochs, batch_size, steps):
    seen = []
    hook = register_optimizer_step_pre_hook(lambda adam, *_: seen.append(adam.param_groups[0].copy()))
    cnn, losses, _ = small(epochs=epochs, batch_size=batch_size, lr=0.002, one_cycle=one_cycle, seed=5)
    hook.remove()
    assert len(seen) == len(losses) == steps
    assert {(group["weight_decay"], group["amsgrad"]) for group in seen} == {(0, False)}  # Adam, not AdamW
    assert one_cycle or {(group["lr"], group["betas"]) for group in seen} == {(0.002, (0.9, 0.999))}  # exactly
    if one_cycle and steps == 10:  # half a cosine up in 3 steps, another one down in 7; beta1 runs against it
        up = (1 - np.cos(np.pi * np.array([0, 0.5, 1]))) / 2
        down = (1 + np.cos(np.pi * np.arange(1, 8) / 7)) / 2
        rates = [*(0.002 * (1 + 24 * up) / 25), *(0.002 * (down + (1 - down) / 250_000))]
        assert [group["lr"] for group in seen] == pytest.approx(rates)
        betas = [*(0.95 - 0.1 * up), *(0.95 - 0.1 * down)]
        assert [group["betas"][0] for group in seen] == pytest.approx(betas)

    torch.manual_seed(5)
    p = {name: value.double().requires_grad_() for name, value in parameters(script.CNN()).items()}
    x, y = (data[:194] for data in digits("train"))  # of 200: the last 6 are held out
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    adam = torch.optim.Adam(p.values())  # its rule is computed by hand in test_09_optimizers.py
    for i, (batch_x, batch_y) in enumerate([batch for _ in range(epochs) for batch in loader]):
        adam.param_groups[0].update(lr=seen[i]["lr"], betas=seen[i]["betas"])
        logits = by_hand(p, batch_x.double())[2]
        loss = (logits.logsumexp(dim=1) - logits[torch.arange(len(batch_y)), batch_y]).mean()
        assert losses[i] == pytest.approx(loss.item(), rel=1e-4)
        adam.zero_grad()
        loss.backward()
        adam.step()
    torch.testing.assert_close(by_hand(parameters(cnn), x)[2], by_hand(p, x.double())[2].float(), rtol=0, atol=2e-3)


@pytest.mark.parametrize(("many", "held_out"), [(60_000, 2_000), (20, 1)])
def test_of_60000_digits_58000_are_learned_2000_held_out_all_10000_tested_and_cnn_pt_is_kept(
    script, monkeypatch, capsys, many, held_out
):
    asked, calls = [], []
    for name in ("draw", "show"):
        monkeypatch.setattr(script, name, lambda *_, **__: calls.append("drawn"))
    monkeypatch.setattr(script.CNN, "cpu", lambda cnn: calls.append("on the cpu"))
    monkeypatch.setattr(script, "find_root", asked.append)

    def load_data(root, *, train):  # of the test digits, 199 aren't 0; all training digits are 1
        count = many if train else 10_000
        return torch.zeros(1).expand(count, 1, 28, 28), torch.ones(count) if train else (
            torch.arange(count) < 199
        ).int()

    def train(cnn, loader, valid_x, valid_y, **how):
        asked.extend((len(loader.dataset), loader.batch_size, len(valid_x), len(valid_y), how["lr"]))
        return [], []

    monkeypatch.setattr(script, "load_data", load_data)
    monkeypatch.setattr(script, "train", train)
    monkeypatch.setattr(script, "predict", lambda cnn, x: asked.append(len(x)) or torch.zeros(len(x)))
    script.main(batch_size=10_000, lr=0.5, device="cpu", save=True)
    assert asked == [None, many - held_out, 10_000, held_out, held_out, 0.5, 10_000, min(many - held_out, 10_000)]
    out = capsys.readouterr().out
    assert f"\ntraining on cpu: {many - held_out} digits, {held_out} held out\n" in out
    assert "\naccuracy: test digits 98.01%, as many training digits 0.00%\ndifference -98.01%:" in out
    assert pathlib.Path("cnn.pt").exists() and calls == ["on the cpu", "drawn", "drawn"]
    assert script.main.__kwdefaults__["device"] is None


def test_the_last_thirtieth_is_held_out_and_the_test_digits_are_asked_once_at_the_end(script, small, monkeypatch):
    asked, learned, sizes = [], [], []
    forward, predict = script.CNN.forward, script.predict

    def watched_forward(cnn, x):
        learned.extend(x.flatten(1).tolist() if cnn.training else [])
        assert cnn.training == torch.is_grad_enabled()  # predict() switches both off
        sizes.append(len(x))
        return forward(cnn, x)

    monkeypatch.setattr(script.CNN, "forward", watched_forward)
    monkeypatch.setattr(script, "predict", lambda cnn, x: asked.append((len(learned), x)) or predict(cnn, x))
    with mock.patch("builtins.print") as told:
        cnn, *_ = small()
    assert sum(call.kwargs == {"flush": True} for call in told.mock_calls) == 1 + 4  # what comes while it trains
    x, test_x = digits("train")[0], digits("t10k")[0][:60]
    in_order = x[:194].flatten(1).tolist()  # none of the last 6
    assert learned != in_order
    assert sorted(learned) == sorted(in_order)
    assert [done for done, _ in asked] == [0, 50, 100, 150, 194, 194, 194]
    for (_, found), expected in zip(asked, [x[194:200]] * 5 + [test_x, x[:60]]):
        assert torch.equal(found, expected)
    predict(cnn, x[:600])
    assert sizes[-3:] == [250, 250, 100]


def test_progress_is_printed_12_times_an_epoch_and_is_true(trained):
    losses, errors, out = trained.losses, trained.errors, trained.out
    assert out.startswith(f"{trained.cnn}\ntraining on cpu: 3867 digits, 133 held out\nepoch 0 ")
    rows = re.findall(r"^epoch (\d)  step +(\d+) of 78  loss (\d\.\d{4})  held-out digits +(.*)%$", out, flags=re.M)
    assert [int(step) for _, step, *_ in rows] == list(range(6, 79, 6)) * 3  # 78 steps of at most 50: 3867 digits
    for (epoch, step, loss, percent), (at, error) in zip(rows, errors[1:], strict=True):
        assert at == 78 * int(epoch) + int(step)
        assert float(loss) == pytest.approx(losses[at - 1], abs=5.1e-5)
        assert float(percent) == pytest.approx(100 * (1 - error), abs=0.051)
    assert (errors[0][0], len(losses)) == (0, 3 * 78)
    torch.manual_seed(1)
    x, y = (data[-133:] for data in digits("train"))
    for cnn, (_, error) in ((load("10_cnn_mnist").CNN(), errors[0]), (trained.cnn, errors[-1])):  # at first untrained
        wrong = by_hand(parameters(cnn), x)[2].argmax(dim=1) != y
        assert error == pytest.approx(wrong.float().mean().item(), abs=1e-6)


def test_the_last_lines_are_true_and_show_overfitting_where_there_is_some(small, trained, capsys):
    overfit, *_ = small(epochs=15, batch_size=20)
    (x, y), (train_x, train_y) = digits("t10k"), digits("train")
    for cnn, out, count in ((trained.cnn, trained.out, 1000), (overfit, capsys.readouterr().out, 60)):
        guess = by_hand(parameters(cnn), x[:count])[2].argmax(dim=1)
        learned = by_hand(parameters(cnn), train_x[:count])[2].argmax(dim=1)
        test, train = (guess == y[:count]).float().mean(), (learned == train_y[:count]).float().mean()
        assert f"\naccuracy: test digits {test:.2%}, as many training digits {train:.2%}\ndifference" in out
        assert f"\ndifference {train - test:+.2%}: if large, the network is overfitting\n" in out
        assert f"\n{guess[:10].numpy()} prediction number\n{y[:10].numpy()} real number\n" in out
        low, high = (0.1, 1) if cnn is overfit else (-0.05, 0.05)  # 15 to 23 points for seeds 1 to 10; 0.9 to 2.5
        assert low < train - test < high


@pytest.mark.skipif(not torch.accelerator.is_available(), reason="no accelerator here")
def test_an_accelerator_reaches_the_cpus_accuracy_within_three_points(script, trained):
    _, _, errors = script.main(root=SAMPLE, epochs=3)
    assert abs(errors[-1][1] - trained.errors[-1][1]) < 0.03


def test_an_accelerator_is_used_unless_only_announced_or_the_cpu_is_asked_for(script, small, run, monkeypatch, capsys):
    def pretend(current_accelerator):  # to the script only: torch's optimizers ask for it, too
        accelerator = types.SimpleNamespace(current_accelerator=current_accelerator)
        monkeypatch.setattr(script, "torch", types.SimpleNamespace(**{**vars(torch), "accelerator": accelerator}))

    pretend(lambda check_available=False: None if check_available else torch.device("cuda"))
    cnn, *_ = small(device=None)
    with pytest.raises(RuntimeError, match="view size is not compatible"):  # as the Chinese says: on the CPU,
        cnn.conv2(cnn.conv1(digits("t10k")[0][:5])).view(5, -1)  # a pixel's channels lie side by side
    pretend(lambda check_available=False: torch.device("meta"))  # which holds no numbers
    small(device="cpu")
    assert capsys.readouterr().out.count("training on cpu: ") == 2
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):  # predict() has sent x there
        small(device=None)
    monkeypatch.setattr(script, "predict", lambda cnn, x: torch.zeros(len(x)))
    with pytest.raises(RuntimeError, match="item"):  # train() has sent each batch there, and asks for its loss
        small(device=None)
    assert capsys.readouterr().out.count("training on meta: ") == 2
    announced = torch.device("meta")
    for real in (None, announced):  # -h and --device name it only if it is there
        monkeypatch.setattr(
            torch.accelerator,
            "current_accelerator",
            lambda check_available=False, real=real: real if check_available else announced,
        )
        assert (
            f"default: {real or 'cpu'};" in run("-h").out
            and parsed("10_cnn_mnist", "--device", "cpu")["device"] == "cpu"
        )


def test_the_picture_shows_the_least_sure_right_digits_way_the_curves_and_ten_mistakes(script, trained):
    cnn, losses, errors, figure = trained.cnn, trained.losses, trained.errors, trained.figure
    (x, y), p = digits("t10k"), parameters(cnn)
    logits = by_hand(p, x)[2]
    guess, shares = logits.argmax(dim=1), logits.softmax(dim=1)
    i = torch.where(guess == y, shares.amax(dim=1), 1).argmin().item()
    conv = F.conv2d(x[i : i + 1], p["conv1.0.weight"], p["conv1.0.bias"], padding=2)
    pool, maps, _ = by_hand(p, x[i : i + 1])
    stages, bars, curves, mistakes = figure.axes[:5], figure.axes[5], figure.axes[6], figure.axes[7:]
    assert {(ax.images[0].cmap.name, ax.axison) for ax in stages + mistakes} == {("gray", False)}
    names = ["image", "convolution", "ReLU", "pooling", "conv2"]
    for ax, name, shown in zip(stages, names, (x[i : i + 1], conv, conv.clamp(min=0), pool, maps)):
        channels, size = shown.shape[1], shown.shape[-1]
        assert ax.get_title() == f"{name}\n{channels} x {size} x {size}"
        tiles, gap = ax.images[0].get_array(), 2 if channels > 1 else 0  # pixels between the maps
        assert ax.images[0].get_clim() == (tiles.min(), tiles.max())
        assert channels == 1 or tiles[0, 0] == pytest.approx(shown.max().item(), abs=1e-4)  # white
        row = (channels + 3) // 4  # four rows of maps
        for k in range(channels):
            top, left = gap + k // row * (size + gap), gap + k % row * (size + gap)
            np.testing.assert_allclose(tiles[top : top + size, left : left + size], shown[0, k], atol=1e-4)
    np.testing.assert_allclose([bar.get_height() for bar in bars.patches], shares[i], atol=1e-4)
    assert [bar.get_x() + bar.get_width() / 2 for bar in bars.patches] == pytest.approx(range(10))
    assert bars.get_ylim() == pytest.approx((0, 1), abs=0.1)

    loss, error = curves.lines
    np.testing.assert_allclose(loss.get_xydata(), list(enumerate(losses, start=1)))
    np.testing.assert_allclose(error.get_xydata(), errors)
    assert loss.get_alpha() > 0.3 and curves.get_xlim() == (0, 234)
    low, high = curves.get_ylim()
    assert low < min(losses) and low < min(errors)[1] and max(losses) < high
    assert (error.get_marker(), error.get_color(), to_hex(loss.get_color())) == ("o", "chocolate", "#1f77b4")
    assert (curves.get_yscale(), curves.get_xscale(), curves.get_xlabel()) == ("log", "linear", "step")
    names = [(" ".join(text.get_text().split()), text.get_color()) for text in curves.texts]
    assert names == [("loss", "tab:blue"), ("held-out digits wrong", "chocolate")]
    assert curves.texts[0].get_position() == pytest.approx((234, np.mean(losses[-50:])))
    for ax, i in zip(mistakes, (guess != y).nonzero()[:10, 0].tolist(), strict=True):
        assert ax.get_title() == f"{y[i]} read\nas {guess[i]}"
        np.testing.assert_allclose(ax.images[0].get_array(), x[i, 0])
        assert (ax.images[0].get_clim(), ax.images[0].origin) == ((x[i].min(), x[i].max()), "upper")
    figure.canvas.draw()
    assert min(ax.bbox.width for ax in stages + mistakes) > 50  # pixels
    boxes = [item.get_tightbbox().padded(-4) for item in figure.axes]  # four pixels do no harm
    for i, box in enumerate(boxes):  # no panel's text is over another panel, nor cut off
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert figure.bbox.x0 < box.x0 < box.x1 < figure.bbox.x1
    assert figure.get_suptitle() == f"{(guess == y).float().mean():.1%} of 1000 test digits read right"
    for k in (0, 300, 600):
        part, right = x[k : k + 50], y[k : k + 50]
        unsure = by_hand(p, part)[2].softmax(dim=1).amax(dim=1).argsort()
        for wrong, shown in ((0, unsure[0]), (1, unsure[1])):  # as if all were right, or all but the least sure one
            read = right.clone()
            read[unsure[:wrong]] = (right[unsure[:wrong]] + 1) % 10
            figure = script.draw(cnn, part, right, read, losses[:20], [*errors[:2], (18, 0)])
            assert (len(figure.axes), figure.get_suptitle()) == (
                7 + wrong,
                f"{100 - 2 * wrong:.1f}% of 50 test digits read right",
            )
            np.testing.assert_allclose(figure.axes[0].images[0].get_array(), part[shown, 0])
    ends = [text.get_position() for text in figure.axes[6].texts]
    assert ends == [
        pytest.approx((20, np.mean(losses[:20]))),
        pytest.approx((20, min(losses[:20]))),
    ]  # no 0 on a log axis
    figure = script.draw(cnn, x.repeat(2, 1, 1, 1), y.repeat(2), torch.cat((y, (y + 1) % 10)), losses, errors)
    assert figure.get_suptitle() == "50.0% of 2000 test digits read right"
