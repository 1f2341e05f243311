"""Short names are still names of their own; numbers too."""

from __future__ import annotations

import pytest

from infonb.plots.live.names import distinct, in_words, numbers, shortened


@pytest.mark.parametrize(
    ("names", "most", "expected"),
    [
        (["encoder.layer.1.output", "encoder.layer.11.output"], 14, ["…1…", "…11…"]),
        (["encoder.layer.10", "encoder.layer.20", "encoder.layer.30"], 14, ["…10", "…20", "…30"]),
        (["block10/conv", "block11/conv", "block1/conv"], 9, ["block10…", "block11…", "block1…"]),
        (["network 0.75 long", "network 0.7 long"], 12, ["…0.75…", "…0.7…"]),
        (["a" * 20 + "." + "b" * 5] * 2, 14, ["aaaaaaa….bbbbb"] * 2),
    ],
)
def test_names_are_cut_between_words(names, most, expected):
    assert distinct(names, most) == expected


@pytest.mark.parametrize("middle", ["1", "11", "x.y", "-", "."])
def test_different_names_stay_different(middle):
    for names in (
        [f"{'a' * 30}{middle}{'b' * 30}", f"{'a' * 30}c{'b' * 30}", f"{'a' * 30}{'b' * 30}"],
        [f"encoder.{middle}.output", "encoder.output", "encoder..output"],
    ):
        short = distinct(names, 10)
        assert len(set(short)) == 3
        assert all(name.strip("….") for name in short)


def test_numbers_are_told_apart():
    assert numbers([0.0, 0.25, 1.0, 1e6]) == ["0", "0.25", "1", "1,000,000"]
    assert numbers([True, -0.0, 2**40]) == ["1", "0", "1,099,511,627,776"]
    assert numbers([0.1, 0.1 + 1e-9]) == ["0.1", "0.100000001"]
    assert numbers([]) == []


def test_names_and_titles_fit():
    assert shortened("fc1") == "fc1"
    assert shortened("encoder.layer.11.attention.output.dense") == "encoder.lay…tput.dense"
    assert distinct(["fc1", "fc2"], 14) == ["fc1", "fc2"]
    # nothing is left out if no letter of a name would be left
    assert distinct(["encoder.layer", "encoder.layer.norm"], 10) == ["encod…ayer", "encod…norm"]
    assert in_words("a neuron with itself:\nchoose another") == (
        "a neuron with itself: choose another"
    )
    assert in_words("fc1\nH = 1.00 nat") == "fc1; H = 1.00 nat"
    assert numbers([1_000_000, 1_000_001]) == ["1,000,000", "1,000,001"]
    assert numbers([0.1234561, 0.1234562]) == ["0.1234561", "0.1234562"]
