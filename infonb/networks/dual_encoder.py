"""A network with two towers, for images and captions, that meet in one space."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import nn

from infonb.validate import check_choice, check_integer, check_number

__all__ = ["DualEncoder"]


class DualEncoder(nn.Module):
    r"""
    Two towers, of images and of captions, whose embeddings lie in one space (CLIP).

    Dims in: images (sample, row, column) or (sample, channel, row, column) and captions (sample,
    token), whole numbers; dims out: image and text embeddings (sample, feature) of length one, and
    the logarithm of the scale of their products.

    Parameters
    ----------
    n_tokens
        Size of the vocabulary, 0 … n_tokens - 1. ``mask_token`` is n_tokens; -1 is padding.
    cell
        Rows and columns of a cell of the image; each is embedded by itself, all by the same
        weights.
    channels
        Of the images; 1 for images without a dim of channels.
    width
        Neurons of each hidden layer.
    features
        Length of the embeddings.
    temperature
        One over the scale: of the start, or always; at least 0.01.
    learned
        Whether the scale is learnt; without it, the scale is fixed.
    image
        ``"cells"``: two linear layers on each cell, the same in all, then their mean: what lies
        where is forgotten. ``"cnn"``: three 3 x 3 convolutions on the whole image, then their mean.
    seed
        Of the initial weights; the global random state is not touched.

    Raises
    ------
    ValueError
        For images that are not made of such cells, tokens beyond the vocabulary, and numbers out of
        range.

    Notes
    -----
    With tokens :math:`t_1 \dots t_m` the text tower starts from
    :math:`\sqrt m \cdot \tfrac{1}{m} \sum_i e_{t_i}`: a mean whose spread does not depend on the
    length; of an empty caption it is 0. Modules to record, each with `width` neurons and one row a
    sample: ``image.pooled`` (the mean over cells, after a ReLU), ``image.relu``, ``text.pooled``
    (the mean of the tokens), ``text.relu``.

    References
    ----------
    Radford et al., *Learning Transferable Visual Models From Natural Language Supervision*, ICML
    2021.

    Examples
    --------
    >>> model = DualEncoder(n_tokens=100, cell=5)
    >>> images, captions = torch.rand(4, 15, 15), torch.randint(100, (4, 5))
    >>> image, text, log_scale = model(images, captions)
    >>> image.shape, text.shape, round(log_scale.exp().item(), 2)
    (torch.Size([4, 64]), torch.Size([4, 64]), 14.29)
    """

    def __init__(
        self,
        n_tokens: int,
        cell: int,
        *,
        channels: int = 1,
        width: int = 256,
        features: int = 64,
        temperature: float = 0.07,
        learned: bool = True,
        image: str = "cells",
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_choice("image", image, ["cells", "cnn"])
        # the loss of CLIP lets no scale above 100, where nothing would be learnt of it any more
        check_number("temperature", temperature, 0.01)
        self.mask_token = check_integer("n_tokens", n_tokens, 1)
        self.pad_token = -1
        given = {"cell": cell, "channels": channels, "width": width, "features": features}
        sizes = [check_integer(name, size, 1) for name, size in given.items()]
        generator = torch.Generator().manual_seed(check_integer("seed", seed, 0))
        tower = CellTower if image == "cells" else ConvolutionTower
        self.image = tower(*sizes)
        self.text = TextTower(n_tokens, width, features)
        scale = torch.tensor(-math.log(temperature))
        if learned:
            self.log_scale = nn.Parameter(scale)
        else:
            self.register_buffer("log_scale", scale)
        _initialize(self, generator)

    def forward(
        self, images: torch.Tensor, captions: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return image embeddings, text embeddings (sample, feature), and the log of the scale."""
        return self.embed_images(images), self.embed_captions(captions), self.log_scale

    def embed_images(self, images: torch.Tensor) -> torch.Tensor:
        """Return the embeddings (sample, feature) of images, of length one."""
        return nn.functional.normalize(self.image(images.to(self.text.embedding.weight)), dim=1)

    def embed_captions(self, captions: torch.Tensor) -> torch.Tensor:
        """Return the embeddings (sample, feature) of captions, of length one."""
        return nn.functional.normalize(self.text(captions), dim=1)


