"""Entropy and MI as the paper measures them: before the ReLU, of images with and without a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from torch import nn

__all__ = ["IMAGES", "of_images", "with_entropy"]

#: The images that no network has seen: as they are, and each with the mark of a class by chance.
IMAGES = ("plain", "marked")

_RENAMED = {"layer": "hidden", "neuron": "hidden_neuron", "sample": "unseen"}


def of_images(
    model: nn.Module, data: dict[str, xr.Dataset], *, n_hidden: int, width: int, units: int,
    seed: int,
) -> xr.Dataset:  # fmt: skip
    """
    Return ``published_mi`` (images) in nats, and ``before_relu`` (images, hidden, ..., unseen).

    MI is the mean over layers of the median over pairs of drawn units (KSG, k = 3). Both are NaN of
    networks that have no layer before a ReLU.
    """
    n = data["evaluation"].sizes["sample"]
    names = [f"fc{i}" for i in range(1, n_hidden + 1)]
    modules = dict(model.named_children())
    found: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
        "before_relu": (
            ("images", "hidden", "hidden_neuron", "unseen"),
            np.full((len(IMAGES), n_hidden, width, n), np.nan, np.float32),
        ),
        "published_mi": (("images",), np.full(len(IMAGES), np.nan)),
    }
    if set(names) <= set(modules):
        parts = (data["evaluation"], data["marked"])
        for i, part in enumerate(parts):
            acts = _recorded(model, part, names)
            found["before_relu"][1][i] = acts.values
            found["published_mi"][1][i] = _median(acts, units, seed)
    coords = {"images": np.array(IMAGES, dtype=object), "hidden": np.arange(1, n_hidden + 1)}
    return xr.Dataset(found, coords)


def _recorded(model: nn.Module, images: xr.Dataset, names: list[str]) -> xr.DataArray:
    from infonb.activations import record

    plain = images[["input"]].drop_vars([one for one in images.coords if one != "sample"])
    found = record(model, plain, layers=names, prediction=False, progress=False, batch_size=1024)
    return found["activation"].astype(np.float32)


def _median(acts: xr.DataArray, units: int, seed: int) -> float:
    """Return the mean over layers of the median MI of pairs of different units, in nats."""
    from infonb.dims import same_neuron
    from infonb.measures import mutual_information

    options: dict[str, Any] = {"within": "layer", "seed": seed}
    if 0 < units < acts.sizes["neuron"]:
        options["neurons"] = units
    found = mutual_information(acts, k=3, **options)
    pairs = found.where(~same_neuron(found))
    return float(pairs.median(["neuron", "other_neuron"]).mean())


def with_entropy(runs: xr.Dataset, bins: int) -> xr.Dataset:
    """
    Return runs with ``published_entropy`` (in_bins, images, network, seed), without activations.

    The mean over layers of the median over units, in nats, in bins common to one network, shared by
    all networks that have a layer before a ReLU, and of each unit.
    """
    from infonb.claims.rulers import RULERS
    from infonb.measures import entropy

    acts = runs["before_relu"].rename({new: old for old, new in _RENAMED.items()})
    axes = [dim for dim in acts.dims if dim != "network"]
    there = acts.notnull().all(axes).values
    known = acts.isel(network=np.flatnonzero(there))
    known = known.drop_vars([one for one in known.coords if known[one].dims == ("sample",)])
    if there.any():
        found = [
            xr.concat(
                [_of(entropy(known.sel(images=one), bins=bins, edges=edges)) for one in IMAGES],
                runs["images"], combine_attrs="drop",
            )
            for edges in RULERS
        ]  # fmt: skip
        values = xr.concat(found, xr.IndexVariable("in_bins", np.array(RULERS, dtype=object)))
        values = values.reindex(network=runs["network"].values)
    else:
        blank = runs["published_mi"].expand_dims(in_bins=np.array(RULERS, dtype=object))
        values = xr.full_like(blank, np.nan)
    left = runs.drop_vars(["before_relu", "hidden"])
    return left.assign(
        published_entropy=values.transpose("in_bins", "images", "network", "seed").assign_attrs(
            units="nat", edges="common", bins=bins
        ),
        published_mi=runs["published_mi"].assign_attrs(units="nat", estimator="ksg", k=3),
    )


def _of(values: xr.DataArray) -> xr.DataArray:
    return values.median("neuron").mean("layer")
