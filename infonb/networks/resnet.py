"""ResNet-18 with named stages, for images of the usual size or for small ones."""

from __future__ import annotations

import torch
from torch import nn

from infonb.networks.image_inputs import check_images
from infonb.validate import check_choice, check_integer

__all__ = ["ResNet18"]


class ResNet18(nn.Module):
    """
    Residual network of 18 layers: four stages of two blocks, each of two 3 x 3 convolutions.

    Dims in: (sample, channel, row, column); dims out: (sample, class), logits.

    Parameters
    ----------
    in_channels
        Channels of the images.
    n_classes
        Number of logits.
    width
        Channels of the first stage; each later stage has twice as many. 64 is the standard.
    stem
        ``"standard"``: a 7 x 7 convolution of stride 2 and a max pool, so that the first stage sees
        a quarter of the rows and columns. ``"small"``: a 3 x 3 convolution at full resolution, the
        custom for images of 32 x 32 pixels.
    seed
        Seed of the initial weights; the global random state is not touched.

    Notes
    -----
    The stages are the modules ``stage1`` to ``stage4``: `infonb.record` averages what they put out
    over rows and columns, one neuron for each channel. Their last module, ``stage1.block2.relu2``
    and so on, has the sums before the ReLU as its input (``hook="input"``). No ReLU works in place.

    Convolutions start with He-normal weights (by their outputs), batch normalisation with 1 and 0,
    the last layer uniform on ±1/√(inputs), as is custom for this network. Inputs are cast to the
    dtype of the weights and laid out with the channels last, which is faster on CPUs.

    References
    ----------
    He, Zhang, Ren and Sun, *Deep Residual Learning for Image Recognition*, CVPR 2016, Table 1.
    Used on NICO++ by Bansal, Pruthi and Belinkov (2022), section 4, Figure 5.

    Examples
    --------
    >>> model = ResNet18(n_classes=1000)
    >>> sum(p.numel() for p in model.parameters())
    11689512
    >>> small = ResNet18(n_classes=6, width=8, stem="small")
    >>> small(torch.zeros(5, 3, 32, 32)).shape
    torch.Size([5, 6])
    """

    def __init__(
        self,
        in_channels: int = 3,
        n_classes: int = 2,
        *,
        width: int = 64,
        stem: str = "standard",
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.in_channels = check_integer("in_channels", in_channels, 1)
        check_integer("n_classes", n_classes, 1)
        check_integer("width", width, 1)
        check_choice("stem", stem, ["standard", "small"])
        generator = torch.Generator().manual_seed(check_integer("seed", seed, 0))
        size, stride = (7, 2) if stem == "standard" else (3, 1)
        self.stem = nn.Sequential()
        self.stem.add_module("conv", _convolution(in_channels, width, size=size, stride=stride))
        self.stem.add_module("bn", nn.BatchNorm2d(width))
        self.stem.add_module("relu", nn.ReLU())
        if stem == "standard":
            self.stem.add_module("pool", nn.MaxPool2d(3, stride=2, padding=1))
        n_in = width
        for number in range(1, 5):
            n_out = width * 2 ** (number - 1)
            stage = nn.Sequential()
            stage.add_module("block1", BasicBlock(n_in, n_out, stride=1 if number == 1 else 2))
            stage.add_module("block2", BasicBlock(n_out, n_out))
            self.add_module(f"stage{number}", stage)
            n_in = n_out
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.out = nn.utils.skip_init(nn.Linear, n_in, n_classes)
        _initialize(self, generator)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits (sample, class) of images (sample, channel, row, column)."""
        check_images(inputs, self.in_channels)
        values = inputs.to(self.out.weight.dtype).contiguous(memory_format=torch.channels_last)
        values = self.stem(values)
        for number in range(1, 5):
            values = self.get_submodule(f"stage{number}")(values)
        return self.out(self.pool(values).flatten(1))


class BasicBlock(nn.Module):
    """
    Two convolutions beside a shortcut: relu(bn(conv(relu(bn(conv(x))))) + shortcut(x)).

    The first convolution has the stride. Where size or channels change, the shortcut is a 1 x 1
    convolution, else it is the input itself.
    """

    def __init__(self, n_in: int, n_out: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = _convolution(n_in, n_out, size=3, stride=stride)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.relu1 = nn.ReLU()
        self.conv2 = _convolution(n_out, n_out, size=3)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.shortcut = nn.Sequential()
        # On CPUs with AVX2 and without AVX512, oneDNN (3.12, in torch 2.13) takes too little memory
        # for the backward pass of a 1 x 1 convolution with a stride over 2 to 7 channels, channels
        # last: it writes beyond it, and the process dies sooner or later. So the rows and columns
        # that count are selected first, and the convolution needs no stride.
        self._every = stride if n_in < 8 else 1
        if stride != 1 or n_in != n_out:
            convolution = _convolution(n_in, n_out, size=1, stride=stride // self._every)
            self.shortcut.add_module("conv", convolution)
            self.shortcut.add_module("bn", nn.BatchNorm2d(n_out))
        self.relu2 = nn.ReLU()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return what comes out of the block, (sample, n_out, row, column)."""
        values = self.relu1(self.bn1(self.conv1(inputs)))
        values = self.bn2(self.conv2(values))
        if self._every > 1:
            inputs = inputs[:, :, :: self._every, :: self._every]
        return self.relu2(values + self.shortcut(inputs))


def _convolution(n_in: int, n_out: int, *, size: int, stride: int = 1) -> nn.Conv2d:
    # skip_init: the ordinary constructor draws from the global random state
    return nn.utils.skip_init(
        nn.Conv2d, n_in, n_out, size, stride=stride, padding=size // 2, bias=False
    )


def _initialize(model: nn.Module, generator: torch.Generator) -> None:
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(
                module.weight, mode="fan_out", nonlinearity="relu", generator=generator
            )
        elif isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
