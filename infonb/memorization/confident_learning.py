"""Confident learning, by the package cleanlab: a baseline for suspect labels."""

from __future__ import annotations

import numpy as np
import xarray as xr

from infonb.memorization.label_noise import check_belief, labels_within, with_auroc

__all__ = ["confident_learning"]


def confident_learning(probability: xr.DataArray, dim: str = "sample") -> xr.Dataset:
    """
    Return which labels confident learning calls wrong, by the package cleanlab.

    Dims (sample, class) in; dims (sample) out.

    Parameters
    ----------
    probability
        Probabilities of the classes, with the coordinates of `suspect_labels`. Rows are divided by
        their sum. They should come from networks that have not seen the sample.
    dim
        The dimension of the samples.

    Returns
    -------
    xarray.Dataset
        As `suspect_labels`: ``suspect`` (``find_label_issues``), ``suspicion`` (one minus the
        label's quality, which is its own probability), and ``auroc`` if ``is_wrong`` is known.

    Raises
    ------
    ImportError
        Without cleanlab: ``pip install infonb[baselines]``.
    ValueError
        As `suspect_labels`; also if a class has no sample, or a sample no probability.

    Notes
    -----
    cleanlab is under the Apache licence from version 2.9 on; earlier ones are under the AGPL, and
    not asked for. Nothing of it is part of infonb.

    References
    ----------
    Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
    Journal of Artificial Intelligence Research 70 (2021).
    """
    try:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError as error:
        raise ImportError(
            "confident_learning needs the package cleanlab: pip install infonb[baselines]"
        ) from error
    check_belief(probability, dim, "probability")
    beyond = [str(name) for name in probability.dims if name not in (dim, "class")]
    if beyond:
        raise ValueError(
            f"probability must have the dims ({dim!r}, 'class'), but has {beyond[0]!r} as well: "
            "choose one of its entries, with sel or isel."
        )
    values = probability.transpose(dim, "class").values.astype(np.float64)
    if values.shape[1] < 2:
        raise ValueError("probability has one class only: no label can be another.")
    whole = values.sum(axis=1, keepdims=True)
    if (values < 0).any() or not (whole > 0).all():
        raise ValueError(
            "probability must be at least 0, and for each sample above 0 in some class: leave out "
            "samples of which nothing is known, such as empty rows of ELRLoss's table."
        )
    values = values / whole
    label = labels_within(probability.label.values, values.shape[1])
    absent = np.flatnonzero(np.bincount(label, minlength=values.shape[1]) == 0)
    if absent.size:
        raise ValueError(f"class {absent[0]} has no sample: confident learning needs all of them.")
    suspect = find_label_issues(label, values, n_jobs=1)
    quality = get_label_quality_scores(label, values)
    coords = {name: one for name, one in probability.coords.items() if "class" not in one.dims}
    found = xr.Dataset(
        {"suspect": (dim, suspect), "suspicion": (dim, 1 - quality, {"units": "1"})}, coords,
        {"formula": "1 - quality of the label (cleanlab)", "n": label.size},
    )  # fmt: skip
    return with_auroc(found, dim)
