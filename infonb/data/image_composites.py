"""Real images put together to scenes, with captions that name some of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from infonb.data.labels import random_streams
from infonb.data.scenes_and_captions import SceneCounts, captioned, checked_counts
from infonb.validate import check_choice, check_integer

__all__ = ["image_composites"]


def image_composites(
    n: Mapping[str, int] | int,
    dataset: str | xr.Dataset = "mnist",
    *,
    seed: int = 0,
    n_objects: int = 60,
    named: int = 2,
    styles: int = 40,
    likelier: float = 4.0,
    noise: float = 0.1,
    folder: str | Path | None = None,
) -> xr.Dataset:
    """
    Return scenes put together of six real images, with captions that name two of them.

    As `scenes_and_captions`, but that an object is an image of a data set: always the same one,
    with other pixel noise in each scene.

    Parameters
    ----------
    n, seed, n_objects, named, styles, likelier, noise
        As in `scenes_and_captions`; the images are drawn with `seed`, of all classes alike.
    dataset
        ``"mnist"`` (14 x 14) or ``"cifar10"`` (16 x 16, colours); or images of one's own, as of
        `infonb.data.load_images`: squares, ``input`` (sample, row, column), perhaps with channel,
        and ``label``.
    folder
        Where the files are, as in `infonb.data.load_mnist`.

    Returns
    -------
    xarray.Dataset
        As of `scenes_and_captions`; ``input`` (sample, row, column), of colours (sample, channel,
        row, column); and ``object_label`` (object), the class of the image that an object is.

    Raises
    ------
    FileNotFoundError
        If the files are not there.
    ValueError
        If there are fewer images than objects, or they are no squares.

    Examples
    --------
    >>> from infonb.data import load_digits
    >>> scenes = image_composites({"A": 4}, load_digits(), n_objects=20)
    >>> dict(scenes.input.sizes), np.bincount(scenes.object_label).tolist()
    ({'sample': 4, 'row': 24, 'column': 24}, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    images = _images(dataset, folder, n_objects)
    choosing, drawing = random_streams(seed, 2)
    chosen = _of_all_classes(images.label.values, n_objects, np.random.default_rng(choosing))
    looks = images.input.isel(sample=chosen).transpose("sample", ..., "row", "column")
    if looks.sizes["row"] != looks.sizes["column"]:
        raise ValueError(f"images must be squares; not of {looks.shape[-2]} x {looks.shape[-1]}.")
    counts = SceneCounts(n_objects, min(6, n_objects), named, styles, min(3, styles))
    scenes = captioned(
        looks.values.astype(np.float32), checked_counts(n), counts, drawing,
        likelier=likelier, noise=noise,
    )  # fmt: skip
    name = f"composites of {images.attrs.get('name', 'images')}"
    return scenes.assign_coords(object_label=("object", images.label.values[chosen])).assign_attrs(
        name=name, seed=int(seed)
    )


def _images(dataset: str | xr.Dataset, folder: str | Path | None, n: int) -> xr.Dataset:
    if isinstance(dataset, xr.Dataset):
        return dataset
    check_choice("dataset", dataset, ["mnist", "cifar10"])
    if dataset == "mnist":
        from infonb.data.mnist import load_mnist, subsample

        return subsample(load_mnist("train", folder=folder))
    from infonb.data.cifar10 import load_cifar10

    # means of 2 x 2 pixels: a subsample would keep the noise of single ones
    # some of each class are enough to draw from: to decode all of them takes seconds
    images = load_cifar10("train", n_per_class=max(100, -(-n // 10)), folder=folder)
    return images.coarsen(row=2, column=2).mean().assign_attrs(images.attrs)


def _of_all_classes(labels: NDArray, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return places of n images: one of each class, then another of each."""
    if check_integer("n_objects", n, 2) > labels.size:
        raise ValueError(f"n_objects must be at most {labels.size:,}, the images; not {n}.")
    order = rng.permutation(labels.size)
    own = labels[order]
    turn = np.empty(labels.size, np.int64)  # how many of its class come before an image
    for label in np.unique(own):
        turn[own == label] = np.arange((own == label).sum())
    return order[np.lexsort((own, turn))[:n]]
