from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infonb import experiments
from infonb.parameters import (
    ParameterError,
    ParameterSet,
    assert_same,
    check,
    describe,
    notebook_parameters,
    parameter,
    parse,
    to_text,
)


@dataclass(frozen=True)
class Sample(ParameterSet):
    quick: bool = parameter(False, "fewer epochs")
    epochs: int = parameter(20, "passes over the data", minimum=1, maximum=1000)
    rate: float = parameter(1e-3, "step size", minimum=0)
    bound: float = parameter(-1.0, "at most zero", maximum=0)
    dataset: str = parameter("digits", "which images", choices=["digits", "mnist"])
    k: int = parameter(3, "neighbours", choices=[1, 3, 5])
    note: str = parameter("", "anything")
    seeds: list[int] = parameter([0, 1], "one network each", minimum=0)
    alpha: list[float] = parameter([0.0, 1.0], "shares", minimum=0, maximum=1)
    layers: list[str] = parameter(["fc1"], "which layers")


SOURCE = """\
quick: bool = False  # fewer epochs
epochs: int = 20  # passes over the data
rate: float = 1e-3  # step size
bound: float = -1.0  # at most zero
dataset: str = "digits"  # which images
k: int = 3  # neighbours
# anything
note: str = ""
seeds: list[int] = [0, 1]  # one network each
alpha: list[float] = [
    0.0,
    1.0,
]  # shares
layers: list[str] = ["fc1"]  # which layers
"""


def write(folder: Path, *sources: str) -> Path:
    cells = [
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": text.splitlines(True)}
        for text in sources
    ]
    path = folder / "sample.ipynb"
    path.write_text(json.dumps({"cells": [{"metadata": {}, "source": ""}, *cells]}))
    return path


def test_describe_gives_types_defaults_and_limits() -> None:
    records = {record.name: record for record in describe(Sample)}
    assert [record.type for record in records.values()] == [
        "bool", "int", "float", "float", "str", "int", "str", "list[int]", "list[float]",
        "list[str]",
    ]  # fmt: skip
    assert records["alpha"].default == [0.0, 1.0]
    assert records["epochs"].help == "passes over the data"
    limits = [record.limits for record in records.values()]
    assert limits == [
        "", "1 to 1000", "at least 0", "at most 0", "digits | mnist", "1 | 3 | 5", "",
        "at least 0", "0 to 1", "",
    ]  # fmt: skip


def test_list_defaults_are_not_shared() -> None:
    Sample().alpha.append(0.5)
    assert Sample().alpha == [0.0, 1.0]


def test_unsupported_type_is_refused() -> None:
    @dataclass(frozen=True)
    class Wrong:
        value: complex = parameter(1j, "x")

    with pytest.raises(
        TypeError, match=r"parameter 'value' of Wrong has type .*complex.*supported"
    ):
        describe(Wrong)


def test_a_field_without_help_is_refused() -> None:
    @dataclass(frozen=True)
    class Wrong:
        value: int = 3

    with pytest.raises(TypeError, match="'value' must be declared with parameter"):
        describe(Wrong)


