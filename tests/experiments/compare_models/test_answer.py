"""The words and the table of the page say what the comparison found."""

from __future__ import annotations

import numpy as np
import pytest

import infonb as inb
from infonb.experiments.compare_models import answer, models_table
from infonb.experiments.compare_models.answer import most_different, summary_of_verdicts


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    alike = rng.normal(size=(200, 1)) ** 3 + 0.1 * rng.normal(size=(200, 8))
    models = {"a": rng.normal(size=(200, 8)), "a_b*": rng.normal(size=(200, 8)), "c": alike}
    return inb.compare({name: {"fc1": one} for name, one in models.items()}, "a")


def test_each_model_has_its_verdict_with_the_numbers(found):
    text = answer(found)
    assert text.startswith("Compared with **a**:")
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert [line.split(":")[0] for line in lines] == [r"- **a\_b\*", "- **c"]
    for line, verdict in zip(lines, found.verdict.values, strict=True):
        assert verdict in line
    assert most_different(found) == "c"


def test_what_a_verdict_cannot_say_stands_below_it_once(found):
    assert found.verdict.values.tolist() == ["inconclusive", "towards a heuristic"]
    assert answer(found).count("*What this cannot say.*") == 1
    assert answer(found).endswith(found.caveat.values[1])
    assert "cannot say" not in answer(found.isel(comparison=[0]))
    assert "cannot say" not in answer(found.drop_vars("caveat"))


def test_many_models_are_counted_and_their_sentences_folded(found):
    many = found.isel(comparison=[0] * 9 + [1]).assign_coords(
        comparison=np.array([f"m{i}" for i in range(10)], dtype=object)
    )
    text = answer(many)
    assert "**9 inconclusive**: m0, m1, m2, m3, m4, m5, m6 and others" in text
    assert text.index("<details>") < text.index("- **m9")
    assert summary_of_verdicts(many).startswith("10 models compared with a: 9 inconclusive")


def test_the_table_has_medians_and_differences(found):
    table = models_table(found)
    row = table.shown.set_index("model").loc["c"]
    median = float(found.median_mutual_information.sel(model="c").mean())
    change = float(found.mutual_information_change.sel(comparison="c").mean())
    assert row["MI"] == f"{median:.3f} ({change:+.3f})".replace("-", "−")
    assert table.shown["verdict"].tolist() == ["reference", *found.verdict.values]
    assert table.by["MI"].tolist()[0] == 0
    assert table.places("MI")[2] == 2


def test_without_a_reference_it_says_why(found):
    alone = inb.compare({"a": {"fc1": np.random.default_rng(0).normal(size=(50, 4))}})
    assert "a single model" in answer(alone)
    assert "verdict" not in models_table(alone).shown


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"a": 1}, TypeError, "no result of infonb.compare, but dict"),
        (inb.from_arrays({"fc1": np.zeros((5, 2))}), ValueError, "it holds activation"),
    ],
)
def test_no_report_of_something_else(given, error, words, tmp_path):
    with pytest.raises(error, match=words):
        inb.report(given, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_no_report_over_what_is_not_its_own(found, tmp_path):
    with pytest.raises(ValueError, match="shown must be"):
        inb.report(found, tmp_path, shown="d")
    (tmp_path / "found.zarr").mkdir()
    with pytest.raises(FileExistsError, match="would be lost"):
        inb.report(found, tmp_path)
