"""LayerMem: in which layer an encoder keeps views of its own training images closer together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.encoders import Values, by_layer, check_alike, known_of, taken
from infonb.validate import check_choice, check_dim, did_you_mean

__all__ = ["distances", "layer", "scores"]

#: Values of one layer that are looked at in one go, in double precision 64 MB.
_BLOCK = 1 << 23


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


def distances(
    acts: xr.Dataset | xr.DataArray,
    models: Sequence[Hashable],
    *,
    dim: str,
    pairs: str,
    unit_length: bool,
    clean: xr.Dataset | xr.DataArray | None = None,
) -> xr.DataArray:
    """Return the mean distances of pairs of views, (..., model, layer, sample); target first."""
    values = _of_models(taken(acts, "LayerMem", at_least=2), models, dim)
    still = _still(clean, values, pairs, models, dim)
    if "augmentation" not in values.dims or (still is None and values.sizes["augmentation"] < 2):
        raise ValueError(
            "LayerMem needs the distance of two views of each sample, but there is one only; "
            "record with augment= and n_augmentations of 2 or more, or pass pairs='clean-aug' and "
            "clean=."
        )
    inner = ("augmentation", "neuron", "sample")
    dims = tuple(d for d in values.dims if d not in (*inner, "layer"))
    anchors = iter(()) if still is None else by_layer(still.transpose(*dims, "layer", *inner[1:]))
    found = []
    for name, x in by_layer(values):
        anchor = None if still is None else next(anchors)[1]
        _check_widths(x, dims.index(dim), name, models)
        found.append(_of_layer(x, anchor, unit_length))
    attrs = {
        "units": "1", "long_name": "distance of views", "pairs": pairs,
        "unit_length": str(unit_length), "n_augmentations": values.sizes["augmentation"],
        "n_samples": values.sizes["sample"],
    }  # fmt: skip
    coords = known_of(values.drop_vars("width", errors="ignore"), "augmentation", "neuron")
    whole = np.stack(found, axis=-2)
    return xr.DataArray(whole, coords, (*dims, "layer", "sample"), "alignment", attrs)


def _of_models(values: xr.DataArray, models: Sequence[Hashable], dim: str) -> xr.DataArray:
    check_dim(dim, values.dims, "activation")
    if dim not in values.coords:
        raise ValueError(
            f"the encoders have no labels along {dim!r}, by which target and reference are named: "
            f"acts.assign_coords({dim}=[{models[0]!r}, {models[1]!r}])."
        )
    there = list(values[dim].values.tolist())
    for role, name in zip(("target", "reference"), models, strict=True):
        if name not in there:
            raise ValueError(
                f"{role} {name!r} not found along {dim!r}; there are {there}."
                f"{did_you_mean(name, there)}"
            )
    return values.isel({dim: [there.index(name) for name in models]})


def _still(
    clean: Any, values: xr.DataArray, pairs: str, models: Sequence[Hashable], dim: str
) -> xr.DataArray | None:
    """Return the activations of the samples as they are, if the pairs are with these."""
    if pairs == "aug-aug":
        if clean is not None:
            raise ValueError("clean is for pairs='clean-aug'; with 'aug-aug' it is not used.")
        return None
    if clean is None:
        raise ValueError(
            "pairs='clean-aug' is of the samples as they are and their views: give the former as "
            "clean=, recorded without augment=; or pass pairs='aug-aug'."
        )
    still = _of_models(taken(clean, "LayerMem", at_least=2), models, dim)
    if "augmentation" in still.dims:
        raise ValueError("clean must be without the dim 'augmentation': record without augment=.")
    dims = tuple(one for one in values.dims if one != "augmentation")
    if set(still.dims) != set(dims):
        raise ValueError(f"clean has the dims {still.dims}; it needs {dims}, as acts have them.")
    check_alike(values, still, "clean", *dims)
    return still


def _check_widths(values: Values, place: int, name: object, models: Sequence[Hashable]) -> None:
    """Raise unless both encoders have as many neurons in a layer; `place` is their dim."""
    there = np.moveaxis(np.asarray(~np.isnan(values).all(axis=-1)), place, 0)
    widths = there.reshape(2, -1, values.shape[-2]).sum(axis=-1).max(axis=-1)
    if widths[0] != widths[1]:
        raise ValueError(
            f"layer {name!r} has {widths[0]:,} neurons in {models[0]!r}, but {widths[1]:,} in "
            f"{models[1]!r}: distances in spaces of different size are not to be compared. Train "
            "the reference with the same architecture."
        )


def _of_layer(values: Values, anchor: Values | None, unit_length: bool) -> Values:
    """Return mean distances, (..., augmentation, neuron, sample) → (..., sample)."""
    n = values.shape[-1]
    step = max(1, _BLOCK // max(values.size // n, 1))
    parts = []
    for low in range(0, n, step):
        views = _unit(np.nan_to_num(values[..., low : low + step]), unit_length)
        views = np.moveaxis(views, -3, 0)
        if anchor is None:
            found = [_norm(a - b) for a, b in combinations(views, 2)]
        else:
            still = _unit(np.nan_to_num(anchor[..., low : low + step]), unit_length)
            found = [_norm(still - view) for view in views]
        parts.append(np.mean(found, axis=0))
    return np.concatenate(parts, axis=-1)


def _unit(values: Values, wanted: bool) -> Values:
    """Return representations (..., neuron, sample) of length 1; those of length 0 stay."""
    if not wanted:
        return values
    length = np.sqrt((values**2).sum(axis=-2, keepdims=True))
    return values / np.where(length == 0, 1, length)


def _norm(values: Values) -> Values:
    return np.sqrt(np.einsum("...ns,...ns->...s", values, values))


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