@pytest.mark.parametrize(
    ("name", "given_value", "expected"),
    [
        ("rate", 1, 1.0),
        ("rate", np.float32(0.5), 0.5),
        ("epochs", np.int64(7), 7),
        ("quick", np.bool_(True), True),
        ("seeds", 4, [4]),
        ("seeds", range(3), [0, 1, 2]),
        ("seeds", np.array([2, 1]), [2, 1]),
        ("alpha", (0, 0.5), [0.0, 0.5]),
        ("alpha", np.linspace(0, 1, 3), [0.0, 0.5, 1.0]),
        ("layers", "fc2", ["fc2"]),
        ("note", Path("a") / "b", str(Path("a") / "b")),
    ],
)
def test_values_are_brought_to_their_type(name: str, given_value: object, expected: object) -> None:
    (value,) = check(Sample, {name: given_value}).values()
    assert value == expected
    assert type(value) is type(expected)
    kinds = [type(item) for item in value] if isinstance(value, list) else []
    assert kinds == ([type(item) for item in expected] if isinstance(expected, list) else [])
    assert getattr(Sample(**{name: given_value}), name) == expected


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epoch", 3, r"^no parameter 'epoch'; there are 'quick', .* Did you mean 'epochs'\?$"),
        ("epochs", 0, r"^epochs must be between 1 and 1000; not 0. The nearest is 1.$"),
        ("epochs", 2000, r"The nearest is 1000.$"),
        (
            "epochs",
            2.5,
            r"^epochs must be a whole number \(1 to 1000\); not 2.5. The nearest is 2.$",
        ),
        ("epochs", True, r"^epochs must be a whole number \(1 to 1000\); not True.$"),
        ("epochs", "3", r"^epochs must be a whole number \(1 to 1000\); not '3'.$"),
        ("epochs", None, r"not None.$"),
        ("epochs", [3], r"not \[3\].$"),
        ("rate", -0.1, r"^rate must be at least 0; not -0.1. The nearest is 0.$"),
        ("rate", float("nan"), r"^rate must be finite; not nan.$"),
        ("rate", float("inf"), r"^rate must be finite; not inf.$"),
        ("rate", False, r"^rate must be a number \(at least 0\); not False.$"),
        ("rate", "fast", r"^rate must be a number \(at least 0\); not 'fast'.$"),
        ("bound", 0.1, r"^bound must be at most 0; not 0.1. The nearest is 0.$"),
        ("quick", 1, r"^quick must be true or false; not 1.$"),
        ("quick", "flase", r"^quick must be true or false; not 'flase'. Did you mean 'false'\?$"),
        ("dataset", "minst", r"^dataset must be one of 'digits', 'mnist'.*Did you mean 'mnist'\?$"),
        ("dataset", 3, r"^dataset must be a text \(digits \| mnist\); not 3.$"),
        ("k", 4, r"^k must be one of 1, 3, 5; not 4. The nearest is (3|5).$"),
        ("seeds", [], r"^seeds must not be empty; give at least one value.$"),
        ("seeds", [1, 2, 1], r"^seeds must not repeat a value; 1 is there twice.$"),
        ("seeds", [0, -1], r"^seeds must be at least 0; not -1. The nearest is 0.$"),
        (
            "seeds",
            [0.5],
            r"^seeds must be whole numbers \(at least 0\); not 0.5. The nearest is 0.$",
        ),
        ("seeds", [[1], [2]], r"not \[1\].$"),
        ("alpha", [0, 1.5], r"^alpha must be between 0 and 1; not 1.5. The nearest is 1.$"),
        ("layers", [1], r"^layers must be texts; not 1.$"),
    ],
)
def test_a_wrong_value_is_one_clear_line(name: str, value: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        check(Sample, {name: value})
    assert "\n" not in str(caught.value)
    if name != "epoch":
        with pytest.raises(ParameterError, match=message):
            Sample(**{name: value})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("quick", "true", True),
        ("quick", "False", False),
        ("quick", "no", False),
        ("quick", "1", True),
        ("epochs", " 12 ", 12),
        ("rate", "1e-3", 1e-3),
        ("rate", "2", 2.0),
        ("note", " as it is, [x] ", " as it is, [x] "),
        ("note", "3", "3"),
        ("alpha", "0,0.5,1", [0.0, 0.5, 1.0]),
        ("alpha", "[0, 0.5, 1]", [0.0, 0.5, 1.0]),
        ("alpha", "(0, 1)", [0.0, 1.0]),
        ("alpha", "0.25", [0.25]),
        ("layers", "fc1, fc2", ["fc1", "fc2"]),
        ("layers", "[fc1,fc2]", ["fc1", "fc2"]),
        ("layers", "'a,b', \"c\"", ["a,b", "c"]),
        ("layers", "it's,fine", ["it's", "fine"]),
    ],
)
def test_text_is_parsed(name: str, text: str, expected: object) -> None:
    (value,) = parse(Sample, {name: text}).values()
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("alhpa", "1", r"no parameter 'alhpa'.*Did you mean 'alpha'\?"),
        ("quick", "maybe", "quick must be true or false; not 'maybe'"),
        ("epochs", "1e2", "epochs must be a whole number .*; not 100.0. The nearest is 100."),
        ("epochs", "", "epochs must be a whole number .*; not ''"),
        ("rate", "nan", "rate must be finite"),
        ("seeds", "", "seeds must not be empty"),
        ("seeds", "[]", "seeds must not be empty"),
        ("seeds", "1,,2", "seeds must be whole numbers .*; not ''"),
        ("seeds", "true", "seeds must be whole numbers .*; not 'true'"),
        ("alpha", "0;1", "alpha must be numbers .*; not '0;1'"),
        ("dataset", "Digits", r"dataset must be one of .* Did you mean 'digits'\?"),
    ],
)
def test_wrong_text_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        parse(Sample, {name: text})


