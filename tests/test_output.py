"""What the scripts print and say in numbers is what `output` holds: after a change on purpose, UPDATE=1 redoes it."""

import math
import os
import re

import pytest
import torch

from conftest import ROOT, SCRIPTS, bounds, options, printed_and_drawn, prose, solved, tries

OUTPUT = ROOT / "tests" / "output"
WORDS = "two|three|four|five|six|seven|eight|nine|ten|half|third|fifth|second|tenth|quarter|twice|thirtieth"
SAID = re.compile(
    rf"```.*?```|`[^`\n]+`|[-+]?\d(?:[\d,.]*\d)?(?: ?[MG]B|%)?|\b(?:{WORDS})\b|[二两三四五六七八九十百半]+", re.I | re.S
)
NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]\d+)?|\bnan\b|\binf\b")


def told(name):
    """Return what is printed and drawn by the commands under Run and Try and by the solved script, and the options."""
    best = str(torch.accelerator.current_accelerator(check_available=True) or "cpu")  # the default of 10's --device
    small = SCRIPTS[name][0].split()
    commands = [small] if "--root" in small else [[], *tries(name)]
    parts = ["\n".join((f"$ {name}.py {' '.join(each)}", *printed_and_drawn(name, *each))) for each in commands]
    parts.append(f"$ {name}.py, solved\n{solved(name).out}")
    parts += [f"{option} {action.nargs} {bounds(action)} {action.help}" for option, action in options(name).items()]
    return re.sub(r"--root \S+", "--root ROOT", "\n".join(parts)).replace(f"default: {best};", "default: cpu;") + "\n"


def alike(number, stored):
    """Return whether two numbers, as texts, are the same, up to what another version or machine rounds elsewhere."""
    if number == stored or not re.search(r"[.ni]", number + stored):  # whole numbers
        return number == stored
    return math.isclose(float(number), float(stored), rel_tol=0.02, abs_tol=2e-4)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_output_is_the_stored_one_word_for_word_and_its_numbers_are_alike(name):
    out, file = told(name), OUTPUT / f"{name}.txt"
    if os.environ.get("UPDATE"):
        file.write_text(out, encoding="utf-8")
    stored = file.read_text(encoding="utf-8") if file.exists() else out  # a new script needs none
    assert NUMBER.sub("0", out).split() == NUMBER.sub("0", stored).split()
    if "--root" in SCRIPTS[name][0]:  # after few steps in 32 bits numbers differ, but not the options' bounds
        out, stored = ("\n".join(re.findall(r"^--.*", text, flags=re.M)) for text in (out, stored))
    pairs = zip(NUMBER.findall(out), NUMBER.findall(stored))
    assert [pair for pair in pairs if not alike(*pair)] == []


def test_the_numbers_in_prose_and_in_solutions_and_the_code_in_readme_are_the_stored_ones_in_their_order():
    """What can be computed is, in test_prose.py; whoever changes another number changes it here, too: think twice."""
    texts = {name: prose(name) for name in SCRIPTS}
    for path in (ROOT / "README.md", *sorted((ROOT / "tests" / "solutions").iterdir())):
        texts[path.name] = path.read_text(encoding="utf-8")
    said = {name: [" ".join(words.split()) for words in SAID.findall(text)] for name, text in texts.items()}
    file = OUTPUT / "numbers.txt"
    if os.environ.get("UPDATE"):
        file.write_text("".join(f"{name}:  {'  '.join(words)}\n" for name, words in said.items()), encoding="utf-8")
    for line in file.read_text(encoding="utf-8").splitlines():
        name, *stored = line.split("  ")
        rest = iter(said[name[:-1]])
        assert name != "README.md:" or all(words in rest for words in stored)  # a new script's row may stand between
        assert name == "README.md:" or said[name[:-1]] == stored
