"""A small convolutional network with named layers, for images of a few pixels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from infonb.networks.image_inputs import check_images
from infonb.validate import check_integer

__all__ = ["CNN"]


class CNN(nn.Module):
    """
    Plain convolutional network: 3 x 3 convolutions, a max pool after each but the last, one output.

    Dims in: (sample, channel, row, column); dims out: (sample, class), logits.

    Parameters
    ----------
    in_channels
        Channels of the images.
    n_classes
        Number of logits.
    channels
        Channels of each convolution; all but the last halve rows and columns after it.
    seed
        Seed of the initial weights; the global random state is not touched.

    Notes
    -----
    The convolutions are the modules ``conv1``, ``conv2``, ..., their activation functions
    ``relu1``, ``relu2``, ..., and the last layer, on the means over rows and columns, ``out``. No
    ReLU works in place. `infonb.record` averages a convolution over rows and columns: one neuron
    for each channel. Weights start He-normal, biases at 0.

    Examples
    --------
    >>> model = CNN(in_channels=2, n_classes=10, channels=(8, 16))
    >>> [name for name, _ in model.named_children()]
    ['conv1', 'relu1', 'pool1', 'conv2', 'relu2', 'mean', 'out']
    >>> model(torch.zeros(5, 2, 14, 14)).shape
    torch.Size([5, 10])
    """

    def __init__(
        self,
        in_channels: int = 3,
        n_classes: int = 2,
        channels: Sequence[int] = (16, 32, 64),
        *,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.in_channels = check_integer("in_channels", in_channels, 1)
        widths = [check_integer("channels", width, 1) for width in channels]
        if not widths:
            raise ValueError("channels must have at least one convolution; it is empty.")
        generator = torch.Generator().manual_seed(check_integer("seed", seed, 0))
        for i, (n_in, n_out) in enumerate(zip([in_channels, *widths], widths, strict=False), 1):
            # skip_init: the ordinary constructor draws from the global random state
            convolution = nn.utils.skip_init(nn.Conv2d, n_in, n_out, 3, padding=1)
            self.add_module(f"conv{i}", _initialized(convolution, generator))
            self.add_module(f"relu{i}", nn.ReLU())
            if i < len(widths):
                self.add_module(f"pool{i}", nn.MaxPool2d(2))
        self.mean = nn.AdaptiveAvgPool2d(1)
        n_outputs = check_integer("n_classes", n_classes, 1)
        self.out = _initialized(nn.utils.skip_init(nn.Linear, widths[-1], n_outputs), generator)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits (sample, class) of images (sample, channel, row, column)."""
        check_images(inputs, self.in_channels)
        values = inputs.to(next(self.parameters()).dtype)
        for name, module in self.named_children():
            values = module(values.flatten(1) if name == "out" else values)
        return values


def _initialized(module: nn.Conv2d | nn.Linear, generator: torch.Generator) -> nn.Module:
    nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
    assert module.bias is not None
    nn.init.zeros_(module.bias)
    return module
