"""What is measured on a network of gates: soft and hard, its circuit, exact H and MI of bits."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.logic_gates.networks import layers_of

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "accuracies", "as_circuit", "gate_shares", "gradients", "information_of", "measured_images",
    "recorded_bits", "with_null",
]  # fmt: skip

#: So many images at once go through a circuit: a row of words for each of its gates is in memory.
_AT_ONCE = 2048

_MEANS = ("entropy", "information", "label_information", "density")


def measured_images(examples: xr.Dataset, n: int) -> xr.Dataset:
    """Return the first `n` examples; 0: all."""
    return examples.isel(sample=slice(n or None))


def accuracies(model: nn.Module, data: dict[str, xr.Dataset]) -> xr.Dataset:
    """
    Return the share of right answers, soft and hard, and of wrong labels that are memorized.

    ``soft``, ``hard``, ``gap`` (their distance) of other images; ``train_hard`` of the labels that
    were given; ``memorized``: of images with a wrong label those for which the Boolean network says
    it, ``seen_through``: those for which it says the true one. NaN where no label is wrong.
    """
    from infonb.networks import discretization_gap
    from infonb.training import predict

    found = discretization_gap(model, data["evaluation"][["input", "label"]])
    soft, hard = (float(found[name]) for name in ("soft", "hard"))
    train = data["train"]
    said = predict(model, train).argmax(axis=1)
    wrong = train.is_wrong.values
    shares = {"memorized": train.label.values, "seen_through": train.true_label.values}
    parts = {
        name: float((said == label)[wrong].mean()) if wrong.any() else np.nan
        for name, label in shares.items()
    }
    parts["train_hard"] = float((said == train.label.values).mean())
    return xr.Dataset({"soft": soft, "hard": hard, "gap": abs(soft - hard), **parts})


def as_circuit(model: Any, images: xr.DataArray) -> xr.Dataset:
    """
    Return the gates of the Boolean network, and whether its circuit says the same of all images.

    ``learned``, ``spatial``, ... (layer) as of `infonb.networks.gate_counts`; ``circuit`` gates in
    all, ORs of pools too, ``simplified`` what is left of them; ``same_logits``: the share of images
    of which the simplified circuit has exactly the logits of the network; ``gates_per_second``.
    """
    import torch

    from infonb.networks import boolean_program, gate_counts
    from infonb.networks.state import device_and_dtype

    device, _ = device_and_dtype(model)
    found = gate_counts(model, image_shape=images.shape[1:], simplify=False)
    whole = boolean_program(model, simplify=False)
    program = whole.simplify()
    same, seconds = 0, 0.0
    model.eval()
    for start in range(0, images.sizes["sample"], _AT_ONCE):
        some = images.values[start : start + _AT_ONCE]
        with torch.no_grad():
            expected = model(torch.as_tensor(some, device=device)).cpu().numpy()
        same += int((program.run(some) == expected).all(axis=1).sum())
        seconds += program.seconds or 0.0
    n = images.sizes["sample"]
    return found.assign(
        circuit=whole.gates, simplified=program.gates, same_logits=same / n,
        gates_per_second=program.gates * n / seconds,
    )  # fmt: skip


def gate_shares(model: nn.Module) -> xr.Dataset:
    """Return which gates the layers are made of: ``gate_share`` (layer, gate), by the argmax."""
    from infonb.networks import GATES

    rows = {}
    for name in layers_of(model):
        logits = [one for key, one in model.get_submodule(name).named_parameters()
                  if key.split(".")[-1] == "logits"]  # fmt: skip
        if logits:
            chosen = logits[0].detach().reshape(-1, 16).argmax(dim=1).cpu().numpy()
            rows[name] = np.bincount(chosen, minlength=16) / chosen.size
    coords = {"layer": np.array(list(rows), object), "gate": GATES["name"].values.astype(object)}
    return xr.Dataset({"gate_share": (("layer", "gate"), np.array(list(rows.values())))}, coords)


def gradients(untrained: nn.Module, examples: xr.Dataset) -> xr.Dataset:
    """
    Return how long the gradient is at each layer before training: ``gradient`` (layer).

    The norm of the derivative of the mean cross entropy of soft mixtures with respect to what the
    layer says, on these examples.
    """
    import torch

    outputs: dict[str, torch.Tensor] = {}

    def keep(name: str) -> Any:
        return lambda module, inputs, output: outputs.update({name: output})

    names = layers_of(untrained)
    # many layers from a Gaussian start leave less than float32 can hold
    model = copy.deepcopy(untrained).double().train()
    for name in names:
        model.get_submodule(name).register_forward_hook(keep(name))
    logits = model(torch.as_tensor(examples.input.values, dtype=torch.float64))
    loss = torch.nn.functional.cross_entropy(logits, torch.as_tensor(examples.label.values))
    found = torch.autograd.grad(loss, [outputs[name] for name in names])
    norms = [float(one.norm()) for one in found]
    return xr.Dataset({"gradient": ("layer", norms)}, {"layer": np.array(names, object)})


def information_of(model: nn.Module, examples: xr.Dataset, *, neurons: int) -> xr.Dataset:
    """
    Return means over each layer's neurons on these examples, in nats: dims (layer).

    ``entropy`` of all neurons, ``information`` of pairs of drawn ones, ``label_information`` with
    the label, ``density``: the share of ones, ``width``. All by counting, of bits.
    """
    rows = [_of_layer(model, examples, layer, neurons) for layer in layers_of(model)]
    names = xr.Variable("layer", np.array(layers_of(model), object))
    return xr.concat(rows, names)


def with_null(
    model: nn.Module, untrained: nn.Module | None, examples: xr.Dataset, *, neurons: int
) -> list[xr.Dataset]:
    """Return the means of a network and, named ``null_``, of the same before training, if given."""
    from infonb.networks.state import device_and_dtype

    found = [information_of(model, examples, neurons=neurons)]
    if untrained is not None:
        untrained = untrained.to(device_and_dtype(model)[0])
        null = information_of(untrained, examples, neurons=neurons).drop_vars("width")
        found.append(null.rename({name: f"null_{name}" for name in _MEANS}))
    return found


def merged(parts: Sequence[xr.Dataset], layers: Sequence[str]) -> xr.Dataset:
    """Return all parts as one; NaN where a part has nothing of a layer."""
    names = np.array(list(layers), object)
    return xr.merge(
        [part.reindex(layer=names) if "layer" in part.dims else part for part in parts],
        join="exact", compat="no_conflicts",
    )  # fmt: skip


def _of_layer(model: nn.Module, examples: xr.Dataset, layer: str, neurons: int) -> xr.Dataset:
    """Return the means of one layer: a recording of all at once may not fit into memory."""
    from infonb.dims import same_neuron
    from infonb.measures import binary_entropy, binary_mutual_information

    recorded = recorded_bits(model, examples, [layer]).isel(layer=0)
    values = xr.DataArray(recorded.variable)  # labels are not asked for here, and cost time
    entropy = binary_entropy(values)  # refuses all but zeros and ones
    bits = values.astype(bool)
    pairs = binary_mutual_information(bits, neurons=neurons or None)
    off = pairs.where(~same_neuron(pairs))
    labels = examples.label.values
    found: dict[str, Any] = {
        "entropy": entropy.mean(), "information": off.mean(),
        "label_information": binary_mutual_information(bits, other=labels).mean(),
        "density": bits.mean(), "width": bits.sizes["neuron"],
    }  # fmt: skip
    return xr.Dataset({name: float(value) for name, value in found.items()})


def recorded_bits(model: nn.Module, examples: xr.Dataset, layers: Sequence[str]) -> xr.DataArray:
    """Return the bits of some layers, (layer, neuron, sample): each place of a map is a neuron."""
    from infonb.activations import record

    found = record(
        model, examples[["input"]], layers=list(layers), reduce="flatten", prediction=False,
        progress=False,
    )  # fmt: skip
    return found.activation
