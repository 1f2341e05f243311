"""Label noise that is symmetric or goes from class to class, and what came out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from infonb.data.labels import Seed, shuffle_labels
from infonb.validate import check_choice, check_integer, check_number

__all__ = ["inject_label_noise"]


def inject_label_noise(
    labels: ArrayLike | xr.DataArray,
    rate: float,
    kind: str = "symmetric",
    *,
    include_true: bool = True,
    mapping: Mapping[int, int] | None = None,
    n_classes: int,
    seed: Seed,
) -> xr.DataArray:
    """
    Return labels of which a part is wrong, with what is true and what is wrong beside them.

    Dims (sample) in and out.

    Parameters
    ----------
    labels
        True classes, whole numbers in ``0 .. n_classes - 1``; an array with labels keeps its
        coordinates.
    rate
        Probability that a label is drawn anew (``"symmetric"``) or that one of a class in `mapping`
        is changed (``"asymmetric"``), for each sample by itself, between 0 and 1.
    kind
        ``"symmetric"``: uniformly over the classes. ``"asymmetric"``: as `mapping` says.
    include_true
        Of symmetric noise: whether the true class is among those drawn from. Then only
        ``rate * (n_classes - 1) / n_classes`` of the labels become wrong, as in the paper; else
        `rate` of them.
    mapping
        Of asymmetric noise: class → class that it is mistaken for, such as ``{3: 5, 5: 3}``.
    n_classes
        Number of classes, at least 2.
    seed
        Of the draw. Draws of one seed are nested: what is wrong at a small rate is wrong in the
        same way at a larger one.

    Returns
    -------
    xarray.DataArray
        ``label`` (sample), int64, with the coordinates ``true_label`` and ``is_wrong`` (sample).
        Attributes: ``kind``, ``rate``, ``expected_rate`` and ``effective_rate``, the shares of
        wrong labels that were to be expected and that there are, and ``effective_rate_of_class``,
        a list of the latter for each true class (0 for one without samples).

    Raises
    ------
    ValueError
        For labels that are no class, a rate outside [0, 1], one class only, or a mapping that is
        missing, not needed, or leads from or to what is no other class; ``include_true=False`` of
        asymmetric noise.

    Notes
    -----
    Only labels that differ from the true ones are wrong, whether drawn or not. The published code
    of the paper differs: it flags all labels of the drawn samples, it does not seed the draw, and
    its asymmetric noise goes class by class over labels that it has changed already, so that cats
    made dogs are drawn again when the dogs' turn comes (24 % of the cats are wrong at a rate of
    40 %). Here every label is changed at most once, from its true class.

    References
    ----------
    Liu, Niles-Weed, Razavian and Fernandez-Granda, NeurIPS 2020, section 5 (both kinds).

    Examples
    --------
    >>> labels = np.arange(1000) % 10
    >>> noisy = inject_label_noise(labels, 0.4, n_classes=10, seed=0)
    >>> round(noisy.attrs["expected_rate"], 3), noisy.attrs["effective_rate"]
    (0.36, 0.36)
    >>> bool((noisy.is_wrong == (noisy != noisy.true_label)).all())
    True
    """
    check_choice("kind", kind, ["symmetric", "asymmetric"])
    rate, n_classes = check_number("rate", rate, 0, 1), check_integer("n_classes", n_classes, 2)
    true, is_drawn = _drawn(labels, rate, n_classes, seed)
    if kind == "asymmetric":
        if not include_true:
            raise ValueError(
                "include_true is of symmetric noise only; leave it out: mapping says which classes "
                "are kept."
            )
        to = _table(mapping, n_classes)
        new = np.where(is_drawn, to[true], true)
        expected = rate * float((to[true] != true).mean()) if true.size else 0.0
    else:
        if mapping is not None:
            raise ValueError("mapping is of asymmetric noise only; leave it out, or change kind.")
        new = _symmetric(true, rate, n_classes, seed, include_true=include_true)
        expected = rate * ((n_classes - 1) / n_classes if include_true else 1.0)
    about = {"kind": kind, "rate": rate, "expected_rate": expected, "n_classes": n_classes}
    if kind == "symmetric":
        about["include_true"] = int(include_true)
    return _labelled(labels, new, true, about)


def _drawn(
    labels: Any, rate: float, n_classes: int, seed: Seed
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the labels, checked, and which of them are drawn."""
    values = labels.values if isinstance(labels, xr.DataArray) else labels
    _, is_drawn = shuffle_labels(values, rate, n_classes=n_classes, seed=seed)
    return np.asarray(values).astype(np.int64), is_drawn


def _symmetric(
    true: NDArray[np.int64], rate: float, n_classes: int, seed: Seed, *, include_true: bool
) -> NDArray[np.int64]:
    """Return labels drawn from all classes, or from all but the true one."""
    if include_true:
        return shuffle_labels(true, rate, n_classes=n_classes, seed=seed)[0]
    if n_classes == 2:
        step = np.zeros_like(true)  # one other class: nothing to draw but whether
    else:
        zeros = np.zeros_like(true)
        step = shuffle_labels(zeros, 1.0, n_classes=n_classes - 1, seed=seed)[0]
    is_drawn = shuffle_labels(true, rate, n_classes=n_classes, seed=seed)[1]
    return np.where(is_drawn, (true + 1 + step) % n_classes, true)


def _table(mapping: Mapping[int, int] | None, n_classes: int) -> NDArray[np.int64]:
    """Return which class each is mistaken for: itself where the mapping says nothing."""
    if not isinstance(mapping, Mapping) or not mapping:
        raise ValueError(
            "asymmetric noise needs mapping: class → class that it is mistaken for, such as "
            f"{{3: 5, 5: 3}}; not {mapping!r}."
        )
    to = np.arange(n_classes)
    for start, end in mapping.items():
        check_integer("a class of mapping", start, 0, n_classes - 1)
        check_integer("a class of mapping", end, 0, n_classes - 1)
        if start == end:
            raise ValueError(f"mapping leads from class {start} to itself: leave it out.")
        to[start] = end
    return to


def _labelled(
    labels: Any, new: NDArray[np.int64], true: NDArray[np.int64], about: dict[str, Any]
) -> xr.DataArray:
    is_wrong = new != true
    found = xr.DataArray(new, dims="sample", name="label")
    if isinstance(labels, xr.DataArray):
        found = labels.copy(data=new).rename("label")
    dim = found.dims[0]
    n_classes = about["n_classes"]
    counts = np.bincount(true, minlength=n_classes)
    wrong = np.bincount(true[is_wrong], minlength=n_classes)
    about["effective_rate"] = float(is_wrong.mean()) if true.size else 0.0
    about["effective_rate_of_class"] = (wrong / np.maximum(counts, 1)).tolist()
    return found.assign_coords(true_label=(dim, true), is_wrong=(dim, is_wrong)).assign_attrs(about)
