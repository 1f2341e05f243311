"""Colour pictures: decode, cut to a square, resize by interpolation, label."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from infonb.data.files import MEGABYTE

__all__ = ["CHANNELS", "MOST_BYTES", "picture_set", "read_picture", "read_whole_picture"]

#: The largest file, and the most pixels, that a picture may have: 50 megapixels take 1 GB at most.
MOST_BYTES, _MOST_PIXELS = 100 * MEGABYTE, 50 * 10**6

#: Others of Pillow's formats are left alone: one starts another program.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")

#: Pillow's words for pixels of 8 bits a channel, or less.
_BYTES = ("1", "L", "P", "LA", "PA", "RGB", "RGBA", "CMYK", "YCbCr")

CHANNELS = ("red", "green", "blue")


def read_picture(content: bytes, size: int, *, where: str) -> NDArray[np.uint8]:
    """
    Decode a picture and resize its middle square: uint8 (row, column, channel=red, green, blue).

    The square is cut, not squeezed: an object keeps its proportions. Pillow's bicubic filter is as
    wide as the reduction, so fine detail is averaged and does not turn into false patterns.
    """
    from PIL import Image, ImageOps

    with _opened(content, where) as picture:
        # a JPEG can be decoded at a half, a quarter, ...: much quicker, still twice too large
        picture.draft(None, (2 * size, 2 * size))
        square = ImageOps.fit(_on_white(picture), (size, size), Image.Resampling.BICUBIC)
        return np.asarray(square)


def read_whole_picture(content: bytes, *, where: str) -> NDArray[np.uint8]:
    """Decode a picture in its size: uint8 (row, column, channel), one channel if it is grey."""
    with _opened(content, where) as picture:
        if picture.mode not in _BYTES:
            raise ValueError(
                f"its pixels are of more than 8 bits ({picture.mode}), which would be cut; an "
                ".npz file takes them"
            )
        if picture.mode in ("1", "L"):
            return np.asarray(_upright(picture).convert("L"))[..., None]
        return np.asarray(_on_white(picture))


@contextmanager
def _opened(content: bytes, where: str) -> Iterator[Any]:
    """Open a picture; one that says that it is huge is refused before it is decoded."""
    from PIL import Image

    Image.init()  # it looks for formats by name only among those that it knows already
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # told below
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
        with picture:
            width, height = picture.size
            if width * height > _MOST_PIXELS:
                raise ValueError(
                    f"it has {width} x {height} pixels, more than {_MOST_PIXELS // 10**6} million"
                )
            yield picture
    except Exception as error:  # Pillow has many words for a damaged file
        raise ValueError(
            f"the picture {where} cannot be read ({error}). Replace it by the original file, or "
            "remove it."
        ) from error


def _upright(picture: Any) -> Any:
    """Turn a picture as its camera said (EXIF)."""
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _on_white(picture: Any) -> Any:
    """Return an upright picture in red, green and blue, a transparent one on white."""
    from PIL import Image

    upright = _upright(picture)
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
    return upright.convert("RGB")


def picture_set(
    pixels: NDArray,
    object_index: ArrayLike,
    context_index: ArrayLike,
    *,
    objects: Sequence[str],
    contexts: Sequence[str],
    sample: ArrayLike,
    attrs: Mapping[str, Any],
) -> xr.Dataset:
    """
    Put pictures of objects in contexts into the common form of all data sets.

    Dims in: (sample, row, column, channel), bytes or numbers in 0 .. 1; out: (sample, channel, row,
    column) float32 in 0 .. 1, the label the number of the object.
    """
    scale = np.float32(255 if pixels.dtype == np.uint8 else 1)
    values = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32)
    values /= scale
    label = np.asarray(object_index, np.int64)
    return xr.Dataset(
        {
            "input": (("sample", "channel", "row", "column"), values),
            "label": ("sample", label),
        },
        {
            "sample": np.asarray(sample, np.int64),
            "channel": np.array(CHANNELS, dtype=object),
            "object": ("sample", np.array(objects, dtype=object)[label]),
            "context": ("sample", np.array(contexts, dtype=object)[np.asarray(context_index)]),
        },
        {**attrs, "classes": ", ".join(objects), "contexts": ", ".join(contexts)},
    )
