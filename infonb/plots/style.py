"""The figure that all plots return: shown in notebooks as a crisp picture with an alt text."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

__all__ = [
    "Picture",
    "encode_png",
    "join_pngs",
    "label_of",
    "palette",
    "palette_kind",
    "png_bundle",
    "png_size",
    "subplots",
]

#: Pixels of the picture per pixel on the page: crisp on dense screens and in print.
SCALE = 2
DPI = 90

#: seaborn's "colorblind". Written here because loading seaborn takes longer than most drawings.
_COLOURBLIND = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc",
    "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9",
)  # fmt: skip

SYMBOLS = {"alpha": "α", "beta": "β", "seed": "seed", "epoch": "epoch", "network": "network"}


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

    Examples
    --------
    >>> picture, axes = subplots(1, 2, alt="two empty panels")
    >>> data, metadata = picture._repr_mimebundle_()
    >>> metadata["image/png"]["alt"]
    'two empty panels'
    """

    alt: str = ""
    cursor: tuple[float, float] | None = None

    def to_png(self, compress_level: int = 6) -> bytes:
        """
        Return the picture as PNG, twice as dense as on the page.

        Parameters
        ----------
        compress_level
            1 is quickest, for live controls; 9 gives the fewest bytes.
        """
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.layout_engine import PlaceHolderLayoutEngine

        canvas = self.canvas if isinstance(self.canvas, FigureCanvasAgg) else FigureCanvasAgg(self)
        before = self.get_dpi()
        self.set_dpi(SCALE * DPI)
        try:
            # places are known only after a drawing; "none" leaves an engine that places nothing
            if not isinstance(self.get_layout_engine(), PlaceHolderLayoutEngine | None):
                self.draw_without_rendering()
            canvas.draw()
            return encode_png(np.asarray(canvas.buffer_rgba()), compress_level)
        finally:
            self.set_dpi(before)

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> tuple[dict, dict]:
        return png_bundle(self.to_png(), self.alt)


def encode_png(pixels: np.ndarray, compress_level: int = 6) -> bytes:
    """
    Return pixels as PNG without filters: of figures in half the time and fewer bytes than with.

    Parameters
    ----------
    pixels
        uint8, shape (row, column, 3 or 4); transparency is left out.
    compress_level
        1 is quickest, 9 gives the fewest bytes.

    References
    ----------
    W3C, Portable Network Graphics Specification, chapters 5 and 11.

    Examples
    --------
    >>> from PIL import Image
    >>> png = encode_png(np.full((2, 3, 3), 200, np.uint8))
    >>> Image.open(io.BytesIO(png)).getpixel((2, 1))
    (200, 200, 200)
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
    """
    Return the width and height that a PNG of a picture has on the page, in pixels.

    Examples
    --------
    >>> png_size(subplots(size=(4, 3))[0].to_png())
    (360, 270)
    """
    width, height = (int(np.frombuffer(png[at : at + 4], ">u4")[0]) for at in (16, 20))
    return width // SCALE, height // SCALE


def png_bundle(png: bytes, alt: str) -> tuple[dict, dict]:
    """
    Return data and metadata with which Jupyter shows a PNG at its size, with its alt text.

    Examples
    --------
    >>> png_bundle(subplots()[0].to_png(), "an empty panel")[1]["image/png"]["alt"]
    'an empty panel'
    """
    width, height = png_size(png)
    data = {"image/png": base64.b64encode(png).decode("ascii"), "text/plain": alt or "a picture"}
    return data, {"image/png": {"alt": alt, "width": width, "height": height}}


def join_pngs(pngs: Sequence[bytes], columns: int) -> bytes:
    """
    Return pictures as one, row by row from the left.

    Examples
    --------
    >>> one = subplots(size=(4, 3))[0].to_png()
    >>> png_size(join_pngs([one, one, one], columns=2))
    (720, 540)
    """
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


def palette(n: int, kind: str) -> list:
    """
    Return colours that colour-blind readers can tell: ``"levels"`` ordered, ``"layers"`` distinct.

    Levels take viridis from end to end, but for the yellow that is too pale for a line on white.
    Layers take the ten colours of seaborn's palette "colorblind", again from the first if need be.

    References
    ----------
    Waskom (2021), seaborn: statistical data visualization, Journal of Open Source Software 6, 3021.

    Examples
    --------
    >>> len(palette(5, "levels"))
    5
    """
    if kind == "levels":
        from matplotlib import colormaps

        places = np.linspace(0, 0.88, n) if n > 1 else [0.5]
        return [tuple(colormaps["viridis"](place)[:3]) for place in places]
    from matplotlib.colors import to_rgb

    return [to_rgb(_COLOURBLIND[at % len(_COLOURBLIND)]) for at in range(n)]


def palette_kind(levels: Sequence[Any]) -> str:
    """
    Return the palette for levels: ordered colours for numbers, distinct ones for names.

    Examples
    --------
    >>> palette_kind([0.0, 0.5]), palette_kind(["baseline", "heuristic"])
    ('levels', 'layers')
    """
    return "layers" if any(isinstance(level, str) for level in levels) else "levels"


def label_of(dim: str | None, value: Any = None) -> str:
    """
    Return a dimension, or one of its labels, as words for a figure.

    Examples
    --------
    >>> label_of("alpha"), label_of("alpha", 0.5), label_of("network", "baseline")
    ('α', 'α = 0.5', 'baseline')
    """
    name = SYMBOLS.get(str(dim), str(dim))
    if value is None:
        return name
    return str(value) if isinstance(value, str) else f"{name} = {value:g}"
