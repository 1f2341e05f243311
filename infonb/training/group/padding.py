"""Sizes that are filled up, so that a network is computed alike wherever it stands in a group."""

from __future__ import annotations

__all__ = ["chunked", "missing_features", "padded"]

#: Numbers of examples, and of weights of a layer, are filled up to multiples of this: what a
#: vector register leaves over at the end would be computed by other instructions, and where that
#: end is would depend on the place in the group.
_MULTIPLE = 32


def padded(n: int) -> int:
    """Return the number of places that `n` examples or weights take."""
    return -(-n // _MULTIPLE) * _MULTIPLE


def chunked(n: int, size: int) -> tuple[int, int]:
    """Return in how many batches so many examples go, and how many places each of them takes."""
    return -(-n // size), padded(min(n, size))


#: Weights of one output in a product, in registers of 64 bytes: the gradients of a layer's weights
#: stand one network after the other, and some libraries compute those that begin within a register
#: in another order.
_REGISTER = 16


def missing_features(n: int) -> int:
    """Return how many inputs, always zero, a layer of `n` lacks to fill whole registers."""
    return -n % _REGISTER
