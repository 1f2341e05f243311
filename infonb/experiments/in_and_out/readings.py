"""What one training says of each sample, beside what hundreds of them found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.in_and_out.planting import ROLES
from infonb.memorization import in_out, membership, rank_readings, spearman

if TYPE_CHECKING:
    from infonb.experiments.in_and_out.experiment import InAndOut

__all__ = ["agreement", "ceiling", "cheap_readings", "membership_words", "noise_words"]


def cheap_readings(
    experiment: InAndOut, labels: str, *, progress: bool | str = False
) -> tuple[xr.Dataset, xr.DataArray]:
    """
    Train one network on all samples but the null ones; return its readings of them (sample).

    And the loss of every sample at the end, null ones too, with ``is_in``. Coordinates of the
    samples are kept.
    """
    from infonb.training import Dynamics, fit

    samples = experiment.examples(labels, experiment.seeds[0])
    train = samples.isel(sample=np.flatnonzero(samples["role"].values != "null"))
    level = (labels, experiment.repeats, 0)  # its first weights are those of no other network
    data = {"train": train, "samples": samples}
    model = experiment.network(level, experiment.seeds[0], data)
    dynamics, last = Dynamics(train), Dynamics(samples)
    options = experiment.fitting(level, experiment.seeds[0], data)
    fit(model, train, callbacks=[dynamics], progress=progress, **options)
    last.step(model, experiment.epochs)
    loss = last.results["loss"].isel(epoch=-1, drop=True)
    is_in = ("sample", samples["role"].values != "null")
    return _readings(model, train, dynamics.results), loss.assign_coords(is_in=is_in)


def _readings(model: Any, train: xr.Dataset, dynamics: xr.Dataset) -> xr.Dataset:
    """Return each reading of one training, dims (sample)."""
    from infonb.activations import record
    from infonb.memorization import (
        area_under_margin,
        cumulative_loss,
        forgetting_events,
        loss_curvature,
        pointwise_information,
    )

    acts = record(model, train, layers=["fc2"], progress=False)
    pixels = train["input"].stack(neuron=train["input"].dims[1:]).reset_index("neuron")
    inside, before = (pointwise_information(one, train["label"]) for one in (acts, pixels))
    found = {
        "cumulative loss": cumulative_loss(dynamics),
        "area under the margin": area_under_margin(dynamics),
        "forgetting events": forgetting_events(dynamics),
        "loss curvature": loss_curvature(model, train),
        "pointwise information, layer 2": inside.squeeze(drop=True),
        "pointwise information, input": before.squeeze(drop=True),
    }
    return xr.Dataset({name: one.reset_coords(drop=True) for name, one in found.items()})


def agreement(readings: xr.Dataset, mem: xr.DataArray) -> dict[str, xr.Dataset]:
    """
    Return how each reading ranks samples, with its null, three times: dims (reading).

    Against `mem` (sample, with its ``role``): of all samples that were trained on, and of those
    with their true label; and against the planted wrong labels of one copy each.
    """
    of = mem.sel(sample=readings["sample"])
    role = of["role"].values
    groups = {
        "memorization, all samples": np.isin(role, [one for one in ROLES if one != "null"]),
        "memorization, true labels": role == "clean",
        "wrong labels, one copy each": np.isin(role, ["clean", "wrong"]),
    }
    found = {}
    for name, there in groups.items():
        at = np.flatnonzero(there)
        against = of.isel(sample=at).reset_coords(drop=True)
        some = readings.isel(sample=at)
        if name.startswith("wrong"):
            some = some.assign({"memorization itself": against.assign_attrs(memorized="high")})
            against = against.copy(data=role[at] == "wrong")
        found[name] = rank_readings(some, against.rename(name))
    return found


def ceiling(runs: xr.Dataset, labels: str) -> float:
    """Return how well the memorization of half of the repeats ranks that of the other half."""
    one = runs.sel(labels=labels).isel(seed=0)
    one = one.isel(sample=np.flatnonzero(one["role"].values != "null"))
    n = one.sizes["repeat"]
    if n < 2:
        return np.nan
    first, second = (
        in_out(one.right.isel(repeat=part), one.held_out.isel(repeat=part)).mem
        for part in (slice(n // 2), slice(n // 2, None))
    )
    return float(spearman(first, second).spearman)


def noise_words(runs: xr.Dataset, labels: str) -> str:
    """Return how far memorization agrees with itself: no reading can be expected to do better."""
    found = ceiling(runs, labels)
    if np.isnan(found):
        return "One repeat does not say how noisy memorization is itself."
    return (
        f"Memorization has noise of its own: the two halves of the repeats agree with ρ = "
        f"{found:.2f}."
    )


def membership_words(loss: xr.DataArray) -> str:
    """Return how well the loss of one network tells who was in its training set."""
    is_in = loss["is_in"].reset_coords(drop=True)
    found = membership(loss.reset_coords(drop=True), is_in, rates=(0.1,))
    low, high = found.auroc_interval.values
    return (
        "Draw a sample that this network saw, and one of the null: its loss is lower on the first "
        f"with a chance of {float(found.auroc):.2f} [{low:.2f}, {high:.2f}]; 0.5 is that of a "
        "network that remembers nobody."
    )
