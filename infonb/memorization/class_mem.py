"""ClassMem: how much more a single unit answers to one class than to all others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from infonb.memorization.encoders import (
    Values,
    by_layer,
    check_alike,
    check_dead,
    known_of,
    selectivity,
    taken,
)
from infonb.memorization.unit_mem import rectified

__all__ = ["class_selectivity"]


def class_selectivity(
    acts: xr.Dataset | xr.DataArray,
    label: xr.DataArray | None = None,
    *,
    dead: float = np.nan,
    negative: str = "raise",
) -> xr.Dataset:
    r"""
    Return how selective each unit is for a single class (ClassMem), and for which one.

    Dims (\*batch, layer, neuron, sample) in, in any order; (\*batch, layer, neuron) out.

    Parameters
    ----------
    acts
        Activations of the training samples as they are, without views: ClassMem. Of test samples
        it is the *class selectivity* of Morcos et al.
    label
        The class of each sample (sample); None: the coordinate ``label`` of `acts`.
    dead, negative
        As in `infonb.memorization.unit`.

    Returns
    -------
    xarray.Dataset
        ``class_mem``, from 0 (all classes alike) to 1 (a single class moves the unit), NaN beyond
        the width; ``argmax_class``, the class that moves it most, as a position in the attribute
        ``classes``, -1 where there is none. Units: 1.

    Raises
    ------
    TypeError, ValueError
        If there are no labels, one class only, or labels of other samples or in another order than
        the activations; or as `infonb.memorization.unit` says.

    Notes
    -----
    With :math:`\mu_u(c)` the mean activation over the samples of class :math:`c`:
    :math:`(\mu_u(c^*) - \bar\mu_u) / (\mu_u(c^*) + \bar\mu_u)`, where :math:`c^*` is the class at
    which it is largest and :math:`\bar\mu_u` the mean over the other class means.

    References
    ----------
    Wang, Dziedzic, Backes and Boenisch, "Localizing memorization in SSL vision encoders",
    NeurIPS 2024, appendix D.2, equations 13 to 16; Morcos, Barrett, Rabinowitz and Botvinick, "On
    the importance of single directions for generalization", ICLR 2018.

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("ignore")  # of three samples only
    >>> acts = xr.DataArray([[3.0, 1, 2]], dims=("neuron", "sample"),
    ...     coords={"label": ("sample", [0, 1, 2])})
    >>> class_selectivity(acts).class_mem.values.round(4)
    array([[0.3333]])
    """
    dead = check_dead(dead)
    values = taken(acts, "ClassMem", at_least=2)
    if "augmentation" in values.dims:
        raise ValueError(
            "ClassMem is of the samples as they are, but acts have the dim 'augmentation'; record "
            "them without augment=, or take one view: acts.isel(augmentation=0)."
        )
    classes, member = _classes(values, label)
    found = [_of_layer(x, name, member, dead, negative) for name, x in by_layer(values)]
    share, place = (np.stack(parts, axis=-2) for parts in zip(*found, strict=True))
    dims = values.dims[:-1]
    attrs = {
        "units": "1", "negative": negative, "classes": ", ".join(map(str, classes.tolist())),
        "formula": "(largest class mean - mean of the others) / (their sum)",
        "n_samples": values.sizes["sample"], "n_classes": len(classes),
    }  # fmt: skip
    variables = {
        "class_mem": (dims, share, attrs | {"long_name": "ClassMem"}),
        "argmax_class": (dims, place.astype(np.int64), attrs | {"long_name": "its class"}),
    }
    return xr.Dataset(variables, known_of(values, "sample"), attrs)


def _classes(values: xr.DataArray, label: xr.DataArray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes, and the weight (class, sample) of each sample in the mean of its own."""
    if label is None and "label" not in values.coords:
        raise ValueError("ClassMem needs labels: give label= (sample), or the coordinate 'label'.")
    given = np.asarray(values.label if label is None else label)
    if given.shape != (values.sizes["sample"],):
        raise ValueError(
            f"label must be one class for each of the {values.sizes['sample']:,} samples; not "
            f"{given.shape}."
        )
    if isinstance(label, xr.DataArray):
        check_alike(values, label, "label", *label.dims)
    missing = int(pd.isnull(given).sum())
    if missing:
        raise ValueError(f"label is missing (NaN or None) for {missing:,} samples; drop them.")
    classes, place = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"all samples are of class {classes.tolist()[0]!r}: no class stands out.")
    member = place == np.arange(len(classes))[:, None]
    return classes, member / member.sum(axis=1, keepdims=True)


def _of_layer(
    values: Values, layer: object, member: np.ndarray, dead: float, negative: str
) -> tuple[Values, Values]:
    """Return ClassMem and the place of the class, (..., neuron, sample) → (..., neuron)."""
    values = rectified(values, layer, negative)
    padding = np.asarray(np.isnan(values).all(axis=-1))
    means = np.where(padding[..., None], 0.0, values) @ member.T
    largest = means.max(axis=-1)
    others = (means.sum(axis=-1) - largest) / (len(member) - 1)
    share = selectivity(largest, np.maximum(others, 0), dead)  # of rounding, never below 0
    silent = padding | (largest == 0)
    return np.where(padding, np.nan, share), np.where(silent, -1, means.argmax(axis=-1))
