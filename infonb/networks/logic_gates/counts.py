"""How many gates a network has, of which sort, and what is lost where they become Boolean."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import torch
import xarray as xr
from torch import nn

from infonb.data.batches import Batches
from infonb.networks.logic_gates.circuit import circuit_of
from infonb.networks.logic_gates.convolution import LogicTreeConv2d
from infonb.networks.logic_gates.layer import GateLayer
from infonb.networks.logic_gates.networks import LogicNet, LogicTreeNet
from infonb.networks.logic_gates.simplify import simplified
from infonb.networks.logic_gates.table import FALSE, GATE_NAMES, TRUE, A, B
from infonb.networks.state import device_and_dtype, eval_mode, modes_restored
from infonb.validate import check_integer

__all__ = ["discretization_gap", "gate_counts"]

_NEGATIONS = [GATE_NAMES.index(name) for name in ("NOT_A", "NOT_B")]


def gate_counts(
    net: nn.Module, image_shape: Sequence[int] | None = None, *, simplify: bool = True
) -> xr.Dataset:
    """
    Count the gates of each layer, what they do in eval mode, and what is left after simplification.

    Parameters
    ----------
    net
        A `LogicNet`, a `LogicTreeNet`, or any network that has layers of gates.
    image_shape
        Dims of a sample; only asked for where the network does not know them.
    simplify
        Whether to make the circuit and simplify it: seconds for a million gates.

    Returns
    -------
    xarray.Dataset
        By ``layer``, numbers of gates: ``learned`` (with logits of their own), ``spatial`` (the
        learned ones at each position of a convolution), and of the learned ones by their likeliest
        gate ``constant``, ``passthrough``, ``negation``, ``two_input``, which add up to
        ``learned``. Without dims, for a `LogicNet` or a `LogicTreeNet`: ``circuit`` (all spatial
        gates and the ORs of pools) and ``simplified``, what is left of it.

    Raises
    ------
    ValueError
        If there are no layers of gates, or the sample's dims are not known.

    Notes
    -----
    Simplified: constants and copies are carried on, negations go into the gates that read them,
    gates of the same kind and inputs become one, what no output depends on goes.

    References
    ----------
    Petersen et al., arXiv 2411.04732, Table 1, has gates after simplification.

    Examples
    --------
    >>> from infonb.networks import LogicTreeNet
    >>> net = LogicTreeNet(32, (3, 32, 32), [0.25, 0.5, 0.75], tau=20, first_kernel=3, blocks=4)
    >>> counts = gate_counts(net, simplify=False)
    >>> int(counts.learned.sum()), int(counts.spatial.sum())
    (83552, 874496)
    >>> int(counts.passthrough.sum())  # as it begins
    83552
    """
    layers = {name: m for name, m in net.named_modules() if isinstance(m, GateLayer)}
    if not layers:
        raise ValueError(
            f"{type(net).__name__} has no layers of gates (LogicDense, LogicTreeConv2d)."
        )
    places = _places(net, layers, image_shape)
    rows = []
    for name, layer in layers.items():
        of_kind = np.bincount(layer.gates().cpu().numpy().reshape(-1), minlength=16)
        sorts = [of_kind[[FALSE, TRUE]].sum(), of_kind[[A, B]].sum(), of_kind[_NEGATIONS].sum()]
        learned = int(of_kind.sum())
        rows.append([learned, learned * places[name], *sorts, learned - sum(sorts)])
    names = ["learned", "spatial", "constant", "passthrough", "negation", "two_input"]
    counts = xr.Dataset(
        {name: ("layer", column) for name, column in zip(names, np.array(rows).T, strict=True)},
        coords={"layer": np.array(list(layers), dtype=object)},
        attrs={"units": "gates", "model": type(net).__name__},
    )
    if simplify and isinstance(net, LogicNet | LogicTreeNet):
        circuit = circuit_of(net)
        counts["circuit"] = circuit.n_gates
        counts["simplified"] = simplified(circuit).n_gates
    return counts


def discretization_gap(net: nn.Module, data: xr.Dataset, *, batch_size: int = 500) -> xr.Dataset:
    """
    Return the accuracy of a network of gates as it is trained, soft, and as Boolean gates, hard.

    Dims in: ``input`` (sample, ...) in any order, ``label`` (sample); dims out: none.

    Parameters
    ----------
    net
        Any network that is soft in training mode and Boolean in eval mode; its modes are given
        back.
    data
        The dataset; labels are whole numbers, 0 .. classes − 1.
    batch_size
        Samples at once.

    Returns
    -------
    xarray.Dataset
        ``soft`` and ``hard`` accuracy, ``gap`` (soft − hard), and ``agreement``, the share of
        samples in whose class the two agree.

    Raises
    ------
    ValueError
        If the dataset has no ``input`` or ``label``, no samples, inputs that are not finite, or a
        label that is no class of the network.
    TypeError
        If labels are not whole numbers.

    References
    ----------
    Petersen et al., *Deep Differentiable Logic Gate Networks*, NeurIPS 2022.

    Examples
    --------
    >>> from infonb.networks import LogicNet
    >>> inputs, labels = (("sample", "feature"), np.eye(4)), ("sample", [0, 1, 0, 1])
    >>> data = xr.Dataset({"input": inputs, "label": labels})
    >>> gap = discretization_gap(LogicNet([4, 20], [0.5], n_classes=2, tau=1.0), data)
    >>> list(gap.data_vars), gap.sizes
    (['soft', 'hard', 'gap', 'agreement'], Frozen({}))
    """
    check_integer("batch_size", batch_size, 1)
    device, dtype = device_and_dtype(net)
    batches = Batches(data, device=device, dtype=dtype)
    (soft, labels), (hard, _) = (_classes(net, batches, mode, batch_size) for mode in (True, False))
    accuracies = float((soft == labels).mean()), float((hard == labels).mean())
    return xr.Dataset(
        {
            "soft": accuracies[0],
            "hard": accuracies[1],
            "gap": accuracies[0] - accuracies[1],
            "agreement": float((soft == hard).mean()),
        },
        attrs={"n_samples": len(labels), "units": "share of samples"},
    )


def _places(
    net: nn.Module, layers: dict[str, GateLayer], image_shape: Sequence[int] | None
) -> dict[str, int]:
    """Return at how many positions the gates of each layer are applied."""
    if not any(isinstance(layer, LogicTreeConv2d) for layer in layers.values()):
        return dict.fromkeys(layers, 1)
    shape = net.image_shape if isinstance(net, LogicTreeNet) else image_shape
    if shape is None:
        raise ValueError(
            f"{type(net).__name__} does not say how large its images are; give image_shape, such "
            "as (3, 32, 32)."
        )
    found: dict[str, int] = {}
    hooks = [
        layer.register_forward_hook(
            lambda _, __, out, name=name: found.update({name: prod(out.shape[2:])})
        )
        for name, layer in layers.items()
    ]
    try:
        with eval_mode(net):
            device, dtype = device_and_dtype(net)
            net(torch.zeros(1, *shape, device=device, dtype=dtype))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _classes(
    net: nn.Module, batches: Batches, soft: bool, batch_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the class of each sample, by soft gates or by Boolean ones, and its label."""
    _, dtype = device_and_dtype(net)
    made, given = [], []
    with modes_restored(net), torch.no_grad():
        for module in net.modules():
            module.training = soft
        for inputs, labels in batches(batch_size):
            assert labels is not None
            logits = net(inputs.to(dtype))
            batches.check_labels(logits.shape[1])
            made.append(logits.argmax(dim=1).cpu().numpy())
            given.append(labels.cpu().numpy())
    return np.concatenate(made), np.concatenate(given)
