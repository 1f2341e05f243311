from __future__ import annotations

import numpy as np
import pytest

from infonb.data.language import adjective_signs, generated_reviews
from infonb.data.language.adjectives import NEGATIVE, POSITIVE
from infonb.data.language.reviews import _BLAME, _PRAISE


def findings(text: str) -> tuple[int, int]:
    """How many phrases of praise and of blame a review has, found without its generator."""
    return tuple(sum(text.lower().count(end) for end in ends) for ends in (_PRAISE, _BLAME))


def test_signs_and_sentiment_are_those_that_are_said() -> None:
    reviews = generated_reviews(3000, agreement=0.8, unclear=0.2, seed=3)
    signs = adjective_signs(reviews.text.values)
    np.testing.assert_array_equal(signs, reviews.adjective_sign)
    assert (signs < 0).mean() == pytest.approx(0.2, abs=0.03)
    assert (signs == reviews.label)[signs >= 0].mean() == pytest.approx(0.8, abs=0.03)
    assert reviews.label.mean() == 0.5
    # the majority of the findings is the sentiment, with no help of the adjective
    praise, blame = np.array([findings(text) for text in reviews.text.values]).T
    np.testing.assert_array_equal(praise > blame, reviews.label == 1)
    assert (np.minimum(praise, blame) > 0).mean() > 0.1  # some find both


@pytest.mark.parametrize(("agreement", "share"), [(1.0, 1.0), (0.0, 0.0)])
def test_agreement_at_its_ends(agreement: float, share: float) -> None:
    reviews = generated_reviews(200, agreement=agreement, unclear=0)
    assert (reviews.label == reviews.adjective_sign).mean() == share


def test_variety() -> None:
    texts = generated_reviews(4000).text.values
    n_words = np.array([len(text.split()) for text in texts])
    assert len(set(texts)) > 3900
    assert n_words.min() >= 6
    assert n_words.max() <= 55
    assert np.mean(["<br /><br />" in text for text in texts]) == pytest.approx(0.17, abs=0.03)
    signs = adjective_signs(texts)
    both = [not set(t.split()).isdisjoint(POSITIVE) for t in texts[signs < 0]]
    assert 0.3 < np.mean(both) < 0.7  # unclear ones have both lists' words, or none
    words = {word for text in texts for word in text.split()}
    assert words >= {*POSITIVE, *NEGATIVE}
    wrong = ("a awful", "a excellent", "a best")
    assert not [text for text in texts if any(words in text for words in wrong)]


def test_seeded_and_nested() -> None:
    first, more = generated_reviews(50, seed=1), generated_reviews(80, seed=1)
    assert first.identical(more.isel(sample=slice(50)))
    assert (generated_reviews(50, seed=2).text != first.text).all()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"n": 1}, "n must be at least 2; not 1"), ({"agreement": 1.5}, "agreement must be between"),
     ({"unclear": -0.1}, "unclear must be between"), ({"mixed": 2}, "mixed must be between"),
     ({"seed": -1}, "seed must be at least 0")],
)  # fmt: skip
def test_what_is_refused(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        generated_reviews(**({"n": 10} | wrong))  # type: ignore[arg-type]
