"""A picture whose axes and words are drawn once, and whose content is drawn over them anew."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from infonb.plots.picture import DPI, SCALE, Picture, encode_png

__all__ = ["FramedPicture"]


class FramedPicture(Picture):
    """
    A picture for live controls: the frame stays, the content is replaced.

    Ticks and words take most of the time of a drawing. Here they are drawn once; each new content
    is drawn over a copy of them.

    Parameters
    ----------
    size
        Width and height in inches.
    boxes
        For each axes (left, bottom, width, height) in inches: no layout is computed.

    Notes
    -----
    What is drawn inside ``with picture.content():`` replaces what was drawn in such a block before.
    `ground` is for what changes less often: it is drawn below the content, and only if its key is
    another one than before. The limits of the axes are part of the frame, so set them first.

    Examples
    --------
    >>> picture = FramedPicture((4, 3), [(0.6, 0.5, 3.2, 2.3)])
    >>> axis = picture.axes[0]
    >>> _ = axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="x")
    >>> for height in (0.2, 0.8):
    ...     with picture.content():
    ...         _ = axis.plot([0, 1], [0, height])
    ...     png = picture.to_png()
    >>> len(axis.lines)
    1
    """

    def __init__(
        self,
        size: tuple[float, float] = (4.0, 3.2),
        boxes: Sequence[tuple[float, float, float, float]] = (),
        **options: Any,
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        super().__init__(figsize=size, dpi=SCALE * DPI, facecolor="white", **options)
        FigureCanvasAgg(self)
        width, height = size
        for left, bottom, wide, high in boxes:
            place = (left / width, bottom / height, wide / width, high / height)
            axis = self.add_axes(place)
            axis.set_autoscale_on(False)
            axis.spines[["top", "right"]].set_visible(False)
            axis.tick_params(labelsize=9.5)
        self._key: Hashable = None
        self._parts: dict[str, list[Any]] = {"ground": [], "content": []}
        self._still: dict[str, Any] = {}

    def ground(self, key: Hashable, draw: Callable[[], object]) -> None:
        """Call `draw` to replace what is below the content, unless it is there: it has this key."""
        if self._key == key and self._parts["ground"]:
            return
        self._key = key
        self._still.pop("ground", None)
        with self._replacing("ground"):
            draw()

    def content(self) -> AbstractContextManager[None]:
        """Remove the content that is there; what is drawn in the block is the new one."""
        return self._replacing("content")

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
        if "frame" not in self._still:
            canvas.draw()
            self._still["frame"] = canvas.copy_from_bbox(self.bbox)
        if "ground" not in self._still:
            canvas.restore_region(self._still["frame"])
            self._draw_part("ground")
            self._still["ground"] = canvas.copy_from_bbox(self.bbox)
        canvas.restore_region(self._still["ground"])
        self._draw_part("content")
        return encode_png(np.asarray(canvas.buffer_rgba()), compress_level)

    def _draw_part(self, part: str) -> None:
        canvas: Any = self.canvas
        for artist in sorted(self._parts[part], key=lambda one: one.get_zorder()):
            artist.draw(canvas.get_renderer())
