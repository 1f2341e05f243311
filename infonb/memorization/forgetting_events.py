"""Forgetting events: how often an example was right after one epoch and wrong after the next."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.memorization.readings import along_epochs, described

__all__ = ["forgetting_events"]


def forgetting_events(dynamics: xr.Dataset, *, never_learnt: float = np.inf) -> xr.DataArray:
    r"""
    Return how often each sample was right after one epoch and wrong after the next.

    Dims (\*batch, epoch, sample) in; (\*batch, sample) out.

    Parameters
    ----------
    dynamics
        The results of an `infonb.training.Dynamics`: ``prediction`` (..., epoch, sample) and
        ``label`` (..., sample).
    never_learnt
        What stands for a sample that was never right: infinitely many, as in the source, which puts
        it last in every order. Another number, such as NaN, where a mean is wanted.

    Returns
    -------
    xarray.DataArray
        Numbers of events; the coordinate ``never_learnt`` (..., sample) says which samples were
        never right. Attributes ``units``, ``measure``, ``formula``, ``n`` and ``memorized``: high
        values speak for memorization.

    Raises
    ------
    TypeError, ValueError
        If there is no prediction or label, a dim is missing, or there is one epoch only.

    Notes
    -----
    :math:`F_i = \sum_{t=1}^{T-1} [\hat y_i(t) = y_i] \, [\hat y_i(t+1) \ne y_i]`. The source looks
    at each sample in the batch that it is in; after each epoch, as here, all samples are judged
    with the same weights. What was right once and for all is *unforgettable* (0).

    References
    ----------
    Toneva, Sordoni, Tachet des Combes, Trischler, Bengio, Gordon, "An Empirical Study of Example
    Forgetting during Deep Neural Network Learning", ICLR 2019, section 2.

    Examples
    --------
    >>> dynamics = xr.Dataset(
    ...     {"prediction": (("epoch", "sample"), [[1, 1, 0], [0, 1, 0], [1, 1, 0], [0, 1, 0]])},
    ...     {"label": ("sample", [1, 1, 1])},
    ... )
    >>> events = forgetting_events(dynamics)
    >>> events.values, events.never_learnt.values
    (array([ 2.,  0., inf]), array([False, False,  True]))
    """
    what = "the number of forgetting events"
    prediction = along_epochs(dynamics, "prediction", what, at_least=2)
    if "label" not in prediction.coords:
        raise ValueError(f"{what} needs the label of each sample, as a coordinate 'label'.")
    right = prediction == prediction.label
    after = right.isel(epoch=slice(1, None)).variable
    lost = (right.isel(epoch=slice(None, -1)).variable & ~after).sum("epoch")
    never = ~right.any("epoch")
    found = never.copy(data=lost.values).where(~never, never_learnt)
    return described(
        found.assign_coords(never_learnt=never.variable), "forgetting_events", units="events",
        words="forgetting events", memorized="high", epochs=prediction.sizes["epoch"],
        formula="number of epochs after which the label is right, and wrong after the next",
    )  # fmt: skip
