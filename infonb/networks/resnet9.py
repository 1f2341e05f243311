"""ResNet-9 as an encoder of small images: eight convolutions, two residual sums."""

from __future__ import annotations

import torch
from torch import nn

from infonb.networks.image_inputs import check_images
from infonb.networks.layers import Sum
from infonb.validate import check_integer, check_number

__all__ = ["ResNet9"]

#: Channels of the eight convolutions.
_CHANNELS = (32, 64, 64, 64, 128, 256, 256, 256)

#: After which of them rows and columns are halved.
_HALVED = (1, 2, 5, 6)


class ResNet9(nn.Module):
    """
    ResNet-9 without its last layer: an encoder of images of 32 x 32 or so.

    Dims in: (sample, channel, row, column), at least 16 x 16; dims out: (sample, feature), the
    means over rows and columns of the last sum.

    Parameters
    ----------
    in_channels
        Channels of the images.
    seed
        Seed of the initial weights; the global random state is not touched.
    width
        By which the channels 32, 64, 64, 64, 128, 256, 256, 256 are multiplied.

    Notes
    -----
    The modules ``conv1`` to ``conv8`` are a 3 x 3 convolution, batch normalisation and ReLU each;
    ``conv1``, ``conv2``, ``conv5`` and ``conv6`` end in a max pool that halves rows and columns.
    ``res2`` is the sum of ``conv2`` and ``conv4``, ``res6`` that of ``conv6`` and ``conv8``. Of
    images of 32 x 32 ``conv1`` gives 16 x 16 values a channel, ``res6`` 2 x 2. ``n_features`` is
    the number of channels of the last one. Weights start He-normal (by their outputs).

    References
    ----------
    The channels, and which layers are summed, are those of Wang, Dziedzic, Backes and Boenisch,
    *Localizing Memorization in SSL Vision Encoders*, NeurIPS 2024, Table 1; what is not said there
    (where it is pooled, no biases, means at the end) is as usual.

    Examples
    --------
    >>> model = ResNet9()
    >>> sum(p.numel() for p in model.parameters())
    1643552
    >>> model(torch.zeros(5, 3, 32, 32)).shape
    torch.Size([5, 256])
    """

    def __init__(self, in_channels: int = 3, *, seed: int = 0, width: float = 1.0) -> None:
        super().__init__()
        self.in_channels = check_integer("in_channels", in_channels, 1)
        check_number("width", width, 0.0)
        generator = torch.Generator().manual_seed(check_integer("seed", seed, 0))
        n_in = in_channels
        for number, channels in enumerate(_CHANNELS, start=1):
            n_out = max(1, round(channels * width))
            self.add_module(f"conv{number}", _block(n_in, n_out, number in _HALVED, generator))
            if number in (4, 8):
                self.add_module(f"res{number - 2}", Sum())
            n_in = n_out
        self.n_features = n_in

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the features (sample, feature) of images (sample, channel, row, column)."""
        check_images(inputs, self.in_channels)
        if min(inputs.shape[2:]) < 16:
            raise ValueError(
                f"images have {inputs.shape[2]} x {inputs.shape[3]} pixels; this network halves "
                "them four times and needs 16 x 16 at least."
            )
        dtype = next(self.parameters()).dtype
        values = inputs.to(dtype).contiguous(memory_format=torch.channels_last)
        values = self._residual(self._through(values, 1, 2), 3)
        values = self._residual(self._through(values, 5, 6), 7)
        return values.mean(dim=(2, 3))

    def _through(self, values: torch.Tensor, *numbers: int) -> torch.Tensor:
        for number in numbers:
            values = self.get_submodule(f"conv{number}")(values)
        return values

    def _residual(self, values: torch.Tensor, first: int) -> torch.Tensor:
        around = self._through(values, first, first + 1)
        return self.get_submodule(f"res{first - 1}")(values, around)


def _block(n_in: int, n_out: int, is_halved: bool, generator: torch.Generator) -> nn.Sequential:
    # skip_init: the ordinary constructor draws from the global random state
    convolution = nn.utils.skip_init(nn.Conv2d, n_in, n_out, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(
        convolution.weight, mode="fan_out", nonlinearity="relu", generator=generator
    )
    block = nn.Sequential()
    block.add_module("conv", convolution)
    block.add_module("bn", nn.BatchNorm2d(n_out))
    if is_halved:
        # before the ReLU, which gives the same numbers: a quarter of the values is left for it
        block.add_module("pool", nn.MaxPool2d(2))
    block.add_module("relu", nn.ReLU())
    return block
