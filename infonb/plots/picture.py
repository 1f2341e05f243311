"""The figure that all plots return: shown in notebooks as a crisp picture with an alt text."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

__all__ = [
    "Picture",
    "check_array",
    "group_dim",
    "label_of",
    "palette",
    "palette_kind",
    "subplots",
    "with_layer",
]

#: Pixels of the picture per pixel on the page: crisp on dense screens and in print.
SCALE = 2
DPI = 90

SYMBOLS = {"alpha": "α", "beta": "β", "seed": "seed", "epoch": "epoch", "network": "network"}


class Picture(Figure):
    """
    A matplotlib figure that shows itself in Jupyter without pyplot, with words for its content.

    Attributes
    ----------
    alt : str
        What the picture shows, for readers who do not see it.

    Examples
    --------
    >>> picture, axes = subplots(1, 2, alt="two empty panels")
    >>> data, metadata = picture._repr_mimebundle_()
    >>> metadata["image/png"]["alt"]
    'two empty panels'
    """

    alt: str = ""

    def to_png(self) -> bytes:
        """Return the picture as PNG, twice as dense as on the page."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=SCALE * DPI, facecolor="white")
        return buffer.getvalue()

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> tuple[dict, dict]:
        png = self.to_png()
        width, height = (int(np.frombuffer(png[at : at + 4], ">u4")[0]) for at in (16, 20))
        size = {"width": width // SCALE, "height": height // SCALE}
        text = {"text/plain": self.alt or repr(self)}
        data = {"image/png": base64.b64encode(png).decode("ascii"), **text}
        return data, {"image/png": {"alt": self.alt, **size}}


def subplots(
    rows: int = 1,
    columns: int = 1,
    *,
    size: tuple[float, float] = (4.0, 3.2),
    alt: str = "",
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
    options
        As in `matplotlib.figure.Figure.subplots`.

    Examples
    --------
    >>> picture, axes = subplots(2, 3)
    >>> axes.shape
    (2, 3)
    """
    picture = Picture(figsize=(size[0] * columns, size[1] * rows), dpi=DPI, layout="constrained")
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

    Examples
    --------
    >>> len(palette(5, "levels"))
    5
    """
    if kind == "levels":
        from matplotlib import colormaps

        places = np.linspace(0, 0.88, n) if n > 1 else [0.5]
        return [tuple(colormaps["viridis"](place)[:3]) for place in places]
    import seaborn as sns

    return list(sns.color_palette("colorblind", n))


def palette_kind(levels: Sequence[Any]) -> str:
    """
    Return the palette for levels: ordered colours for numbers, distinct ones for names.

    Examples
    --------
    >>> palette_kind([0.0, 0.5]), palette_kind(["baseline", "heuristic"])
    ('levels', 'layers')
    """
    return "layers" if any(isinstance(level, str) for level in levels) else "levels"


def group_dim(values: xr.DataArray, by: str | None, inner: set[str]) -> str | None:
    """
    Return the dimension whose labels are compared: `by`, or the only one that is left.

    Examples
    --------
    >>> values = xr.DataArray(np.zeros((2, 3, 4)), dims=("alpha", "seed", "neuron"))
    >>> group_dim(values, None, {"neuron"})
    'alpha'
    """
    from infonb.validate import check_dim

    if by is not None:
        check_dim(by, values.dims, str(values.name or "array"))
        return by
    left = [str(dim) for dim in values.dims if dim not in inner | {"seed"}]
    if len(left) > 1:
        raise ValueError(f"choose by= among {left}: the {values.name or 'array'} has all of them.")
    return left[0] if left else None


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


def check_array(values: object, what: str) -> None:
    """
    Raise a TypeError unless values are a labelled array.

    Examples
    --------
    >>> check_array(xr.Dataset(), "what infonb.entropy returned")
    Traceback (most recent call last):
        ...
    TypeError: give what infonb.entropy returned, a DataArray; not Dataset.
    """
    if not isinstance(values, xr.DataArray):
        raise TypeError(f"give {what}, a DataArray; not {type(values).__name__}.")


def with_layer(values: xr.DataArray) -> xr.DataArray:
    """
    Return values with the dimension ``layer``, also of a single layer that was selected.

    Examples
    --------
    >>> with_layer(xr.DataArray([1.0], dims=("neuron",))).dims
    ('layer', 'neuron')
    """
    if "layer" in values.dims:
        return values
    values = values.drop_vars("width", errors="ignore")
    return values.expand_dims("layer" if "layer" in values.coords else {"layer": ["all neurons"]})
