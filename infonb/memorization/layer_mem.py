"""LayerMem: in which layer an encoder keeps views of its own training images closer together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.view_distances import distances
from infonb.validate import check_choice, did_you_mean

__all__ = ["layer", "scores"]


def layer(
    acts: xr.Dataset | xr.DataArray,
    *,
    target: Hashable,
    reference: Hashable,
    dim: str = "model",
    pairs: str = "aug-aug",
    normalize: str = "sum",
    unit_length: bool = True,
    clean: xr.Dataset | xr.DataArray | None = None,
    before: Mapping[Any, Any] | None = None,
    candidates: Hashable = "C",
) -> xr.Dataset:
    r"""
    Return how much closer an encoder keeps the views of a sample than one that never saw it.

    Dims (\*batch, model, augmentation, layer, neuron, sample) in, in any order; (\*batch, model,
    layer, sample), (\*batch, layer, sample), (\*batch, group, layer) and (\*batch, layer) out.

    Parameters
    ----------
    acts
        Activations of **two** encoders, trained alike on S + C and S + I, for the same views of the
        samples: ``xarray.concat([f, g], xarray.Variable("model", ["f", "g"]))`` of two
        ``infonb.record(..., augment=views, seed=0, reduce="flatten")``, whole maps, with the same
        `augment` and seed. Chunked ones are read layer by layer. With the
        coordinate ``role`` (sample): S in both training sets, C candidates in the target's alone, I
        in the reference's alone, E in neither: the null group.
    target, reference
        Labels along `dim` of the encoder that was trained on the candidates, and of the other one.
    dim
        The dimension of the encoders.
    pairs
        ``"aug-aug"``: every pair of two views of a sample (the paper's text); ``"clean-aug"``: the
        sample as it is and each view (the authors' code), for which `clean` is needed.
    normalize
        ``"sum"``: per sample (g - f) / (g + f), equation 2 of the paper; ``"range"``: (g - f) over
        the largest less the smallest of all samples given (the authors' code: it moves with the
        choice of samples, and the two are not to be compared); ``"none"``: g - f as it is.
    unit_length
        Whether representations are brought to length 1 first, so that the overall scale of the two
        encoders does not count.
    clean
        Activations without ``augmentation``, otherwise with the dims of `acts`.
    before
        Layer → the layer that its ``delta`` is taken against, or None for none: of transformers,
        the residual stream before that part. Layers that are not named: the one before in order.
    candidates
        The role over which ``layer_mem`` is a mean, where there are roles.

    Returns
    -------
    xarray.Dataset
        ``alignment`` (\*batch, model, layer, sample): the mean distance of the pairs, a and g in
        the formulas, lower where views are kept together; ``ssl_mem`` (\*batch, layer, sample): the
        score of each sample, above 0 where the target keeps its views closer; ``layer_mem``
        (\*batch, layer): its mean over the candidates (all samples without ``role``);
        ``delta_layer_mem`` (\*batch, layer): less that of the layer before, NaN for the first; with
        roles ``group_mem`` and ``group_error`` (\*batch, group, layer): mean and its standard error
        for each role, of which E is the null. Units: 1. Attributes ``pairs``, ``normalize``,
        ``unit_length``, ``formula``.

    Raises
    ------
    TypeError, ValueError
        If a dim, an encoder or a layer is not there; of one view only, encoders of different width,
        fewer than two samples, or NaN inside the width of a layer; if `clean` is of other samples
        or layers than `acts`, or not used.

    Warns
    -----
    UserWarning
        If there are fewer than 20 samples.

    Notes
    -----
    :math:`a_h(x)` is the mean over pairs of views of :math:`\lVert h(x') - h(x'')\rVert_2`, and
    :math:`m(x) = (a_g(x) - a_f(x)) / (a_g(x) + a_f(x))`, from -1 to 1 (the paper says from 0): NaN
    where both distances are 0, as in a dead layer; means leave these out. Exchanging target and
    reference turns every sign; an encoder compared with itself has 0. Two encoders differ for other
    reasons than their candidates, too: only against E does the score of C say something of memory.

    References
    ----------
    Wang, Dziedzic, Backes and Boenisch, "Localizing memorization in SSL vision encoders",
    NeurIPS 2024, section 3, equations 1 to 4; Wang et al., "Memorization in self-supervised
    learning improves downstream generalization", ICLR 2024 (SSLMem, the roles).

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("ignore")  # of three samples only
    >>> f, g = [[[0, 0, 0]], [[1, 1, 1]]], [[[0, 0, 0]], [[3, 1, 1]]]
    >>> acts = xr.DataArray([f, g], dims=("model", "augmentation", "neuron", "sample"),
    ...     coords={"model": ["f", "g"]})
    >>> found = layer(acts, target="f", reference="g", unit_length=False)
    >>> found.ssl_mem.values, found.layer_mem.values.round(3)
    (array([[0.5, 0. , 0. ]]), array([0.167]))
    """
    check_choice("pairs", pairs, ["aug-aug", "clean-aug"])
    check_choice("normalize", normalize, ["sum", "range", "none"])
    check_choice("unit_length", unit_length, [True, False])
    alignment = distances(
        acts, [target, reference], dim=dim, pairs=pairs, unit_length=unit_length, clean=clean
    )
    return scores(alignment, dim=dim, normalize=normalize, before=before, candidates=candidates)


def scores(
    alignment: xr.DataArray,
    *,
    dim: str = "model",
    normalize: str = "sum",
    before: Mapping[Any, Any] | None = None,
    candidates: Hashable = "C",
) -> xr.Dataset:
    """Return the scores of samples, groups and layers from distances (model: target, reference)."""
    f, g = (alignment.isel({dim: i}, drop=True) for i in (0, 1))
    attrs = {**alignment.attrs, "normalize": normalize, "formula": _FORMULAS[normalize]}
    mem = _normalized(f, g, normalize).transpose(..., "layer", "sample")
    mem = mem.assign_attrs(attrs | {"long_name": "SSLMem"})
    found = {"alignment": alignment, "ssl_mem": mem}
    chosen = mem
    if "role" in mem.coords:
        found |= _by_role(mem, attrs)
        groups = found["group_mem"].group.values.tolist()
        if candidates not in groups:
            raise ValueError(
                f"candidates {candidates!r} is no role of the samples; there are {groups}. "
                "Pass candidates= one of them, or leave the coordinate role out."
            )
        chosen = mem.isel(sample=np.flatnonzero(mem.role.values == candidates))
    means = _mean(chosen).assign_attrs(attrs | {"long_name": "LayerMem"})
    found |= {"layer_mem": means, "delta_layer_mem": _delta(means, before)}
    return xr.Dataset(found, attrs=attrs)


_FORMULAS = {
    "sum": "(a_g - a_f) / (a_g + a_f)",
    "range": "(a_g - a_f) / (largest - smallest of a_g - a_f)",
    "none": "a_g - a_f",
}


def _normalized(f: xr.DataArray, g: xr.DataArray, normalize: str) -> xr.DataArray:
    """Return the score of each sample from its distances in target and reference."""
    difference = g - f
    if normalize == "none":
        return difference
    size = g + f
    if normalize == "range":
        size = difference.max("sample") - difference.min("sample")
    return difference / size.where(size > 0)


def _by_role(mem: xr.DataArray, attrs: dict[str, Any]) -> dict[str, xr.DataArray]:
    """Return means and standard errors (..., group, layer) of the roles, in their order."""
    roles = [role for role in ("S", "C", "I", "E") if role in mem.role.values.tolist()]
    roles += [role for role in dict.fromkeys(mem.role.values.tolist()) if role not in roles]
    means, errors = [], []
    for role in roles:
        one = mem.isel(sample=np.flatnonzero(mem.role.values == role))
        means.append(_mean(one))
        errors.append(one.std("sample", ddof=1) / np.sqrt(one.notnull().sum("sample")))
    group = xr.DataArray(np.array(roles, object), dims="group", name="group")
    names = {"group_mem": (means, "LayerMem"), "group_error": (errors, "standard error")}
    return {
        name: xr.concat(parts, group).transpose(..., "group", "layer").assign_attrs(
            attrs | {"long_name": words}
        )
        for name, (parts, words) in names.items()
    }  # fmt: skip


def _mean(mem: xr.DataArray) -> xr.DataArray:
    return mem.mean("sample", skipna=True)


def _delta(means: xr.DataArray, before: Mapping[Any, Any] | None) -> xr.DataArray:
    """Return LayerMem less that of the layer before, NaN where there is none."""
    names = means.layer.values.tolist() if "layer" in means.coords else list(
        range(means.sizes["layer"])
    )  # fmt: skip
    asked = dict(before or {})
    for name in [*asked, *(other for other in asked.values() if other is not None)]:
        if name not in names:
            raise ValueError(
                f"before names the layer {name!r}, which is not there; there are {names}."
                f"{did_you_mean(name, names)}"
            )
    follows = {name: (names[place - 1] if place else None) for place, name in enumerate(names)}
    chosen = [asked.get(name, follows[name]) for name in names]
    values = means.transpose("layer", ...)
    previous = np.stack([
        np.full(values.shape[1:], np.nan) if other is None else values.values[names.index(other)]
        for other in chosen
    ])  # fmt: skip
    delta = (values - values.copy(data=previous)).transpose(..., "layer")
    return delta.assign_attrs(means.attrs | {"long_name": "delta LayerMem"})
