"""Densities of mutual information, in the colour of a number that is known of each network."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import PAIR_DIMS, check_array, group_dim, without_diagonal
from infonb.measures import mixture_density
from infonb.plots.labels import add_legend
from infonb.plots.narrow import with_narrow
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of
from infonb.validate import check_dim, check_number

__all__ = ["plot_information_by"]

#: Levels of one first word, such as raw and scrubbed, have one style of line.
_STYLES = ("-", "--", ":", "-.")


@with_narrow
def plot_information_by(
    information: xr.DataArray, number: xr.DataArray, *, by: str | None = None, components: int = 3,
    width: float | None = None,
) -> Picture:  # fmt: skip
    """
    Draw how mutual information is distributed, each level in the colour of a number of it.

    Parameters
    ----------
    information
        What `infonb.mutual_information` returned: dims (level[, seed], layer, neuron, ...). Pairs
        of all seeds and layers go into one density; a neuron with itself is left out.
    number
        What is known of each level besides, (level[, seed]), such as how far a label compresses;
        of several seeds the mean is taken. Its attribute ``long_name`` stands at the colour bar.
    by
        The dimension of the levels; needed only if there are several candidates.
    components
        Of the Gaussian mixture, see `infonb.mixture_density`.
    width
        Of the picture, in inches; words keep their size. None: 6.8.

    Returns
    -------
    Picture
        A curve for each level, with its median as a tick on the axis; levels whose names begin with
        the same word have one style of line. A colour bar says which number has which colour.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), Figure 4.

    Examples
    --------
    >>> import infonb as inb
    >>> acts = inb.from_arrays({"fc1": np.random.default_rng(0).normal(size=(60, 6))})
    >>> one = inb.mutual_information(acts)
    >>> runs = xr.concat([one, one + 0.1], xr.Variable("alpha", [0, 1]))
    >>> known = xr.DataArray([1.0, 1.5], {"alpha": [0, 1]}, attrs={"long_name": "compression"})
    >>> plot_information_by(runs, known).alt.split(".")[0]
    'Densities of the mutual information of neuron pairs, coloured by compression'
    """
    check_array(information, "what infonb.mutual_information returned")
    check_dim("other_neuron", information.dims, "information")
    by = group_dim(information, by, set(PAIR_DIMS))
    check_dim(str(by), number.dims, "number")
    known = number.mean([dim for dim in number.dims if dim != by]).sel({by: information[by]})
    levels = information[by].values.tolist()
    values = without_diagonal(information)
    dims = [dim for dim in (*PAIR_DIMS, "seed") if dim in values.dims]
    density = mixture_density(values, components=components, points=1024, dim=dims)
    picture, axes = subplots(size=(_width(width), 4.2))
    axis, what = axes[0, 0], str(number.attrs.get("long_name", number.name or "number"))
    scale = _colours(known.values)
    styles = _styles([label_of(by, level) for level in levels])
    handles, names, words = [], [], []
    for level, value, style in zip(levels, known.values, styles, strict=True):
        y, colour = density.sel({by: level}).values, scale.to_rgba(value)
        axis.fill_between(density["value"].values, y, alpha=0.08, color=colour, linewidth=0)
        handles += axis.plot(density["value"].values, y, style, color=colour, linewidth=2)
        middle = float(values.sel({by: level}).median())
        axis.plot([middle], [0], marker="|", ms=14, mew=2.5, color=colour, clip_on=False)
        names.append(label_of(by, level))
        words.append(f"{names[-1]} {middle:.2f} at {value:.2f}")
    _limits(axis, values, density)
    units = information.attrs.get("units", "nat")
    axis.set_xlabel(f"mutual information of a pair of neurons ({units})")
    axis.set_ylabel("density of neuron pairs")
    picture.colorbar(scale, ax=axis, label=what, shrink=0.9, pad=0.02)
    add_legend(picture, handles, names)
    picture.alt = (
        f"Densities of the mutual information of neuron pairs, coloured by {what}. Medians "
        f"({units}): {'; '.join(words)}."
    )
    return picture


def _width(width: float | None) -> float:
    return 6.8 if width is None else check_number("width", width, 3.0, 30.0)


def _colours(values: np.ndarray) -> Any:
    """Return the scale of viridis from the least to the largest number, but for its yellow."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if high - low < 1e-9:
        low, high = low - 0.05, high + 0.05
    shades = ListedColormap(colormaps["viridis"](np.linspace(0, 0.88, 256)))
    return ScalarMappable(Normalize(low, high), shades)


def _styles(names: list[str]) -> list[str]:
    firsts = list(dict.fromkeys(name.split(" ")[0] for name in names))
    if len(firsts) == len(names):
        return [_STYLES[0]] * len(names)
    return [_STYLES[firsts.index(name.split(" ")[0]) % len(_STYLES)] for name in names]


def _limits(axis: Any, values: xr.DataArray, density: xr.DataArray) -> None:
    low, high = np.nanquantile(values.values, [0.001, 0.998])
    margin = 0.08 * (high - low) + 1e-3
    axis.set(xlim=(low - margin, high + margin), ylim=(0, 1.05 * float(density.max())))
