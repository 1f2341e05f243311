"""A user's own code in the key of a run: whatever form it has, a change of it moves the key."""

from __future__ import annotations

import importlib
import linecache
import sys
import textwrap

import pytest

from infonb.experiments.code_digest import Closure
from infonb.experiments.sources import Sources

pytestmark = pytest.mark.slow

HEAD = """
import enum, functools, types
from dataclasses import dataclass
from pathlib import Path
import numpy as np, torch, xarray as xr
from infonb.experiments import ColoredDigits
"""
MODULES = ("my_helper", "my_experiment")
SCALE = "def scale(x):\n    return 1.5 * x\n"
NET = "class Net:\n    gain = 1.5\n"

#: What stands before the class, what `data` does, what else the class has. 1.5 becomes 1.6.
FORMS = {
    "constant": ("A = 1.5", "return A", ""),
    "list": ("A = [1]\nA.append(1.5)", "return A", ""),
    "namespace": ("A = types.SimpleNamespace(gain=1.5)", "return A.gain", ""),
    "path": ("A = Path('folder1.5')", "return A", ""),
    "enum": ("class E(enum.Enum):\n    a = 1.5", "return E.a.value", ""),
    "range": ("A = range(int(10 * 1.5))", "return A", ""),
    "slice": ("A = slice(0, int(10 * 1.5))", "return A", ""),
    "array": ("A = np.array([1.5])", "return A", ""),
    "labelled array": ("A = xr.DataArray([1.5])", "return A", ""),
    "tensor": ("A = torch.tensor([1.5])", "return A", ""),
    "function": (SCALE, "return scale(2)", ""),
    "cached function": ("@functools.cache\n" + SCALE, "return scale(2)", ""),
    "default of an argument": (
        "def scale(x, gain=1.5):\n    return gain * x", "return scale(2)", "",
    ),
    "factory of a dataclass": (
        "from dataclasses import field\n@dataclass\nclass Net:\n"
        "    gain: list = field(default_factory=lambda: [1.5])",
        "return Net().gain", "",
    ),
    "lambda": ("scale = lambda x: 1.5 * x", "return scale(2)", ""),
    "partial": (
        "def times(gain, x):\n    return gain * x\nscale = functools.partial(times, 1.5)",
        "return scale(2)", "",
    ),
    "compiled kernel": ("import numba\n@numba.njit\n" + SCALE, "return scale(2.0)", ""),
    "decorator without wraps": (
        "def half(f):\n    def g(x):\n        return 1.5 * f(x)\n    return g\n"
        "@half\ndef scale(x):\n    return x",
        "return scale(2)", "",
    ),
    "table of functions": (SCALE + "TABLE = {'a': scale}", "return TABLE['a'](2)", ""),
    "table of classes": (NET + "TABLE = {'a': Net}", "return TABLE['a'].gain", ""),
    "class": (NET, "return Net().gain", ""),
    "base of a class": (NET + "class Other(Net):\n    pass", "return Other.gain", ""),
    "class in a class": ("class Net:\n    class In:\n        gain = 1.5", "return Net.In.gain", ""),
    "default of a dataclass": (
        "@dataclass\nclass Net:\n    gain: float = 1.5", "return Net().gain", "",
    ),
    "instance": (
        "class Net:\n    def __init__(self):\n        self.gain = 1.5\nnet = Net()",
        "return net.gain", "",
    ),
    "bound method": (
        "class Net:\n    def scale(self, x):\n        return 1.5 * x\nscale = Net().scale",
        "return scale(2)", "",
    ),
    "attribute of the class": (NET, "return self.net().gain", "net = Net"),
    "table of the class": (SCALE, "return self.table['a'](1)", "table = {'a': scale}"),
    "cached property": (
        "", "return self.gain", "@functools.cached_property\ndef gain(self):\n    return 1.5",
    ),
    "class method": ("", "return self.gain()", "@classmethod\ndef gain(cls):\n    return 1.5"),
    "attribute by its name": (
        "", "return getattr(self, 'gain')()", "def gain(self):\n    return 1.5",
    ),
    "imported helper": ("from my_helper import scale", "return scale(2)", ""),
    "helper of an imported module": ("import my_helper", "return my_helper.scale(2)", ""),
    "helper imported inside": ("", "from my_helper import scale\nreturn scale(2)", ""),
}  # fmt: skip


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """Return the digest of the steps of an experiment that is written anew."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def of(before, body, more, value="1.5"):
        source = (
            f"{HEAD}\n{before}\n\nclass Mine(ColoredDigits):\n    name = 'mine'\n"
            + textwrap.indent(more, "    ")
            + "\n    def data(self, alpha, seed):\n"
            + textwrap.indent(body, "        ")
            + "\n"
        )
        for module, text in zip(MODULES, (SCALE, source), strict=True):
            (tmp_path / f"{module}.py").write_text(text.replace("1.5", value))
            sys.modules.pop(module, None)
        importlib.invalidate_caches()
        linecache.clearcache()
        cls = importlib.import_module("my_experiment").Mine
        return Closure(Sources(), cls, ("data", "train")).digest()

    yield of
    for module in MODULES:
        sys.modules.pop(module, None)


@pytest.mark.parametrize("form", FORMS)
def test_a_change_moves_the_key_and_nothing_else_does(digest, form):
    first = digest(*FORMS[form])
    assert digest(*FORMS[form]) == first
    assert digest(*FORMS[form], value="1.6") != first


def test_what_is_loaded_counts_not_what_stands_in_the_file(digest, tmp_path):
    first = digest(*FORMS["function"])
    path = tmp_path / "my_experiment.py"
    path.write_text(path.read_text().replace("1.5", "1.6"))
    linecache.clearcache()
    cls = sys.modules["my_experiment"].Mine  # as it was loaded
    assert Closure(Sources(), cls, ("data", "train")).digest() == first


def test_what_could_change_unseen_is_told(digest):
    with pytest.warns(UserWarning, match="a change of my_experiment:A .* would not be noticed"):
        digest("A = (one for one in [1.5])", "return next(A)", "")
