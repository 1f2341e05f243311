"""Déjà vu with one model: what public captions alone tell of objects, in place of a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.dims import check_array
from infonb.validate import check_dim, check_integer, check_number

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["memorization_confidence", "naive_bayes_objects"]


def naive_bayes_objects(
    caption: xr.DataArray,
    public_caption: xr.DataArray,
    public_objects: xr.DataArray,
    *,
    n_predicted: int | xr.DataArray = 10,
    smoothing: float = 1.0,
) -> xr.Dataset:
    r"""
    Return which objects go with the words of a caption among public pairs: naive Bayes.

    Dims (sample, token), (public, token) and (public, object) in; (sample, object) out.

    .. math:: \log \frac{P(o \,|\, c)}{P(\bar o \,|\, c)} = \log \frac{P(o)}{P(\bar o)} +
        \sum_{t \in c} \log \frac{P(t \,|\, o)}{P(t \,|\, \bar o)}

    Parameters
    ----------
    caption
        Tokens of the samples' captions, whole numbers from 0 on; -1 is padding, and a caption of
        padding alone is an empty one. A token that stands twice counts once.
    public_caption, public_objects
        Tokens and objects (bool) of public pairs, which are all that is learnt from.
    n_predicted
        How many objects are predicted, the most probable ones: a number, or one for each sample
        (..., sample), such as how many the model predicts to which this one is the reference.
    smoothing
        Added to each count of pairs with a token, and twice to those without and with: a token that
        was never seen with an object does not rule it out.

    Returns
    -------
    xarray.Dataset
        ``probability`` (sample, object) that an image shows the object, units 1; ``predicted``
        (..., sample, object), bool: in place of a reference in `deja_vu_gains`.

    Raises
    ------
    TypeError, ValueError
        For captions that are no whole numbers, `public_objects` that is not bool, or without a
        public pair.

    Notes
    -----
    It knows what the public captions tell of objects, and nothing of any sample: what a model
    recalls beyond it is memory, or a correlation finer than that of single words. It is told in
    papers that such a test finds slightly more than one with a second model.

    References
    ----------
    Kokhlikyan, Jayaraman, Bordes, Guo and Chaudhuri, "Measuring Déjà vu Memorization Efficiently",
    arXiv 2504.05651 (2025).

    Examples
    --------
    >>> public_caption = xr.DataArray([[0], [0], [1], [1]], dims=("public", "token"))
    >>> shows = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], bool)
    >>> public_objects = xr.DataArray(shows, dims=("public", "object"))
    >>> caption = xr.DataArray([[0], [-1]], dims=("sample", "token"))
    >>> naive_bayes_objects(caption, public_caption, public_objects).probability.values
    array([[0.75, 0.25],
           [0.5 , 0.5 ]])
    """
    check_number("smoothing", smoothing, 1e-9)
    _check_public(public_caption, public_objects)
    tokens = _tokens(caption, "sample", "caption")
    public = _tokens(public_caption, "public", "public_caption")
    shows = public_objects.transpose("public", "object").values.astype(float)
    n_tokens = int(max(tokens.max(initial=-1), public.max(initial=-1))) + 1
    odds, evidence = _learnt(_present(public, n_tokens), shows, smoothing)
    logit = odds + _present(tokens, n_tokens) @ evidence
    coords = {name: c for name, c in caption.coords.items() if c.dims == ("sample",)}
    found = xr.DataArray(1 / (1 + np.exp(-logit)), coords, ("sample", "object"))
    if "object" in public_objects.coords:
        found = found.assign_coords(object=public_objects.object)
    predicted = _first(found, n_predicted)
    result = xr.Dataset({"probability": found.assign_attrs(units="1"), "predicted": predicted})
    return result.assign_attrs(smoothing=smoothing, n_public=len(public))


def memorization_confidence(reference: xr.DataArray, target: xr.DataArray) -> xr.DataArray:
    r"""
    Return by how much a model is surer than a reference of what a sample's image shows, in nats.

    Dims (\*batch, sample, object) in; (\*batch, sample) out.

    .. math:: H(q^{\mathrm{reference}}) - H(q^{\mathrm{target}}), \quad
        q_o = w_o / \sum_{o'} w_{o'}, \quad H(q) = -\sum_o q_o \ln q_o

    Parameters
    ----------
    reference
        Weights of the objects, at least 0, such as ``probability`` of `naive_bayes_objects`.
    target
        Weights by the model that may have seen the samples: ``share`` of `predicted_objects`.

    Returns
    -------
    xarray.DataArray
        Nats; above 0 where the neighbours agree on fewer objects than the reference. Where all
        weights of one of the two are 0 it knows nothing: its entropy is that of equal weights.

    Raises
    ------
    TypeError, ValueError
        For arrays without these dims, of other samples or objects, or weights below 0.

    Notes
    -----
    It does not know which objects are right: a model may be sure and wrong. Draw it on samples that
    the model has not seen, too.

    References
    ----------
    Kokhlikyan et al., arXiv 2504.05651 (2025), "memorization confidence".

    Examples
    --------
    >>> even = xr.DataArray([[0.5, 0.5]], dims=("sample", "object"))
    >>> sure = xr.DataArray([[1.0, 0.0]], dims=("sample", "object"))
    >>> memorization_confidence(even, sure).values.round(3)
    array([0.693])
    """
    found = []
    for name, one in (("reference", reference), ("target", target)):
        check_array(one, f"{name}, weights of objects")
        for dim in ("sample", "object"):
            check_dim(dim, one.dims, name)
        if not bool(((one >= 0) & (one < np.inf)).all()):
            raise ValueError(
                f"{name} has weights below 0, or not finite: give shares or probabilities."
            )
        found.append(one)
    for dim in ("sample", "object"):
        n, n_target = (one.sizes[dim] for one in found)
        if n != n_target:
            raise ValueError(f"reference and target have different {dim}s: {n:,} and {n_target:,}.")
    less = xr.apply_ufunc(
        lambda a, b: _entropy(a) - _entropy(b), *found,
        input_core_dims=[["sample", "object"]] * 2, output_core_dims=[["sample"]], join="exact",
    )  # fmt: skip
    return less.rename("memorization_confidence").assign_attrs(units="nat")


def _check_public(caption: Any, objects: Any) -> None:
    check_array(caption, "public_caption")
    check_array(objects, "public_objects")
    for dim in ("public", "object"):
        check_dim(dim, objects.dims, "public_objects")
    if objects.dtype != bool:
        raise TypeError(f"public_objects must be bool; not {objects.dtype}.")
    check_dim("public", caption.dims, "public_caption")
    n, n_objects = caption.sizes["public"], objects.sizes["public"]
    if n != n_objects or not n:
        raise ValueError(
            f"public captions and objects must be of the same pairs; {n}, {n_objects}."
        )


def _tokens(caption: Any, dim: str, name: str) -> np.ndarray:
    check_array(caption, name)
    for needed in (dim, "token"):
        check_dim(needed, caption.dims, name)
    if caption.dtype.kind not in "iu":
        raise TypeError(f"{name} must be tokens, whole numbers; not {caption.dtype}.")
    values = caption.transpose(dim, "token").values.astype(np.int64)
    if values.size and values.min() < -1:
        raise ValueError(f"{name} has the token {values.min()}; below 0 only -1, padding, may be.")
    return values


def _present(tokens: np.ndarray, n: int) -> csr_array:
    """Return which tokens a caption has: (sample, token of the vocabulary), 0 or 1, sparse."""
    from scipy.sparse import csr_array

    row, _ = np.nonzero(tokens >= 0)
    pairs = np.unique(np.stack([row, tokens[tokens >= 0]]), axis=1)
    return csr_array((np.ones(pairs.shape[1]), tuple(pairs)), shape=(len(tokens), n))


def _learnt(
    present: csr_array, shows: np.ndarray, smoothing: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return log odds of the objects (object), and by what a token changes them (token, object)."""
    n, n_with = len(shows), shows.sum(axis=0)
    together = present.T @ shows
    apart = present.sum(axis=0)[:, None] - together
    given = (together + smoothing) / (n_with + 2 * smoothing)
    otherwise = (apart + smoothing) / (n - n_with + 2 * smoothing)
    return np.log(n_with + smoothing) - np.log(n - n_with + smoothing), np.log(given / otherwise)


def _first(probability: xr.DataArray, number: int | xr.DataArray) -> xr.DataArray:
    """Return which objects are the most probable ones, ties by place: bool (..., object)."""
    if not isinstance(number, xr.DataArray):
        check_integer("n_predicted", number, 1)
    order = np.argsort(-probability.values, axis=-1, kind="stable")
    rank = probability.copy(data=np.argsort(order, axis=-1, kind="stable"))
    with xr.set_options(arithmetic_join="exact"):  # never other samples, left out in silence
        return (rank < number).transpose(..., "sample", "object")


def _entropy(weights: np.ndarray) -> np.ndarray:
    """Return the entropy of weights in nats: (..., object) → (...)."""
    whole = weights.sum(axis=-1, keepdims=True)
    even = np.full_like(weights, 1 / weights.shape[-1], dtype=float)
    share = np.divide(weights, whole, out=even, where=whole > 0)
    return -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-1) + 0.0
