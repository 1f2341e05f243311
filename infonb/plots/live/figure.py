"""A picture for live controls: of three parts, each drawn again only when it has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from infonb.plots.picture import DPI, SCALE, Picture, encode_png

__all__ = ["LiveFigure"]


class LiveFigure(Picture):
    """
    A picture whose frame is drawn once, and whose content is drawn over it anew.

    Ticks and words take most of the time of a drawing. A copy is kept of the parts that have not
    changed, and the rest is drawn over it:

    - **frame**: whatever is drawn on the figure as usual, such as axes, their limits and words.
      It is drawn once, and again only when `frame_depends` is told of another key.
    - **ground**: above the frame, what changes seldom. `ground` draws it for each new key.
    - **content**: above both, what changes with every drawing. Either new artists replace those
      before them, ``with picture.content():``, or the same artists get other values, once they are
      named in `add_content`.

    Parameters
    ----------
    size
        Width and height in inches.
    boxes
        For each axes (left, bottom, width, height) in inches. No layout is computed: measuring all
        words takes longer than the drawing.

    Examples
    --------
    >>> picture = LiveFigure((4, 3), [(0.6, 0.5, 3.2, 2.3)])
    >>> axis = picture.axes[0]
    >>> _ = axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="x")
    >>> for height in (0.2, 0.8):
    ...     with picture.content():
    ...         _ = axis.plot([0, 1], [0, height])
    ...     png = picture.to_png()
    >>> len(axis.lines)
    1

    The same with a line that stays:

    >>> picture = LiveFigure((4, 3), [(0.6, 0.5, 3.2, 2.3)])
    >>> (line,) = picture.axes[0].plot([0, 1], [0, 0])
    >>> picture.add_content(line)
    >>> for height in (0.2, 0.8):
    ...     line.set_ydata([0, height])
    ...     png = picture.to_png()
    """

    def __init__(
        self,
        size: tuple[float, float] = (4.0, 3.2),
        boxes: Sequence[tuple[float, float, float, float]] = (),
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        super().__init__(figsize=size, dpi=SCALE * DPI, facecolor="white")
        FigureCanvasAgg(self)
        width, height = size
        for left, bottom, wide, high in boxes:
            place = (left / width, bottom / height, wide / width, high / height)
            axis = self.add_axes(place)
            axis.set_autoscale_on(False)
            axis.spines[["top", "right"]].set_visible(False)
            axis.tick_params(labelsize=9.5)
        self._keys: dict[str, Hashable] = {}
        self._parts: dict[str, list[Any]] = {"ground": [], "content": []}
        self._kept: list[Any] = []
        self._copies: dict[str, Any] = {}

    def frame_depends(self, *key: Hashable) -> None:
        """Say on what the frame depends: it is drawn again if that is not what it was."""
        if self._keys.get("frame") != key:
            self._keys["frame"] = key
            self._copies.clear()

    def ground(self, key: Hashable, draw: Callable[[], object]) -> None:
        """Call `draw` to replace what is below the content, unless it is there: it has this key."""
        if self._parts["ground"] and self._keys.get("ground") == key:
            return
        self._keys["ground"] = key
        self._copies.pop("ground", None)
        with self._replacing("ground"):
            draw()

    def content(self) -> AbstractContextManager[None]:
        """Remove the content that was drawn so; what is drawn in the block is the new one."""
        return self._replacing("content")

    def add_content(self, *artists: Any) -> None:
        """Say which artists are content for good: given other values, they need no new frame."""
        for artist in artists:
            artist.set_animated(True)  # matplotlib leaves it out of the frame
        self._kept += artists

    @contextmanager
    def _replacing(self, part: str) -> Iterator[None]:
        for artist in self._parts[part]:
            artist.remove()
        self._parts[part] = []
        before = [child for axis in self.axes for child in axis.get_children()]
        known = set(map(id, before))
        yield
        drawn = [child for axis in self.axes for child in axis.get_children()]
        self._parts[part] = [child for child in drawn if id(child) not in known]
        for artist in self._parts[part]:
            artist.set_animated(True)  # left out of the frame, but in when the figure is saved

    def to_png(self, compress_level: int = 6) -> bytes:
        """Return the picture as PNG, twice as dense as on the page; level 1 is quickest."""
        canvas: Any = self.canvas
        if "frame" not in self._copies:
            canvas.draw()
            self._copies = {"frame": canvas.copy_from_bbox(self.bbox)}
        if "ground" not in self._copies:
            canvas.restore_region(self._copies["frame"])
            self._draw(self._parts["ground"])
            some = bool(self._parts["ground"])
            self._copies["ground"] = (
                canvas.copy_from_bbox(self.bbox) if some else self._copies["frame"]
            )
        canvas.restore_region(self._copies["ground"])
        self._draw([*self._kept, *self._parts["content"]])
        return encode_png(np.asarray(canvas.buffer_rgba()), compress_level)

    def _draw(self, artists: Sequence[Any]) -> None:
        canvas: Any = self.canvas
        for artist in sorted(artists, key=lambda one: one.get_zorder()):
            artist.draw(canvas.get_renderer())
