"""How wide a ReLU network must be to memorize, and how wide is enough."""

from __future__ import annotations

from math import ceil, sqrt
from typing import NamedTuple

from infonb.validate import check_integer

__all__ = [
    "MemorizerSizes",
    "memorizer_capacity",
    "necessary_points",
    "plan_classifier_sizes",
    "plan_sizes",
    "sizes_of",
]


class MemorizerSizes(NamedTuple):
    """Sizes of a memorizer: halves `p`, `q`, ReLU units of its hidden layers, what they hold."""

    p: int
    q: int
    d1: int
    d2: int
    capacity: int
    parameters: int
    #: Units of a third hidden layer, which a classifier has; 0 without it.
    d3: int = 0


def plan_sizes(
    n_points: int, n_outputs: int = 1, *, n_inputs: int = 1, p: int | None = None,
    q: int | None = None,
) -> MemorizerSizes:  # fmt: skip
    """
    Return the sizes of a network of two hidden layers that memorizes so many points.

    No arrays in or out: numbers of units.

    Parameters
    ----------
    n_points
        Different inputs, N.
    n_outputs
        Numbers that are memorized for each of them, dy.
    n_inputs
        Features of an input: only the number of parameters depends on it.
    p, q
        Half of the hard-tanh units of layer 1, and of layer 2 for each output; None: as few as hold
        all points, about equal.

    Returns
    -------
    MemorizerSizes
        ``p``, ``q``; ReLU units ``d1`` = 4p and ``d2`` = 4q·dy; ``capacity`` = 4pq points; and
        ``parameters``, all weights and biases of the network of ReLUs.

    Raises
    ------
    ValueError
        If ``p`` and ``q`` hold fewer points than there are; says how many.

    References
    ----------
    Yun, Sra and Jadbabaie, *Small ReLU networks are powerful memorizers*, NeurIPS 2019, theorem
    3.1: two hidden layers of 2√(N·dy) units are enough.

    Examples
    --------
    >>> plan_sizes(1024, n_inputs=20)
    MemorizerSizes(p=16, q=16, d1=64, d2=64, capacity=1024, parameters=5569, d3=0)
    >>> plan_sizes(64, 2).d2
    32
    """
    n = check_integer("n_points", n_points, 1)
    outputs = check_integer("n_outputs", n_outputs, 1)
    features = check_integer("n_inputs", n_inputs, 1)
    if p is None:
        p = ceil(sqrt(n) / 2) if q is None else ceil(n / (4 * check_integer("q", q, 1)))
    p = check_integer("p", p, 1)
    q = ceil(n / (4 * p)) if q is None else check_integer("q", q, 1)
    if n > 4 * p * q:
        raise ValueError(
            f"p={p} and q={q} hold 4pq = {4 * p * q:,} points, not {n:,}: take larger ones, such "
            f"as p={ceil(sqrt(n) / 2)} and q={ceil(n / (4 * ceil(sqrt(n) / 2)))}."
        )
    return sizes_of(p, q, features, outputs)


def plan_classifier_sizes(n_points: int, n_classes: int, *, n_inputs: int = 1) -> MemorizerSizes:
    """
    Return the sizes of a network of three hidden layers that memorizes the classes of points.

    No arrays in or out: numbers of units.

    Parameters
    ----------
    n_points
        Different inputs, N.
    n_classes
        Classes, C.
    n_inputs
        Features of an input: only the number of parameters depends on it.

    Returns
    -------
    MemorizerSizes
        As of `plan_sizes` with one output, and ``d3`` = 4·C units more.

    Raises
    ------
    ValueError
        If there are fewer than two classes.

    References
    ----------
    Yun, Sra and Jadbabaie (2019), the corollary on classification: 4⌊d1/4⌋⌊d2/4⌋ ≥ N and d3 ≥ 4C.
    The sizes 2k-2k-4k for a million points and 1,000 classes are those that the paper names for
    ImageNet.

    Examples
    --------
    >>> sizes = plan_classifier_sizes(1_000_000, 1000)
    >>> sizes.d1, sizes.d2, sizes.d3
    (2000, 2000, 4000)
    """
    classes = check_integer("n_classes", n_classes, 2)
    sizes = plan_sizes(n_points, n_inputs=n_inputs)
    d3 = 4 * classes
    more = d3 * (sizes.d2 + 1) + classes * (d3 + 1) - (sizes.d2 + 1)
    return sizes._replace(d3=d3, parameters=sizes.parameters + more)


def memorizer_capacity(d1: int, d2: int, n_outputs: int = 1) -> int:
    """
    Return how many points two hidden layers of ReLUs always memorize: 4⌊d1/4⌋⌊d2/(4·dy)⌋.

    No arrays in or out: numbers of units and points.

    Parameters
    ----------
    d1, d2
        ReLU units of the hidden layers. What is beyond a multiple of 4 is of no use here.
    n_outputs
        Numbers that are memorized for each point, dy.

    References
    ----------
    Yun, Sra and Jadbabaie (2019), theorem 3.1.

    Examples
    --------
    >>> memorizer_capacity(64, 64), memorizer_capacity(16, 32, 2), memorizer_capacity(9, 11)
    (1024, 64, 16)
    """
    d1, d2 = check_integer("d1", d1, 1), check_integer("d2", d2, 1)
    return 4 * (d1 // 4) * (d2 // (4 * check_integer("n_outputs", n_outputs, 1)))


def necessary_points(d1: int, d2: int) -> int:
    """
    Return beyond how many points two hidden layers of ReLUs cannot memorize every set.

    No arrays in or out: 2·d1·d2 + d2 + 2 points.

    Notes
    -----
    On a line a network of these widths has at most 2·d1·d2 + d2 + 1 pieces, but N points on it with
    labels in turn need N − 1. So what is enough (`memorizer_capacity`) is too much by a constant
    factor at most: widths of the order √N are needed.

    References
    ----------
    Yun, Sra and Jadbabaie (2019), the theorem on necessary widths.

    Examples
    --------
    >>> necessary_points(4, 4)
    38
    """
    d1, d2 = check_integer("d1", d1, 1), check_integer("d2", d2, 1)
    return 2 * d1 * d2 + d2 + 2


def sizes_of(p: int, q: int, n_inputs: int, n_outputs: int) -> MemorizerSizes:
    """Return all sizes that follow from p and q."""
    d1, d2 = 4 * p, 4 * q * n_outputs
    parameters = d1 * (n_inputs + 1) + d2 * (d1 + 1) + n_outputs * (d2 + 1)
    return MemorizerSizes(p, q, d1, d2, 4 * p * q, parameters)
