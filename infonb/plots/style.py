"""Colours and words that all figures share, and what they ask of the arrays that they draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["check_array", "group_dim", "label_of", "palette", "palette_kind", "with_layer"]

#: seaborn's "colorblind". Written here because loading seaborn takes longer than most drawings.
_COLOURBLIND = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc",
    "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9",
)  # fmt: skip

SYMBOLS = {"alpha": "α", "beta": "β", "seed": "seed", "epoch": "epoch", "network": "network"}


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
    """Return the palette for levels: ordered colours for numbers, distinct ones for names."""
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
    width = values.coords.get("width")
    values = values.drop_vars("width", errors="ignore")
    values = values.expand_dims("layer" if "layer" in values.coords else {"layer": ["all neurons"]})
    return values if width is None else values.assign_coords(width=width.expand_dims("layer"))
