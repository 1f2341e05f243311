"""How well readings rank samples, with intervals and what chance would do."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from infonb.plots.picture import Picture, subplots

__all__ = ["plot_readings"]


def plot_readings(tables: Mapping[str, xr.Dataset]) -> Picture:
    """
    Draw how well each reading ranks samples: a panel for each table, a row for each reading.

    Parameters
    ----------
    tables
        What is ranked → a table (reading), as of `infonb.memorization.rank_readings`.

    Returns
    -------
    Picture
        Points with their intervals; grey: where chance lies.

    Raises
    ------
    ValueError
        If there is no table.

    Examples
    --------
    >>> import numpy as np
    >>> from infonb.memorization import rank_readings
    >>> mem = xr.DataArray(np.arange(20.0), dims="sample")
    >>> plot_readings({"mem": rank_readings({"loss": mem ** 2}, mem)}).alt
    'How readings rank: mem (Spearman): loss 1.00.'
    """
    if not tables:
        raise ValueError("there is no table to draw: tables is empty.")
    names = list(dict.fromkeys(str(one) for t in tables.values() for one in t.reading.values))
    picture, axes = subplots(1, len(tables), size=(10.0 / max(2, len(tables)), 1), sharey=True)
    picture.set_figheight(0.33 * len(names) + 1.1)
    told = []
    for axis, (title, table) in zip(axes.flat, tables.items(), strict=True):
        statistic, chance = table.attrs["statistic"], table.attrs["chance"]
        said = []
        for name in table.reading.values.tolist():
            one, row = table.sel(reading=name), names.index(name)
            axis.barh(row, one.null_interval.values[1] - one.null_interval.values[0], 0.7,
                      one.null_interval.values[0], color="0.85", zorder=0)  # fmt: skip
            axis.plot(one.interval.values, [row, row], color="#0173b2", lw=2)
            axis.plot(float(one.value), row, "o", color="#0173b2", ms=6)
            said.append(f"{name} {float(one.value):.2f}")
        axis.axvline(chance, color="0.5", lw=1, ls=":")
        axis.set_title(title, fontsize=10, loc="left")
        axis.set_xlabel({"AUROC": "AUROC", "Spearman": "Spearman's ρ"}[statistic], fontsize=10)
        axis.set_xlim(None, 1.03)
        told.append(f"{title} ({statistic}): {', '.join(said)}".replace("-", "−"))
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].set_ylim(len(names) - 0.5, -0.5)
    picture.alt = f"How readings rank: {'; '.join(told)}."
    return picture
