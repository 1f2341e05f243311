"""How rates fall as less is known: lines with their intervals, a panel for what is made less."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette
from infonb.validate import check_dim

__all__ = ["plot_rates"]


def plot_rates(
    rates: Mapping[str, xr.DataArray], *, limits: Mapping[str, float] | None = None
) -> Picture:
    """
    Draw rates against what there was of something, with intervals: a panel each.

    Parameters
    ----------
    rates
        What it is, such as ``"samples"`` → dims (rate, number, value=rate, low, high): several
        rates, by name, at each number.
    limits
        Name of a rate → a line that it should not cross.

    Returns
    -------
    Picture
        With the rates at the ends in words as ``alt``.

    Examples
    --------
    >>> values = [[[0.5, 0.3, 0.7], [0.9, 0.8, 1.0]]]
    >>> names = {"rate": ["right"], "number": [10, 100], "value": ["rate", "low", "high"]}
    >>> rates = xr.DataArray(values, names, tuple(names))
    >>> plot_rates({"samples": rates}).alt
    'Rates by samples: right 50 % at 10, 90 % at 100.'
    """
    picture, axes = subplots(1, len(rates), size=(4.6, 3.4), sharey=True)
    words = []
    for axis, (what, table) in zip(axes.flat, rates.items(), strict=True):
        for dim in ("rate", "number", "value"):
            check_dim(dim, table.dims, "rates")
        table = table.transpose("rate", "number", "value").sortby("number")
        numbers = table.number.values
        for colour, rate in zip(palette(table.sizes["rate"], "layers"), table, strict=True):
            name = str(rate.rate.item())
            middle, low, high = (rate.sel(value=one).values for one in ("rate", "low", "high"))
            axis.plot(numbers, middle, marker="o", color=colour, label=name)
            axis.fill_between(numbers, low, high, color=colour, alpha=0.15, linewidth=0)
            if limits and name in limits:
                axis.axhline(limits[name], color=colour, linestyle=":", linewidth=1)
            ends = [f"{middle[at]:.0%} at {numbers[at]}" for at in (0, -1)]
            words.append(f"{name} {', '.join(ends)}".replace("%", " %"))
        axis.set(xscale="log", xlabel=what, ylim=(-0.02, 1.02))
        axis.set_xticks(numbers, [f"{number}" for number in numbers])
        axis.minorticks_off()
        axis.set_yticks(np.linspace(0, 1, 5), [f"{share:.0%}" for share in np.linspace(0, 1, 5)])
    axes.flat[0].set_ylabel("share of pairs")
    axes.flat[0].legend(frameon=False, fontsize=9)
    picture.alt = f"Rates by {' and '.join(rates)}: {'; '.join(words)}."
    return picture
