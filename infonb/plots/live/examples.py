"""The examples that excite a neuron most, as a live picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from infonb.plots.examples import gap_of, montage
from infonb.plots.live.figure import LiveFigure
from infonb.plots.live.names import shortened
from infonb.plots.picture import Picture

__all__ = ["ExampleList", "ExampleRow"]

#: Inches beside, below and above what is drawn.
_SIDE, _BELOW, _ABOVE = 0.15, 0.06, 0.54

#: Inches of a line of words below an image.
_WORD = 0.19

#: Inches of a line of a list.
_LINE = 0.21


class _Panel:
    """A live picture without axes, with a title and some texts that stay."""

    def __init__(self, width: float, room: float) -> None:
        self._size = width - 2 * _SIDE, room  # one unit of the axes is an inch
        height = room + _BELOW + _ABOVE
        self._picture = LiveFigure((width, height), [(_SIDE, _BELOW, *self._size)])
        self._axis = self._picture.axes[0]
        self._axis.set_axis_off()
        self._title = self._axis.text(
            0, 1 + (_ABOVE - 0.08) / room, "", va="top", fontsize=10, linespacing=1.15,
            parse_math=False, transform=self._axis.transAxes,
        )  # fmt: skip

    def _titled(self, title: str, alt: str) -> Picture:
        self._title.set_text(title)
        self._picture.alt = alt
        return self._picture


class ExampleRow(_Panel):
    """Images side by side, with the activation below each."""

    def __init__(self, width: float, n: int = 8) -> None:
        super().__init__(width, (width - 2 * _SIDE) / n + _WORD)
        self.n = n
        blank = np.ones((1, 1, 3), np.float32)
        self._image = self._axis.imshow(blank, interpolation="nearest")
        self._words = [self._axis.text(0, 0, "", fontsize=8, ha="center") for _ in range(n)]
        self._axis.set(xlim=(0, self._size[0]), ylim=(0, self._size[1]), aspect="auto")
        self._picture.add_content(self._image, *self._words, self._title)

    def draw(self, images: np.ndarray, values: Sequence[str], title: str, alt: str) -> Picture:
        """Return the picture, the same each time, of images (image, row, column, 3)."""
        whole = montage(images, len(images))  # one picture is drawn quicker than many
        rows, columns = whole.shape[:2]
        room, cell = self._size[1] - _WORD, self._size[0] / self.n
        # a pixel is a square, also of images that are higher than wide
        scale = min(room / rows, cell * len(images) / columns)
        self._image.set_data(whole)
        self._image.set_extent((0, scale * columns, self._size[1] - scale * rows, self._size[1]))
        each = images.shape[2] + gap_of(images)
        for at, word in enumerate(self._words):
            word.set_text(values[at] if at < len(images) else "")
            word.set_position(
                (scale * (at * each + images.shape[2] / 2), self._size[1] - scale * rows - 0.14)
            )
        return self._titled(title, alt)


class ExampleList(_Panel):
    """Texts below each other, with the activation before each."""

    def __init__(self, width: float, n: int = 4) -> None:
        super().__init__(width, _LINE * n)
        self.n = n
        self._axis.set(xlim=(0, self._size[0]), ylim=(-n, 0))
        self._lines = [
            [
                self._axis.text(left, -at, "", fontsize=10, va="top", ha=side, parse_math=False)
                for left, side in ((0.45, "right"), (0.55, "left"))
            ]
            for at in range(n)
        ]
        self._picture.add_content(*(text for line in self._lines for text in line), self._title)
        self._letters = int(10.5 * (self._size[0] - 0.55))  # a letter takes time

    def draw(self, words: Sequence[str], values: Sequence[str], title: str, alt: str) -> Picture:
        """Return the picture, the same each time, of texts and activations."""
        for at, (number, text) in enumerate(self._lines):
            shown = at < len(words)
            number.set_text(values[at] if shown else "")
            text.set_text(shortened(words[at], self._letters) if shown else "")
        return self._titled(title, alt)
