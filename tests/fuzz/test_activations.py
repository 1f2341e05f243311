"""Arrays and stores of every form: what comes back is what was given, or it was refused."""

from __future__ import annotations

import tempfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from fuzz.cases import numbers
from hypothesis import given
from hypothesis import strategies as st

import infonb as inb

pytestmark = pytest.mark.slow

FORMS = [
    "array",
    "fortran",
    "tensor",
    "gradient",
    "list",
    "frame",
    "labelled",
    "shuffled",
    "shuffled",
    "masked",
]
TYPES = ["f8", "f4", "f2", ">f8", "i1", "i4", "i8", "u2", "?", ml_dtypes.bfloat16]
KINDS = ["normal", "relu", "whole", "constant", "far", "very far", "tiny", "scales", "uniform"]

#: What no tool agrees on: kept or refused, never changed.
VALUES = st.one_of(
    st.text(max_size=6), st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans(),
    st.sampled_from([np.float32(1.5), np.int8(3), "days since 2000-01-01", "x y", "é/ü", "", None]),
    st.lists(st.integers(-5, 5), max_size=3), st.lists(st.text(max_size=3), max_size=3),
)  # fmt: skip
NAMES = st.one_of(
    st.text(min_size=1, max_size=6),
    st.sampled_from(
        ["scale_factor", "add_offset", "_FillValue", "missing_value", "dtype", "units", "calendar",
         "coordinates", "a b", "a/b", "..", ".zattrs", "zarr.json", "model", "_ARRAY_DIMENSIONS"]
    ),
)  # fmt: skip


def in_one_line(error):
    assert "\n" not in str(error)


def given_as(form, plain, rng):
    """(sample, neuron) float64 in a form of the user's."""
    if form == "fortran":
        return np.asfortranarray(plain)
    if form == "tensor":
        return torch.tensor(plain.astype(np.float32) if plain.dtype.kind == "V" else plain)
    if form == "gradient" and plain.dtype.kind == "f" and plain.dtype.isnative:
        return torch.tensor(plain, requires_grad=True)
    if form == "list":
        return plain.tolist()
    if form == "frame" and plain.dtype.kind != "V":
        return pd.DataFrame(plain)
    if form in ("labelled", "shuffled"):
        array = xr.DataArray(plain, {"sample": np.arange(len(plain))}, ("sample", "neuron"))
        order = rng.permutation(len(plain)) if form == "shuffled" else slice(None)
        return array.isel(sample=order).transpose(*rng.permutation(["sample", "neuron"]))
    if form == "masked":
        return np.ma.array(plain, mask=np.zeros(plain.shape, bool))
    return plain


@given(
    st.lists(st.tuples(st.sampled_from(FORMS), st.integers(1, 4), st.sampled_from(TYPES),
                       st.sampled_from(KINDS)), min_size=1, max_size=3),
    st.integers(1, 30), st.sampled_from(["float32", "float64"]), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_from_arrays(layers, n_samples, dtype, seed):
    """Each value at its layer, neuron and sample; values that differ still differ."""
    rng, arrays, right = np.random.default_rng(seed), {}, {}
    for at, (form, width, own, kind) in enumerate(layers):
        with np.errstate(all="ignore"):
            values = numbers(kind, (width, n_samples), rng).T.astype(np.dtype(own))
            if np.dtype(own).kind not in "iub":
                values = np.where(
                    np.isfinite(values.astype("f8")), values, np.zeros((), values.dtype)
                )
        right[f"fc{at}"] = values.astype(np.float64).T
        arrays[f"fc{at}"] = given_as(form, values, rng)
    try:
        acts = inb.from_arrays(arrays, dtype=dtype)
    except (ValueError, TypeError) as error:
        in_one_line(error)
        return
    for layer, values in right.items():
        found = acts.activation.sel(layer=layer).values[: len(values)].astype(np.float64)
        # those with labels come in the order of the labels, the others as they are
        labelled = isinstance(arrays[layer], xr.DataArray)
        own = acts["sample"].values if labelled else np.arange(n_samples)
        expected = values[:, own]
        with np.errstate(over="ignore", under="ignore"):
            np.testing.assert_allclose(found, expected, rtol=2**-23, atol=2.0**-126)
        for row, wanted in zip(found, expected, strict=True):
            by_size = np.argsort(wanted, kind="stable")
            # less than 2^-40 of the largest is the rounding of sums
            differ = np.diff(wanted[by_size]) > 2.0**-40 * abs(wanted).max()
            assert (differ & (np.diff(row[by_size]) == 0)).sum() <= 0.01 * differ.sum()
    width = max(len(values) for values in right.values())
    assert acts.activation.shape == (len(right), width, n_samples)


@given(
    st.dictionaries(NAMES, VALUES, max_size=3), st.dictionaries(NAMES, VALUES, max_size=2),
    NAMES, st.sampled_from(["i8", "f4", "U3", "O", "M8[ns]", "?", "m8[s]", "u1"]),
    st.permutations(["layer", "neuron", "sample", "alpha"]),
    st.sampled_from(["float32", "float64"]), st.sampled_from([None, 2]), st.integers(0, 2**32 - 1),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")  # of what xarray says while it writes odd names
def test_save_and_open(attrs, own, name, kind, dims, dtype, chunk, seed):
    """What is saved opens identical, or nothing was written."""
    rng = np.random.default_rng(seed)
    one = {"fc1": rng.normal(size=(6, 3)), "fc2": rng.normal(size=(6, 2))}
    runs = [inb.from_arrays(one, dtype=dtype) for _ in range(2)]
    acts = xr.concat(runs, xr.Variable("alpha", [0.0, 0.5])).transpose(*dims)
    values = {"O": np.array(list("abcdef"), object), "U3": np.array(list("abcdef"))}.get(kind)
    values = np.arange(6).astype(kind) if values is None else values
    if name not in (*acts.coords, *acts.dims, "activation"):
        acts = acts.assign_coords({name: ("sample", values)})
    acts.attrs |= attrs
    acts.activation.attrs |= own
    acts = acts.chunk(sample=chunk) if chunk else acts
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "acts.zarr")
        try:
            inb.save_activations(acts, path)
        except (ValueError, TypeError) as error:
            in_one_line(error)
            left = list(Path(folder).iterdir())
        else:
            xr.testing.assert_identical(inb.open_activations(path).load(), acts.load())
            return
    assert not left
