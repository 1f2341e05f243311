"""Choose a digit and a class: the gates that tell that class, with their bits on this digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from infonb.experiments.logic_gates.circuit import SYMBOLS, Circuit, Part, part_of

if TYPE_CHECKING:
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["CircuitFigure", "explore_circuit", "plot_circuit"]

_ON, _OFF, _DARK = "#de8f05", "#d9d9d9", "#222222"
_LIT = (0.871, 0.561, 0.02)
_SIZE = (10.4, 5.0)
#: More gates than these in a column have small signs and bits no names; more than those, no signs.
_SIGNED, _MOST = 18, 40


class CircuitFigure:
    """The picture of a part of a circuit: gates stay while the class does, only bits change."""

    def __init__(self, circuit: Circuit, *, n: int = 5, depth: int = 4) -> None:
        from infonb.plots import LiveFigure

        self.circuit, self._options = circuit, {"n": n, "depth": depth}
        self._parts: dict[int, Part] = {}
        self.picture = LiveFigure(
            _SIZE, [(0.1, 2.9, 1.6, 1.6), (0.3, 0.5, 1.35, 1.9), (1.75, 0.15, 8.6, 4.6)]
        )
        image, bars, wires = self.picture.axes
        for axis in (image, wires):
            axis.set_axis_off()
        shape = circuit.images.shape[1:]
        image.set(xlim=(-0.5, shape[1] - 0.5), ylim=(shape[0] - 0.5, -0.5))
        wires.set(xlim=(-0.32, 1.07), ylim=(1.02, -0.06))
        most = circuit.logits.max() * 1.05
        bars.set(xlim=(0, most), ylim=(9.6, -0.6), yticks=range(10))
        bars.set_xlabel("ones / τ", fontsize=9)
        bars.tick_params(labelsize=8.5)

    def draw(self, image: int, label: int) -> Picture:
        """Return the picture, the same each time, of an image and a class."""
        part = self._parts.setdefault(label, part_of(self.circuit, label, **self._options))
        x, ys = _layout(part)
        self.picture.ground(label, lambda: self._signs(part, x, ys))
        bits = self._bits(part, image)
        with self.picture.content():
            self._content(image, label, part, x, ys, bits)
        self.picture.alt = self._alt(image, label, part, bits)
        return self.picture

    def _bits(self, part: Part, image: int) -> list[np.ndarray]:
        behind = self.circuit.bits[len(self.circuit.bits) - len(part.places) :]
        return [bits[image, places] for bits, places in zip(behind, part.places, strict=True)]

    def _signs(self, part: Part, x: np.ndarray, ys: list[np.ndarray]) -> None:
        """Draw what does not change with the image: names of layers, signs of gates."""
        axis: Any = self.picture.axes[2]
        first = len(self.circuit.layers) - len(part.wires)
        names = ["bits" if first == 0 else self.circuit.layers[first - 1],
                 *self.circuit.layers[first:]]  # fmt: skip
        for at, (name, places) in enumerate(zip(names, part.places, strict=True)):
            axis.text(x[at], -0.035, name, ha="center", fontsize=9.5, color="0.35")
            if at == 0:
                if first == 0 and len(places) <= _SIGNED:
                    for y, place in zip(ys[0], places, strict=True):
                        axis.text(x[0] - 0.02, y, self.circuit.sources[place], ha="right",
                                  va="center", fontsize=8)  # fmt: skip
                continue
            if len(places) > _MOST:
                continue
            size = 9.5 if len(places) <= _SIGNED else 7.5
            for y, place in zip(ys[at], places, strict=True):
                gate = self.circuit.gates[first + at - 1][place]
                axis.text(x[at], y, SYMBOLS[gate], ha="center", va="center", fontsize=size,
                          zorder=4, color=_DARK)  # fmt: skip

    def _content(
        self, image: int, label: int, part: Part, x: np.ndarray, ys: list[np.ndarray],
        bits: list[np.ndarray],
    ) -> None:  # fmt: skip
        from matplotlib.collections import LineCollection

        picture, bars, axis = self.picture.axes
        picture.imshow(self.circuit.images[image], cmap="gray_r", vmin=0, vmax=1,
                       interpolation="nearest", aspect="auto")  # fmt: skip
        logits = self.circuit.logits[image]
        colours = [_ON if one == label else "#8a8a8a" for one in range(10)]
        bars.barh(range(10), logits, color=colours)
        for at, wires in enumerate(part.wires):
            lit = bits[at][wires[:, 0]]
            start = x[at] + (0.045 if at else 0.012)  # of boxes, and of the small squares
            ends = [
                ((start, ys[at][one]), (x[at + 1] - 0.045, ys[at + 1][other]))
                for one, other in wires.tolist()
            ]
            order = np.argsort(lit, kind="stable")  # what is lit lies above
            axis.add_collection(LineCollection(
                [ends[one] for one in order], colors=np.where(lit[order], _ON, _OFF),
                linewidths=1.4, zorder=1,
            ))  # fmt: skip
        for at, (y, on) in enumerate(zip(ys, bits, strict=True)):
            if at:
                self._boxes(axis, x[at], y, on)
                continue
            axis.scatter(
                np.full(len(y), x[at]), y, s=40, marker="s", zorder=2,
                c=np.where(on, _ON, "#ffffff"), edgecolors="0.45", linewidths=0.8,
            )  # fmt: skip

    def _boxes(self, axis: Any, x: float, y: np.ndarray, on: np.ndarray) -> None:
        from matplotlib.collections import PolyCollection

        high = min(0.026, 0.4 / max(len(y), 1))
        corners = [(-0.045, -high), (0.045, -high), (0.045, high), (-0.045, high)]
        boxes = [[(x + dx, one + dy) for dx, dy in corners] for one in y]
        axis.add_collection(PolyCollection(
            # seen through: the sign of the gate lies below
            boxes, facecolors=[(*_LIT, 0.45 if one else 0.0) for one in on],
            edgecolors=np.where(on, _ON, "0.6").tolist(), linewidths=1.0, zorder=2,
        ))  # fmt: skip

    def _alt(self, image: int, label: int, part: Part, bits: list[np.ndarray]) -> str:
        circuit, logits = self.circuit, self.circuit.logits[image]
        last = circuit.gates[-1][part.places[-1]]
        told = ", ".join(
            f"{SYMBOLS[gate]} is {int(bit)}" for gate, bit in zip(last, bits[-1], strict=True)
        )
        counted = ", ".join(f"{int(one.sum())} of {one.size}" for one in bits[:-1])
        return (
            f"A {circuit.labels[image]}, taken for a {int(logits.argmax())}. The gates that tell a "
            f"{label} best: {told}. Before them, from the left, {counted} are 1. Ones of class "
            f"{label}, by τ: {logits[label]:.1f}, the most of any class {logits.max():.1f}."
        )


def _layout(part: Part) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the place of each column, and of each gate in its column, from the top."""
    x = np.linspace(0, 1, len(part.places))
    return x, [(np.arange(len(places)) + 0.5) / max(len(places), 1) for places in part.places]


def plot_circuit(circuit: Circuit, image: int, label: int) -> Picture:
    """Draw the gates that tell a class best, with their bits on an image."""
    return CircuitFigure(circuit).draw(image, label)


def explore_circuit(circuit: Circuit, *, interactive: bool = True) -> Panel:
    """Choose an image and a class; gates that are 1, and wires that carry a 1, are lit."""
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice

    figure = CircuitFigure(circuit)
    # begin with the class that the network took for the next likely: what speaks for it?
    second = int(np.argsort(-circuit.logits[0], kind="stable")[1])
    images = [(f"{at}: a {label}", at) for at, label in enumerate(circuit.labels.tolist())]
    controls = {
        "image": choice(images, "image", 0),
        "label": choice([(str(n), n) for n in range(10)], "class", second),
    }
    return Panel(figure.draw, controls, interactive=interactive, owns_controls=True)
