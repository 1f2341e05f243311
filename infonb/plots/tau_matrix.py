"""How alike several rulers order the same things: Kendall's τ of all pairs as a triangle."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.narrow import with_narrow
from infonb.plots.picture import DPI, Picture
from infonb.plots.ruler_names import ruler_words

__all__ = ["in_triangle", "plot_tau_matrix"]

#: Inches of a letter of a name, of the tallest row, and beside and above the cells of a panel.
_LETTER, _ROW, _SIDE, _TITLE = 0.082, 0.36, 0.06, 0.3
#: Inches of a picture of several panels.
_WIDTH = 10.2
#: From so many rulers on panels stand two in a row: in three the numbers would be too small.
_MANY = 8


@with_narrow
def plot_tau_matrix(found: xr.Dataset, *, width: float | None = None) -> Picture:
    """
    Draw how alike rulers order the same things: Kendall's τ of each pair, a panel for each group.

    Parameters
    ----------
    found
        Of `infonb.memorization.agreement`: ``tau`` (reading, other_reading), or any other dim
        beside that with ``other_`` before its name, such as (ruler, other_ruler); perhaps one more
        dim, whose labels are the panels. ``interval`` with a dim ``bound``, of labels ``low`` and
        ``high``, if it is known. τ has no unit: 1 is the same order, −1 the opposite one.
    width
        Of the picture in inches; below 7 the panels stand one below the other. None: 10.2, of a
        single panel about half of that.

    Returns
    -------
    Picture
        Each name stands once, at the end of its row and on top of its column. Hatched cells have an
        interval that holds 0: the sign cannot be told. A dash: τ is not defined, as of a ruler that
        is not there or says the same of all.

    Raises
    ------
    ValueError
        If there is no such pair of dims, or there are several other ones.

    References
    ----------
    Kendall (1945), The treatment of ties in ranking problems, Biometrika 33, 239: τ-b.

    Examples
    --------
    >>> names = ["in_out", "loss"]
    >>> found = xr.Dataset(
    ...     {"tau": (("ruler", "other_ruler"), [[1.0, 0.6], [0.6, 1.0]]),
    ...      "interval": (("ruler", "other_ruler", "bound"), [[[1, 1], [0.5, 0.7]]] * 2)},
    ...     {"ruler": names, "other_ruler": names, "bound": ["low", "high"]})
    >>> plot_tau_matrix(found).alt
    "Kendall's τ of 2 rulers, highest first: in/out and loss 0.60."
    """
    dim, panels = _dims_of(found["tau"])
    names = [ruler_words(name) for name in found[dim].values]
    groups = found[panels].values.tolist() if panels else [None]
    width = width or (_WIDTH if len(groups) > 1 else 0.6 * _WIDTH)
    columns = 1 if width < 7 else min(len(groups), 3 if len(names) < _MANY else 2)
    rows, across = -(-len(groups) // columns), width / columns
    cell = _cell(names, across - 2 * _SIDE)
    above = _TITLE if panels else _SIDE
    each = above + (len(names) - 0.5) * min(cell, _ROW)
    picture = Picture(figsize=(width, rows * each + 0.4), dpi=DPI)
    said = []
    for at, group in enumerate(groups):
        row, column = divmod(at, columns)
        box = (column * across + _SIDE, picture.get_figheight() - (row + 1) * each,
               across - 2 * _SIDE, each - above)  # fmt: skip
        axis = _axis(picture, box)
        one = found.sel({panels: group}) if panels else found
        tau = one["tau"].transpose(dim, f"other_{dim}").values
        unsure = _unsure(one, dim)
        in_triangle(axis, tau, unsure, names, cell, min(9.0, 31 * cell))
        if panels:
            axis.set_title(f"{group}", fontsize=11, loc="left", fontweight="bold", parse_math=False)
        said.append((f"{group}: " if panels else "") + _told(tau, unsure, names))
    _legend(picture)
    few = f"Kendall's τ of {len(names)} rulers, highest first"
    picture.alt = f"{few}: {said[0]}." if not panels else f"{few}. {'; '.join(said)}."
    return picture


def _dims_of(tau: xr.DataArray) -> tuple[str, str | None]:
    """Return the dim of the rulers, and that of the panels if there is one."""
    pairs = [str(dim) for dim in tau.dims if f"other_{dim}" in tau.dims]
    if len(pairs) != 1:
        raise ValueError(
            f"tau must have two dims like ruler and other_ruler; it has {tau.dims}. "
            "infonb.memorization.agreement returns such ones."
        )
    rest = [str(dim) for dim in tau.dims if dim not in (pairs[0], f"other_{pairs[0]}")]
    if len(rest) > 1:
        raise ValueError(f"one dim can be panels; tau has {rest}. Choose one label with .sel.")
    return pairs[0], rest[0] if rest else None


def _unsure(one: xr.Dataset, dim: str) -> np.ndarray:
    """Return where the interval holds 0, (ruler, other_ruler); nowhere if there is none."""
    if "interval" not in one:
        return np.zeros((one.sizes[dim],) * 2, bool)
    ends = one["interval"].transpose("bound", dim, f"other_{dim}")
    low, high = (ends.sel(bound=end).values for end in ("low", "high"))
    return ~((low > 0) | (high < 0))


def _cell(names: list[str], across: float) -> float:
    """Return how wide a cell can be, in inches, such that each name has room behind its row."""
    rooms = [(across - _LETTER * len(name)) / max(at + 0.2, 1) for at, name in enumerate(names)]
    return max(min([*rooms, 0.75]), 0.15)


def _axis(picture: Picture, box: tuple[float, float, float, float]) -> Any:
    """Return axes at a place in inches."""
    width, height = picture.get_size_inches()
    left, bottom, across, up = box
    return picture.add_axes((left / width, bottom / height, across / width, up / height))


def in_triangle(
    axis: Any, tau: np.ndarray, unsure: np.ndarray, names: list[str], cell: float, size: float
) -> None:
    """Draw τ below the diagonal, each name on it; (ruler, other_ruler), cells in inches."""
    from matplotlib import colormaps
    from matplotlib.collections import PolyCollection

    n, across = len(names), axis.get_position().width * axis.figure.get_figwidth()
    axis.set(xlim=(-0.5, across / cell - 0.5), ylim=(n - 0.5, 0.0))
    axis.set_axis_off()
    map_ = colormaps["PuOr_r"]
    below = [(i, j) for i in range(n) for j in range(i)]
    corners = np.array([(-0.48, -0.46), (0.48, -0.46), (0.48, 0.46), (-0.48, 0.46)])
    known = [(i, j) for i, j in below if np.isfinite(tau[i, j])]
    for some, hatch in (([p for p in known if not unsure[p]], ""),
                        ([p for p in known if unsure[p]], "////")):  # fmt: skip
        colours = [map_(0.5 + 0.5 * tau[place]) for place in some]
        axis.add_collection(PolyCollection(
            [corners + np.array([j, i]) for i, j in some], facecolors=colours, hatch=hatch or None,
            edgecolors="0.8" if hatch else "white", linewidths=0.0,
        ))  # fmt: skip
    for i, j in below:
        there = np.isfinite(tau[i, j])
        dark = there and abs(tau[i, j]) > 0.62
        axis.text(j, i, _short(tau[i, j]) if there else "–", ha="center", va="center",
                  fontsize=size, color="white" if dark else "0.1")  # fmt: skip
    for at, name in enumerate(names):
        axis.text(at - 0.42, at + 0.05 if at else 0.3, name, va="center", fontsize=max(size, 8.5),
                  parse_math=False)  # fmt: skip


def _short(tau: float) -> str:
    """Return τ with two digits and no zero before the point: cells are small."""
    words = f"{abs(tau):.2f}".removeprefix("0")
    return f"−{words}" if tau < 0 and words.strip(".0") else words


def _legend(picture: Picture) -> None:
    from matplotlib.patches import Patch

    hatched = Patch(facecolor="0.93", edgecolor="0.6", hatch="////", lw=0)
    picture.legend(
        [hatched], ["the interval holds 0: cannot tell"], loc="lower left", frameon=False,
        fontsize=9, borderaxespad=0.2, handleheight=1.2,
    )  # fmt: skip


def _told(tau: np.ndarray, unsure: np.ndarray, names: list[str]) -> str:
    """Return the pairs of highest τ in words, and how many cannot be told from 0."""
    i, j = np.tril_indices(len(names), -1)
    known = np.isfinite(tau[i, j])
    i, j = i[known], j[known]
    order = np.argsort(-tau[i, j], kind="stable")[:3]
    pairs = ", ".join(
        f"{names[j[at]]} and {names[i[at]]} {tau[i[at], j[at]]:.2f}".replace(" -", " −")
        for at in order
    )
    doubt = int(unsure[i, j].sum())
    less = f"; {doubt} of {i.size} pairs cannot be told from 0" if doubt else ""
    return (pairs or "no pair has a τ") + less
