"""Biographies with occupation and gender: generated ones, and those of Bias in Bios."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.data.language.bias_in_bios import load_bias_in_bios
from infonb.data.language.occupations import (
    CLOSINGS,
    FAMILY,
    FIELDS,
    FIRST,
    OCCUPATIONS,
    OPENINGS,
    SURNAMES,
)
from infonb.validate import check_integer, check_number

__all__ = ["generated_biographies", "load_bias_in_bios"]

GENDERS = ("female", "male")

_WORDS = {
    "female": {
        "titles": ("Ms.", "Mrs."), "subject": "she", "object": "her", "possessive": "her",
        "partner": "husband", "parent": "mother", "siblings": "sisters",
    },
    "male": {
        "titles": ("Mr.",), "subject": "he", "object": "him", "possessive": "his",
        "partner": "wife", "parent": "father", "siblings": "brothers",
    },
}  # fmt: skip

#: So many texts speak of the family.
_WITH_FAMILY = 0.3

_NUMBERS = ("two", "three", "four", "five")


def generated_biographies(
    n: int, *, skew: float = 0.9, clarity: float = 0.35, seed: int = 0
) -> xr.Dataset:
    """
    Return generated biographies of women and men in eight occupations, most of one gender each.

    Parameters
    ----------
    n
        Number of texts.
    skew
        Share of the people in an occupation who are of its more common gender, 0.5 .. 1; so many
        are, to the nearest whole number.
    clarity
        Probability with which each of the two things that are said of a person tells the two
        occupations of a field apart; otherwise it says what people of both do. With 1 the
        occupation is always readable without the gender; with 0 the words say the field, and
        nothing but the gender says more.
    seed
        Seed of all that is drawn.

    Returns
    -------
    xarray.Dataset
        ``text`` (sample); ``label`` (sample), the number of the occupation; coordinates
        ``occupation`` and ``gender`` (sample), names. All occupations are as frequent. Attributes
        ``name``, ``n_classes``, ``class_names`` and the parameters.

    Raises
    ------
    ValueError
        If a number lies outside its range.

    Notes
    -----
    Occupations come in pairs of one field, such as nurse (most are women) and surgeon (most are
    men), which share places and part of what is said. The gender is in pronouns, titles, first
    names and words for the family, all of which `scrub` removes. No text names its occupation.

    References
    ----------
    De-Arteaga et al. (2019), "Bias in Bios: A case study of semantic representation bias in a
    high-stakes setting", whose biographies these stand in for.

    Examples
    --------
    >>> data = generated_biographies(400, seed=0)
    >>> data.occupation.values[0], data.gender.values[0], data.text.values[0]
    ('professor', 'male', 'At an academy for languages, Charles Hart explains fractions with
    drawings. He also reads essays until late at night.')
    """
    n = check_integer("n", n, 1)
    check_number("skew", skew, minimum=0.5, maximum=1)
    check_number("clarity", clarity, minimum=0, maximum=1)
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    labels = rng.permutation(np.arange(n) % len(OCCUPATIONS))
    genders = _genders(labels, skew)
    texts = [
        _biography(int(label), gender, clarity, rng)
        for label, gender in zip(labels, genders, strict=True)
    ]
    return xr.Dataset(
        {"text": ("sample", np.array(texts, dtype=object)), "label": ("sample", labels)},
        coords={
            "sample": np.arange(n),
            "gender": ("sample", np.array(genders, dtype=object)),
            "occupation": ("sample", np.array(OCCUPATIONS, dtype=object)[labels]),
        },
        attrs={
            "name": "biographies", "n_classes": len(OCCUPATIONS),
            "class_names": ", ".join(OCCUPATIONS),
            "skew": float(skew), "clarity": float(clarity), "seed": int(seed),
        },
    )  # fmt: skip


def _genders(labels: np.ndarray, skew: float) -> list[str]:
    """Return the gender of each person: of each occupation the wanted share, to the nearest."""
    genders = [""] * labels.size
    for label in range(len(OCCUPATIONS)):
        places = np.flatnonzero(labels == label)
        n_usual = round(skew * places.size)
        for at, place in enumerate(places):
            # occupations of women have even numbers
            genders[place] = GENDERS[(label + (at >= n_usual)) % 2]
    return genders


def _biography(label: int, gender: str, clarity: float, rng: np.random.Generator) -> str:
    """Return one text: two things, and in some of them the family."""

    def any_of(choices: tuple[str, ...]) -> str:
        return choices[int(rng.integers(len(choices)))]

    field = FIELDS[label // 2]
    telling = field.telling[OCCUPATIONS[label]]
    things: list[str] = []
    while len(things) < 2:
        thing = any_of(telling if rng.random() < clarity else field.shared)
        if thing not in things:
            things.append(thing)
    words = _WORDS[gender]
    slots = {name: word for name, word in words.items() if isinstance(word, str)} | {
        "title": any_of(tuple(words["titles"])), "first": any_of(FIRST[gender]),
        "last": any_of(SURNAMES), "place": any_of(field.places), "number": any_of(_NUMBERS),
        "first_thing": things[0], "second_thing": things[1],
    }  # fmt: skip
    slots |= {name.capitalize(): slots[name].capitalize() for name in ("subject", "possessive")}
    parts = [any_of(OPENINGS), any_of(CLOSINGS)]
    if rng.random() < _WITH_FAMILY:
        parts.append(any_of(FAMILY))
    return " ".join(parts).format(**slots)
