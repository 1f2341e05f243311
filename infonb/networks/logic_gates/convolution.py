"""A convolution whose kernels are trees of gates, and the pool that goes with it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.functional import pad

from infonb.networks.image_inputs import check_images
from infonb.networks.layers import generator_of
from infonb.networks.logic_gates.layer import GateLayer, check_unit_interval
from infonb.networks.logic_gates.trees import features_first
from infonb.networks.logic_gates.wiring import balanced, tree_connections
from infonb.validate import check_integer

__all__ = ["LogicTreeConv2d", "OrPool2d"]


class LogicTreeConv2d(GateLayer):
    """
    Convolution whose kernels are complete binary trees of learnt logic gates.

    Dims in: (sample, channel, row, column), numbers in 0 .. 1; dims out: (sample, kernel, row,
    column), rows + 2 padding − kernel_size + 1 and columns likewise.

    Parameters
    ----------
    in_channels, out_channels
        Channels of the input, and kernels.
    kernel_size
        Rows and columns of the window that a tree reads from.
    depth
        Levels of gates: a tree has 2^depth leaves and 2^depth − 1 gates.
    padding
        Rows and columns of zeros on each side.
    channels_per_tree
        How many channels one tree reads, at most; the paper has 1 in the first convolution of a
        network and 2 in the others.
    groups
        Divide channels and kernels into so many groups; a tree reads channels of its own group
        only. None is one group.
    init, strength, seed
        As in `LogicDense`.

    Raises
    ------
    ValueError
        If the window has fewer places than a tree has leaves, or groups do not divide the channels;
        of inputs that are not images, or not in 0 .. 1.

    Notes
    -----
    Each leaf reads a fixed random place (channel, row, column) of the window, no two of a tree the
    same one; gates i of a level take values 2i and 2i + 1 of the level before. Trees share their
    gates over all positions. ``logits`` (kernel, 2^depth − 1, 16), from the leaves to the root, is
    the parameter, ``connections`` (kernel, 2^depth, 3) a buffer. Soft in training mode and exactly
    Boolean in eval mode, as `LogicDense`.

    References
    ----------
    Petersen, Kuehne, Borgelt, Welzel and Ermon, *Convolutional Differentiable Logic Gate Networks*,
    NeurIPS 2024 (arXiv 2411.04732), section 3.

    Examples
    --------
    >>> layer = LogicTreeConv2d(3, 8, depth=2)
    >>> layer(torch.rand(5, 3, 6, 6)).shape
    torch.Size([5, 8, 6, 6])
    >>> layer.logits.shape, layer.connections.shape
    (torch.Size([8, 3, 16]), torch.Size([8, 4, 3]))
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, kernel_size: int = 3, depth: int = 3,
        padding: int = 1, channels_per_tree: int = 2, groups: int | None = None,
        init: str = "residual", strength: float = 5.0, seed: int = 0,
    ) -> None:  # fmt: skip
        self.in_channels = check_integer("in_channels", in_channels, 1)
        self.out_channels = check_integer("out_channels", out_channels, 1)
        self.kernel_size = check_integer("kernel_size", kernel_size, 1)
        self.depth = check_integer("depth", depth, 1)
        self.padding = check_integer("padding", padding, 0)
        n_groups = _groups(groups, self.in_channels, self.out_channels)
        n_own = min(
            check_integer("channels_per_tree", channels_per_tree, 1), self.in_channels // n_groups
        )
        n_leaves, places = 2**self.depth, self.kernel_size**2 * n_own
        if places < n_leaves:
            raise ValueError(
                f"a tree of depth {depth} has {n_leaves} leaves, but its window has {places} "
                f"places ({kernel_size} x {kernel_size} x {n_own} channel(s)). Take a smaller "
                "depth, a larger kernel_size or more channels_per_tree."
            )
        super().__init__((self.out_channels, n_leaves - 1), init, strength, seed)
        generator = generator_of(seed, 0)
        channels = _channels(self.in_channels, self.out_channels, n_own, n_groups, generator)
        drawn = tree_connections(channels, n_leaves, self.kernel_size, generator)
        self.register_buffer("connections", drawn)

    def leaves(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Return the row that each leaf reads, (leaf, kernel, place), of padded images."""
        _, height, width = shape
        channel, row, column = self.connections.permute(2, 1, 0)
        corner = (channel * height + row) * width + column
        rows = torch.arange(height - self.kernel_size + 1, device=corner.device)
        columns = torch.arange(width - self.kernel_size + 1, device=corner.device)
        return corner[..., None] + (rows[:, None] * width + columns).reshape(-1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the values of the trees' roots (sample, kernel, row, column)."""
        check_images(inputs, self.in_channels)
        check_unit_interval(inputs)
        height, width = (n + 2 * self.padding - self.kernel_size + 1 for n in inputs.shape[2:])
        if height < 1 or width < 1:
            raise ValueError(
                f"inputs of {inputs.shape[2]} x {inputs.shape[3]} are smaller than the window of "
                f"{self.kernel_size} x {self.kernel_size}."
            )
        values = features_first(inputs.to(self.logits.dtype))
        if self.padding:
            values = pad(values, (0, 0, *[self.padding] * 4))
        out = self.through_trees(values)
        return out.unflatten(1, (height, width)).movedim(-1, 0)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"depth={self.depth}, padding={self.padding}"
        )


