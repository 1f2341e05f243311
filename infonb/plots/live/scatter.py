"""Two neurons against each other."""

from __future__ import annotations

import numpy as np

from infonb.plots.live.frame import fit, frame, with_offset
from infonb.plots.live.names import in_words, shortened
from infonb.plots.picture import Picture
from infonb.plots.style import palette

__all__ = ["PairScatter"]

#: So many classes have colours that can be told apart.
_MOST = 10


class PairScatter:
    """The scatter of two neurons, coloured by class; by none, or more than ten: one colour."""

    def __init__(
        self,
        classes: np.ndarray | None = None,
        name: str = "",
        size: tuple[float, float] = (4.6, 3.4),
    ) -> None:
        known = classes is not None and len(classes) <= _MOST
        self._classes = list(classes) if classes is not None and known else None
        self._words = f" coloured by {name}" if known else ""
        names = [shortened(f"{value}", 14) for value in self._classes or []]
        right = 0.35 + 0.08 * max(map(len, [name, *names])) if names else 0.12
        self._picture, self._axis, self._title = frame(size, right=right)
        self._points = [
            self._axis.plot([], [], ".", ms=3, mew=0, color=colour)[0]
            for colour in palette(max(len(names), 1), "layers")
        ]
        if names:
            legend = self._axis.legend(
                self._points, names, title=shortened(name, 14), fontsize=9, title_fontsize=9,
                markerscale=3, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5),
                handletextpad=0.1, borderpad=0.1,
            )  # fmt: skip
            for text in (legend.get_title(), *legend.get_texts()):
                text.set_parse_math(False)
        axes = (self._axis.xaxis, self._axis.yaxis, *self._axis.spines.values())
        self._picture.add_content(*self._points, *axes, self._title)

    def draw(
        self,
        x: np.ndarray,
        y: np.ndarray,
        classes: np.ndarray | None,
        *,
        names: tuple[str, str],
        where: str,
        title: str,
    ) -> Picture:
        """Return the picture, the same each time, of two neurons and classes (sample,)."""
        parts = [slice(None)] if self._classes is None else [classes == c for c in self._classes]
        # many points lie over each other: smaller and paler, so that density shows
        size, alpha = (3, 0.35) if len(x) > 2000 else (4.5, 0.6)
        for points, part in zip(self._points, parts, strict=True):
            points.set_data(x[part], y[part])
            points.set(markersize=size, alpha=alpha)
        self._axis.set(xlim=fit(x), ylim=fit(y))
        self._axis.set_xlabel(with_offset(self._axis.xaxis, names[0]))
        self._axis.set_ylabel(with_offset(self._axis.yaxis, names[1]))
        self._title.set_text(title)
        words = in_words(title)
        self._picture.alt = f"Scatter of {where}, {names[0]} and {names[1]}{self._words}: {words}."
        return self._picture
