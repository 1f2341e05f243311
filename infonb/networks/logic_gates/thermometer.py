"""Numbers as bits: is a value above a first threshold, above a second one, and so on."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np
import torch
from torch import nn

from infonb.networks.logic_gates.trees import features_first
from infonb.validate import check_integer

__all__ = ["Thermometer", "check_numbers", "quantile_thresholds", "uniform_thresholds"]

#: Pixels that nobody divided go at least to here, and nearly all but the black ones are above 1.
_RAW, _NEARLY_ALL = 10, 0.95


class Thermometer(nn.Module):
    """
    Turn numbers into bits, one for each threshold: 1 where the number is above it.

    Dims in: (sample, feature) or (sample, channel, row, column); dims out: (sample, feature *
    thresholds) or (sample, channel * thresholds, row, column), the bits of a channel side by side.

    Parameters
    ----------
    thresholds
        Increasing numbers in the units of the inputs, (threshold,), the same for all features, or
        (threshold, ...) with the dims of a sample, sizes of 1 allowed.

    Raises
    ------
    ValueError
        If thresholds do not increase, or do not fit the inputs; if inputs are not finite, or look
        like raw pixels (0 .. 255): all thresholds are between 0 and 1, and nearly all numbers but
        zeros above them.

    Notes
    -----
    Strictly above. A value has as many leading ones as thresholds below it: n thresholds tell n +
    1 intervals apart, so that what is called "2 bits" in the literature is three thresholds.

    Examples
    --------
    >>> bits = Thermometer([0.25, 0.5, 0.75])
    >>> bits(torch.tensor([[0.1, 0.5], [0.6, 1.0]]))
    tensor([[0., 0., 0., 1., 0., 0.],
            [1., 1., 0., 1., 1., 1.]])
    """

    thresholds: torch.Tensor

    def __init__(self, thresholds: Any) -> None:
        super().__init__()
        values = torch.as_tensor(thresholds, dtype=torch.get_default_dtype()).detach().clone()
        if not values.ndim:
            number = float(values)
            raise ValueError(f"thresholds must be a list; not {number:g}. Give [{number:g}].")
        if not values.numel():
            raise ValueError("thresholds are empty; give at least one, such as [0.5].")
        if not bool(values.isfinite().all()) or not bool((values.diff(dim=0) > 0).all()):
            shown = values if values.ndim == 1 else values.flatten(1)[:, 0]
            raise ValueError(
                f"thresholds must be finite and increase along their first dim; not "
                f"{shown.tolist()}. quantile_thresholds and uniform_thresholds make such."
            )
        self.register_buffer("thresholds", values)

    @property
    def n_thresholds(self) -> int:
        """How many bits a number becomes."""
        return len(self.thresholds)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the bits, as numbers 0 and 1."""
        thresholds = self.thresholds
        values = features_first(inputs.to(thresholds.dtype))
        self._check(values)
        rest = thresholds.shape[1:] or (1,) * (inputs.ndim - 1)
        # (feature, threshold, ...), beside which the samples stand last
        limits = thresholds.reshape(len(thresholds), *rest).transpose(0, 1)[..., None]
        bits = (values.unsqueeze(1) > limits).to(thresholds.dtype)
        return bits.flatten(0, 1).movedim(-1, 0)

    def _check(self, values: torch.Tensor) -> None:
        """Raise a ValueError for (feature, ..., sample) that the thresholds do not fit."""
        if values.ndim < 2:
            raise ValueError(
                f"inputs have shape {tuple(values.shape)}; a thermometer takes (sample, ...)."
            )
        rest, sizes = self.thresholds.shape[1:], values.shape[:-1]
        if rest and (
            len(rest) != len(sizes)
            or any(n not in (1, size) for n, size in zip(rest, sizes, strict=True))
        ):
            raise ValueError(
                f"thresholds are given for samples of shape {tuple(rest)}; these have "
                f"{tuple(sizes)}."
            )
        if not values.numel():
            return
        low, high = (float(value) for value in values.aminmax())
        last = self.thresholds[-1]
        check_numbers(
            low, high, None if rest else float(last),
            lambda: float((values[values > 0] > last).double().mean()),
        )  # fmt: skip

    def extra_repr(self) -> str:
        """Return the number of thresholds."""
        return f"{self.n_thresholds} thresholds"


