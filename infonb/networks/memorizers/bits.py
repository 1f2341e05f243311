"""The bit-extraction memorizer: positions and labels of √N points in the bits of one number.

Its numbers have more bits than a float, and are exact rationals.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from infonb.networks.memorizers.checks import as_points, check_signs
from infonb.networks.memorizers.line import exact_products, on_a_line
from infonb.validate import check_integer

__all__ = ["BitMemorizer", "bit_memorizer", "extract_bits"]

#: Bits of the significand that a float64 can hold of a number below 1 with all its steps.
MOST_BITS = 52


def bit_memorizer(inputs: Any, labels: Any, *, exact: bool = True, seed: int = 0) -> BitMemorizer:
    """
    Build a network of about √N log N parameters that memorizes N points bit by bit.

    Dims in: `inputs` (sample, ...), flattened, `labels` (sample) of -1 and 1; the network takes
    (sample, ...) and gives (sample): 1 at points of class 1, 0 at others.

    Parameters
    ----------
    inputs, labels
        The points to memorize; equal inputs with equal labels count once.
    exact
        Calculate with fractions, which have all the bits that there are. False: in float64, which
        has too few of them from about 30 points on.
    seed
        Of the direction that the points are projected on.

    Returns
    -------
    BitMemorizer
        With `blocks`, `word_bits`, `n_parameters` and ``decide(inputs)``.

    Raises
    ------
    ValueError
        If labels are not of -1 and 1, two equal inputs have different labels, or words of more than
        52 bits are asked for with ``exact=False``.

    Notes
    -----
    Points are projected on a line, t, such that they are at least 2.5 apart, and cut into ⌈√N⌉
    blocks of ⌈√N⌉. A step function gives, to every t of a block, one number whose ⌈√N⌉ · ρ bits are
    the whole parts of the block's points, and one whose ⌈√N⌉ bits are their labels. Two units at a
    time take the highest bit off a number v of L bits: ``bit = relu(y + 1) − relu(y)``,
    ``y = 2^(L+1) (v − ½)``, ``v ← 2v − bit``. The network adds up, over the block's points,
    ``relu(bump(t) + label − 1)``, where the bump is 1 between the whole part z of the point and
    z + 1, and 0 half a step beyond. So it says nothing of what is not near a stored point: there it
    gives 0, class -1.

    References
    ----------
    Vardi, Yehudai and Shamir, *On the optimal memorization power of ReLU neural networks*, ICLR
    2022, on which Yu, Gao, Zhang and Miao (NeurIPS 2024, arXiv 2411.00372) build. A reconstruction:
    the numbers of layers and parameters are those of this one.

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(16, 3))
    >>> net = bit_memorizer(points, [-1, 1] * 8)
    >>> net.outputs(points)[:2], net.blocks
    ([Fraction(0, 1), Fraction(1, 1)], 4)
    >>> bool((net.decide(points) == [-1, 1] * 8).all())
    True
    """
    points = as_points(inputs)
    signs = check_signs(labels, len(points))
    points, signs = _once(points, signs)
    line = on_a_line(points, check_integer("seed", seed, 0))
    order = sorted(range(len(signs)), key=line.places.__getitem__)
    places = [line.places[at] for at in order]
    per_block = math.isqrt(len(signs) - 1) + 1
    starts = range(0, len(signs), per_block)
    net = BitMemorizer(
        direction=line.direction, scale=line.scale, start=line.start,
        place_bits=max(1, math.floor(places[-1]).bit_length()), per_block=per_block,
        words=tuple(
            tuple(math.floor(place) for place in places[at : at + per_block]) for at in starts
        ),
        labels=tuple(
            tuple(int(signs[one] > 0) for one in order[at : at + per_block]) for at in starts
        ),
        # a step of width 1 in the middle between the blocks, where no point is
        steps=tuple((places[at - 1] + places[at] - 1) / 2 for at in starts if at),
        exact=bool(exact),
    )  # fmt: skip
    if not exact and net.word_bits > MOST_BITS:
        raise ValueError(
            f"{len(signs)} points need words of {net.word_bits} bits, and float64 holds "
            f"{MOST_BITS}: take exact=True, or fewer points."
        )
    return net


@dataclass(frozen=True)
class BitMemorizer:
    """
    What `bit_memorizer` returns; called with inputs (sample, ...) it gives outputs (sample).

    Attributes
    ----------
    direction : tuple of int
        That inputs are projected on; ``scale`` and ``start`` put the first point at 0.
    place_bits : int
        ρ, the bits of a whole part.
    per_block : int
        Points of a block.
    words, labels : tuple of tuples
        Whole parts and labels (0, 1) of the points of each block.
    steps : tuple of Fraction
        Where the step from one block to the next begins; it is 1 wide.
    exact : bool
        Whether it calculates with fractions.

    Examples
    --------
    >>> net = bit_memorizer([[0.0], [1.0], [2.0], [4.0]], [1, -1, -1, 1])
    >>> net.words, net.labels, net.word_bits
    (((0, 2), (5, 10)), ((1, 0), (0, 1)), 8)
    """

    direction: tuple[int, ...]
    scale: Fraction
    start: Fraction
    place_bits: int
    per_block: int
    words: tuple[tuple[int, ...], ...]
    labels: tuple[tuple[int, ...], ...]
    steps: tuple[Fraction, ...]
    exact: bool = True
    _read: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def blocks(self) -> int:
        """How many blocks there are: ⌈√N⌉ at most."""
        return len(self.words)

    @property
    def word_bits(self) -> int:
        """How many bits the number with the places of a block has."""
        return self.per_block * self.place_bits

    @property
    def n_parameters(self) -> int:
        """Weights and biases; values that are only carried on to the next layer are not counted."""
        projection = len(self.direction) + 1
        # a step: two units with weight and bias, whose difference goes into both words
        steps = 2 + 8 * len(self.steps)
        # a bit: two units with weight and bias, 3 weights of what is left, 2 of what is read
        bits = 9 * (self.word_bits + self.per_block)
        # a point: bump of two units on (t, z) and one with its bias; then relu(bump + label - 1)
        points = self.per_block * (2 * 3 + 3 + 3 + 1)
        return projection + steps + bits + points

    def __call__(self, inputs: Any) -> np.ndarray:
        """Return outputs (sample) as float64."""
        return np.array([float(one) for one in self.outputs(inputs)])

    def decide(self, inputs: Any) -> np.ndarray:
        """Return the class of each sample: 1 where the output is above ½, else -1."""
        half = Fraction(1, 2)
        return np.array([1 if one > half else -1 for one in self.outputs(inputs)])

    def outputs(self, inputs: Any) -> list[Any]:
        """Return outputs (sample), exact fractions, or floats where it does not calculate so."""
        points = as_points(inputs, len(self.direction))
        places = [
            self.scale * product - self.start
            for product in exact_products(points, self.direction)
        ]  # fmt: skip
        return [self._output(place if self.exact else float(place)) for place in places]

    def _output(self, place: Any) -> Any:
        zs, labels = self._stored(place)
        found: Any = Fraction(0) if self.exact else 0.0
        whole = math.floor(place)
        for z, label in zip(zs, labels, strict=True):
            if not -3 < z - whole < 3:  # where the bump is 0: a comparison is quicker
                continue
            bump = _relu(1 - 2 * _relu(z - place) - 2 * _relu(place - z - 1))
            found += _relu(bump + label - 1)
        return found

    def _stored(self, place: Any) -> tuple[list[Any], list[Any]]:
        """Return places and labels that are read from the two words at a place of the line."""
        block = bisect_right(self.steps, place) if self.steps else 0
        part = place - self.steps[block - 1] if block else 1
        if part >= 1:  # within a block, all of which read the same
            if block not in self._read:
                self._read[block] = self._extracted(*self._words_of(block))
            found: tuple[list[Any], list[Any]] = self._read[block]
            return found
        before, after = self._words_of(block - 1), self._words_of(block)
        return self._extracted(*(a + (b - a) * part for a, b in zip(before, after, strict=True)))

    def _words_of(self, block: int) -> tuple[int, int]:
        """Return the numbers of a block, times 2^bits: places, and labels."""
        word = sum(
            z << (self.place_bits * (self.per_block - 1 - i))
            for i, z in enumerate(self.words[block])
        )
        label = sum(
            one << (self.per_block - 1 - i) for i, one in enumerate(self.labels[block])
        )  # fmt: skip
        return word, label

    def _extracted(self, word: Any, label: Any) -> tuple[list[Any], list[Any]]:
        extract = extract_bits if self.exact else _extract_in_floats
        bits, size = extract(word, self.word_bits), self.place_bits
        zs = [
            sum(bit * (1 << (size - 1 - i)) for i, bit in enumerate(bits[at : at + size]))
            for at in range(0, self.word_bits, size)
        ]
        return zs, extract(label, self.per_block)


def extract_bits(word: Any, n_bits: int) -> list[Any]:
    """
    Return the bits of v = word / 2^n_bits, the highest first, as the two units of each step do.

    v is kept times 2^L, L being the bits that are left: a whole number then is one, and all that is
    calculated is exact; between two words it is a fraction.
    """
    bits = []
    for left in range(n_bits, 0, -1):
        y = 2 * word - (1 << left)  # 2^(L+1) (v − ½)
        bit = _relu(y + 1) - _relu(y)
        word -= bit * (1 << (left - 1))  # 2v − bit, of one bit less
        bits.append(bit)
    return bits


def _extract_in_floats(word: Any, n_bits: int) -> list[float]:
    """Return the bits as float64 finds them."""
    v, bits = float(word) / 2.0**n_bits, []
    for left in range(n_bits, 0, -1):
        y = 2.0 ** (left + 1) * (v - 0.5)
        bit = _relu(y + 1) - _relu(y)
        v = 2 * v - bit
        bits.append(bit)
    return bits


def _relu(value: Any) -> Any:
    return value if value > 0 else 0 * value


def _once(points: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each point once; raise if equal ones have different labels."""
    _, first, which = np.unique(points, axis=0, return_index=True, return_inverse=True)
    which = which.ravel()
    off = np.flatnonzero(signs != signs[first[which]])
    if off.size:
        raise ValueError(
            f"samples {first[which[off[0]]]} and {off[0]} have the same input and different "
            "labels, which no network can memorize; leave one of them out."
        )
    kept = np.sort(first)
    return points[kept], signs[kept]
