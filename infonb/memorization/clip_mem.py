"""CLIPMem: how much closer a model of images and texts keeps a pair that it was trained on."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.encoders import check_group
from infonb.validate import check_dim, did_you_mean

__all__ = ["dual_encoder"]


def dual_encoder(
    image: xr.DataArray,
    text: xr.DataArray,
    *,
    target: Hashable,
    reference: Hashable,
    dim: str = "model",
    others: Hashable | None = None,
) -> xr.Dataset:
    r"""
    Return how much better a dual encoder matches an image and its caption than one without them.

    Dims (\*batch, model, sample, feature) in, with ``augmentation`` where there are views;
    (\*batch, model, sample) and (\*batch, sample) out.

    Parameters
    ----------
    image, text
        Embeddings of images and of their captions by two models of the same architecture, the one
        trained on the pairs, the other without them. Of views, or of several captions, with a dim
        ``augmentation`` each, of any length.
    target, reference
        Labels along `dim` of the model that was trained on the pairs, and of the other one.
    dim
        The dimension of the models.
    others
        The role (coordinate ``role`` of the samples) whose images and captions stand for all that
        do not belong to a pair, such as the external ``"E"``; None: all other samples given.

    Returns
    -------
    xarray.Dataset
        ``alignment`` (\*batch, model, sample), from -2 to 2: of the pair less that with others;
        ``clip_mem`` (\*batch, sample): that of the target less that of the reference. Units: 1.
        ``role`` and what else is known about the samples is kept.

    Raises
    ------
    TypeError, ValueError
        If a dim or a model is not there, images and captions are of different samples, or there is
        no other sample.

    Notes
    -----
    With the cosine :math:`s`, averaged over views, and :math:`j` the other samples,
    :math:`a_h(i) = s(I_i, T_i) - \tfrac12\left(\overline{s(I_i, T_j)} + \overline{s(I_j, T_i)}
    \right)` and :math:`\mathrm{CLIPMem}(i) = a_f(i) - a_g(i)`. Exchanging target and reference
    turns its sign; a model compared with itself has 0.

    The formula follows the paper's description (the alignment of a pair, set against that with
    other images and captions, in a model with and one without the pair); its equations could not be
    read, so that constants may differ: compare signs, orders and groups, not levels.

    References
    ----------
    Wang, Dziedzic, Kim, Backes and Boenisch, "Captured by captions: on memorization and its
    mitigation in CLIP models", ICLR 2025.

    Examples
    --------
    >>> models = {"model": ["f", "g"]}
    >>> dims = ("model", "sample", "feature")
    >>> image = xr.DataArray([np.eye(2), np.eye(2)], models, dims)
    >>> text = xr.DataArray([np.eye(2), np.eye(2)[::-1]], models, dims)
    >>> dual_encoder(image, text, target="f", reference="g").clip_mem.values
    array([2., 2.])
    """
    pictures, words = (
        _mean_direction(x, name, [target, reference], dim)
        for x, name in ((image, "image"), (text, "text"))
    )
    if pictures.sizes["sample"] != words.sizes["sample"]:
        raise ValueError(
            f"image and text are of different samples: {pictures.sizes['sample']:,} and "
            f"{words.sizes['sample']:,}; give the caption of each image."
        )
    if pictures.sizes["feature"] != words.sizes["feature"]:
        raise ValueError(
            f"image and text differ in the dim 'feature' ({pictures.sizes['feature']} and "
            f"{words.sizes['feature']}): give what the model compares, behind both projections."
        )
    pictures, words = _of_the_same(pictures, words)
    own = (pictures * words).sum("feature")
    with_others = (
        _others(pictures, words, own, others) + _others(words, pictures, own, others)
    ) / 2
    alignment = (own - with_others).transpose(..., dim, "sample")
    attrs = {
        "units": "1", "n_samples": alignment.sizes["sample"], "others": str(others or "all other"),
        "formula": "a_f - a_g; a = cosine of the pair less the mean cosine with others",
    }  # fmt: skip
    f, g = (alignment.sel({dim: name}, drop=True) for name in (target, reference))
    variables = {
        "alignment": alignment.assign_attrs(attrs | {"long_name": "alignment of the pair"}),
        "clip_mem": (f - g).assign_attrs(attrs | {"long_name": "CLIPMem"}),
    }
    return xr.Dataset(variables, attrs=attrs)


def _mean_direction(values: Any, name: str, models: list[Hashable], dim: str) -> xr.DataArray:
    """Return unit vectors, averaged over views: (..., model, sample, feature)."""
    if not isinstance(values, xr.DataArray):
        raise TypeError(
            f"{name} must be a DataArray (model, sample, feature); not {type(values).__name__}."
        )
    for one in (dim, "sample", "feature"):
        check_dim(one, values.dims, name)
    there = values[dim].values.tolist() if dim in values.coords else []
    for model in models:
        if model not in there:
            raise ValueError(
                f"model {model!r} not found along {dim!r} of {name}; there are {there}."
                f"{did_you_mean(model, there)}"
            )
    values = values.astype(np.float64)
    if bool(values.isnull().any()):
        raise ValueError(
            f"{name} has {int(values.isnull().sum()):,} NaN; models whose embeddings differ in "
            "length cannot stand in one array: give those of one architecture."
        )
    length = np.sqrt((values**2).sum("feature"))
    values = values / length.where(length > 0, 1)
    values = values.mean("augmentation") if "augmentation" in values.dims else values
    # by their names features would be matched, and those of one modality alone left out
    return values.drop_vars([name for name, one in values.coords.items() if "feature" in one.dims])


def _of_the_same(*pair: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return images and captions of the same samples in one order, with what is known of them."""
    pictures, words = pair
    if all("sample" in one.coords for one in pair):
        if set(pictures["sample"].values.tolist()) != set(words["sample"].values.tolist()):
            raise ValueError(
                "image and text are of different samples: their labels along 'sample' differ; give "
                "the caption of each image."
            )
        words = words.sel(sample=pictures["sample"])
    about = {
        name: known.variable
        for one in (words, pictures) for name, known in one.coords.items()
        if known.dims == ("sample",)
    }  # fmt: skip
    pictures, words = (
        one.drop_vars(list(about), errors="ignore").assign_coords(about)
        for one in (pictures, words)
    )
    return pictures, words


def _others(one: xr.DataArray, all_of: xr.DataArray, own: xr.DataArray, role: Any) -> xr.DataArray:
    """Return the mean cosine of each sample with the other modality of all others."""
    chosen = (
        np.ones(one.sizes["sample"], bool) if role is None else check_group(one, role, "others")
    )
    here = xr.DataArray(chosen, dims="sample")
    n = int(chosen.sum()) - here.astype(int)
    if int(n.min()) < 1:
        raise ValueError(
            "there is no other sample to compare with; give at least two, or another others=."
        )
    # of unit vectors the mean cosine with many is the product with their sum
    total = all_of.isel(sample=np.flatnonzero(chosen)).sum("sample")
    return ((one * total).sum("feature") - own * here) / n