numbers = st.floats(0, 1, allow_nan=False)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    st.fixed_dictionaries(
        {
            "quick": st.booleans(),
            "epochs": st.integers(1, 1000),
            "rate": st.floats(0, allow_infinity=False, allow_nan=False),
            "note": words,
            "seeds": st.lists(st.integers(0, 2**40), min_size=1, max_size=5, unique=True),
            "alpha": st.lists(numbers, min_size=1, max_size=5, unique=True),
            "layers": st.lists(words, min_size=1, max_size=4, unique=True),
        }
    )
)
def test_text_of_a_value_is_parsed_back(values: dict[str, object]) -> None:
    texts = {name: to_text(value) for name, value in values.items()}
    assert parse(Sample, texts) == values


def test_notebook_parameters_are_read(tmp_path: Path) -> None:
    found = notebook_parameters(write(tmp_path, SOURCE))
    assert found["note"] == ("", "anything", "str")
    assert found["alpha"] == ([0.0, 1.0], "shares", "list[float]")
    assert found["bound"].value == -1.0
    assert_same(write(tmp_path, SOURCE), Sample)


def test_a_formatter_may_put_a_long_line_into_brackets(tmp_path: Path) -> None:
    line = 'layers: list[str] = ["fc1"]  # which layers\n'
    assert line in SOURCE
    long = SOURCE.replace(line, 'layers: list[str] = (\n    ["fc1"]  # which layers\n)\n')
    assert_same(write(tmp_path, long), Sample)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("quick: bool = False", "quick = False", "must have the form 'name: type = literal'"),
        ("quick: bool = False", "quick: bool = not True", "must be a literal"),
        ("quick: bool = False", "quick: bool", "must have the form"),
        ("quick: bool = False", "import os", "must have the form"),
        ("quick: bool", "epochs: bool", "'epochs' is declared twice"),
    ],
)
def test_only_typed_literals_may_stand_in_the_cell(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        notebook_parameters(write(tmp_path, SOURCE.replace(old, new, 1)))


@pytest.mark.parametrize("sources", [(), (SOURCE, SOURCE)])
def test_there_must_be_one_parameters_cell(tmp_path: Path, sources: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError, match=f"{len(sources)} cells are tagged"):
        notebook_parameters(write(tmp_path, *sources))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: int = 20", "epochs: int = 21", "epochs: default 21 in the notebook, 20 in"),
        ("epochs: int = 20", "epochs: float = 20", "epochs: type 'float' in the notebook, 'int'"),
        ("bound: float = -1.0", "bound: float = -1", "bound: default -1 in the notebook, -1.0"),
        ("# step size", "# size of step", "rate: help 'size of step' in the notebook"),
        ("epochs: int", "epoch: int", "epochs: not in the notebook\n  epoch: not in the exper"),
        ('layers: list[str] = ["fc1"]  # which layers\n', "", "layers: not in the notebook"),
    ],
)
def test_a_difference_to_the_notebook_is_told(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = write(tmp_path, SOURCE.replace(old, new))
    with pytest.raises(ParameterError, match=message):
        assert_same(path, Sample)


def test_order_is_compared(tmp_path: Path) -> None:
    lines = SOURCE.splitlines(True)
    with pytest.raises(ParameterError, match="order"):
        assert_same(write(tmp_path, "".join([lines[1], lines[0], *lines[2:]])), Sample)


def test_registry_takes_hyphens(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    monkeypatch.setattr(
        experiments,
        "import_module",
        lambda path: found.append(path) or SimpleNamespace(ColoredDigits="the class"),
    )
    assert experiments.get("colored-digits") == "the class"
    assert found == ["infonb.experiments.colored_digits"]


def test_registry_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no experiment 'shuffled-digit'.*'shuffled_digits'\?"):
        experiments.get("shuffled-digit")
