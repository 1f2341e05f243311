"""Two neurons against each other."""

from __future__ import annotations

import numpy as np

from infonb.plots.live.frame import fit, frame, with_offset
from infonb.plots.live.names import in_words, shortened
from infonb.plots.style import Picture, palette

__all__ = ["PairScatter"]

#: So many classes have colours that can be told apart.
_MOST = 10


class PairScatter:
    """
    The scatter of two neurons over the same samples, coloured by class.

    Parameters
    ----------
    classes
        The different classes; None, or more than ten: one colour for all samples.
    name
        What the classes are.
    size
        Width and height in inches.

    Examples
    --------
    >>> scatter = PairScatter(np.array([0, 1]), "label")
    >>> picture = scatter.draw(
    ...     np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.0, 0.5]), np.array([0, 1, 1]),
    ...     names=("neuron 0", "neuron 1"), where="fc1", title="I = 0.10 nat",
    ... )
    >>> picture.alt
    'Scatter of fc1, neuron 0 and neuron 1 coloured by label: I = 0.10 nat.'
    """

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
        """
        Return the picture of another pair; it is the same object each time.

        Parameters
        ----------
        x, y
            Activations, shape (sample,).
        classes
            Of the samples, shape (sample,); None without classes.
        names
            Of the two neurons.
        where
            Of which layer they are, for the alt text.
        title
            What was measured.
        """
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
