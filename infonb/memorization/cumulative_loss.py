"""Cumulative sample loss: how much loss an example has cost along a training."""

from __future__ import annotations

import xarray as xr

from infonb.memorization.readings import along_epochs, described

__all__ = ["cumulative_loss"]


def cumulative_loss(
    dynamics: xr.Dataset | xr.DataArray, *, trajectory: bool = False
) -> xr.DataArray:
    r"""
    Return the sum of the losses that each sample has had over the epochs of a training.

    Dims (\*batch, epoch, sample) in; (\*batch, sample) out, with `trajectory` (\*batch, epoch,
    sample).

    Parameters
    ----------
    dynamics
        The results of an `infonb.training.Dynamics`, or its ``loss`` (..., epoch, sample) in nats.
    trajectory
        Return the sum up to each epoch. The losses themselves are ``dynamics.loss``.

    Returns
    -------
    xarray.DataArray
        In nats; attributes ``units``, ``measure``, ``formula``, ``n`` and ``memorized``: high
        values speak for memorization. A sample whose loss was NaN is NaN.

    Raises
    ------
    TypeError, ValueError
        If there is no loss, or a dim is missing.

    Notes
    -----
    :math:`\mathrm{CSL}_i = \sum_{t=1}^{T} \ell_i(t)`, with the cross-entropy :math:`\ell_i(t)` of
    sample i after epoch t. What is learnt early costs little, what has to be learnt by heart much.
    It also grows with the number of epochs and falls with the learning rate: compare it within one
    training. The source adds up the losses that occur in the training step; after each epoch, as
    here, they are those of one and the same network for all samples.

    References
    ----------
    Ravikumar, Soufleri, Hashemi, Roy, "Towards Memorization Estimation: Fast, Formal and Free",
    ICML 2025.

    Examples
    --------
    >>> loss = xr.DataArray([[2.0, 1.0], [1.0, 0.0], [0.5, 0.0]], dims=("epoch", "sample"))
    >>> cumulative_loss(loss).values
    array([3.5, 1. ])
    """
    loss = along_epochs(dynamics, "loss", "the cumulative loss")
    summed = loss.cumsum("epoch") if trajectory else loss.sum("epoch", skipna=False)
    if trajectory and "epoch" in loss.coords:
        summed = summed.assign_coords(epoch=loss.epoch)
    return described(
        summed, "cumulative_loss", units="nat", words="cumulative loss", memorized="high",
        formula="sum over epochs of the cross-entropy of the label", epochs=loss.sizes["epoch"],
    )  # fmt: skip
