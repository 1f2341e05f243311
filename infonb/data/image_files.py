"""A user's own images, from a file of arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from infonb.data.array_files import BadArrays, npz_names, read_npz
from infonb.data.digits import image_dataset
from infonb.data.files import expanded

__all__ = ["load_images"]

#: So many classes there may be even of fewer images.
_FEW_CLASSES = 1000


def load_images(path: str | Path) -> xr.Dataset:
    """
    Return grey images and their labels from an ``.npz`` file.

    Parameters
    ----------
    path
        File with the arrays ``images`` (sample, row, column) and ``labels`` (sample): whole numbers
        from 0, at least two different ones. Whole-numbered images are taken to be 0 to 255 and
        divided by 255. ``numpy.savez_compressed(path, images=..., labels=...)`` writes it.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, row, column) float32; ``label`` (sample); the attributes ``name``, that
        of the file, and ``n_classes``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no ``.npz`` file, lacks one of the arrays, or these do not fit together; before
        they are read, if they hold Python objects or say that they are larger than can be.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.npz")
    ...     np.savez(path, images=np.zeros((4, 8, 8)), labels=[0, 1, 0, 1])
    ...     dict(load_images(path).input.sizes)
    {'sample': 4, 'row': 8, 'column': 8}
    """
    path = expanded(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path} with the arrays images and labels.")
    images, labels = _read(path)
    if images.ndim != 3 or not images.size:
        raise _unfit(path, f"images has shape {images.shape}; it must be (sample, row, column)")
    if labels.shape != images.shape[:1]:
        raise _unfit(path, f"labels has shape {labels.shape}; there are {len(images)} images")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise _unfit(path, f"labels must be whole numbers from 0; not {labels.dtype}")
    if labels.max() >= max(len(labels), _FEW_CLASSES):
        raise _unfit(path, f"labels go up to {labels.max()}, but there are {len(labels)} images")
    if np.unique(labels).size < 2:
        raise _unfit(path, f"all labels are {labels[0]}; two classes are the fewest")
    if np.issubdtype(images.dtype, np.integer):
        if images.min() < 0 or images.max() > 255:
            raise _unfit(
                path, f"whole-numbered images must be 0 to 255; not {images.min()} to "
                f"{images.max()}: divide them by their largest value"
            )  # fmt: skip
        images = images / np.float32(255)
    with np.errstate(over="ignore"):  # to what is not finite, and refused
        is_real = np.issubdtype(images.dtype, np.floating)
        images = images.astype(np.float32) if is_real else images
    if not is_real or not np.isfinite(images).all():
        raise _unfit(path, "images must hold finite numbers")
    found = image_dataset(images, labels, path.stem)
    return found.assign_attrs(n_classes=int(labels.max()) + 1)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the two arrays, if what they say of their size can be."""
    try:
        names = npz_names(path)
        missing = [name for name in ("images", "labels") if name not in names]
        if missing:
            raise BadArrays(path, f"has the arrays {names}; {missing[0]!r} is missing")
        arrays = read_npz(path, ("images", "labels"))
    except BadArrays as error:
        raise _unfit(path, error.reason) from error
    return arrays["images"], arrays["labels"]


def _unfit(path: Path, reason: str) -> ValueError:
    return ValueError(
        f"{path} {reason}. Write it with numpy.savez_compressed(path, images=..., labels=...)."
    )
