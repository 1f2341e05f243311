"""The figure that all plots return: shown in notebooks as a crisp picture with an alt text."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

__all__ = [
    "NARROW_PNG", "Picture", "encode_png", "join_pngs", "png_bundle", "png_size", "subplots",
]  # fmt: skip

#: Pixels of the picture per pixel on the page: crisp on dense screens and in print.
SCALE = 2
DPI = 90

#: Kind of the output that a page shows on narrow screens; notebooks do not know it.
NARROW_PNG = "image/vnd.infonb.narrow+png"


class Picture(Figure):
    """
    A matplotlib figure that shows itself in Jupyter without pyplot, with words for its content.

    Attributes
    ----------
    alt : str
        What the picture shows, for readers who do not see it.
    cursor : tuple of float, optional
        Data coordinates (x, y) of what is marked as chosen, if something is; the arrow keys of a
        live picture go on from there.
    narrow : callable, optional
        Returns the same picture for narrow screens; pages show it there.

    Examples
    --------
    >>> picture, axes = subplots(1, 2, alt="two empty panels")
    >>> data, metadata = picture._repr_mimebundle_()
    >>> metadata["image/png"]["alt"]
    'two empty panels'
    """

    alt: str = ""
    cursor: tuple[float, float] | None = None
    narrow: Callable[[], Picture] | None = None

    def to_png(self, compress_level: int = 6) -> bytes:
        """Return the picture as PNG, twice as dense as on the page; level 1 is quickest."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.layout_engine import PlaceHolderLayoutEngine

        canvas = self.canvas if isinstance(self.canvas, FigureCanvasAgg) else FigureCanvasAgg(self)
        before, engine = self.get_dpi(), self.get_layout_engine()
        self.set_dpi(SCALE * DPI)
        try:
            # places are known only after a drawing; "none" leaves an engine that places nothing
            if not isinstance(engine, PlaceHolderLayoutEngine | None):
                self.draw_without_rendering()
                if self._stay_in_place():  # to find them once more takes a fifth of the time
                    self.set_layout_engine("none")
            canvas.draw()
            return encode_png(np.asarray(canvas.buffer_rgba()), compress_level)
        finally:
            self.set_dpi(before)
            if engine is not self.get_layout_engine():
                self.set_layout_engine(engine)

    def _stay_in_place(self) -> bool:
        """Whether panels stay where they are placed: those of a fixed shape move once more."""
        return all(
            axis.get_aspect() == "auto" and axis.get_box_aspect() is None for axis in self.axes
        )

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = png_bundle(self.to_png(), self.alt)
        if self.narrow is not None:
            narrow, about = png_bundle(self.narrow().to_png(), self.alt)
            data[NARROW_PNG], metadata[NARROW_PNG] = narrow["image/png"], about["image/png"]
        return data, metadata


def encode_png(pixels: np.ndarray, compress_level: int = 6) -> bytes:
    """
    Return pixels uint8 (row, column, 3 or 4) as PNG without filters, and without transparency.

    Of figures in half the time and fewer bytes than with filters.
    W3C, Portable Network Graphics Specification, chapters 5 and 11.
    """
    rows, columns = pixels.shape[:2]
    lines = np.zeros((rows, 1 + 3 * columns), np.uint8)  # each starts with its filter: 0, none
    for channel in range(3):  # four times as quick as all at once
        lines[:, 1 + channel :: 3] = pixels[..., channel]
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)),  # 8 bit, RGB
        (b"IDAT", zlib.compress(lines.tobytes(), compress_level)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def png_size(png: bytes) -> tuple[int, int]:
    """Return the width and height that a PNG of a picture has on the page, in pixels."""
    width, height = (int(np.frombuffer(png[at : at + 4], ">u4")[0]) for at in (16, 20))
    return width // SCALE, height // SCALE


def png_bundle(png: bytes, alt: str) -> tuple[dict, dict]:
    """Return data and metadata with which Jupyter shows a PNG at its size, with its alt text."""
    width, height = png_size(png)
    data = {"image/png": base64.b64encode(png).decode("ascii"), "text/plain": alt or "a picture"}
    return data, {"image/png": {"alt": alt, "width": width, "height": height}}


def join_pngs(pngs: Sequence[bytes], columns: int) -> bytes:
    """Return pictures as one PNG, row by row from the left."""
    if len(pngs) == 1:
        return pngs[0]
    from PIL import Image

    images = [Image.open(io.BytesIO(png)) for png in pngs]
    rows = [images[at : at + columns] for at in range(0, len(images), columns)]
    size = (
        max(sum(image.width for image in row) for row in rows),
        sum(max(image.height for image in row) for row in rows),
    )
    whole = Image.new("RGB", size, "white")
    top = 0
    for row in rows:
        left = 0
        for image in row:
            whole.paste(image, (left, top))
            left += image.width
        top += max(image.height for image in row)
    return encode_png(np.asarray(whole))


def subplots(
    rows: int = 1,
    columns: int = 1,
    *,
    size: tuple[float, float] = (4.0, 3.2),
    alt: str = "",
    margins: Mapping[str, float] | None = None,
    **options: Any,
) -> tuple[Picture, np.ndarray]:
    """
    Return a picture and its axes, shape (rows, columns).

    Parameters
    ----------
    rows, columns
        Number of panels.
    size
        Width and height of one panel in inches.
    alt
        What the picture shows, in words.
    margins
        As in `matplotlib.figure.Figure.subplots_adjust`; None: from the sizes of all words, which
        takes longer than the drawing.
    options
        As in `matplotlib.figure.Figure.subplots`.

    Examples
    --------
    >>> picture, axes = subplots(2, 3)
    >>> axes.shape
    (2, 3)
    """
    figsize = (size[0] * columns, size[1] * rows)
    picture = Picture(figsize=figsize, dpi=DPI, layout=None if margins else "constrained")
    if margins:
        picture.subplots_adjust(**margins)
    picture.alt = alt
    axes = picture.subplots(rows, columns, squeeze=False, **options)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=10)
    return picture, axes
