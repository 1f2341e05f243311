"""Wrong labels: what a network says of them, and which labels it says are wrong."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.memorization.ranking import area_of
from infonb.validate import check_dim

__all__ = ["outcome_fractions", "suspect_labels"]

GROUPS, OUTCOMES = ("clean", "wrong"), ("true", "noisy", "other")


def outcome_fractions(prediction: xr.DataArray, dim: str = "sample") -> xr.DataArray:
    r"""
    Return what a network says of samples with right and with wrong labels: true, noisy or other.

    Dims (\*batch, sample) in, such as (epoch, sample); dims (\*batch, group, outcome) out.

    Parameters
    ----------
    prediction
        Predicted classes, with the coordinates ``label`` (which was trained on) and
        ``true_label`` (sample), as `infonb.data.inject_label_noise` returns them.
    dim
        The dimension of the samples.

    Returns
    -------
    xarray.DataArray
        Shares of the samples of each group, which add up to 1: of ``wrong`` ones the share that is
        predicted as the ``true`` class in spite of the label, as the ``noisy`` label (memorized),
        or as any ``other`` class; of ``clean`` ones, whose label is the true one, ``noisy`` is 0.
        NaN for a group without samples.

    Raises
    ------
    ValueError
        If a coordinate or `dim` is missing.

    References
    ----------
    Liu, Niles-Weed, Razavian and Fernandez-Granda, NeurIPS 2020, Figure 1.

    Examples
    --------
    >>> prediction = xr.DataArray([[0, 1, 2, 0], [0, 1, 1, 2]], dims=("epoch", "sample"),
    ...     coords={"label": ("sample", [0, 1, 1, 2]), "true_label": ("sample", [0, 1, 2, 0])})
    >>> outcome_fractions(prediction).sel(group="wrong").values
    array([[1., 0., 0.],
           [0., 1., 0.]])
    """
    check_coordinates(prediction, dim, ["label", "true_label"])
    predicted = prediction.transpose(..., dim)
    label, true = prediction.label.values, prediction.true_label.values
    is_true = predicted.values == true
    is_noisy = (predicted.values == label) & (label != true)
    outcomes = [is_true, is_noisy, ~(is_true | is_noisy)]
    found = np.stack(
        [
            np.stack([_share(outcome, group) for outcome in outcomes], axis=-1)
            for group in (label == true, label != true)
        ],
        axis=-2,
    )
    batch = predicted.dims[:-1]
    coords = {name: coord for name, coord in prediction.coords.items() if dim not in coord.dims}
    names = {"group": np.array(GROUPS, object), "outcome": np.array(OUTCOMES, object)}
    return xr.DataArray(found, coords | names, (*batch, *names), "fraction", {"units": "1"})


def _share(outcome: NDArray[np.bool_], group: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of a group that has an outcome, (..., sample) → (...)."""
    n = int(group.sum())
    return outcome[..., group].sum(axis=-1) / n if n else np.full(outcome.shape[:-1], np.nan)


def suspect_labels(belief: xr.DataArray, dim: str = "sample") -> xr.Dataset:
    r"""
    Return which labels a network does not believe, and how strongly.

    Dims (\*batch, sample, class) in; dims (\*batch, sample) out.

    Parameters
    ----------
    belief
        How much the network believes in each class: the table of `infonb.training.ELRLoss`, or
        probabilities. With the coordinate ``label`` (sample), and ``is_wrong`` (sample) where the
        truth is known. The dimension beside `dim` that holds the classes is named ``class``.
    dim
        The dimension of the samples.

    Returns
    -------
    xarray.Dataset
        ``suspect``, bool: another class than the label is believed most. ``suspicion``, from -1 to
        1: the belief in the best other class less that in the label; above 0 for what is suspect.
        With ``is_wrong`` also, of each batch, ``auroc``: the probability that a wrong label has
        more suspicion than a right one (½ by chance); NaN if none or all labels are wrong.

    Raises
    ------
    ValueError
        If a coordinate or dimension is missing, there is one class only, or a label is none.

    Notes
    -----
    Labels are judged by what the network has learnt so far: at the end of a training that has
    memorized them it believes them all.

    References
    ----------
    The rule argmax t ≠ y is that of the code of Liu et al., NeurIPS 2020.

    Examples
    --------
    >>> belief = xr.DataArray([[0.9, 0.1], [0.2, 0.8], [0.6, 0.3]], dims=("sample", "class"),
    ...     coords={"label": ("sample", [0, 0, 0]), "is_wrong": ("sample", [False, True, False])})
    >>> found = suspect_labels(belief)
    >>> found.suspect.values, found.suspicion.values.round(1), float(found.auroc)
    (array([False,  True, False]), array([-0.8,  0.6, -0.3]), 1.0)
    """
    check_dim("class", belief.dims, "belief")
    check_coordinates(belief, dim, ["label"])
    values = belief.transpose(..., dim, "class")
    n_classes = values.sizes["class"]
    if n_classes < 2:
        raise ValueError("belief has one class only: no label can be another.")
    label = labels_within(belief.label.values, n_classes)
    is_label = label[:, None] == np.arange(n_classes)
    others = np.where(is_label, -np.inf, values.values).max(axis=-1)
    suspicion = others - np.where(is_label, values.values, 0).sum(axis=-1)
    coords = {name: one for name, one in belief.coords.items() if "class" not in one.dims}
    shape = values.dims[:-1]
    found = xr.Dataset(
        {"suspect": (shape, suspicion > 0), "suspicion": (shape, suspicion)}, coords,
        {"formula": "max of other classes - label", "n": label.size},
    )  # fmt: skip
    return with_auroc(found, dim)


def with_auroc(found: xr.Dataset, dim: str) -> xr.Dataset:
    """Return suspicions with the area under the ROC curve, if it is known which are wrong."""
    if "is_wrong" not in found.coords:
        return found
    positive = found.is_wrong.transpose(dim).values.astype(bool)
    suspicion = found.suspicion.transpose(..., dim)
    area = np.apply_along_axis(lambda row: area_of(row, positive)[0], -1, suspicion.values)
    return found.assign(auroc=(suspicion.dims[:-1], area))


def check_coordinates(values: xr.DataArray, dim: str, names: list[str]) -> None:
    check_dim(dim, values.dims, str(values.name or "array"))
    for name in names:
        if name not in values.coords or values.coords[name].dims != (dim,):
            there = sorted(str(one) for one, c in values.coords.items() if c.dims == (dim,))
            raise ValueError(
                f"{values.name or 'the array'} needs the coordinate {name!r} ({dim}); it has "
                f"{there}. Use assign_coords({name}=({dim!r}, ...))."
            )


def labels_within(label: NDArray, n_classes: int) -> NDArray[np.int64]:
    outside = (label < 0) | (label >= n_classes)
    if outside.any():
        raise ValueError(
            f"label must be between 0 and {n_classes - 1}, of {n_classes} classes; not "
            f"{label[outside][0]}."
        )
    return label.astype(np.int64)
