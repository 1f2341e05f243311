"""Area under the margin: how far ahead of all others a label was, on average over a training."""

from __future__ import annotations

import xarray as xr

from infonb.memorization.readings import along_epochs, described

__all__ = ["area_under_margin"]


def area_under_margin(dynamics: xr.Dataset | xr.DataArray) -> xr.DataArray:
    r"""
    Return the margin of each sample's label, averaged over the epochs of a training.

    Dims (\*batch, epoch, sample) in; (\*batch, sample) out.

    Parameters
    ----------
    dynamics
        The results of an `infonb.training.Dynamics`, or its ``margin`` (..., epoch, sample).

    Returns
    -------
    xarray.DataArray
        In nats (differences of logits); attributes ``units``, ``measure``, ``formula``, ``n`` and
        ``memorized``: low values speak for memorization.

    Raises
    ------
    TypeError, ValueError
        If there is no margin, or a dim is missing.

    Notes
    -----
    :math:`\mathrm{AUM}_i = \frac{1}{T} \sum_{t=1}^{T} \left(z_{y_i}(t) - \max_{c \ne y_i}
    z_c(t)\right)`. The logit of a wrong label has the pull of all similar samples against it, for
    as long as the network has not learnt it by heart: take the epochs before the learning rate is
    lowered, as ``dynamics.sel(epoch=slice(1, 40))``. The source adds samples with a class of their
    own to find a threshold; that is not done here.

    References
    ----------
    Pleiss, Zhang, Elenberg, Weinberger, "Identifying Mislabeled Data using the Area Under the
    Margin Ranking", NeurIPS 2020, equations 1 and 2.

    Examples
    --------
    >>> margin = xr.DataArray([[-1.0, 2.0], [-2.0, 3.0], [1.5, 4.0]], dims=("epoch", "sample"))
    >>> area_under_margin(margin).values
    array([-0.5,  3. ])
    """
    margin = along_epochs(dynamics, "margin", "the area under the margin")
    return described(
        margin.mean("epoch", skipna=False), "area_under_margin", units="nat",
        words="area under the margin", memorized="low", epochs=margin.sizes["epoch"],
        formula="mean over epochs of the logit of the label less the largest other",
    )  # fmt: skip