def check_numbers(
    low: float, high: float, top: float | None, share_above: Callable[[], float]
) -> None:
    """
    Raise a ValueError for numbers that are not finite, or raw where thresholds are of 0 .. 1.

    Top is the greatest threshold, None if each feature has its own; share_above how many of the
    numbers above 0 are above it. Those that the thresholds are quantiles of are not refused.
    """
    if not (isfinite(low) and isfinite(high)):
        raise ValueError(f"inputs must be finite numbers; they lie in {low} .. {high}.")
    doubtful = top is not None and 0 < top < 1 and low >= 0 and high >= _RAW
    if doubtful and share_above() > _NEARLY_ALL:
        raise ValueError(
            f"inputs lie in {low:g} .. {high:g}, but all thresholds are below 1: divide the "
            "inputs by their greatest possible value, or take quantile_thresholds of them."
        )


def uniform_thresholds(n: int) -> torch.Tensor:
    """
    Return thresholds that divide 0 .. 1 evenly.

    Parameters
    ----------
    n
        Number of thresholds.

    Returns
    -------
    torch.Tensor
        (threshold,): i / (n + 1) for i = 1 .. n.

    Examples
    --------
    >>> uniform_thresholds(3)
    tensor([0.2500, 0.5000, 0.7500])
    """
    n = check_integer("n", n, 1)
    return torch.arange(1, n + 1) / (n + 1)


def quantile_thresholds(images: Any, bits: int, *, n_thresholds: int | None = None) -> torch.Tensor:
    """
    Return thresholds between which equally many of the values lie (*distributive* ones).

    Parameters
    ----------
    images
        Numbers of any shape, (sample, ...): training data, never those that are tested on.
    bits
        2^bits intervals are told apart, by 2^bits − 1 thresholds: 2 bits are three thresholds.
    n_thresholds
        Fewer than that.

    Returns
    -------
    torch.Tensor
        (threshold,), increasing, in the units of the images, for `Thermometer`.

    Raises
    ------
    ValueError
        If there are to be more thresholds than 2^bits − 1, or the images have too few distinct
        values.

    Notes
    -----
    Thresholds are the quantiles i / (n + 1). Where many values are the same, as on a dark
    background, quantiles coincide, and would tell nothing apart: then the first threshold is the
    lowest value and the others are quantiles of what is above it; where these coincide too, they
    are quantiles of the distinct values.

    References
    ----------
    The "2 bit" of the paper (arXiv 2411.04732) are three thresholds, by the correction of a
    published reimplementation (ligerlac/torchlogix, pull request 38).

    Examples
    --------
    >>> quantile_thresholds(torch.arange(101.0), bits=2)
    tensor([25., 50., 75.])
    >>> quantile_thresholds(torch.tensor([0.0] * 90 + [1.0, 2.0, 3.0, 4.0, 5.0]), bits=2)
    tensor([0.0000, 2.3333, 3.6667])
    """
    most = 2 ** check_integer("bits", bits, 1, 16) - 1
    n = most if n_thresholds is None else check_integer("n_thresholds", n_thresholds, 1)
    if n > most:
        raise ValueError(
            f"{bits} bits tell {most + 1} intervals apart, by {most} thresholds at most; not by "
            f"n_thresholds={n}. Take bits={n.bit_length()} or fewer thresholds."
        )
    if isinstance(images, torch.Tensor):
        images = images.detach().cpu()
    values = np.asarray(images, dtype=np.float32).reshape(-1)
    if not values.size or not np.isfinite(values).all():
        raise ValueError("images must be finite numbers, at least one; give the training images.")
    low, high = values.min(), values.max()
    above = values[values > low]
    for tried in (
        lambda: np.quantile(values, np.arange(1, n + 1) / (n + 1)),
        lambda: np.concatenate([[low], np.quantile(above, np.arange(1, n) / n)]),
        lambda: np.quantile(np.unique(values), np.arange(1, n + 1) / (n + 1)),
    ):
        found = (tried() if above.size else np.zeros(1)).astype(np.float32)
        if above.size and (np.diff(found) > 0).all() and found[-1] < high:
            return torch.from_numpy(found).to(torch.get_default_dtype())
    raise ValueError(
        f"the images have {len(np.unique(values))} distinct value(s), too few for {n} thresholds "
        "between them. Take fewer bits."
    )
