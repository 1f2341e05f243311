"""Generated film reviews: a known sentiment, and an adjective that agrees with it more or less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import xarray as xr

from infonb.data.language.adjectives import NEGATIVE, POSITIVE
from infonb.validate import check_integer, check_number

__all__ = ["generated_reviews"]

_T = TypeVar("_T")

# None of the words below is in the lists of adjectives. Those of a review that tell its sentiment
# are the ends of its findings alone: "the plot" + "moved us to tears".
_SUBJECTS = (
    "the plot", "the script", "the acting", "the cast", "the lead actress", "the lead actor",
    "the camera work", "the music", "the score", "the dialogue", "the ending", "the opening",
    "the pacing", "the editing", "the director", "the humour", "the villain", "the second half",
    "the first hour", "every scene", "the whole story", "the romance", "the final duel",
    "the costume design", "the sound", "the lighting", "the supporting cast", "the narrator",
)  # fmt: skip
_PRAISE = (
    "moved us to tears", "stayed with me for days", "kept me on the edge of my seat",
    "felt fresh and alive", "was a joy to follow", "shone from start to finish",
    "deserves an award", "surprised me in every turn", "won me over at once",
    "had warmth and wit", "never lost its rhythm", "made the audience cheer",
    "was handled with real care", "sparkled throughout", "was a delight",
    "rang completely true", "was touching and sincere", "left me smiling",
    "was clever and precise", "gave me goosebumps", "captivated the entire room",
    "worked like a charm", "was gripping and tender", "exceeded my hopes",
)  # fmt: skip
_BLAME = (
    "bored us to sleep", "fell apart after ten minutes", "made me check my watch",
    "felt stale and lifeless", "was a chore to follow", "dragged from start to finish",
    "deserves to be forgotten", "annoyed me in every turn", "lost me at once",
    "had neither warmth nor wit", "never found its rhythm", "made the audience groan",
    "was handled without any care", "stumbled throughout", "was a mess",
    "rang completely false", "was clumsy and insincere", "left me yawning",
    "was dull and predictable", "gave me a headache", "emptied the entire room",
    "collapsed like a tent", "was tedious and cold", "insulted my patience",
)  # fmt: skip
#: What others say, or what was hoped for: it has the adjective, and tells nothing of the sentiment.
_TALK = (
    "my neighbour called it {} {}", "the poster promises {} {}", "i went in expecting {} {}",
    "a friend had announced {} {}", "people talk about it as {} {}",
    "somebody said this was {} {}", "i had read of {} {}", "the trailer looked like {} {}",
    "the papers wrote of {} {}", "on paper this is {} {}", "my sister expected {} {}",
    "it was sold to me as {} {}", "billed as {} {}",
    "we were told of {} {}", "it is known as {} {}",
)  # fmt: skip
_ARTICLES = {"awful": "an", "excellent": "an", "best": "the"}
_KINDS = (
    "film", "movie", "comedy", "drama", "thriller", "western", "sequel", "remake", "musical",
    "documentary", "horror picture", "love story", "crime story", "adventure", "family film",
    "debut", "costume drama", "road movie",
)  # fmt: skip
_ASIDES = (
    "it was shot in {}", "i saw it in {}", "the story is set in {}", "half of it plays in {}",
    "they filmed this in {}", "it opened last week in {}", "the director was born in {}",
)  # fmt: skip
_PLACES = (
    "paris", "berlin", "a small town in texas", "tokyo", "the mountains of spain", "an old theatre",
    "rome", "new york", "a village by the sea", "london", "the desert", "chicago", "prague",
    "a hotel in vienna", "the suburbs", "a harbour in norway", "mumbai", "lisbon", "the arctic",
)  # fmt: skip
_JOINTS = (". ", ". ", ". ", ", and ", "; ", " ... ")
_FEWEST_WORDS = 6
_BREAK = ".<br /><br />"


def generated_reviews(
    n: int, *, agreement: float = 0.67, unclear: float = 0.1, mixed: float = 1 / 6, seed: int = 0
) -> xr.Dataset:
    """
    Return film reviews made of phrases, of known sentiment, with adjectives of the two lists.

    A review finds one to three things, most of them of its sentiment, and mentions an adjective in
    words that tell nothing of it ("the poster promises a great comedy"). Half the reviews are
    positive.

    Parameters
    ----------
    n
        Number of reviews, at least 2. The first ones of a larger number are the same.
    agreement
        Probability that the adjective's sign is the sentiment.
    unclear
        Probability that a review has adjectives of both lists, or none.
    mixed
        Probability that a review finds two things of its sentiment and one of the other. Whoever
        reads it has to weigh them; of the other reviews every finding tells the sentiment.
    seed
        Of all that is drawn.

    Returns
    -------
    xarray.Dataset
        ``text`` (sample), object, 6 to 55 words, one in six with ``<br />``; ``label``
        (sample): 1 positive, 0 negative, the true sentiment; the coordinate ``adjective_sign``
        (sample): 1, 0, or -1 where that is unclear, as `adjective_signs` finds it.

    Notes
    -----
    The sentiment can be read without the adjective: by the majority of the findings, which are in
    the ends of their sentences.

    References
    ----------
    Stands in for IMDb in Bansal, Pruthi and Belinkov (2022), section 4 (Sentiment Adjectives).

    Examples
    --------
    >>> reviews = generated_reviews(1000, agreement=0.67)
    >>> print(reviews.text.values[5])
    The ending had warmth and wit. A friend had announced a good movie.
    >>> clear = reviews.isel(sample=reviews.adjective_sign >= 0)
    >>> float((clear.label == clear.adjective_sign).mean().round(2))
    0.67
    """
    n = check_integer("n", n, 2)
    agreement = check_number("agreement", agreement, 0.0, 1.0)
    unclear = check_number("unclear", unclear, 0.0, 1.0)
    mixed = check_number("mixed", mixed, 0.0, 1.0)
    seed = check_integer("seed", seed, 0)
    texts, labels, signs = [], [], []
    for i in range(n):
        # a stream for each review: what one draws does not move the others
        draw = np.random.default_rng([seed, i])
        label = i % 2
        sign = -1 if draw.random() < unclear else label if draw.random() < agreement else 1 - label
        texts.append(_review(draw, label, sign, mixed))
        labels.append(label)
        signs.append(sign)
    return xr.Dataset(
        {
            "text": ("sample", np.array(texts, dtype=object)),
            "label": ("sample", np.array(labels, np.int64)),
        },
        coords={
            "sample": np.arange(n),
            "adjective_sign": ("sample", np.array(signs, np.int64)),
        },
        attrs={
            "name": "reviews", "n_classes": 2, "class_names": "negative, positive",
            "agreement": agreement, "unclear": unclear, "mixed": mixed, "seed": seed,
        },
    )  # fmt: skip


def _review(draw: np.random.Generator, label: int, sign: int, mixed: float) -> str:
    """Return a review of a sentiment, with an adjective of a sign; -1: of both, or none."""
    sentences = _findings(draw, label, mixed)
    both = bool(draw.random() < 0.5)
    signs = [sign] if sign >= 0 else [0, 1] * both
    for of in signs:
        adjective = _pick(draw, (NEGATIVE, POSITIVE)[of])
        named = f"{_ARTICLES.get(adjective, 'a')} {adjective}"
        sentences.append(_pick(draw, _TALK).format(named, _pick(draw, _KINDS)))
    if draw.random() < 0.4 or len(" ".join(sentences).split()) < _FEWEST_WORDS:
        sentences.append(_pick(draw, _ASIDES).format(_pick(draw, _PLACES)))
    draw.shuffle(sentences)
    return _joined(draw, sentences) + "."


def _joined(draw: np.random.Generator, sentences: list[str]) -> str:
    text = ""
    for i, sentence in enumerate(sentences):
        joint = "" if i == 0 else _BREAK if draw.random() < 0.08 else _pick(draw, _JOINTS)
        begins = joint in ("", ". ", _BREAK)
        text += joint + (sentence[0].upper() + sentence[1:] if begins else sentence)
    return text


def _findings(draw: np.random.Generator, label: int, mixed: float) -> list[str]:
    """Return one to three sentences of a sentiment; if it is mixed, two, and one of the other."""
    kinds = [label, label, 1 - label]
    if draw.random() >= mixed:
        kinds = [label] * int(_pick(draw, (1, 1, 2, 2, 3)))
    return [f"{_pick(draw, _SUBJECTS)} {_pick(draw, (_BLAME, _PRAISE)[kind])}" for kind in kinds]


def _pick(draw: np.random.Generator, choices: Sequence[_T]) -> _T:
    return choices[int(draw.integers(len(choices)))]
