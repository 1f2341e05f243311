"""Texts whose training labels are, for a part, drawn at random: to be learnt by heart."""

from __future__ import annotations

import xarray as xr

from infonb.data.labels import random_streams, shuffled
from infonb.data.language.dividing import check_both_classes, divided, name_of
from infonb.validate import check_number

__all__ = ["shuffled_texts"]


def shuffled_texts(
    data: xr.Dataset,
    beta: float,
    *,
    seed: int = 0,
    n_train: int | None = None,
    n_validation: int | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return texts whose training labels are, with probability `beta`, drawn at random.

    Dims (sample) in and out.

    Parameters
    ----------
    data
        ``text`` and ``label`` (sample), classes from 0. Of a text that occurs several times one is
        taken, so that none is in both parts.
    beta
        Probability that a training label is replaced by a uniformly drawn one.
    seed
        Of the shuffling, nested over `beta` (see `infonb.data.shuffle_labels`), and of which texts
        are trained on, the same at every `beta`.
    n_train, n_validation
        How many texts; None: all of the four and of the one fifth. The division, and the texts for
        validation, are the same for all seeds.

    Returns
    -------
    train, validation : xarray.Dataset
        ``text`` and ``label`` (sample), the coordinates ``true_label`` and ``is_shuffled``, the
        attribute ``n_classes``. The labels of validation are true.

    Raises
    ------
    ValueError
        If there are fewer texts than asked for, or one class only.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 5, Figures 6 and 7 (IMDb).

    Examples
    --------
    >>> from infonb.data.language import generated_reviews
    >>> train, validation = shuffled_texts(generated_reviews(1000), 1.0, n_validation=100)
    >>> train.sizes["sample"], float((train.label == train.true_label).mean().round(2))
    (800, 0.54)
    >>> bool((validation.label == validation.true_label).all())
    True
    """
    beta = check_number("beta", beta, 0.0, 1.0)
    parts = divided(data, seed=seed, n_train=n_train, n_validation=n_validation)
    for part, name in zip(parts, ("training", "validation"), strict=True):
        check_both_classes(part, name)
    n_classes = int(data.attrs.get("n_classes", int(data["label"].max()) + 1))
    stream = random_streams(seed, 1)[0]
    told = {"name": f"shuffled {name_of(data)}", "seed": int(seed), "n_classes": n_classes}
    train, validation = (
        shuffled(part, share, n_classes=n_classes, seed=stream).assign_attrs(told)
        for part, share in zip(parts, (beta, 0.0), strict=True)
    )
    return train, validation
