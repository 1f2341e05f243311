from __future__ import annotations

import re

import numpy as np
import pytest

from infonb.data.language import generated_biographies
from infonb.data.language.gendered import FIRST_NAMES
from infonb.data.language.occupations import FIELDS, FIRST, OCCUPATIONS


def test_texts_are_distinct_and_seeded() -> None:
    data = generated_biographies(4000, seed=1)
    assert len(set(data.text.values)) > 3990
    assert data.identical(generated_biographies(4000, seed=1))
    assert (data.text.values != generated_biographies(4000, seed=2).text.values).all()
    assert not any("{" in text or "  " in text for text in data.text.values)


def test_genders_are_skewed_as_asked() -> None:
    data = generated_biographies(8000, skew=0.8, seed=0)
    for i, name in enumerate(OCCUPATIONS):
        part = data.gender.values[data.label.values == i]
        assert part.size == 1000
        expected = 0.8 if i % 2 == 0 else 0.2
        assert np.mean(part == "female") == pytest.approx(expected, abs=1e-9), name
    everyone = generated_biographies(800, skew=1, seed=0)
    assert set(zip(everyone.label.values % 2, everyone.gender.values, strict=True)) == {
        (0, "female"), (1, "male"),
    }  # fmt: skip


def test_gender_is_told_by_pronouns_titles_and_names() -> None:
    data = generated_biographies(1000, skew=0.5, seed=0)
    female = {"She", "she", "Her", "her", "Ms", "Mrs", *FIRST_NAMES["female"]}
    male = {"He", "he", "His", "his", "him", "Mr", *FIRST_NAMES["male"]}
    for text, gender in zip(data.text.values, data.gender.values, strict=True):
        words = set(re.findall(r"\w+", text))
        assert bool(words & female) == (gender == "female")
        assert bool(words & male) == (gender == "male")
    assert all(set(FIRST[gender]) <= FIRST_NAMES[gender] for gender in FIRST)


@pytest.mark.parametrize("clarity", [0.0, 0.5, 1.0])
def test_occupation_is_told_by_other_words(clarity: float) -> None:
    data = generated_biographies(2000, clarity=clarity, seed=0)
    told = np.zeros(2000, dtype=bool)
    for i, (text, label) in enumerate(zip(data.text.values, data.label.values, strict=True)):
        field = FIELDS[label // 2]
        own = field.telling[OCCUPATIONS[label]]
        told[i] = any(thing in text for thing in own)
        assert not any(
            thing in text
            for name, things in field.telling.items()
            if name != OCCUPATIONS[label]
            for thing in things
        )
        assert not any(re.search(rf"\b{name}s?\b", text) for name in OCCUPATIONS)
    assert told.mean() == pytest.approx(1 - (1 - clarity) ** 2, abs=0.05)


def test_nothing_said_of_an_occupation_tells_a_gender() -> None:
    from infonb.data.language import scrub

    for field in FIELDS:
        for thing in (*field.shared, *field.places, *sum(field.telling.values(), ())):
            assert scrub(thing) == thing
    things = [t for f in FIELDS for t in (*f.shared, *sum(f.telling.values(), ()))]
    assert len(set(things)) == len(things)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n": 0}, "n must be"),
        ({"skew": 0.4}, "skew must"),
        ({"clarity": 1.5}, "clarity must"),
    ],
)
def test_wrong_numbers(wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        generated_biographies(**({"n": 10} | wrong))
