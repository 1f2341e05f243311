"""Circuits on words: 64 samples are the bits of one, and a gate is one operation on all of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from infonb.networks.logic_gates.circuit import Circuit, Level

__all__ = ["WordMachine", "count_bits", "packed", "sorted_by_kind"]

Words = np.ndarray

#: Bytes of a circuit's values that are held at once, and fewest words of a row.
_BYTES, _LEAST = 2**24, 4

#: What gates 0 .. 15 do to words a and b.
_OPERATIONS: tuple[Callable[[Words, Words, Words], object], ...] = (
    lambda a, b, out: out.fill(0),
    lambda a, b, out: np.bitwise_and(a, b, out=out),
    lambda a, b, out: np.bitwise_and(a, np.invert(b, out=b), out=out),
    lambda a, b, out: np.copyto(out, a),
    lambda a, b, out: np.bitwise_and(np.invert(a, out=a), b, out=out),
    lambda a, b, out: np.copyto(out, b),
    lambda a, b, out: np.bitwise_xor(a, b, out=out),
    lambda a, b, out: np.bitwise_or(a, b, out=out),
    lambda a, b, out: np.invert(np.bitwise_or(a, b, out=out), out=out),
    lambda a, b, out: np.invert(np.bitwise_xor(a, b, out=out), out=out),
    lambda a, b, out: np.invert(b, out=out),
    lambda a, b, out: np.bitwise_or(a, np.invert(b, out=b), out=out),
    lambda a, b, out: np.invert(a, out=out),
    lambda a, b, out: np.bitwise_or(np.invert(a, out=a), b, out=out),
    lambda a, b, out: np.invert(np.bitwise_and(a, b, out=out), out=out),
    lambda a, b, out: out.fill(np.uint64(2**64 - 1)),
)


class WordMachine:
    """Run a circuit, sorted by kind, on the bits of its inputs."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        room = _BYTES // (8 * circuit.n_nodes)
        self.n_words = max(_LEAST, min(64, room))
        self._values = np.zeros((circuit.n_nodes, self.n_words), dtype=np.uint64)
        self._runs = [run for level in circuit.levels for run in _runs(level)]
        widest = max((len(a) for _, _, a, _ in self._runs), default=0)
        self._a, self._b = np.empty((2, widest, self.n_words), dtype=np.uint64)

    def counts(self, bits: Words) -> np.ndarray:
        """Return how many outputs of each class are true: (input, sample) → (sample, class)."""
        n_samples, values = bits.shape[1], self._values
        values[1 : self.circuit.n_inputs + 1] = packed(bits, self.n_words)
        for kind, out, a, b in self._runs:
            read = []
            for nodes, scratch in ((a, self._a), (b, self._b)):
                # `clip` writes into scratch directly; all nodes exist
                read.append(np.take(values, nodes, axis=0, out=scratch[: len(nodes)], mode="clip"))
            _OPERATIONS[kind](read[0], read[1], values[out])
        turn = np.where(self.circuit.inverted, np.uint64(2**64 - 1), np.uint64(0))
        return count_bits(values[self.circuit.outputs] ^ turn[..., None])[:, :n_samples].T


def packed(bits: np.ndarray, n_words: int) -> Words:
    """Return (row, sample) of 0 and 1 as words, (row, word): sample 0 is the lowest bit."""
    octets = np.zeros((len(bits), 8 * n_words), dtype=np.uint8)
    some = np.packbits(bits.astype(bool), axis=1, bitorder="little")
    octets[:, : some.shape[1]] = some
    return octets.view("<u8")


def count_bits(rows: Words) -> np.ndarray:
    """Return how many rows have each bit: (class, row, word) → (class, 64 * word)."""
    # adders on words: three rows of a weight become one of it and one of twice the weight
    columns, total, weight = [rows], np.zeros((len(rows), 64 * rows.shape[2]), dtype=np.int64), 0
    while weight < len(columns):
        rest, carries = columns[weight], []
        while (n := rest.shape[1]) > 1:
            third = n // 3
            if third:
                a, b, c = (rest[:, i * third : (i + 1) * third] for i in range(3))
                half = a ^ b
                carries.append((a & b) | (half & c))
                rest = np.concatenate([half ^ c, rest[:, 3 * third :]], axis=1)
            else:
                carries.append(rest[:, :1] & rest[:, 1:])
                rest = rest[:, :1] ^ rest[:, 1:]
        if carries:
            columns.append(np.concatenate(carries, axis=1))
        if rest.shape[1]:
            octets = np.ascontiguousarray(rest[:, 0]).view(np.uint8)
            total += np.unpackbits(octets, axis=1, bitorder="little").astype(np.int64) << weight
        weight += 1
    return total


def sorted_by_kind(circuit: Circuit) -> Circuit:
    """Return the circuit with the gates of a kind side by side in each level."""
    number = np.arange(circuit.n_nodes)
    orders = [np.argsort(level.kind, kind="stable") for level in circuit.levels]
    for level, order in zip(circuit.levels, orders, strict=True):
        number[level.start + order] = np.arange(level.start, level.stop)
    levels = tuple(
        Level(level.start, level.kind[order], number[level.a[order]], number[level.b[order]])
        for level, order in zip(circuit.levels, orders, strict=True)
    )
    return Circuit(circuit.n_inputs, levels, number[circuit.outputs], circuit.inverted)


def _runs(level: Level) -> list[tuple[int, slice, np.ndarray, np.ndarray]]:
    """Return kind, nodes and inputs of each stretch of gates of one kind."""
    kinds, starts = np.unique(level.kind, return_index=True)
    stops = [*starts[1:], len(level.kind)]
    return [
        (int(kind), slice(level.start + i, level.start + j), level.a[i:j], level.b[i:j])
        for kind, i, j in zip(kinds, starts, stops, strict=True)
    ]
