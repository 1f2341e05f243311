"""What voids a finished run, and what does not: the code that the steps of an experiment reach."""

from __future__ import annotations

import ast
import gc
import importlib.util
import itertools
import linecache
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

import infonb
from infonb.experiments import ColoredDigits, Experiment
from infonb.experiments.cache import _TRAINING
from infonb.experiments.code_digest import Closure, code_digest
from infonb.experiments.sources import Sources
from infonb.parameters import parameter

pytestmark = pytest.mark.slow

PACKAGE = Path(infonb.__file__).parent
MEASURES = ("measure",)


@pytest.fixture
def root(tmp_path):
    """Return a copy of the package's code."""
    shutil.copytree(PACKAGE, tmp_path / "infonb", ignore=lambda folder, names: [
        name for name in names if name == "__pycache__"
        or (Path(folder, name).is_file() and not name.endswith(".py"))
    ])  # fmt: skip
    return tmp_path / "infonb"


class Remembering(Sources):
    """Sources that parse a text once for all tests; all but paths follows from a file's text."""

    parsed: ClassVar[dict[tuple[str, str, str], Any]] = {}

    def _once(self, what, module, make):
        if what == "path":
            return super()._once(what, module, make)
        text = super()._once("text", module, lambda name: self.path(name).read_text("utf-8"))
        key = what, module, text
        if key not in self.parsed:
            self.parsed[key] = make(module)
        return self.parsed[key]


def keys(root, cls=ColoredDigits):
    """Return the digests of the code for training and for measures."""
    sources = Remembering(root)
    return tuple(Closure(sources, cls, steps).digest() for steps in (_TRAINING, MEASURES))


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_is_collected_again_as_before(was_on, monkeypatch):
    states = []
    monkeypatch.setattr(Closure, "_method", lambda closure, step: states.append(gc.isenabled()))
    try:
        if not was_on:
            gc.disable()
        Closure(Sources(), ColoredDigits, MEASURES)
        assert gc.isenabled() == was_on
        monkeypatch.setattr(Closure, "_method", lambda closure, step: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Closure(Sources(), ColoredDigits, MEASURES)
        assert gc.isenabled() == was_on
    finally:
        gc.enable()
    assert states == [False]


def files(root, *rooms):
    found = [path for room in rooms or [""] for path in sorted((root / room).rglob("*.py"))]
    assert found
    return found


def insert(path, *lines):
    """Write text above lines: pairs of the line's number, from 1, and the text."""
    old = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, text in sorted(lines, reverse=True):
        old.insert(number - 1, text + "\n")
    path.write_text("".join(old), encoding="utf-8")
    ast.parse(path.read_text(encoding="utf-8"))


def change(path, function):
    """Add a line to a function, after its docstring."""
    (node,) = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]  # fmt: skip
    first = next(
        (
            line for line in node.body
            if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        ),
        None,
    )  # fmt: skip
    assert first is not None
    insert(path, (first.lineno, " " * first.col_offset + "changed = True"))


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} has no {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


# what changes no number


def before():
    """Return the digests of the package as it is."""
    return code_digest(ColoredDigits, _TRAINING), code_digest(ColoredDigits, MEASURES)


def test_the_package_itself_has_the_key_of_its_copy(root):
    assert keys(root) == before()


def test_docstrings_are_no_code(root):
    n = 0
    for path in files(root):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for node in ast.walk(ast.parse("".join(lines))):
            documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            if isinstance(node, documented) and ast.get_docstring(node):
                at = node.body[0].lineno - 1
                lines[at] = lines[at].replace('"""', '"""Changed: ', 1)
                n += 1
        path.write_text("".join(lines), encoding="utf-8")
        ast.parse("".join(lines))
    assert n > 500
    assert keys(root) == before()


def test_a_docstring_that_is_new_is_no_code(root):
    for path in files(root, "training", "measures", "activations", "experiments", "data"):
        inner = [
            (first_line(node.body[0]), " " * node.body[0].col_offset + '"""New."""')
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef) and not ast.get_docstring(node)
            and first_line(node.body[0]) > node.lineno
        ]  # fmt: skip
        insert(path, *inner)
    assert keys(root) == before()


def first_line(statement):
    """The line on which a statement begins; a decorated function begins with its decorators."""
    return min(one.lineno for one in (statement, *getattr(statement, "decorator_list", ())))


