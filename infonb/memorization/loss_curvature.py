"""Curvature of the loss around an example: the trace of the Hessian by its input, or its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.memorization.readings import described
from infonb.validate import check_choice, check_integer

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["loss_curvature"]

_FORMULA = {"square": "trace of the squared Hessian", "trace": "trace of the Hessian"}
_UNITS = {"square": "nat² / input⁴", "trace": "nat / input²"}


def loss_curvature(
    model: nn.Module,
    data: Any,
    *,
    of: str = "square",
    probes: int | None = 10,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None,
    batch_size: int = 256,
    seed: int = 0,
) -> xr.DataArray:
    r"""
    Return how curved the loss is around each sample, as a function of its input.

    Dims of the result (sample).

    Parameters
    ----------
    model
        A classifier, mostly a small one; it is run in eval mode and left as it was. What it does
        must have a second derivative (ReLU has one nearly everywhere).
    data
        As in `infonb.fit`, with labels. A DataLoader must not shuffle.
    of
        ``"square"``: the trace of the squared Hessian, the sum of its squared eigenvalues, which is
        the measure of the source; ``"trace"``: the trace itself, in which bends up and down cancel.
    probes
        Number of random vectors of ±1 (Rademacher) that estimate the trace; None: all directions of
        the input one by one, which is exact.
    loss
        A function (logits, labels) → loss of each sample (sample,), in place of the cross-entropy.
    batch_size
        Samples in a batch. A DataLoader uses its own.
    seed
        Of the random vectors, which are the same for all samples.

    Returns
    -------
    xarray.DataArray
        (sample), with the coordinates of the samples and ``label``; attributes ``units``,
        ``measure``, ``formula``, ``probes``, ``n`` and ``memorized``: high values speak for
        memorization.

    Raises
    ------
    TypeError, ValueError
        For labels outside the classes of the network, a loss that is not one number a sample, or a
        choice that is none.

    Notes
    -----
    With :math:`H_i = \nabla_x^2 \ell(x_i, y_i)` and random :math:`v` with
    :math:`\mathrm{E}\, v v^\top = 1` (Hutchinson), :math:`\operatorname{tr} H = \mathrm{E}\,
    v^\top H v` and :math:`\operatorname{tr} H^2 = \mathrm{E}\, |H v|^2`. The products :math:`H v`
    are exact (a gradient of a gradient), not differences; each costs about three backward passes.
    The source averages over the epochs of a training: the curvature of a network that has learnt
    everything by heart is small again where its loss is.

    References
    ----------
    Garg, Ravikumar, Roy, "Memorization Through the Lens of Curvature of Loss Function Around
    Samples", ICML 2024; Hutchinson, Commun. Stat. Simul. Comput. 18, 1059 (1989).

    Examples
    --------
    >>> import torch
    >>> from infonb.networks import MLP
    >>> inputs, labels = np.random.default_rng(0).normal(size=(5, 3)), np.array([0, 1, 0, 1, 1])
    >>> bowl = lambda logits, labels: (logits**2).sum(dim=1)
    >>> identity = torch.nn.Linear(3, 3, bias=False).double()
    >>> with torch.no_grad():
    ...     identity.weight.copy_(torch.eye(3));
    Parameter containing:...
    >>> loss_curvature(identity, (inputs, labels), loss=bowl, of="trace").values
    array([6., 6., 6., 6., 6.])
    """
    from infonb.networks.state import device_and_dtype, eval_mode, random_state
    from infonb.training.dynamics import check_order, sample_coords

    check_choice("of", of, list(_FORMULA))
    probes = None if probes is None else check_integer("probes", probes, 1)
    check_integer("batch_size", batch_size, 1)
    check_integer("seed", seed, 0)
    check_order(data)
    with random_state(device_and_dtype(model)[0]), eval_mode(model):
        batches = _batches(model, data, loss is None)
        found = [
            (_of_batch(model, inputs, labels, loss or _cross_entropy, of, probes, seed), labels)
            for inputs, labels in batches(batch_size)
        ]
    values, labels = (np.concatenate([one[side].cpu().numpy() for one in found]) for side in (0, 1))
    return described(
        xr.DataArray(values, sample_coords(data, labels), ("sample",)), "loss_curvature",
        units=_UNITS[of], words=f"{_FORMULA[of]} of the loss", memorized="high",
        formula=f"{_FORMULA[of]} of the loss by the input", of=of,
        probes=probes or "all directions",
    )  # fmt: skip


def _batches(model: nn.Module, data: Any, check: bool) -> Any:
    from infonb.data.batches import Batches
    from infonb.networks.state import device_and_dtype
    from infonb.training.evaluation import count_outputs

    device, dtype = device_and_dtype(model)
    batches = Batches(data, device=device, dtype=dtype)
    if check:
        batches.check_labels(max(count_outputs(model, batches), 2))
    return batches


def _of_batch(
    model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, loss: Callable[..., Any],
    of: str, probes: int | None, seed: int,
) -> torch.Tensor:  # fmt: skip
    """Return the curvature of each sample, (sample,)."""
    import torch

    with torch.enable_grad():
        inputs = inputs.detach().requires_grad_()
        losses = loss(model(inputs), labels)
        if losses.shape != (len(inputs),):
            raise ValueError(
                f"loss must return one number for each of {len(inputs)} samples; not shape "
                f"{tuple(losses.shape)}. Leave out its mean, as with reduction='none'."
            )
        # samples do not know each other in eval mode: the gradient of the sum is that of each
        (gradient,) = torch.autograd.grad(losses.sum(), inputs, create_graph=True)
        total = torch.zeros_like(losses)
        if not gradient.requires_grad:  # a loss that is linear in the input
            return total.detach()
        vectors = _vectors(inputs[0], probes, seed)
        for vector in vectors:
            whole = (gradient * vector).sum()
            (product,) = torch.autograd.grad(
                whole, inputs, retain_graph=True, allow_unused=True, materialize_grads=True
            )
            with torch.no_grad():
                each = product**2 if of == "square" else product * vector
                total += each.reshape(len(inputs), -1).sum(dim=1)
    return (total / len(vectors)).detach()


def _vectors(one: torch.Tensor, probes: int | None, seed: int) -> torch.Tensor:
    """Return vectors (probe, ...) whose mean of v v' is 1, or estimates it."""
    import torch

    if probes is None:
        n = one.numel()
        return (n**0.5 * torch.eye(n)).reshape(n, *one.shape).to(one)
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randint(2, (probes, *one.shape), generator=generator) - 1).to(one)


def _cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    from infonb.training.per_sample import of_batch

    return of_batch(logits, labels)["loss"].to(logits.dtype)
