"""The entropy of neurons as something that a network can be trained on: soft bins."""

from __future__ import annotations

from typing import Any

import torch

from infonb.validate import check_choice, check_integer, check_number

__all__ = ["check_soft_bins", "soft_entropy"]


def soft_entropy(
    activations: torch.Tensor,
    *,
    bins: int = 30,
    edges: str | tuple[float, float] = "common",
    softness: float = 1.0,
) -> torch.Tensor:
    r"""
    Return the entropy of every neuron in soft bins, differentiable in the activations.

    Dims (sample, neuron) in, (neuron) out, in nats.

    Parameters
    ----------
    activations
        Floating point, on any device. Layers that share a range: ``torch.cat(layers, dim=1)``.
    bins
        Number of bins of equal width.
    edges
        From which least to which greatest value the bins reach, the rulers of `infonb.entropy`:
        ``"common"``, one range for all neurons here; ``"neuron"``, each neuron its own; or (low,
        high), one fixed range, such as one *shared* by all networks that are compared. Values
        beyond it count in the first and last bin. A range that comes from the values moves with
        them, and the gradient knows it.
    softness
        Width of the zone around an inner edge in which a value counts in both bins, in bins: above
        0, at most 1. At 1 each value is divided between the two bins whose middles are next to it;
        as it falls to 0 the entropy becomes that of `infonb.entropy` with the same bins.

    Returns
    -------
    torch.Tensor
        From 0 to log(bins), of the dtype of the activations. A constant neuron has 0; in a range
        that is not its own it may lie on an edge and count in two bins, which is log(2) at most.

    Raises
    ------
    TypeError
        If the activations are no tensor of floating point.
    ValueError
        If they have other dims than two, or no samples, or an option is out of its range.

    Notes
    -----
    With :math:`u = (a - \text{low}) / w` in units of the width *w* and the inner edge *j* nearest
    to it, the value counts in the upper bin with :math:`\min(1, \max(0, (u - j) / s + 1/2))`, *s*
    the softness, and in the lower bin with the rest; :math:`H = -\sum_b p_b \log p_b` of the mean
    shares. A value is in two bins at most, so time and memory grow with sample × neuron, not with
    the number of bins. It is pushed towards the emptier of its two bins, and
    no harder than if that held one sample: within the logarithm a share is at least 1 / S.

    The neurons of a batch of S samples are measured, whose plug-in entropy is too low by about
    (occupied bins - 1) / (2 S): take fewer bins than samples.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), Algorithm 2 (the hard bins). The linear share is that of
    Viola and Wells (1997) and Mattes and others (2003) for the alignment of images.

    Examples
    --------
    >>> values = torch.tensor([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    >>> soft_entropy(values, bins=4, edges="neuron", softness=0.1)
    tensor([1.3863, 0.0000])
    """
    check_soft_bins(bins, edges, softness)
    if not isinstance(activations, torch.Tensor) or not activations.is_floating_point():
        what = getattr(activations, "dtype", type(activations).__name__)
        raise TypeError(f"activations must be a tensor of floating point; not {what}.")
    if activations.ndim != 2 or not len(activations):
        raise ValueError(
            "activations must have dims (sample, neuron) and a sample; not the shape "
            f"{tuple(activations.shape)}."
        )
    low, high = _range(activations, edges)
    width = (high - low) / bins
    # a constant neuron: all in one bin, without a division by zero and without a gradient
    is_flat = width <= 0
    place = torch.where(is_flat, 0.0, (activations - low) / torch.where(is_flat, 1.0, width))
    edge = place.detach().round().clamp(1, max(bins - 1, 1))
    upper = ((place - edge) / softness + 0.5).clamp(0, 1)
    if bins == 1:
        upper = upper * 0
    share = _mean_shares(upper, edge.long(), bins)
    return -(share * share.clamp_min(1 / len(activations)).log()).sum(dim=1) + 0.0


def check_soft_bins(bins: Any, edges: Any, softness: Any) -> None:
    """Raise unless these are options of `soft_entropy`."""
    check_integer("bins", bins, 1)
    check_number("softness", softness, None, 1.0)
    if softness <= 0:
        raise ValueError(f"softness must be above 0; not {softness!r}. Hard bins have no gradient.")
    if isinstance(edges, str) or not isinstance(edges, tuple | list):
        if edges == "shared":
            raise ValueError(
                "edges='shared' needs all networks at once, which a training does not have: give "
                "the range itself, edges=(low, high)."
            )
        check_choice("edges", edges, ["common", "neuron"])
    elif len(edges) != 2 or not check_number("low", edges[0]) < check_number("high", edges[1]):
        raise ValueError(f"edges must be (low, high) with low below high; not {edges!r}.")


def _range(values: torch.Tensor, edges: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the ends of the bins: of all neurons, or (neuron)."""
    if edges == "neuron":
        return values.amin(dim=0), values.amax(dim=0)
    if edges == "common":
        return values.min(), values.max()
    return values.new_tensor(edges[0]), values.new_tensor(edges[1])


def _mean_shares(upper: torch.Tensor, edge: torch.Tensor, bins: int) -> torch.Tensor:
    """Return how much of each neuron's samples is in each bin, (neuron, bin)."""
    n_samples, n_neurons = upper.shape
    counts = upper.new_zeros(n_neurons * bins)
    first = torch.arange(n_neurons, device=upper.device) * bins
    below = (first + edge - 1).reshape(-1)
    counts = counts.index_add(0, below, (1 - upper).reshape(-1))
    # of a single bin nothing is above the edge
    above = below if bins == 1 else below + 1
    counts = counts.index_add(0, above, upper.reshape(-1))
    return counts.reshape(n_neurons, bins) / n_samples