class CellTower(nn.Module):
    """Cells one by one through two linear layers, their mean, two more: (sample, feature)."""

    def __init__(self, cell: int, channels: int, width: int, features: int) -> None:
        super().__init__()
        self.cell, self.channels = cell, channels
        # skip_init: the ordinary constructor draws from the global random state
        self.cell1 = nn.utils.skip_init(nn.Linear, channels * cell**2, width)
        self.cell_relu = nn.ReLU()
        self.cell2 = nn.utils.skip_init(nn.Linear, width, width)
        self.pooled = nn.ReLU()
        self.hidden = nn.utils.skip_init(nn.Linear, width, width)
        self.relu = nn.ReLU()
        self.out = nn.utils.skip_init(nn.Linear, width, features)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return what comes out of the tower, of images (sample, ..., row, column)."""
        values = self.cell_relu(self.cell1(self._cells(images)))
        # the mean over cells and the second layer are both linear: one product instead of nine
        values = self.pooled(self.cell2(values.mean(dim=1)))
        return self.out(self.relu(self.hidden(values)))

    def _cells(self, images: torch.Tensor) -> torch.Tensor:
        """Return images as (sample, cell, pixel)."""
        images = _with_channels(images, self.channels)
        rows, columns = images.shape[-2:]
        if rows % self.cell or columns % self.cell:
            raise ValueError(
                f"images of {rows} x {columns} are not made of cells of {self.cell} x {self.cell}."
            )
        found = images.unfold(2, self.cell, self.cell).unfold(3, self.cell, self.cell)
        return found.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


class ConvolutionTower(nn.Module):
    """Three convolutions, their mean over the image, two linear layers: (sample, feature)."""

    def __init__(self, cell: int, channels: int, width: int, features: int) -> None:
        super().__init__()
        self.channels = channels
        sizes = [channels, max(1, width // 8), max(1, width // 4), width]
        for i, (n_in, n_out) in enumerate(pairwise(sizes), 1):
            stride = 1 if i == 3 else 2
            convolution = nn.utils.skip_init(nn.Conv2d, n_in, n_out, 3, stride=stride, padding=1)
            self.add_module(f"conv{i}", convolution)
            self.add_module(f"conv_relu{i}", nn.ReLU())
        self.pooled = nn.AdaptiveAvgPool2d(1)
        self.hidden = nn.utils.skip_init(nn.Linear, width, width)
        self.relu = nn.ReLU()
        self.out = nn.utils.skip_init(nn.Linear, width, features)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return what comes out of the tower, of images (sample, ..., row, column)."""
        values = _with_channels(images, self.channels)
        for i in (1, 2, 3):
            values = self.get_submodule(f"conv_relu{i}")(self.get_submodule(f"conv{i}")(values))
        return self.out(self.relu(self.hidden(self.pooled(values).flatten(1))))


class TextTower(nn.Module):
    """The mean of the tokens' embeddings by the root of their number, three linear layers."""

    def __init__(self, n_tokens: int, width: int, features: int) -> None:
        super().__init__()
        self.n_tokens = n_tokens
        self.embedding = nn.utils.skip_init(nn.Embedding, n_tokens + 1, width)  # and the mask
        self.pooled = nn.Identity()
        self.hidden = nn.utils.skip_init(nn.Linear, width, width)
        self.relu = nn.ReLU()
        self.out = nn.utils.skip_init(nn.Linear, width, features)

    def forward(self, captions: torch.Tensor) -> torch.Tensor:
        """Return what comes out of the tower, of captions (sample, token)."""
        captions = self._checked(captions)
        there = (captions >= 0).unsqueeze(2)
        embedded = self.embedding(captions.clamp(min=0)) * there
        values = self.pooled(embedded.sum(dim=1) / there.sum(dim=1).clamp(min=1).sqrt())
        return self.out(self.relu(self.hidden(values)))

    def _checked(self, captions: torch.Tensor) -> torch.Tensor:
        if captions.ndim != 2 or captions.is_floating_point():
            raise ValueError(
                "captions must be whole numbers (sample, token); not "
                f"{captions.dtype} {tuple(captions.shape)}."
            )
        captions = captions.long()
        if (
            captions.numel()
            and not -1 <= int(captions.min()) <= int(captions.max()) <= self.n_tokens
        ):
            raise ValueError(
                f"captions have tokens {int(captions.min())} … {int(captions.max())}; there are 0 "
                f"… {self.n_tokens - 1}, {self.n_tokens} (the mask) and -1 (padding)."
            )
        return captions


def _with_channels(images: torch.Tensor, channels: int) -> torch.Tensor:
    """Return images (sample, channel, row, column)."""
    if images.ndim == 3:
        images = images.unsqueeze(1)
    if images.ndim != 4 or images.shape[1] != channels:
        raise ValueError(
            f"images must be (sample, row, column) or (sample, channel={channels}, row, column); "
            f"not {tuple(images.shape)}."
        )
    return images


def _initialize(model: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights: torch's own, uniform on ±1/√(inputs); embeddings normal."""
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            bound = module.weight[0].numel() ** -0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            assert module.bias is not None
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, generator=generator)
