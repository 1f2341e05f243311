"""MNIST from its four original files, checked, found locally or downloaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from infonb.data.digits import image_dataset
from infonb.data.fetch import locate
from infonb.data.idx import read_idx
from infonb.validate import check_choice, check_integer

__all__ = ["load_mnist", "subsample"]

_URLS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_SHA256 = {
    f"{name}-ubyte.gz": checksum
    for name, checksum in {
        "train-images-idx3": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    }.items()
}
_PREFIX = {"train": "train", "test": "t10k"}


def load_mnist(split: str = "train", *, folder: str | Path | None = None) -> xr.Dataset:
    """
    Return the MNIST images of handwritten digits.

    Parameters
    ----------
    split
        ``"train"`` (60,000 images) or ``"test"`` (10,000).
    folder
        A folder with the original gzipped idx files, itself or in its subfolder ``mnist``. None:
        the folder named by the environment variable ``INFONB_DATA``, else the cache, else a
        download from a public mirror (11 MB, once).

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, row=28, column=28) float32 in 0 .. 1; ``label`` (sample) in 0 .. 9.

    Raises
    ------
    FileNotFoundError
        If the files are not there and cannot be downloaded.
    ValueError
        If a file is damaged.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
    recognition".

    Examples
    --------
    >>> load_mnist("validation")
    Traceback (most recent call last):
        ...
    ValueError: split must be one of 'train', 'test'; not 'validation'.
    """
    check_choice("split", split, list(_PREFIX))
    names = [name for name in _SHA256 if name.startswith(_PREFIX[split])]
    paths = locate(
        {name: _SHA256[name] for name in names}, subfolder="mnist", urls=_URLS, folder=folder
    )
    images = read_idx(paths[names[0]], ndim=3)
    labels = read_idx(paths[names[1]], ndim=1)
    if len(images) != len(labels):
        raise ValueError(
            f"{paths[names[0]]} has {len(images)} images, but {paths[names[1]]} has "
            f"{len(labels)} labels."
        )
    return image_dataset(images.astype(np.float32) / 255, labels, "mnist").assign_attrs(part=split)


def subsample(dataset: xr.Dataset, step: int = 2) -> xr.Dataset:
    """
    Keep every second (third, ...) pixel of images, from the first on.

    Dims in and out: ``input`` (sample, ..., row, column).

    Parameters
    ----------
    dataset
        Images.
    step
        2 keeps every second row and column: 28 x 28 becomes 14 x 14.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 4.

    Examples
    --------
    >>> from infonb.data.digits import load_digits
    >>> dict(subsample(load_digits()).input.sizes)
    {'sample': 1797, 'row': 4, 'column': 4}
    """
    every = slice(None, None, check_integer("step", step, 1))
    small = dataset.isel(row=every, column=every)
    # a copy: a view would keep the large images in memory
    return small.assign(input=small["input"].copy(data=np.ascontiguousarray(small["input"])))