def test_comments_are_no_code(root):
    for path in files(root):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bodies = [getattr(node, "body", None) for node in ast.walk(tree)]
        numbers = {line.lineno for body in bodies if isinstance(body, list) for line in body}
        insert(path, (1, "# a comment"), *((number, "# another") for number in numbers))
    assert keys(root) == before()


def test_imports_for_type_checkers_are_no_code(root):
    for path in files(root, "training", "measures", "activations", "experiments", "data"):
        end = "\nif TYPE_CHECKING:\n    from infonb.plots import plot_entropy\n"
        path.write_text(path.read_text(encoding="utf-8") + end, encoding="utf-8")
    assert keys(root) == before()


def test_new_files_void_nothing(root):
    rooms = [root, *(path for path in root.rglob("*") if path.is_dir())]
    assert len(rooms) > 20
    for room in rooms:
        (room / "something_new.py").write_text("VALUE = 1\n")
    assert keys(root) == before()


@pytest.mark.parametrize("room", ["plots", "widgets", "reports", "claims"])
def test_what_comes_after_the_runs_voids_nothing(root, room):
    for path in files(root, room):
        path.write_text(path.read_text(encoding="utf-8") + "\nCHANGED = 1\n", encoding="utf-8")
    assert keys(root) == before()


@pytest.mark.parametrize(
    "path",
    ["data/nico.py", "data/waterbirds.py", "data/circles.py", "data/__init__.py", "version.py",
     "cli/run.py", "__init__.py", "networks/resnet.py", "networks/__init__.py",
     "training/__init__.py", "experiments/contexts/measures.py", "experiments/shuffled_digits.py",
     "experiments/__init__.py"],
)  # fmt: skip
def test_files_of_other_experiments_and_faces_void_nothing(root, path):
    with (root / path).open("a", encoding="utf-8") as file:
        file.write("\nCHANGED = 1\n")
    assert keys(root) == before()


def test_a_release_voids_nothing(root):
    (root / "version.py").write_text('__version__ = "99.9"\n')
    assert keys(root) == before()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("colored_digits.py", "information_rows(-1", "information_rows(1"),
        ("colored_digits.py", '"H1: the stronger', '"H1, so they say: the stronger'),
        ("colored_digits.py", '"penalty": 0.002', '"penalty": 0.004'),
        ("colored_digits.py", "direction: ClassVar = -1", "direction: ClassVar = 1"),
        ("colored_digits.py", "[0.0, 0.25, 0.5, 0.75, 1.0]", "[0.0, 0.5, 1.0]"),
        ("colored_digits.py", "strengths of the shortcut", "how strong the shortcut is"),
        ("digits.py", '"epochs": 500', '"epochs": 400'),
        ("digits.py", "entropy and MI in nats", "all in nats"),
        ("digits.py", "validation accuracy falls", "validation accuracy drops"),
        ("published.py", "3.03", "3.13"),
        ("experiment.py", "Return the table of the declared", "Make the table of the declared"),
        ("waiting.py", "_PAUSE = 1.0", "_PAUSE = 0.5"),
        ("lengths.py", "_NEURONS = 24", "_NEURONS = 12"),
    ],
)
def test_claims_and_words_of_the_experiment_void_nothing(root, path, old, new):
    replace(root / "experiments" / path, old, new)
    assert keys(root) == before()


# what changes numbers


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("training/fitting.py", "fit"), ("networks/mlp.py", "forward"),
        ("networks/mlp.py", "__init__"), ("data/images.py", "colored_images"),
        ("data/coloring.py", "colored"), ("experiments/digits.py", "options"),
        ("experiments/colored_digits.py", "data"), ("experiments/digits.py", "network"),
        ("experiments/digits.py", "fitting"), ("experiments/together.py", "asked_fit"),
        ("training/group/stack.py", "step"), ("training/group/size.py", "is_grouped"),
        ("experiments/digits.py", "sizes"),
    ],
)  # fmt: skip
def test_a_line_that_trains_moves_the_key_of_the_training(root, path, function):
    training, _ = before()
    if path.endswith("digits.py") and function == "options":  # the base only says that it is needed
        path = "experiments/colored_digits.py"
    change(root / path, function)
    assert keys(root)[0] != training