class OrPool2d(nn.Module):
    """
    Pool by OR: 1 where any value of the window is, the greatest value where they are soft.

    Dims in: (sample, channel, row, column); dims out: (sample, channel, row / kernel_size, column /
    kernel_size), whole windows only.

    Parameters
    ----------
    kernel_size
        Rows and columns of the window, which is also the step.

    Notes
    -----
    On zeros and ones it is OR. In training the gradient goes to the greatest value, the first of
    them if there are several (arXiv 2411.04732, section 3).

    Examples
    --------
    >>> images = torch.tensor([[[[0.2, 0.5], [0.1, 0.4]]]])
    >>> OrPool2d()(images)
    tensor([[[[0.5000]]]])
    """

    def __init__(self, kernel_size: int = 2) -> None:
        super().__init__()
        self.kernel_size = check_integer("kernel_size", kernel_size, 1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the greatest value of each window."""
        if inputs.ndim != 4 or min(inputs.shape[2:]) < self.kernel_size:
            raise ValueError(
                f"inputs have shape {tuple(inputs.shape)}; a pool of {self.kernel_size} takes "
                f"(sample, channel, row, column) of at least {self.kernel_size} x "
                f"{self.kernel_size}."
            )
        out: torch.Tensor = _Greatest.apply(features_first(inputs), self.kernel_size)
        return out.movedim(-1, 0)

    def extra_repr(self) -> str:
        """Return the size."""
        return f"{self.kernel_size}"


class _Greatest(torch.autograd.Function):
    """The greatest value of each window of (channel, row, column, sample)."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, size: int) -> torch.Tensor:
        first, *others = _corners(values, size)
        out = first.clone(memory_format=torch.contiguous_format)
        for other in others:
            torch.maximum(out, other, out=out)
        ctx.save_for_backward(values, out)
        ctx.size = size
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        values, out = ctx.saved_tensors
        of_values = torch.zeros_like(values)
        free = torch.ones_like(out, dtype=torch.bool)
        for place, value in zip(
            _corners(of_values, ctx.size), _corners(values, ctx.size), strict=True
        ):
            hit = (value == out) & free
            free &= ~hit
            place.copy_(gradient * hit)
        return of_values, None


def _corners(values: torch.Tensor, size: int) -> list[torch.Tensor]:
    """Return the values at each place of all windows, as views."""
    _, height, width, _ = values.shape
    whole = values[:, : height // size * size, : width // size * size]
    return [whole[:, i::size, j::size] for i in range(size) for j in range(size)]


def _groups(groups: int | None, in_channels: int, out_channels: int) -> int:
    n_groups = check_integer("groups", 1 if groups is None else groups, 1)
    if in_channels % n_groups or out_channels % n_groups:
        raise ValueError(
            f"groups={n_groups} must divide in_channels={in_channels} and "
            f"out_channels={out_channels}."
        )
    return n_groups


def _channels(
    n_in: int, n_out: int, n_own: int, n_groups: int, generator: torch.Generator
) -> list[list[int]]:
    """Return the channels that each tree reads; all channels of a group are read equally often."""
    size, made = n_in // n_groups, []
    for group in range(n_groups):
        n_trees = n_out // n_groups
        drawn = balanced(n_trees * n_own, size, generator).view(n_own, n_trees).t().tolist()
        for own in drawn:
            missing = iter(torch.randperm(size, generator=generator).tolist())
            distinct = list(dict.fromkeys(own))
            while len(distinct) < n_own:  # drawn twice for one tree
                if (channel := next(missing)) not in distinct:
                    distinct.append(channel)
            made.append([group * size + channel for channel in distinct])
    return made
