"""The text of a circuit: one line for each bit that is read, for each gate and for each class."""

from __future__ import annotations

import numpy as np

from infonb.networks.logic_gates.circuit import Circuit

__all__ = ["source_of"]

#: By gate.
_TEXTS = (
    "FALSE", "{a} & {b}", "{a} & ~{b}", "{a}", "~{a} & {b}", "{b}", "{a} ^ {b}", "{a} | {b}",
    "~({a} | {b})", "~({a} ^ {b})", "~{b}", "{a} | ~{b}", "~{a}", "~{a} | {b}", "~({a} & {b})",
    "~FALSE",
)  # fmt: skip


def source_of(
    circuit: Circuit, thresholds: np.ndarray | None, shape: tuple[int, ...], tau: float
) -> str:
    """Return the text; ``input`` are the numbers of a sample, ``count`` is how many hold."""
    read = [level.a for level in circuit.levels] + [level.b for level in circuit.levels]
    used = np.unique(np.concatenate([*read, circuit.outputs.reshape(-1)]))
    lines = [
        f"# {circuit.n_gates} gates of {circuit.n_inputs} bits, {len(circuit.outputs)} classes; "
        "~ not, & and, | or, ^ exclusive or"
    ]
    for node in used[(used > 0) & (used <= circuit.n_inputs)]:
        lines.append(f"{_name(node, circuit)} = {_bit(int(node) - 1, thresholds, shape)}")
    for level in circuit.levels:
        for i, (kind, a, b) in enumerate(zip(level.kind, level.a, level.b, strict=True)):
            text = _TEXTS[kind].format(a=_name(a, circuit), b=_name(b, circuit))
            lines.append(f"{_name(level.start + i, circuit)} = {text}")
    for i, (nodes, turned) in enumerate(zip(circuit.outputs, circuit.inverted, strict=True)):
        counted = ", ".join(
            ("~" if turn else "") + _name(node, circuit)
            for node, turn in zip(nodes, turned, strict=True)
        )
        lines.append(f"logit{i} = count({counted}) / {tau!r}")
    return "\n".join(lines) + "\n"


def _name(node: int, circuit: Circuit) -> str:
    if node == 0:
        return "FALSE"
    return f"x{node - 1}" if node <= circuit.n_inputs else f"g{node - circuit.n_inputs - 1}"


def _bit(index: int, thresholds: np.ndarray | None, shape: tuple[int, ...]) -> str:
    """Return what a bit of the input says of a number of the sample."""
    if thresholds is None:
        place = np.unravel_index(index, shape)
        return f"input[{', '.join(map(str, place))}] > 0.5"
    n = len(thresholds)
    feature, threshold, *inner = np.unravel_index(index, (shape[0], n, *shape[1:]))
    limit = thresholds[(threshold, feature, *inner)]
    # str of numpy's number: as short as tells it apart
    return f"input[{', '.join(map(str, (feature, *inner)))}] > {limit!s}"
