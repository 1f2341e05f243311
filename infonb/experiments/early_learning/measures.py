"""What a network leaves behind: neurons along the training, the table of its loss, the detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.experiments.early_learning.training import Trained
from infonb.memorization import suspect_labels

__all__ = ["information_along", "table"]


def information_along(
    trained: Trained, unseen: xr.Dataset, layers: Sequence[str], *, bins: int, edges: str, k: int,
    neurons: int, max_samples: int | None,
) -> xr.Dataset:  # fmt: skip
    """
    Return entropy, MI and MI less its null at each checkpoint; activations of the last.

    Dims (checkpoint, layer, neuron) and, of drawn neurons, (..., other_neuron), on images that the
    network has not seen. The null is the MI of the same values, permuted for each neuron by itself.
    """
    from infonb.activations import record

    found = []
    for model in trained.networks.values():
        recorded = record(model, unseen, layers=list(layers), progress=False)
        options: dict[str, Any] = {
            "estimator": "mixture", "k": k, "standardize": True, "within": "layer",
            "neurons": neurons or None, "max_samples": max_samples,
        }  # fmt: skip
        found.append(_measured(recorded, bins=bins, edges=edges, options=options))
    checkpoint = xr.Variable("checkpoint", list(trained.networks))
    along = xr.concat(found, checkpoint, coords="minimal", compat="override")
    return along.assign(activation=recorded.activation)


def _measured(
    recorded: xr.Dataset, *, bins: int, edges: str, options: dict[str, Any]
) -> xr.Dataset:
    from infonb.measures import entropy, mutual_information

    activation = recorded.activation
    information = mutual_information(activation, **options)
    permuted = activation.copy(data=np.random.default_rng(0).permuted(activation.values, axis=-1))
    corrected = information - mutual_information(permuted, **options)
    # all neurons stay: those that were drawn for MI are some of them
    run = recorded.drop_vars("activation")
    run["mutual_information"] = information
    run["corrected_information"] = corrected.assign_attrs(information.attrs)
    if edges != "shared":
        run["entropy"] = entropy(activation, bins=bins, edges=edges)
    return run


def table(trained: Trained, examples: xr.Dataset) -> xr.Dataset:
    """
    Return the table of the loss (image, class), with what it says of the labels.

    ``image`` are training images, so that they are not taken for the samples of the activations;
    ``suspicion`` and ``auroc`` are those of `suspect_labels`.
    """
    about = {name: ("image", examples[name].values) for name in ("label", "true_label", "is_wrong")}
    belief = xr.DataArray(
        trained.target, {"image": np.arange(len(trained.target)), **about}, ("image", "class")
    )
    found = suspect_labels(belief, "image")
    names = {name: f"image_{name}" for name in about}
    return xr.Dataset(
        {"target": belief, "suspicion": found.suspicion, "auroc": found.auroc}
    ).rename(names).reset_coords(list(names.values()))  # fmt: skip
