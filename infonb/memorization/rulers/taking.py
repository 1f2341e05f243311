"""What a user hands to `measure`, in any of its forms, as one `Given`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import take_activation, with_layer
from infonb.memorization.rulers.given import Given, Settings, Trainings
from infonb.validate import check_dim, did_you_mean

__all__ = ["take", "take_untrained"]

#: Activations beyond this are not taken into memory.
_MOST_BYTES = 4e9


def take(
    model_or_acts: Any, data: Any, settings: Settings, *, is_in: Any, dynamics: Any,
    trainings: Any, layers: Any, label: Any,
) -> Given:  # fmt: skip
    """Return all that is given, checked and labelled."""
    model, recording = _model_or_recording(model_or_acts)
    dataset, own = _dataset(data, model is not None)
    notes = _notes(dataset, recording)
    n = _n_samples(dataset, recording, own)
    if isinstance(label, str):
        taught = own if own is not None else notes.get(label)
        if taught is None and label != "label":
            raise ValueError(
                f"label {label!r} is not known of the samples; there are {sorted(notes)}."
                f"{did_you_mean(label, notes)}"
            )
    else:
        taught = label
    _check_labels({
        "the activations": recording, "data": dataset,
        "dynamics": getattr(dynamics, "results", dynamics),
        "trainings": trainings[0] if isinstance(trainings, tuple | list) else trainings,
    })  # fmt: skip
    truth = notes.get("true_label")
    inside = notes.get("is_in") if is_in is None else is_in
    if isinstance(is_in, str):
        if is_in not in notes:
            raise ValueError(f"is_in {is_in!r} is not known of the samples; {sorted(notes)} are.")
        inside = notes[is_in]
    known: dict[str, Any] = {
        "label": _of_samples(taught, n, "label"), "truth": _of_samples(truth, n, "true_label"),
        "is_in": _of_samples(inside, n, "is_in", kind=bool),
    }  # fmt: skip
    return Given(
        settings, model=model, data=dataset, recording=recording, layers=layers,
        dynamics=_dynamics(dynamics, n), trainings=_trainings(trainings, n), **known,
    )  # fmt: skip


def take_untrained(untrained: Any, given: Given) -> Given | None:
    """Return what nulls are read from: the untrained network given, or a copy of new weights."""
    if untrained is False:
        return None
    if untrained is None or untrained is True:
        return given.untrained
    model, recording = _model_or_recording(untrained, "untrained")
    if model is not None and given.data is None:
        raise ValueError("untrained is a network, but there are no data to run it on; pass data.")
    _check_labels({
        "the activations": given.recording, "data": given.data, "untrained": recording,
    })  # fmt: skip
    new = replace(
        given, model=model, recording=recording, dynamics=None, trainings=None, alone=True
    )
    if recording is not None and recording.sizes["sample"] != given.n_samples:
        raise ValueError(
            f"untrained is recorded on {recording.sizes['sample']:,} samples, the network on "
            f"{given.n_samples:,}; record both on the same."
        )
    return new


def _model_or_recording(given: Any, name: str = "model_or_acts") -> tuple[Any, Any]:
    """Return a network, or activations (..., layer, neuron, sample) in memory."""
    if callable(getattr(given, "named_modules", None)) and not isinstance(given, type):
        return given, None
    if isinstance(given, str | Path):
        from infonb.activations import open_activations

        given = open_activations(given, chunks={})
    elif isinstance(given, Mapping) and not isinstance(given, xr.Dataset):
        from infonb.activations import from_arrays

        given = from_arrays(given)
    if not isinstance(given, xr.Dataset | xr.DataArray):
        raise TypeError(
            f"{name} must be a torch network, or its activations: a recording of infonb.record, "
            f"its path, or a dict of layer → array (sample, neuron); not {type(given).__name__}."
        )
    values = with_layer(take_activation(given))
    for dim in ("neuron", "sample"):
        check_dim(dim, values.dims, name)
    if values.nbytes > _MOST_BYTES:
        raise ValueError(
            f"{name} has {values.nbytes / 1e9:.1f} GB of activations; give fewer samples, as in "
            ".isel(sample=slice(0, 10000)), or fewer layers."
        )
    return None, values.load().transpose(..., "layer", "neuron", "sample")


def _dataset(data: Any, runs: bool) -> tuple[xr.Dataset | None, Any]:
    """Return data with ``input``, or None, and the labels that came beside them."""
    if data is None:
        if runs:
            raise ValueError(
                "a network is measured on data: pass data, a Dataset with input and label, or a "
                "tuple (x, y)."
            )
        return None, None
    if isinstance(data, xr.Dataset):
        if "input" not in data and runs:
            raise ValueError(
                f"data has no variable 'input', only {sorted(map(str, data.variables))}; a network "
                "needs inputs."
            )
        return data, None
    if isinstance(data, tuple | list) and len(data) == 2:
        x, y = (_numpy(part) for part in data)
        if len(x) != len(y):
            raise ValueError(f"data has {len(x):,} inputs and {len(y):,} labels.")
        dims = ("sample", *(f"feature_{i}" for i in range(x.ndim - 1)))
        return xr.Dataset({"input": (dims, x)}, {"label": ("sample", y)}), None
    if isinstance(data, np.ndarray | xr.DataArray) or hasattr(data, "numpy"):
        values = _numpy(data)
        if not runs and values.ndim == 1:  # beside activations, one number each: labels
            return None, values
        dims = ("sample", *(f"feature_{i}" for i in range(values.ndim - 1)))
        return xr.Dataset({"input": (dims, values)}), None
    raise TypeError(
        "data must be a Dataset with input (and label), a tuple (x, y), or inputs alone; not "
        f"{type(data).__name__}."
    )


def _numpy(part: Any) -> np.ndarray:
    return part.detach().cpu().numpy() if hasattr(part, "detach") else np.asarray(part)


def _notes(data: xr.Dataset | None, recording: xr.DataArray | None) -> dict[str, Any]:
    """Return all that is known of the samples one by one: name → (sample)."""
    found: dict[str, Any] = {}
    for source in (recording, data):
        variables = () if source is None else dict(
            source.variables if isinstance(source, xr.Dataset) else source.coords
        ).items()  # fmt: skip
        for name, one in variables:
            if one.dims == ("sample",) and name not in ("sample", "input"):
                found[str(name)] = np.asarray(one)
    return found


def _n_samples(data: xr.Dataset | None, recording: xr.DataArray | None, own: Any) -> int:
    numbers = {
        name: n for name, n in (
            ("the activations", None if recording is None else recording.sizes["sample"]),
            ("data", None if data is None else data.sizes.get("sample")),
            ("the labels", None if own is None else len(own)),
        ) if n is not None
    }  # fmt: skip
    if not numbers:
        raise ValueError("data has no dim 'sample'; inputs are (sample, ...).")
    if len(set(numbers.values())) > 1:
        told = " and ".join(f"{name} {n:,}" for name, n in numbers.items())
        raise ValueError(f"these are of different samples: {told}.")
    return int(next(iter(numbers.values())))


def _check_labels(given: Mapping[str, Any]) -> None:
    """Raise unless all that name their samples name the same, in one order."""
    named = {
        name: one.indexes["sample"] for name, one in given.items()
        if isinstance(one, xr.Dataset | xr.DataArray) and "sample" in one.indexes
    }  # fmt: skip
    first = next(iter(named), "")
    for name, index in named.items():
        if not index.equals(named[first]):
            raise ValueError(
                f"{name} and {first} have other labels of the samples, or another order; bring "
                f"them in line, as in .sel(sample=labels), or drop the labels of one."
            )


def _of_samples(values: Any, n: int, name: str, kind: type | None = None) -> xr.DataArray | None:
    """Return one value for each sample, without labels of its own."""
    if values is None:
        return None
    array = _numpy(values)
    if array.shape != (n,):
        raise ValueError(f"{name} must be one value for each of {n:,} samples; not {array.shape}.")
    if kind is bool and array.dtype != bool:
        raise TypeError(
            f"{name} must be bool (sample), true for training samples; not {array.dtype}."
        )
    return xr.DataArray(array, dims="sample", name=name)


def _dynamics(dynamics: Any, n: int) -> xr.Dataset | None:
    if dynamics is None:
        return None
    results = getattr(dynamics, "results", dynamics)
    if not isinstance(results, xr.Dataset):
        raise TypeError(
            "dynamics must be the results of infonb.training.Dynamics, a Dataset with loss (epoch, "
            f"sample); not {type(dynamics).__name__}."
        )
    for dim in ("epoch", "sample"):
        check_dim(dim, results.dims, "dynamics")
    if results.sizes["sample"] != n:
        raise ValueError(
            f"dynamics is of {results.sizes['sample']:,} samples, what is measured of {n:,}; "
            "select the same."
        )
    return results


def _trainings(trainings: Any, n: int) -> Trainings | None:
    """Return scores and who was held out; of a Dataset its variables."""
    if trainings is None:
        return None
    if isinstance(trainings, xr.Dataset) and "mem" in trainings:
        found = Trainings(mem=trainings["mem"])
    elif isinstance(trainings, xr.Dataset) and {"score", "held_out"} <= {*trainings.variables}:
        found = Trainings(trainings["score"], trainings["held_out"])
    elif isinstance(trainings, tuple | list) and len(trainings) == 2:
        found = Trainings(*trainings)
    else:
        raise TypeError(
            "trainings must be (score, held_out), a Dataset of both, or what in_out returned; not "
            f"{type(trainings).__name__}."
        )
    for one in (found.score, found.held_out, found.mem):
        if one is None:
            continue
        if not isinstance(one, xr.DataArray):
            raise TypeError(f"trainings holds labelled arrays; not {type(one).__name__}.")
        check_dim("sample", one.dims, "trainings")
        if one.sizes["sample"] != n:
            raise ValueError(
                f"trainings is of {one.sizes['sample']:,} samples, what is measured of {n:,}."
            )
    return found
