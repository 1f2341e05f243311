"""What is done to images (sample, channel, row, column): moved, cropped, in other colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["Draw", "cropped", "jittered", "luma", "shifted"]


class Draw:
    """Random numbers for a batch of images: one a sample, as (sample, 1, 1, 1), or of a shape."""

    def __init__(self, images: torch.Tensor, generator: torch.Generator | None) -> None:
        self._n, self._device, self._dtype = len(images), images.device, images.dtype
        self._generator = generator
        # a generator belongs to a device: drawn there, so that it may be one of the CPU
        self._where = images.device if generator is None else generator.device

    def uniform(self, low: float, high: float, shape: Sequence[int] = (1, 1)) -> torch.Tensor:
        """Return numbers between the two, (sample, 1, *shape)."""
        import torch

        size = (self._n, 1, *shape)
        drawn = torch.rand(size, generator=self._generator, device=self._where)
        return (low + (high - low) * drawn).to(self._device, self._dtype)

    def normal(self, shape: Sequence[int]) -> torch.Tensor:
        """Return numbers with mean 0 and variance 1, of this shape."""
        import torch

        drawn = torch.randn(tuple(shape), generator=self._generator, device=self._where)
        return drawn.to(self._device, self._dtype)

    def integers(self, most: int, n: int) -> torch.Tensor:
        """Return whole numbers from -most to most, (n, sample)."""
        import torch

        size = (n, self._n)
        drawn = torch.randint(-most, most + 1, size, generator=self._generator, device=self._where)
        return drawn.to(self._device)


def shifted(images: torch.Tensor, by: torch.Tensor, most: int) -> torch.Tensor:
    """Move images (sample, channel, row, column) by whole pixels (2, sample), down and right."""
    import torch

    n, channels, rows, columns = images.shape
    padded = torch.nn.functional.pad(images, (most, most, most, most))
    here = images.device
    row = torch.arange(rows, device=here) - by[0][:, None] + most
    column = torch.arange(columns, device=here) - by[1][:, None] + most
    sample = torch.arange(n, device=here)[:, None, None, None]
    channel = torch.arange(channels, device=here)[:, None, None]
    return padded[sample, channel, row[:, None, :, None], column[:, None, None, :]]


def cropped(images: torch.Tensor, draw: Draw, crop: tuple[float, float]) -> torch.Tensor:
    """Cut a part of each image, and resize it to the size of the image."""
    import torch

    area = draw.uniform(*crop).flatten()
    # the crop fits where its ratio of sides lies between the area and its inverse
    most = torch.clamp(-area.log(), max=math.log(4 / 3))
    ratio = (most * draw.uniform(-1, 1).flatten()).exp()
    width, height = (area * ratio).sqrt(), (area / ratio).sqrt()
    x, y = draw.uniform(-1, 1).flatten(), draw.uniform(-1, 1).flatten()
    theta = images.new_zeros(len(images), 2, 3)
    theta[:, 0, 0], theta[:, 0, 2] = width, x * (1 - width)
    theta[:, 1, 1], theta[:, 1, 2] = height, y * (1 - height)
    functional = torch.nn.functional
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    # half a pixel at the edges lies between the outermost pixel and nothing: repeated, not darkened
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def jittered(images: torch.Tensor, draw: Draw, strength: float) -> torch.Tensor:
    """Change brightness, contrast, saturation and hue of 80 % of the images."""
    import torch

    chosen = draw.uniform(0, 1) < 0.8
    low, high = 1 - 0.8 * strength, 1 + 0.8 * strength
    views = (images * draw.uniform(low, high)).clamp(0, 1)
    factor, middle = draw.uniform(low, high), luma(views).mean((1, 2, 3), keepdim=True)
    views = (factor * views + (1 - factor) * middle).clamp(0, 1)
    if images.shape[1] == 3:
        factor = draw.uniform(low, high)
        views = (factor * views + (1 - factor) * luma(views)).clamp(0, 1)
        turn = draw.uniform(-0.2 * strength, 0.2 * strength).flatten() * 2 * math.pi
        views = torch.einsum("sdc,schw->sdhw", _hue(turn), views).clamp(0, 1)
    return torch.where(chosen, views, images)


def luma(images: torch.Tensor) -> torch.Tensor:
    """Return the grey of images as (sample, 1, row, column)."""
    if images.shape[1] == 1:
        return images
    return (images * images.new_tensor(_YIQ[0])[:, None, None]).sum(1, keepdim=True)


#: From red, green and blue to luma and the two coordinates of the colour (NTSC).
_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


def _hue(turn: torch.Tensor) -> torch.Tensor:
    """Return matrices (sample, 3, 3) that turn the hue of red, green and blue by angles."""
    import torch

    yiq = torch.tensor(_YIQ, dtype=torch.float64)
    turned = torch.zeros(len(turn), 3, 3, dtype=torch.float64)
    angle = turn.double().cpu()
    turned[:, 0, 0] = 1
    turned[:, 1, 1] = turned[:, 2, 2] = angle.cos()
    turned[:, 1, 2], turned[:, 2, 1] = -angle.sin(), angle.sin()
    return (torch.linalg.inv(yiq) @ turned @ yiq).to(turn.device, turn.dtype)
