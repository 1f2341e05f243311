"""A user's own images, from a file of arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import xarray as xr

from infonb.data.digits import image_dataset

__all__ = ["load_images"]


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
        If it is no ``.npz`` file, lacks one of the arrays, or these do not fit together.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.npz")
    ...     np.savez(path, images=np.zeros((4, 8, 8)), labels=[0, 1, 0, 1])
    ...     dict(load_images(path).input.sizes)
    {'sample': 4, 'row': 8, 'column': 8}
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"no file {path} with the arrays images and labels.")
    try:
        # numpy leaves a file open that it opened itself and cannot read
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            missing = [name for name in ("images", "labels") if name not in arrays.files]
            if missing:
                raise _unfit(path, f"has the arrays {arrays.files}; {missing[0]!r} is missing")
            images, labels = arrays["images"], arrays["labels"]
    except (zipfile.BadZipFile, OSError, EOFError, AttributeError, TypeError) as error:
        raise _unfit(path, f"is no .npz file ({error})") from error
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise _unfit(path, f"cannot be read ({error})") from error
    if images.ndim != 3 or not images.size:
        raise _unfit(path, f"images has shape {images.shape}; it must be (sample, row, column)")
    if labels.shape != images.shape[:1]:
        raise _unfit(path, f"labels has shape {labels.shape}; there are {len(images)} images")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise _unfit(path, f"labels must be whole numbers from 0; not {labels.dtype}")
    if np.unique(labels).size < 2:
        raise _unfit(path, f"all labels are {labels[0]}; two classes are the fewest")
    if np.issubdtype(images.dtype, np.integer):
        images = images / np.float32(255)
    if not np.issubdtype(images.dtype, np.floating) or not np.isfinite(images).all():
        raise _unfit(path, "images must hold finite numbers")
    found = image_dataset(images.astype(np.float32), labels, path.stem)
    return found.assign_attrs(n_classes=int(labels.max()) + 1)


def _unfit(path: Path, reason: str) -> ValueError:
    return ValueError(
        f"{path} {reason}. Write it with numpy.savez_compressed(path, images=..., labels=...)."
    )
