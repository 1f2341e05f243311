"""Membership by loss: the ROC curve on logarithmic axes, where few false positives show."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.plots.picture import Picture, subplots
from infonb.plots.style import palette

__all__ = ["plot_membership"]


def plot_membership(told: xr.Dataset) -> Picture:
    """
    Draw how many training samples an attack by loss finds, over how many others it accuses.

    Parameters
    ----------
    told
        As of `infonb.memorization.membership`, without dims of a batch.

    Returns
    -------
    Picture
        Both rates on logarithmic axes, from one of the out group on; the diagonal is chance; dots
        with intervals at the rates that were asked for, of which those below one of the out group
        have no place.

    Raises
    ------
    ValueError
        If there is more than one curve.

    References
    ----------
    Carlini et al., "Membership Inference Attacks From First Principles", IEEE S&P 2022, figure 1.

    Examples
    --------
    >>> from infonb.memorization import membership
    >>> loss = xr.DataArray(np.arange(200) % 100 / 100 + (np.arange(200) > 99) / 2, dims="sample")
    >>> is_in = xr.DataArray(np.arange(200) < 100, dims="sample")
    >>> plot_membership(membership(loss, is_in, rates=[0.01])).alt
    'ROC of membership by loss: AUROC 0.88; at a false positive rate of 0.01 it is right on 51 %.'
    """
    if told.roc.dims != ("false_positive",):
        raise ValueError(f"one curve is drawn; roc has dims {told.roc.dims}. Choose with .sel.")
    least = 1 / told.n_out
    picture, axes = subplots(1, 1, size=(4.6, 4.2))
    axis: Any = axes[0, 0]
    colour, second = palette(2, "layers")
    axis.plot([least, 1], [least, 1], color="0.6", lw=1, ls="--", label="chance")
    some = told.isel(false_positive=slice(1, None))
    axis.plot(some.false_positive_rate, some.roc.clip(least), color=colour, lw=2,
              drawstyle="steps-post", label=f"AUROC {float(told.auroc):.2f}")  # fmt: skip
    for rate in told.rate.values[told.rate.values >= least * (1 - 1e-9)]:
        one = told.sel(rate=rate)
        low, high = np.clip(one.true_positive_interval.values, least, 1)
        axis.plot([rate, rate], [low, high], color=second, lw=2)
        axis.plot(rate, max(float(one.true_positive_rate), least), "o", color=second, ms=6)
    axis.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least, 1.05), aspect="equal")
    axis.set(xlabel="false positive rate", ylabel="true positive rate")
    axis.legend(frameon=False, loc="lower right")
    found = [
        f"at a false positive rate of {rate:g} it is right on {float(value):.0%}".replace("%", " %")
        for rate, value in zip(told.rate.values, told.true_positive_rate.values, strict=True)
    ]
    area = f"AUROC {float(told.auroc):.2f}"
    picture.alt = f"ROC of membership by loss: {'; '.join([area, *found])}."
    return picture
