"""Make a circuit smaller without changing what it computes."""

from __future__ import annotations

import numpy as np

from infonb.networks.logic_gates.circuit import Circuit, Level
from infonb.networks.logic_gates.table import FALSE, A, B

__all__ = ["simplified"]

#: Gates whose inputs have changed places: f01 and f10 of the table do.
_SWAPPED = np.array([(k & 0b1001) | ((k & 0b0010) << 1) | ((k & 0b0100) >> 1) for k in range(16)])


def simplified(circuit: Circuit) -> Circuit:
    """
    Return a circuit of two-input gates that give 0 for 00, each of them once and all of them used.

    Constants are carried on, gates that pass an input on are left out, negations go into the table
    of whoever reads them (or the count), gates of the same kind and inputs become one, and what no
    output depends on goes. A *literal* is twice the number of a node, plus one where it is negated.
    """
    literal = np.zeros(circuit.n_nodes, dtype=np.int64)
    literal[: circuit.n_inputs + 1] = 2 * np.arange(circuit.n_inputs + 1)
    known = _Known(circuit.n_inputs + 1)
    for level in circuit.levels:
        a, b = literal[level.a], literal[level.b]
        kind, negated = _normal(_table(level.kind, a, b))
        a, b = a >> 1, b >> 1
        found = np.where(kind == A, 2 * a, np.where(kind == B, 2 * b, 0))
        two = ~np.isin(kind, (FALSE, A, B))
        found[two] = 2 * known.nodes(kind[two], a[two], b[two])
        literal[level.start : level.stop] = found | negated
    outputs = literal[circuit.outputs] ^ circuit.inverted
    return _living(circuit.n_inputs, known, outputs)


def _table(kind: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the gates with negations of their literals, constants and equal inputs worked in."""
    f00, f01, f10, f11 = ((kind >> shift) & 1 for shift in (3, 2, 1, 0))
    turn_a, turn_b = (a & 1).astype(bool), (b & 1).astype(bool)
    f00, f10 = np.where(turn_a, f10, f00), np.where(turn_a, f00, f10)
    f01, f11 = np.where(turn_a, f11, f01), np.where(turn_a, f01, f11)
    f00, f01 = np.where(turn_b, f01, f00), np.where(turn_b, f00, f01)
    f10, f11 = np.where(turn_b, f11, f10), np.where(turn_b, f10, f11)
    constant_a, constant_b, same = a >> 1 == 0, b >> 1 == 0, a >> 1 == b >> 1
    f10, f11 = np.where(constant_a, f00, f10), np.where(constant_a, f01, f11)
    f01, f11 = np.where(constant_b, f00, f01), np.where(constant_b, f10, f11)
    same = same & ~constant_a
    f01, f10 = np.where(same, f00, f01), np.where(same, f11, f10)
    return f00 << 3 | f01 << 2 | f10 << 1 | f11


def _normal(kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gates, or their negations, that give 0 for 00, and which were negated."""
    negated = kind >> 3
    return np.where(negated == 1, kind ^ 0b1111, kind), negated


class _Known:
    """Gates that there are already, found by kind and inputs."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.kind = self.a = self.b = np.zeros(0, dtype=np.int64)
        #: Stretches of new gates: none of them reads another one of its own stretch.
        self.stretches: list[slice] = []
        self._keys = self._order = np.zeros(0, dtype=np.int64)

    def nodes(self, kind: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the node of each gate, a new one where there was none."""
        swap = a > b
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        kind = np.where(swap, _SWAPPED[kind], kind)
        # unlike for unlike gates as long as there are fewer than 2^30 nodes
        keys = (a << 33) | (b << 3) | kind
        new, first = np.unique(keys, return_index=True)
        if len(self._keys):
            place = np.minimum(np.searchsorted(self._keys, new), len(self._keys) - 1)
            fresh = self._keys[place] != new
            new, first = new[fresh], first[fresh]
        self.stretches.append(slice(len(self.kind), len(self.kind) + len(new)))
        nodes = np.arange(len(self.kind), len(self.kind) + len(new)) + self.first
        self.kind = np.concatenate([self.kind, kind[first]])
        self.a, self.b = np.concatenate([self.a, a[first]]), np.concatenate([self.b, b[first]])
        all_keys = np.concatenate([self._keys, new])
        order = np.argsort(all_keys, kind="stable")
        self._keys, self._order = all_keys[order], np.concatenate([self._order, nodes])[order]
        return self._order[np.searchsorted(self._keys, keys)]


def _living(n_inputs: int, known: _Known, outputs: np.ndarray) -> Circuit:
    """Return the circuit of what outputs (literals) depend on, in as few levels as there can be."""
    n_nodes = known.first + len(known.kind)
    depth = np.zeros(n_nodes, dtype=np.int64)
    alive = np.zeros(n_nodes, dtype=bool)
    alive[outputs >> 1] = True
    of_gates, gates_alive = depth[known.first :], alive[known.first :]
    for new in known.stretches:
        of_gates[new] = np.maximum(depth[known.a[new]], depth[known.b[new]]) + 1
    for new in reversed(known.stretches):
        for inputs in (known.a[new], known.b[new]):
            alive[inputs[gates_alive[new]]] = True
    kept = np.flatnonzero(gates_alive)
    kept = kept[np.lexsort([known.kind[kept], of_gates[kept]])]
    number = np.zeros(n_nodes, dtype=np.int64)
    number[: known.first] = np.arange(known.first)
    number[known.first + kept] = np.arange(len(kept)) + known.first
    levels, start = [], 0
    for count in np.bincount(of_gates[kept])[1:]:
        mine = kept[start : start + count]
        a, b = number[known.a[mine]], number[known.b[mine]]
        levels.append(Level(known.first + start, known.kind[mine], a, b))
        start += count
    return Circuit(n_inputs, tuple(levels), number[outputs >> 1], (outputs & 1).astype(bool))
