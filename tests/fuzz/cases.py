"""Activations of every form: values, types, labels, padding, order of dims, chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np
import xarray as xr
from hypothesis import strategies as st

#: What float64 holds without loss.
DTYPES = [
    "f8",
    "f4",
    "f2",
    ml_dtypes.bfloat16,
    ">f8",
    ">f4",
    "i1",
    "i2",
    "i4",
    "i8",
    "u1",
    "u4",
    "?",
]

VALUES = [
    "normal", "relu", "whole", "tenths", "few", "constant", "one differs", "heavy", "uniform",
    "far", "very far", "beside", "tiny", "subnormal", "huge", "zeros of both signs", "scales",
]  # fmt: skip


def numbers(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Values of a kind, (neuron, sample)."""
    x = rng.normal(size=shape)
    x += rng.normal(size=(1, shape[1])) * rng.integers(0, 3)
    beside = 2.0 ** rng.integers(30, 53)
    return {
        "normal": x,
        "relu": np.maximum(x, 0),
        "whole": np.round(3 * x),
        "tenths": np.round(x, 1),
        "few": rng.integers(0, 2, shape).astype(float),
        "constant": np.full(shape, x[0, 0]),
        "one differs": np.where(np.arange(shape[1]) == 0, 1.0, np.zeros(shape)),
        "heavy": x**5,
        "uniform": rng.uniform(size=shape),
        "far": 1e6 + x,
        "very far": 10.0 ** rng.integers(9, 16) * (1 + 1e-15 * np.round(20 * x)),
        "beside": beside + rng.integers(0, 40, shape),
        "tiny": x * 1e-300,
        "subnormal": np.round(x * 20) * 5e-324,
        "huge": x * 1e306,
        "zeros of both signs": np.where(x > 1, x, np.where(x > 0, 0.0, -0.0)),
        "scales": x * 10.0 ** rng.integers(-6, 7, (shape[0], 1)),
    }[kind]


@st.composite
def layers(draw: Any, most: int = 40) -> dict[str, Any]:
    """Draw what describes a set of activations: sizes, kinds, labels, order of dims."""
    dtype = draw(st.sampled_from(DTYPES))
    return {
        "seed": draw(st.integers(0, 2**32 - 1)),
        "kind": draw(st.sampled_from(VALUES)),
        "dtype": dtype,
        "widths": draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)),
        "samples": draw(st.integers(2, most)),
        "batch": draw(st.sampled_from([(), (), (2,), (1,), (2, 2)])),
        "neuron": draw(st.sampled_from(["none", "places", "from 1", "from 1000", "text", "twice"])),
        "sample": draw(st.sampled_from(["none", "places", "others", "text", "dates", "twice"])),
        "padding": draw(st.sampled_from([np.nan, 0.0, 7e9, np.inf])),
        "order": draw(st.permutations(range(5))),
        "chunks": draw(st.sampled_from([None, None, None, 1, 3, 16])),
        "dim": draw(st.sampled_from(["sample", "sample", "token"])),
    }


def activations(case: dict[str, Any]) -> tuple[xr.DataArray, np.ndarray]:
    """
    Return labelled activations, and what was put in: float64 (batch, layer, neuron, sample).

    NaN in the second is padding, which in the first may hold anything.
    """
    rng, dim = np.random.default_rng(case["seed"]), case["dim"]
    widths, n, batch = case["widths"], case["samples"], case["batch"]
    shape = (*batch, len(widths), max(widths), n)
    flat = numbers(case["kind"], (int(np.prod(shape[:-1])), n), rng)
    dtype = np.dtype(case["dtype"])
    with np.errstate(all="ignore"):
        if dtype.kind in "iu":
            flat = np.clip(np.nan_to_num(flat), *_ends(dtype)).round()
        whole = flat.astype(dtype)
        if dtype.kind not in "iub":  # what a small type cannot hold is not a case of this
            whole = np.where(np.isfinite(whole.astype("f8")), whole, np.zeros((), dtype))
    whole = whole.reshape(shape)
    plain = whole.astype(np.float64)
    plain[..., np.arange(max(widths)) >= np.array(widths)[:, None], :] = np.nan
    given = whole.copy()
    padding = np.nan if case["neuron"] == "twice" else case["padding"]
    with np.errstate(all="ignore"):
        if dtype.kind not in "iub":
            given[np.isnan(plain)] = np.array(padding).astype(dtype)
    dims = (*("run", "epoch")[: len(batch)], "layer", "neuron", dim)
    array = xr.DataArray(given, _labels(case, dim), dims, name="activation")
    array = array.transpose(*(dims[i] for i in case["order"] if i < len(dims)))
    if case["chunks"] is not None:
        array = array.chunk({dim: case["chunks"], "neuron": 2})
    return array, plain


def _ends(dtype: np.dtype) -> tuple[float, float]:
    """The range of a whole type, as far as the measures take it."""
    info = np.iinfo(dtype)
    return max(float(info.min), -(2.0**53)), min(float(info.max), 2.0**53)


def _labels(case: dict[str, Any], dim: str) -> dict[str, Any]:
    width, n = max(case["widths"]), case["samples"]
    # labels below the widths may be the old places of a selection: then NaN tells what is padding,
    # which whole numbers do not have
    labels = case["neuron"]
    if labels == "twice" and np.dtype(case["dtype"]).kind in "iub":
        labels = "text"
    layer = np.array([f"fc{i}" for i in range(len(case["widths"]))][::-1], object)
    found: dict[str, Any] = {"layer": layer, "width": ("layer", case["widths"])}
    neuron = {
        "places": np.arange(width),
        "from 1": np.arange(width) + 1,
        "from 1000": np.arange(width)[::-1] + 1000,
        "text": np.array([f"n{i}" for i in range(width)], object),
        "twice": np.zeros(width, int),
    }.get(labels)
    sample = {
        "places": np.arange(n),
        "others": np.arange(n)[::-1] * 3 + 100,
        "text": np.array([f"s{i}" for i in range(n)], object),
        "dates": np.datetime64("2020-01-01", "ns") + np.arange(n),
        "twice": np.arange(n) // 2,
    }.get(case["sample"])
    found |= {} if neuron is None else {"neuron": neuron}
    return found | ({} if sample is None else {dim: sample})


def rows(plain: np.ndarray) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """Yield where a neuron is (batch, layer, neuron), and its values; none of padding."""
    for at in np.ndindex(plain.shape[:-1]):
        if not np.isnan(plain[at]).any():
            yield at, plain[at]
