"""Sequences of tokens with copies planted among them: what is memorized is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.labels import random_streams
from infonb.validate import check_integer, check_number

__all__ = ["planted_sequences"]

Tokens = NDArray[np.int64]


def planted_sequences(
    *, copies: Sequence[int] = (1, 8, 16, 32, 64, 128, 256), n_each: int = 20,
    n_background: int = 8000, n_held_out: int = 100, vocabulary: int = 32, length: int = 16,
    concentration: float = 0.1, seed: int = 0,
) -> xr.Dataset:  # fmt: skip
    """
    Return a corpus of token sequences, some of which occur in it many times.

    Planted sequences are uniformly random: nothing but memory tells how they go on. Those of the
    background come from a Markov chain, and can be guessed in part by whoever has learnt the chain.

    Parameters
    ----------
    copies
        How often planted sequences occur in the corpus: the levels.
    n_each
        How many sequences are planted at each level.
    n_background
        Windows of the background that are trained on, and at most so many of others.
    n_held_out
        Sequences that are not in the corpus: so many random ones, and so many new windows of the
        chain.
    vocabulary, length
        How many tokens there are, and how many a sequence has.
    concentration
        Of the Dirichlet distribution that each row of the chain is drawn from: the smaller, the
        fewer tokens follow each.
    seed
        Of all draws. The first windows of the background, and the first planted sequences, are the
        same whatever their number.

    Returns
    -------
    xarray.Dataset
        ``tokens`` (sample, position), int64, every planted sequence once, and every window of the
        background, of which some may be the same (``n_copies``); ``source`` (sample, position),
        the log-probability of each token given those before it in what it was drawn from, in nats;
        ``order`` (window): the place, among the samples, of each window of the corpus in the order
        of training, shuffled once. Coordinates of ``sample``: ``role`` (``"planted"``,
        ``"background"``, ``"held_out"``: random, ``"new"``: of the chain), ``n_copies``: how often
        just these tokens are in the corpus, ``first_seen``: the first of their windows, -1 of those
        that are not in it.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range, a level is there twice, so many random sequences cannot all
        differ, or one that is held out is in the background.

    Notes
    -----
    The corpus of a language model has no clean count of copies: near copies, templates and
    quotations are all in it. Here planted copies are all that there is to memorize.

    References
    ----------
    After Carlini et al., *The Secret Sharer*, USENIX Security 2019 (planted canaries), for the
    setting of Biderman et al., *Emergent and Predictable Memorization in Large Language Models*,
    NeurIPS 2023.

    Examples
    --------
    >>> corpus = planted_sequences(copies=[1, 4], n_each=2, n_background=10, n_held_out=3)
    >>> dict(corpus.sizes)
    {'sample': 20, 'position': 16, 'window': 20}
    >>> corpus.n_copies[corpus.role == "planted"].values.tolist()
    [1, 1, 4, 4]
    >>> training = corpus.tokens.isel(sample=corpus.order)  # the windows in order of training
    >>> training.shape
    (20, 16)
    """
    levels = _levels(copies)
    n_each = check_integer("n_each", n_each, 1)
    n_background = check_integer("n_background", n_background, 0)
    n_held_out = check_integer("n_held_out", n_held_out, 1)
    vocabulary = check_integer("vocabulary", vocabulary, 2)
    length = check_integer("length", length, 2)
    if check_number("concentration", concentration, 0.0) == 0:
        raise ValueError("concentration must be above 0, such as 0.1.")
    streams = [np.random.default_rng(one) for one in random_streams(seed, 6)]
    chain = streams[0].dirichlet(np.full(vocabulary, concentration), size=vocabulary)

    n_planted = len(levels) * n_each
    planted = streams[1].integers(vocabulary, size=(n_planted, length))
    held_out = streams[2].integers(vocabulary, size=(n_held_out, length))
    if len(np.unique(np.concatenate([planted, held_out]), axis=0)) < n_planted + n_held_out:
        raise ValueError(
            f"{n_planted + n_held_out:,} random sequences of {length} of {vocabulary} tokens do "
            "not all differ: take longer ones, more tokens, or fewer sequences."
        )
    background = _walks(chain, n_background, length, streams[3])
    known = np.concatenate([background, planted, held_out])
    new = _unseen(chain, n_held_out, length, known, streams[4])

    order = np.concatenate([
        np.repeat(np.arange(n_planted), np.repeat(levels, n_each)),
        n_planted + np.arange(n_background),
    ])  # fmt: skip
    order = streams[5].permutation(order)
    tokens = np.concatenate([planted, background, held_out, new])
    n_copies, first_seen = _seen(tokens, order)
    if leaked := int((n_copies[-2 * n_held_out :] > 0).sum()):
        raise ValueError(
            f"{leaked} of {n_held_out:,} sequences that are held out are in the background by "
            "chance: take longer ones, more tokens, or fewer windows."
        )
    even = np.full((vocabulary, vocabulary), 1 / vocabulary)
    source = [_log_source(even, planted), _log_source(chain, background),
              _log_source(even, held_out), _log_source(chain, new)]  # fmt: skip
    sizes = {"planted": n_planted, "background": n_background, "held_out": n_held_out,
             "new": n_held_out}  # fmt: skip
    return xr.Dataset(
        {
            "tokens": (("sample", "position"), tokens),
            "source": (("sample", "position"), np.concatenate(source), {"units": "nat"}),
            "order": ("window", order),
        },
        {
            "sample": np.arange(len(tokens)),
            "position": np.arange(length),
            "role": ("sample", np.repeat(np.array(list(sizes), object), list(sizes.values()))),
            "n_copies": ("sample", n_copies),
            "first_seen": ("sample", first_seen),
        },
        {"name": "planted sequences", "vocabulary": vocabulary, "seed": int(seed)},
    )  # fmt: skip


def _levels(copies: Sequence[int]) -> list[int]:
    if not isinstance(copies, (Sequence, np.ndarray)):
        raise TypeError(f"copies must be a list of levels, such as [1, 8, 64]; not {copies!r}.")
    levels = [check_integer("copies", one, 1) for one in copies]
    if not levels:
        raise ValueError("copies is empty: give the levels, such as [1, 8, 64].")
    twice = [one for one in levels if levels.count(one) > 1]
    if twice:
        raise ValueError(f"copies has the level {twice[0]} twice; raise n_each instead.")
    return levels


def _walks(chain: NDArray[np.float64], n: int, length: int, rng: np.random.Generator) -> Tokens:
    """Return walks (n, length) along a chain, from a token that is drawn evenly."""
    draws = rng.random((n, length))  # a row each: the first walks do not depend on how many follow
    upto = np.minimum(chain.cumsum(axis=1), 1.0)
    upto[:, -1] = 1.0
    walks = np.empty((n, length), np.int64)
    walks[:, 0] = (draws[:, 0] * len(chain)).astype(np.int64)
    for place in range(1, length):
        walks[:, place] = (upto[walks[:, place - 1]] <= draws[:, place, None]).sum(axis=1)
    return walks


def _unseen(
    chain: NDArray[np.float64], n: int, length: int, seen: Tokens, rng: np.random.Generator
) -> Tokens:
    """Return walks of which none was seen, nor is there twice."""
    known = set(map(bytes, seen))
    found: list[Tokens] = []
    for _ in range(100):
        for walk in _walks(chain, n, length, rng):
            if bytes(walk) not in known:
                known.add(bytes(walk))
                found.append(walk)
        if len(found) >= n:
            return np.stack(found[:n])
    raise ValueError(
        f"the chain has hardly {n:,} windows of {length} tokens that are not in the corpus: take a "
        "larger concentration or length, or a smaller n_held_out."
    )


def _seen(tokens: Tokens, order: Tokens) -> tuple[Tokens, Tokens]:
    """Return how often each sequence is in the corpus, and where first (-1: nowhere)."""
    _, kind = np.unique(tokens, axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    trained = kind[order]
    count = np.bincount(trained, minlength=len(tokens))
    first = np.full(len(tokens), len(order))
    np.minimum.at(first, trained, np.arange(len(order)))
    first[first == len(order)] = -1
    return count[kind], first[kind]


def _log_source(chain: NDArray[np.float64], walks: Tokens) -> NDArray[np.float64]:
    """Return the log-probability of each token of walks; the first is drawn evenly."""
    found = np.full(walks.shape, -np.log(len(chain)))
    found[:, 1:] = np.log(chain[walks[:, :-1], walks[:, 1:]])
    return found
