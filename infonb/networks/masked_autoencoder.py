"""A small vision transformer that tells hidden patches of an image from the others."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from infonb.networks.image_inputs import check_images
from infonb.networks.layers import Sum, generator_of, linear
from infonb.validate import check_integer

__all__ = ["MaskedAutoencoder"]

#: Spread of what is added for the place of a patch, and of what stands for a hidden one.
_SPREAD = 0.02


class MaskedAutoencoder(nn.Module):
    """
    Vision transformer and a light decoder, to be trained by `infonb.training.MaskedReconstruction`.

    Dims in: (sample, channel, row, column); dims out: (sample, ``width``), the mean over all
    patches of what the encoder says.

    Parameters
    ----------
    in_channels
        Channels of the images.
    size
        Rows and columns of the images, as many of both.
    patch
        Rows and columns of a patch; it divides `size`.
    width
        Neurons of each patch in the encoder.
    depth
        Blocks of the encoder.
    heads
        Of the attention; they divide `width`.
    decoder_width, decoder_depth
        Of the decoder.
    seed
        Of the initial weights; the global random state is not touched.

    Notes
    -----
    The blocks are the modules ``block1``, ``block2``, ..., each with ``attention``, its sum
    ``res1``, the layers ``fc1``, ``gelu``, ``fc2``, and their sum ``res2``; all give (sample,
    patch, neuron). Only what is to be seen of an image goes through the encoder
    (`reconstruct`); as an encoder, and as it is recorded, the network sees everything. Places
    of patches are learnt. ``n_features`` is `width`.

    References
    ----------
    He, Chen, Xie, Li, Dollár and Girshick, *Masked Autoencoders Are Scalable Vision Learners*,
    CVPR 2022, Figure 1; Dosovitskiy et al., *An Image is Worth 16x16 Words*, ICLR 2021.

    Examples
    --------
    >>> model = MaskedAutoencoder(in_channels=1, size=8, patch=2, width=32, depth=2)
    >>> images = torch.zeros(5, 1, 8, 8)
    >>> model(images).shape, model.patches(images).shape
    (torch.Size([5, 32]), torch.Size([5, 16, 4]))
    >>> masked = torch.arange(16).expand(5, 16) < 12
    >>> model.reconstruct(images, masked).shape
    torch.Size([5, 16, 4])
    """

    def __init__(
        self, *, in_channels: int = 3, size: int = 32, patch: int = 4, width: int = 64,
        depth: int = 4, heads: int = 4, decoder_width: int = 32, decoder_depth: int = 1,
        seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_channels = check_integer("in_channels", in_channels, 1)
        self.size, self.patch = check_integer("size", size, 1), check_integer("patch", patch, 1)
        if size % patch:
            raise ValueError(f"patch must divide size={size}; not {patch}.")
        for name, value in (("width", width), ("decoder_width", decoder_width)):
            if check_integer(name, value, 1) % check_integer("heads", heads, 1):
                raise ValueError(f"heads must divide {name}={value}; not {heads}.")
        self.n_patches, self.n_features = (size // patch) ** 2, width
        n_values, generator = in_channels * patch**2, generator_of(seed, 0)
        self.embed = linear(n_values, width, generator)
        self.place = _drawn((self.n_patches, width), generator)
        for number in range(1, check_integer("depth", depth, 1) + 1):
            self.add_module(f"block{number}", Block(width, heads, generator))
        self.depth = depth
        self.norm = nn.LayerNorm(width)
        generator = generator_of(seed, 1)
        self.decoder = nn.ModuleDict({"embed": linear(width, decoder_width, generator)})
        self.hidden = _drawn((decoder_width,), generator)
        self.decoder_place = _drawn((self.n_patches, decoder_width), generator)
        blocks = [
            Block(decoder_width, heads, generator)
            for _ in range(check_integer("decoder_depth", decoder_depth, 1))
        ]
        self.decoder["blocks"] = nn.Sequential(*blocks)
        self.decoder["norm"] = nn.LayerNorm(decoder_width)
        self.decoder["out"] = linear(decoder_width, n_values, generator)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the features (sample, feature) of images (sample, channel, row, column)."""
        values = self.embed(self.patches(images)) + self.place
        return self._encoded(values).mean(dim=1)

    def patches(self, images: torch.Tensor) -> torch.Tensor:
        """Return images (sample, channel, row, column) in parts, (sample, patch, value)."""
        check_images(images, self.in_channels)
        if images.shape[2:] != (self.size, self.size):
            raise ValueError(
                f"images have {images.shape[2]} x {images.shape[3]} pixels; this network takes "
                f"{self.size} x {self.size} (size)."
            )
        values = images.to(self.embed.weight.dtype)
        return functional.unfold(values, self.patch, stride=self.patch).transpose(1, 2)

    def reconstruct(self, images: torch.Tensor, masked: torch.Tensor) -> torch.Tensor:
        """Return all patches (sample, patch, value), told from those that are not `masked`."""
        n, visible = len(images), self.n_patches - int(masked[0].sum())
        if masked.shape != (n, self.n_patches) or bool((~masked).sum(dim=1).ne(visible).any()):
            raise ValueError(
                f"masked must be (sample, patch), {n} x {self.n_patches}, as many patches of each "
                f"image; it is {tuple(masked.shape)}."
            )
        # a stable sort leaves what is seen in its order
        order = masked.to(torch.uint8).argsort(dim=1, stable=True)[:, :visible]
        values = self.embed(self.patches(images)) + self.place
        values = self._encoded(values.gather(1, order[..., None].expand(-1, -1, values.shape[2])))
        told = self.decoder["embed"](values)
        # hidden patches are all alike to the decoder, but for their place
        whole = self.hidden.expand(n, self.n_patches, -1)
        whole = whole.scatter(1, order[..., None].expand(-1, -1, told.shape[2]), told)
        whole = self.decoder["blocks"](whole + self.decoder_place)
        return self.decoder["out"](self.decoder["norm"](whole))

    def _encoded(self, values: torch.Tensor) -> torch.Tensor:
        for number in range(1, self.depth + 1):
            values = self.get_submodule(f"block{number}")(values)
        return self.norm(values)


class Block(nn.Module):
    """Attention and two layers, each beside a shortcut, on normalised values."""

    def __init__(self, width: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads, generator)
        self.res1, self.norm2 = Sum(), nn.LayerNorm(width)
        self.fc1, self.gelu = linear(width, 4 * width, generator), nn.GELU()
        self.fc2, self.res2 = linear(4 * width, width, generator), Sum()

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return what comes out of the block, (sample, patch, neuron) as what goes in."""
        values = self.res1(values, self.attention(self.norm1(values)))
        return self.res2(values, self.fc2(self.gelu(self.fc1(self.norm2(values)))))


class Attention(nn.Module):
    """What each patch asks of all others, by several heads."""

    def __init__(self, width: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.asked = linear(width, 3 * width, generator)
        self.out = linear(width, width, generator)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return (sample, patch, neuron) of the same."""
        n, n_patches, width = values.shape
        asked = self.asked(values).reshape(n, n_patches, 3, self.heads, width // self.heads)
        query, key, value = asked.permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value)
        return self.out(found.transpose(1, 2).reshape(n, n_patches, width))


def _drawn(shape: tuple[int, ...], generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(_SPREAD * torch.randn(shape, generator=generator))