def ksg_kernels():
    room = PACKAGE / "measures" / "kernels"
    files = [path for path in sorted(room.rglob("*.py")) if path.stem != "__init__"]
    kernels = [path for path in files if path.stem == "ksg" or path.parent.name == "knn"]
    return [path.relative_to(PACKAGE).as_posix() for path in kernels]


@pytest.mark.parametrize(
    "path",
    [
        *ksg_kernels(), "measures/_entropy.py", "measures/_mutual_information.py",
        "measures/kernels/plug_in.py", "activations/recording.py", "experiments/measuring.py",
    ],
)  # fmt: skip
def test_a_line_that_measures_moves_the_key_of_the_measures_alone(root, path):
    training, measures = before()
    names = [
        node.name for node in ast.parse((root / path).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    ]  # fmt: skip
    wanted = {"experiments/measuring.py": "information"}.get(path, names[0])
    change(root / path, wanted)
    assert keys(root)[0] == training
    assert keys(root)[1] != measures


def test_what_is_measured_moves_the_key_of_the_measures_alone(root):
    training, measures = before()
    change(root / "experiments" / "digits.py", "record")
    assert keys(root)[0] == training
    assert keys(root)[1] != measures


class Own(ColoredDigits):
    def train(self, *args, **kwargs):
        return None, None


class WithSuper(ColoredDigits):
    def train(self, *args, **kwargs):
        return super().train(*args, **kwargs)


class ByName(ColoredDigits):
    def train(self, *args, **kwargs):
        return self.fit_it(*args, **kwargs)

    def fit_it(self, *args, **kwargs):
        return Experiment.train(self, *args, **kwargs)


@pytest.mark.parametrize(("cls", "reaches"), [(Own, False), (WithSuper, True), (ByName, True)])
def test_a_method_of_a_base_counts_where_it_can_be_called(cls, reaches):
    found = Closure(Sources(), cls, ("train",)).texts
    assert ("infonb.experiments.experiment:Experiment.train" in found) == reaches


def test_faces_are_seen_through():
    closure = Closure(Sources(), ColoredDigits, (*_TRAINING, *MEASURES))
    reached = {place.partition(":")[0] for place in closure.texts}
    assert not reached & {"infonb", "infonb.data", "infonb.training", "infonb.networks"}
    assert not {name for name in reached if name.rpartition(".")[2] in ("nico", "waterbirds")}
    assert not {name for name in reached if name.split(".")[1] in ("plots", "widgets", "reports")}
    assert {"infonb.data.images", "infonb.training.fitting", "infonb.networks.mlp"} <= reached
    assert "infonb.experiments.digits:Digits.fitting" in closure.texts
    assert "infonb.experiments.digits:Digits.network" in closure.texts
    assert "infonb.experiments.digits:Digits.words" not in closure.texts


# a user's own experiment

MINE = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import xarray as xr

from infonb.experiments import ColoredDigits

SHIFT = 0.5
SIZES = {"many": [30, 10]}
TABLE = np.arange(4.0)


def noise(n, seed):
    return scaled(np.random.default_rng(seed).normal(size=(n, 2, 2, 2)))


def scaled(values):
    return 2 * values + TABLE[0]


class Labels:
    base = 2

    def draw(self, n):
        return np.arange(n) % self.base


@dataclass(frozen=True)
class Mine(ColoredDigits):
    """Mine."""

    name = "mine"
    claim = "words"
    GAIN: ClassVar[float] = 1.5

    def data(self, alpha, seed):
        """Return my own images."""
        parts = {}
        for role, n in zip(("train", "evaluation"), SIZES["many"]):
            values = self.GAIN * noise(n, seed) + SHIFT
            parts[role] = xr.Dataset(
                {"input": (("sample", "channel", "row", "column"), values),
                 "label": ("sample", Labels().draw(n))})
        return parts

    def words(self, runs):
        return "nothing"
'''


@pytest.fixture
def of_text(tmp_path, monkeypatch):
    """Return a function: text of a module → the digests of its experiment's code."""
    numbers = itertools.count()

    def digests(text, *, lines=True):
        path = tmp_path / f"mine_{next(numbers)}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location("mine", path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "mine", module)
        if lines:
            spec.loader.exec_module(module)
        else:  # as typed at a prompt that keeps no lines
            exec(compile(text, "<typed>", "exec"), module.__dict__)
        assert set(module.Mine().data(0.0, 0)) == {"train", "evaluation"}
        return tuple(Closure(Remembering(), module.Mine, s).digest() for s in (_TRAINING, MEASURES))

    return digests


@pytest.mark.parametrize("lines", [True, False], ids=["file", "typed"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("+ SHIFT", "- SHIFT"), ("SHIFT = 0.5", "SHIFT = 0.6"), ("[30, 10]", "[30, 12]"),
        ("2 * values", "3 * values"), ("size=(n", "size=(n + 0"), ("arange(4.0)", "ones(4)"),
        ("GAIN: ClassVar[float] = 1.5", "GAIN: ClassVar[float] = 1.6"),
        ("% self.base", "// self.base"), ("base = 2", "base = 3"),
    ],
)  # fmt: skip
def test_own_steps_and_what_they_use_move_the_key(of_text, old, new, lines):
    training, measures = of_text(MINE, lines=lines)
    assert old in MINE
    changed = of_text(MINE.replace(old, new), lines=lines)
    assert changed[0] != training
    assert changed[1] == measures


@pytest.mark.parametrize("lines", [True, False], ids=["file", "typed"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Return my own images", "Return the images that are mine"), ('"nothing"', '"something"'),
        ('"words"', '"other words"'), ("\n\n\nclass Labels", "\n\nUNUSED = 3\n\n\nclass Labels"),
    ],
)  # fmt: skip
def test_own_words_move_nothing(of_text, old, new, lines):
    assert old in MINE
    assert of_text(MINE.replace(old, new), lines=lines) == of_text(MINE, lines=lines)


@pytest.mark.parametrize("lines", [True, False], ids=["file", "typed"])
def test_what_own_steps_take_from_the_package_counts(of_text, root, lines):
    text = MINE.replace(
        "parts = {}",
        "from infonb.data import context_scenes\n        parts = dict(context_scenes and {})",
    )
    of_text(text, lines=lines)
    cls = sys.modules["mine"].Mine
    first = keys(root, cls)
    change(root / "training" / "fitting.py", "fit")
    trained = keys(root, cls)
    assert trained[0] != first[0]
    change(root / "data" / "contexts.py", "context_scenes")
    assert keys(root, cls)[0] != trained[0]
    assert keys(root, cls)[1] == first[1]


@dataclass(frozen=True)
class Here(Experiment):
    """An experiment in a test."""

    name, claim, over = "here", "none", "level"
    level: list[float] = parameter([0.0], "levels", affects="selection")

    def data(self, level, seed):
        return _own_data(level)

    def train(self, level, seed, data, checkpoint=None, progress=False):
        return None, None

    def measure(self, level, seed, model, data):
        from infonb.measures import entropy

        return entropy(data["train"]).to_dataset(name="entropy")


def _own_data(level):
    return {"train": level + ADDED}


ADDED = 1.0


def test_an_experiment_in_a_test_reaches_its_helpers_and_the_package():
    closure = Closure(Sources(), Here, _TRAINING)
    assert {place.rpartition(":")[2] for place in closure.texts} >= {
        "Here.data", "Here.train", "_own_data", "ADDED",
    }  # fmt: skip
    assert "infonb.measures._entropy" in Closure(Sources(), Here, MEASURES).texts


def test_helpers_in_other_modules_of_the_user_are_followed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def digest(factor):
        (tmp_path / "my_helpers.py").write_text(
            f"FACTOR = {factor}\ndef scale(x):\n    return FACTOR * x\n"
        )
        (tmp_path / "my_more.py").write_text(
            "import my_helpers\ndef twice(x):\n    return my_helpers.scale(x)\n"
        )
        (tmp_path / "my_experiment.py").write_text(
            "from my_more import twice\n"
            "from infonb.experiments import ColoredDigits\n"
            "class Mine(ColoredDigits):\n"
            "    name = 'mine'\n"
            "    def data(self, alpha, seed):\n"
            "        return twice(super().data(alpha, seed))\n"
        )
        for name in ("my_helpers", "my_more", "my_experiment"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        linecache.clearcache()
        return code_digest(importlib.import_module("my_experiment").Mine, ("data", "train"))

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert digest(2) == digest(2)
    assert digest(2) != digest(3)
