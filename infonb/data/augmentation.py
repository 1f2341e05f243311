"""Random views of images: shifts, crops, noise and colours, each sample with draws of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infonb.data.image_changes import Draw, cropped, jittered, luma, shifted
from infonb.validate import check_integer, check_number

if TYPE_CHECKING:
    import torch

__all__ = ["DigitViews", "ImageViews"]


@dataclass(frozen=True)
class DigitViews:
    r"""
    Views of small grey images: moved, brighter or darker, noisy, with pixels left out.

    Dims (sample, row, column) or (sample, channel, row, column) in; the same out.

    Parameters
    ----------
    shift
        Most pixels by which an image is moved, along rows and along columns; what comes in is 0.
    scale
        Range of the factor of all values of an image.
    noise
        Standard deviation of the normal noise on every value.
    dropout
        Probability of a pixel to become 0, in all channels.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range; when called, if images are no floating tensor with rows
        and columns.

    Notes
    -----
    In this order. Noise may lead out of 0 .. 1: nothing is clamped. Called as
    ``views(images, generator=None)``: without a generator torch's global random state is drawn
    from. The defaults are those of infonb's digits experiment on memorization in encoders.

    Examples
    --------
    >>> import torch
    >>> images = torch.ones(2, 3, 3)
    >>> DigitViews(shift=1, scale=(1, 1), noise=0, dropout=0)(images, torch.Generator()).shape
    torch.Size([2, 3, 3])
    >>> torch.equal(DigitViews(shift=0, scale=(1, 1), noise=0, dropout=0)(images), images)
    True
    """

    shift: int = 1
    scale: tuple[float, float] = (0.7, 1.3)
    noise: float = 0.2
    dropout: float = 0.3

    def __post_init__(self) -> None:
        check_integer("shift", self.shift, 0)
        _check_range("scale", self.scale, 0.0, None)
        check_number("noise", self.noise, 0.0)
        check_number("dropout", self.dropout, 0.0, 1.0)

    def __call__(
        self, images: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Return one view of each image."""
        import torch

        views, draw = _with_channels(images), Draw(images, generator)
        if self.shift:
            views = shifted(views, draw.integers(self.shift, 2), self.shift)
        if tuple(self.scale) != (1, 1):
            views = views * draw.uniform(*self.scale)
        if self.noise:
            views = views + self.noise * draw.normal(views.shape)
        if self.dropout:
            gone = draw.uniform(0, 1, views.shape[2:]) < self.dropout
            views = torch.where(gone, torch.zeros_like(views), views)
        return _own(views.reshape(images.shape), images)


@dataclass(frozen=True)
class ImageViews:
    r"""
    Views of photographs as in SimCLR: a resized crop, perhaps mirrored, in other colours, or grey.

    Dims (sample, channel, row, column) in; the same out. Values in 0 .. 1: normalise afterwards.

    Parameters
    ----------
    crop
        Range of the share of the area that is kept; its sides are 3:4 to 4:3 of the image's own,
        as far as that fits, and it is resized (bilinear) to the size of the image.
    flip
        Whether half of the images are mirrored, left to right.
    jitter
        Strength *s* of the jitter of colours, which 80 % of the images get: factors of brightness,
        contrast and saturation from 1 ± 0.8 *s*, hue turned by up to ± 0.2 *s* of a full turn.
    grey
        Probability of an image to become grey.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range; when called, if images are no floating tensor, have neither
        1 nor 3 channels, or values out of 0 .. 1 while colours change.

    Notes
    -----
    In this order, with the parts of the jitter in one order, too. Hue is turned in YIQ, values are
    clamped to 0 .. 1 after each part. Grey images, with one channel or (sample, row, column), get
    brightness and contrast only. Called as ``views(images, generator=None)``: without a generator
    torch's global random state is drawn from.

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton, "A simple framework for contrastive learning of visual
    representations", ICML 2020, appendix A.

    Examples
    --------
    >>> import torch
    >>> images = torch.rand(2, 3, 8, 8)
    >>> views = ImageViews()(images, torch.Generator().manual_seed(0))
    >>> views.shape, bool(((views >= 0) & (views <= 1)).all())
    (torch.Size([2, 3, 8, 8]), True)
    """

    crop: tuple[float, float] = (0.2, 1.0)
    flip: bool = True
    jitter: float = 0.5
    grey: float = 0.2

    def __post_init__(self) -> None:
        _check_range("crop", self.crop, 0.0, 1.0)
        if self.crop[0] == 0:
            raise ValueError(f"crop must keep some of the area, at least 0.01; not {self.crop}.")
        if not isinstance(self.flip, bool):
            raise TypeError(f"flip must be True or False; not {self.flip!r}.")
        check_number("jitter", self.jitter, 0.0, 1.25)  # beyond, factors would be negative
        check_number("grey", self.grey, 0.0, 1.0)

    def __call__(
        self, images: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Return one view of each image."""
        import torch

        views, draw = _with_channels(images), Draw(images, generator)
        if self.jitter or self.grey:
            _check_colors(views)
        if tuple(self.crop) != (1, 1):
            views = cropped(views, draw, self.crop)
        if self.flip:
            views = torch.where(draw.uniform(0, 1) < 0.5, views.flip(-1), views)
        if self.jitter:
            views = jittered(views, draw, self.jitter)
        if self.grey and views.shape[1] == 3:
            views = torch.where(draw.uniform(0, 1) < self.grey, luma(views), views)
        return _own(views.reshape(images.shape), images)


def _with_channels(images: Any) -> torch.Tensor:
    """Return floating images as (sample, channel, row, column)."""
    import torch

    if not isinstance(images, torch.Tensor):
        raise TypeError(f"images must be a torch tensor; not {type(images).__name__}.")
    if not images.is_floating_point():
        raise TypeError(
            f"images must be floating numbers in 0 .. 1; not {images.dtype}. Bytes: images / 255."
        )
    if images.ndim not in (3, 4):
        raise ValueError(
            "images must have the dims (sample, row, column) or (sample, channel, row, column); "
            f"not the shape {tuple(images.shape)}. Flat ones: images.reshape(n, rows, columns)."
        )
    return images.unsqueeze(1) if images.ndim == 3 else images


def _own(views: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Return views that share no memory with the images, also where nothing was changed."""
    return views.clone() if views.data_ptr() == images.data_ptr() else views


def _check_colors(images: torch.Tensor) -> None:
    if images.shape[1] not in (1, 3):
        raise ValueError(
            f"images have {images.shape[1]} channels, but colours change with 1 or 3 only; "
            "jitter=0 and grey=0 leave them alone, channels come before rows and columns."
        )
    if images.numel() and (float(images.min()) < -1e-3 or float(images.max()) > 1 + 1e-3):
        raise ValueError(
            f"images must lie in 0 .. 1 for their colours to change; they lie in "
            f"{float(images.min()):.3g} .. {float(images.max()):.3g}. Normalise after the views."
        )


def _check_range(name: str, value: Any, minimum: float, maximum: float | None) -> None:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"{name} must be two numbers (low, high); not {value!r}.")
    low, high = (check_number(name, one, minimum, maximum) for one in value)
    if low > high:
        raise ValueError(f"{name} must be (low, high), low first; not {value!r}.")
