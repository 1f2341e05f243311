"""What one training says of each sample: the readings, higher where more is memorized."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.nine_rulers.networks import probabilities

if TYPE_CHECKING:
    from infonb.experiments.nine_rulers.training import Trained

__all__ = ["RULERS", "early_disagreement", "kernel_memorization", "sample_readings"]

#: The readings of samples, in the order in which they stand.
RULERS = (
    "in_out", "cumulative_loss", "area_under_margin", "forgetting_events", "loss_curvature",
    "pointwise_information", "membership", "early_learning", "units_owned", "density",
)  # fmt: skip

#: So far into a training its running mean is taken, and how slowly it moves.
_EARLY, _BETA = 0.2, 0.7

#: A loss no larger than this can be told of a probability.
_LEAST = 1e-7


def sample_readings(
    trained: Trained, data: dict[str, xr.Dataset], acts: xr.Dataset, owned: np.ndarray, *,
    projections: int, seed: int,
) -> tuple[dict[str, np.ndarray], dict[str, float]]:  # fmt: skip
    """
    Return each reading of all samples but in and out, (sample), and the seconds that each took.

    `acts` are the activations of the samples in the last hidden layer, `owned` how many units
    answer to each. NaN where a reading does not apply.
    """
    samples, course = data["samples"], trained.dynamics
    makes: dict[str, Callable[[], Any]] = {
        "cumulative_loss": lambda: _along(course, "cumulative_loss"),
        "area_under_margin": lambda: _along(course, "area_under_margin"),
        "forgetting_events": lambda: _forgotten(course),
        "loss_curvature": lambda: _curvature(trained, samples, seed),
        "pointwise_information": lambda: _pointwise(acts, samples, projections, seed),
        "membership": lambda: -_last_loss(trained, samples),
        "early_learning": lambda: None if course is None else early_disagreement(course),
        "units_owned": lambda: owned,
        "density": lambda: _density(samples),
    }
    found, seconds = {}, {}
    for name, make in makes.items():
        start = time.process_time()
        values = make()
        seconds[name] = time.process_time() - start
        found[name] = np.full(samples.sizes["sample"], np.nan) if values is None else values
    return found, seconds


def _along(course: xr.Dataset | None, name: str) -> np.ndarray | None:
    """Return a reading of the course of a training, turned; None of a network without one."""
    from infonb import memorization

    if course is None:
        return None
    return _turned(getattr(memorization, name)(_plain(course)))


def _forgotten(course: xr.Dataset | None) -> np.ndarray | None:
    """Return how often each sample is forgotten; one that is never learnt, once an epoch."""
    from infonb.memorization import forgetting_events

    if course is None:
        return None
    never = float(course.sizes["epoch"])
    return _turned(forgetting_events(_plain(course), never_learnt=never))


def _plain(given: xr.Dataset) -> xr.Dataset:
    """Return a dataset without what else is known of samples: words take long to be copied."""
    there = [name for name, c in given.coords.items() if name not in (*given.dims, "label")]
    return given.drop_vars(there)


def _turned(reading: xr.DataArray) -> np.ndarray:
    """Return the values, higher where more is memorized."""
    sign = -1.0 if reading.attrs.get("memorized") == "low" else 1.0
    values: np.ndarray = sign * reading.values
    return values


def _curvature(trained: Trained, samples: xr.Dataset, seed: int) -> np.ndarray | None:
    """Return the curvature of the loss; None of a Boolean network, which has no slope."""
    from infonb.memorization import loss_curvature

    if trained.dynamics is None or hasattr(trained.network, "thermometer"):
        return None
    plain = _plain(samples[["input", "label"]])
    return _turned(loss_curvature(trained.network, plain, probes=5, seed=seed))


def _pointwise(acts: xr.Dataset, samples: xr.Dataset, projections: int, seed: int) -> np.ndarray:
    """Return the pointwise information of the last hidden layer and the label, turned."""
    from infonb.measures import TiesWarning
    from infonb.memorization import pointwise_information

    layer = acts["activation"].isel(layer=-1, drop=True)
    width = layer.sizes["neuron"] if "width" not in acts else int(acts["width"].values[-1])
    with warnings.catch_warnings():
        # of gates projections lie on a grid: the order of samples is asked for, not nats
        warnings.simplefilter("ignore", TiesWarning)
        found = pointwise_information(
            layer.isel(neuron=slice(width)).drop_vars("width", errors="ignore"),
            samples["label"].values, projections=projections, seed=seed,
        )  # fmt: skip
    return _turned(found)


def _last_loss(trained: Trained, samples: xr.Dataset) -> np.ndarray:
    """Return the loss of each sample at the end, in nats."""
    label = samples["label"].values
    its = probabilities(trained.network, samples)[np.arange(label.size), label]
    return np.asarray(-np.log(np.maximum(its, _LEAST)))


def early_disagreement(
    course: xr.Dataset, share: float = _EARLY, beta: float = _BETA
) -> np.ndarray:
    """
    Return how little a running mean of early epochs believes each label: 1 − t, (sample).

    t ← βt + (1 − β)p over the first epochs, with the probability p of the label, as the table of
    early-learning regularization has it; divided by the weight that it has gathered.
    """
    p = course["probability"].values
    n = max(2, round(share * len(p)))
    table = np.zeros(p.shape[1])
    for row in p[:n]:
        table = beta * table + (1 - beta) * row
    return np.asarray(1 - table / (1 - beta**n))


def _density(samples: xr.Dataset) -> np.ndarray:
    """Return what each image that is trained on adds to its own log-density; NaN of twins."""
    seen = samples["is_in"].values
    flat = samples["input"].values.reshape(seen.size, -1)
    found = np.full(seen.size, np.nan)
    found[seen] = kernel_memorization(flat[seen])
    return found


def kernel_memorization(points: np.ndarray) -> np.ndarray:
    """
    Return M in nats of a kernel density, exactly: log p with the point less log p without it.

    The kernel is as wide as half the median distance to the nearest other point: (sample, ...) →
    (sample).
    """
    from scipy.spatial import cKDTree

    from infonb.memorization import leave_one_out

    near = cKDTree(points).query(points, k=2)[0][:, 1]
    width = max(float(np.median(near)) / 2, 1e-6)
    data = xr.DataArray(points.astype(float), dims=("sample", "pixel"))
    mem: np.ndarray = leave_one_out(data, model="kernel", width=width).mem.values
    return mem
