"""UnitMem: how much more a single unit answers to one training image than to all others."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.encoders import (
    Values,
    by_layer,
    check_dead,
    known_of,
    selectivity,
    taken,
)
from infonb.validate import check_choice

__all__ = ["rectified", "unit"]


def unit(
    acts: xr.Dataset | xr.DataArray,
    *,
    rest: str = "mean",
    dead: float = np.nan,
    negative: str = "raise",
) -> xr.Dataset:
    r"""
    Return how selective each unit is for a single sample (UnitMem), and for which one.

    Dims (\*batch, augmentation, layer, neuron, sample) in, in any order; (\*batch, layer, neuron)
    out. Without ``augmentation`` the activations count as they are.

    Parameters
    ----------
    acts
        Activations of the *training* samples, at least three, of ten views each, as
        ``infonb.record(model, train, augment=views)`` makes them: a channel of a convolution is
        averaged over space, a feature of a transformer over tokens (``reduce="mean"``). Chunked
        ones are read layer by layer.
    rest
        What stands for the other samples: their ``"mean"`` (equation 7 of the paper), or their
        ``"median"`` (the authors' code).
    dead
        The value of a unit that is 0 for all samples; the paper's table prints 0.
    negative
        Of activations below zero, of which the ratio makes no sense: ``"raise"``, or
        ``"rectify"``: they count as 0, as behind a ReLU.

    Returns
    -------
    xarray.Dataset
        ``unit_mem``, from 0 (all samples alike) to 1 (a single sample moves the unit), NaN beyond
        the width; ``argmax_sample``, the label along ``sample`` of the one that moves it most, -1
        where there is none. Units: 1. Attributes ``rest``, ``negative``, ``formula``,
        ``n_samples``, ``n_augmentations``.

    Raises
    ------
    TypeError, ValueError
        If `acts` are no activations, of fewer than three samples, NaN inside the width of a layer,
        or negative.

    Warns
    -----
    UserWarning
        If there are fewer than 20 samples.

    Notes
    -----
    With :math:`\mu_u(x)` the mean activation over the views of :math:`x`, and :math:`x^*` the
    sample at which it is largest, :math:`\mathrm{UnitMem}_u = (\mu_u(x^*) - \bar\mu_u) /
    (\mu_u(x^*) + \bar\mu_u)`, with :math:`\bar\mu_u` the mean or median over all samples but
    :math:`x^*`. There is no model of reference: a unit may be selective without any training, so
    **compare with the same network untrained** (its weights drawn anew), on the same views.

    References
    ----------
    Wang, Dziedzic, Backes and Boenisch, "Localizing memorization in SSL vision encoders",
    NeurIPS 2024, section 4, equations 5 to 8.

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("ignore")  # of four samples only
    >>> acts = xr.DataArray([[[6.0, 1, 1, 4], [1, 1, 1, 1]]], dims=("layer", "neuron", "sample"))
    >>> found = unit(acts)
    >>> found.unit_mem.values, found.argmax_sample.values[0, 0]
    (array([[0.5, 0. ]]), np.int64(0))
    >>> unit(acts, rest="median").unit_mem.values.round(4)
    array([[0.7143, 0.    ]])
    """
    check_choice("rest", rest, ["mean", "median"])
    check_choice("negative", negative, ["raise", "rectify"])
    dead = check_dead(dead)
    values = taken(acts, "UnitMem")
    views = values.sizes.get("augmentation", 0)
    found = [_of_layer(x, name, bool(views), rest, dead, negative) for name, x in by_layer(values)]
    share, place = (np.stack(parts, axis=-2) for parts in zip(*found, strict=True))
    dims = tuple(dim for dim in values.dims if dim not in ("augmentation", "sample"))
    coords = known_of(values, "augmentation", "sample")
    attrs = {
        "units": "1", "rest": rest, "negative": negative,
        "formula": f"(largest - {rest} of the others) / (largest + {rest} of the others)",
        "n_samples": values.sizes["sample"], "n_augmentations": max(views, 1),
    }  # fmt: skip
    names = {"unit_mem": {"long_name": "UnitMem"}, "argmax_sample": {"long_name": "its sample"}}
    arrays = {"unit_mem": share, "argmax_sample": _labels(values, place)}
    variables = {name: (dims, arrays[name], attrs | more) for name, more in names.items()}
    return xr.Dataset(variables, coords, attrs)


def _of_layer(
    values: Values, layer: object, views: bool, rest: str, dead: float, negative: str
) -> tuple[Values, Values]:
    """Return UnitMem and the place of the sample, (..., neuron, sample) → (..., neuron)."""
    values = rectified(values, layer, negative)
    mean = values.mean(axis=-3) if views else values
    padding = np.asarray(np.isnan(mean).all(axis=-1))
    mean = np.where(padding[..., None], 0.0, mean)
    ordered = np.sort(mean, axis=-1)
    others = ordered[..., :-1]
    middle = others.mean(axis=-1) if rest == "mean" else np.median(others, axis=-1)
    share = selectivity(ordered[..., -1], middle, dead)
    silent = padding | (ordered[..., -1] == 0)
    return np.where(padding, np.nan, share), np.where(silent, -1, mean.argmax(axis=-1))


def rectified(values: Values, layer: object, negative: str) -> Values:
    """Return values that are nowhere below 0, or say which are."""
    if negative == "rectify":
        return np.maximum(values, 0)  # NaN stays
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of padding alone
        lowest = np.nanmin(values) if values.size else 0.0
    if lowest < 0:
        raise ValueError(
            f"layer {layer!r} has negative activations, down to {lowest:.3g}: of them the ratio of "
            "the largest and the rest says nothing. Record the layer behind the ReLU, or pass "
            "negative='rectify', which counts them as 0."
        )
    return values


def _labels(values: xr.DataArray, place: Any) -> Any:
    """Return the labels of samples in places, -1 where there is none."""
    place = place.astype(np.int64)
    labels = values.indexes.get("sample")
    if labels is None or labels.dtype.kind not in "iu":
        return place
    return np.where(place < 0, -1, labels.to_numpy()[place])
