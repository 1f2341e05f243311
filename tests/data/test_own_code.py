"""A user's own file is run under a private name, and whatever goes wrong in it is one line."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from infonb.data.own_code import call_own, is_own


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_function_a_class_and_a_value(folder: Path) -> None:
    Path("mine.py").write_text(
        "def build(n=3):\n    return [n]\nclass Thing:\n    size = 4\nready = {'a': 1}\n"
    )
    assert call_own("mine.py:build") == [3]
    assert call_own(f"{folder}/mine.py:Thing").size == 4
    assert call_own("mine.py:ready") == {"a": 1}


def test_what_lies_beside_is_imported_anew_and_under_no_public_name(folder: Path) -> None:
    for name, size in (("a", 3), ("b", 5)):
        Path(name).mkdir()
        Path(name, "sizes_of_this_test.py").write_text(f"size = {size}\n")
        Path(name, "mine.py").write_text(
            "from sizes_of_this_test import size\nassert __name__ not in ('__main__', 'mine')\n"
            "def build():\n    return size\n"
        )
    path = list(sys.path)
    assert [call_own("a/mine.py:build"), call_own("b/mine.py:build")] == [3, 5]
    Path("b/sizes_of_this_test.py").write_text("size = 7\n")  # the same length, within a second
    assert call_own("b/mine.py:build") == 7
    assert sys.path == path
    assert "mine" not in sys.modules


def test_what_is_drawn_is_the_same_each_time_and_chance_goes_on(folder: Path) -> None:
    Path("mine.py").write_text(
        "import random, numpy, torch\n"
        "def build():\n    return random.random(), numpy.random.rand(), float(torch.rand(()))\n"
    )
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    expected = random.random(), np.random.rand(), float(torch.rand(()))  # noqa: NPY002
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    assert call_own("mine.py:build") == call_own("mine.py:build")
    assert (random.random(), np.random.rand(), float(torch.rand(()))) == expected  # noqa: NPY002


@pytest.mark.parametrize(("code", "source", "words"), [
    ("def build():\n    return 1\n", "mine.py:bild",
     "mine.py has no function 'bild'; it has 'build'. Did you mean 'build'?"),
    ("def build():\n    return 1\n", "mine.py",
     "name the function in it, such as mine.py:build (it has 'build')."),
    ("x = 1\n", "mine.py:build", "mine.py has no function 'build'; it defines none."),
    ("def build(width, depth):\n    return 1\n", "mine.py:build",
     "mine.py: build needs the argument width, depth; name a function without any, such as: "
     "def build(): return build(width=...)"),
    ("\ndef build():\n    return [][1]\n", "mine.py:build",
     "mine.py: build() failed in line 3 with IndexError: list index out of range"),
    ("import no_such_module\n", "mine.py:build",
     "mine.py: the file failed in line 1 with ModuleNotFoundError: No module named"),
    ("def build(:\n", "mine.py:build", "the file failed in line 1 with SyntaxError"),
    ("from .other import build\n", "mine.py:build", "write a small file that imports from it"),
    ("import sys\nsys.exit(3)\n", "mine.py:build", "ended the program (exit 3). Put what trains"),
    ("", "mine:build", "'mine:build' must have the form FILE.py:FUNCTION, such as models.py:"),
])  # fmt: skip
def test_what_goes_wrong_is_one_line(folder: Path, code: str, source: str, words: str) -> None:
    Path("mine.py").write_text(code)
    with pytest.raises(ValueError, match="mine") as error:
        call_own(source)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named_with_the_nearest(folder: Path) -> None:
    Path("models.py").write_text("")
    with pytest.raises(FileNotFoundError, match=r"no file model\.py\. Did you mean 'models\.py'"):
        call_own("model.py:build")


def test_an_interrupt_passes(folder: Path) -> None:
    Path("mine.py").write_text("def build():\n    raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        call_own("mine.py:build")


def test_what_is_own_code() -> None:
    assert is_own("a/mine.py:build")
    assert is_own("mine.py")
    assert not is_own("mine.npz")
    assert not is_own("folder")
