"""Entropy and mutual information of activations of every form, against plain loops."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from fuzz import plain
from fuzz.cases import activations, layers, rows
from hypothesis import given
from hypothesis import strategies as st

import infonb as inb

RULERS = ["common", "shared", "neuron"]
KINDS = ["binned", "ksg", "mixture"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::infonb.measures.TiesWarning", "ignore::infonb.measures.ScaleWarning"
    ),
]


def ends(values, edges, at):
    """The range of the bins of a neuron."""
    of = {"neuron": values[at], "common": values[at[:-2]], "shared": values}[edges]
    with np.errstate(over="ignore"):
        return float(np.nanmin(of)), float(np.nanmax(of))


def too_far_apart(values, edges):
    """Whether no difference of float64 spans a range."""
    with np.errstate(over="ignore"):
        return any(np.isinf(np.subtract(*ends(values, edges, at))) for at, _ in rows(values))


def in_order(found, case, pairs=False):
    """The values with dims (batch, layer, neuron[, other_layer, other_neuron][, sample])."""
    dims = [*("run", "epoch")[: len(case["batch"])], "layer", "neuron"]
    dims += ["other_layer", "other_neuron"] if pairs else []
    return found.compute().transpose(*dims, ...).values


def near(found, expected, size=1.0):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * size)


@given(
    layers(), st.sampled_from(["binned", "binned", "knn"]), st.sampled_from([1, 2, 3, 10, 100]),
    st.sampled_from(RULERS), st.integers(1, 6), st.booleans(), st.sampled_from(["nat", "bit"]),
)  # fmt: skip
def test_entropy(case, estimator, bins, edges, k, pointwise, unit):
    acts, values = activations(case)
    k = min(k, case["samples"] - 1)
    options = {"bins": bins, "edges": edges} if estimator == "binned" else {"k": k}
    options |= {"estimator": estimator, "pointwise": pointwise, "unit": unit}
    if estimator == "binned" and too_far_apart(values, edges):
        with pytest.raises(ValueError, match="differences overflow"):
            inb.entropy(acts, case["dim"], **options).compute()
        return
    found = in_order(inb.entropy(acts, case["dim"], **options), case)
    assert np.isnan(found[np.isnan(values[..., 0])]).all()
    for at, own in rows(values):
        if estimator == "binned":
            expected = plain.surprise(plain.codes(own, *ends(values, edges, at), bins))
        else:
            expected = plain.knn(own, k)
        expected = expected / (np.log(2) if unit == "bit" else 1.0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            near(found[at], expected if pointwise else expected.mean())


@given(
    layers(), st.sampled_from(KINDS), st.sampled_from([1, 2, 5, 10, 300]), st.sampled_from(RULERS),
    st.integers(1, 20), st.booleans(), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_pairs_of_neurons(case, estimator, bins, edges, k, pointwise, some):
    acts, values = activations(case)
    k = min(k, case["samples"] - 1)
    options = {"bins": bins, "edges": edges} if estimator == "binned" else {"k": k}
    options |= {"estimator": estimator, "pointwise": pointwise}
    if estimator == "binned" and too_far_apart(values, edges):
        with pytest.raises(ValueError, match="differences overflow"):
            inb.mutual_information(acts, case["dim"], **options).compute()
        return
    found = in_order(inb.mutual_information(acts, case["dim"], **options), case, pairs=True)
    rng, there = np.random.default_rng(some), list(rows(values))
    assert np.isfinite(found).any(axis=(-1, -2, -3) if pointwise else (-1, -2)).sum() == len(there)
    for _ in range(4):
        (at, x), (other, y) = (there[i] for i in rng.integers(len(there), size=2))
        if at[:-2] != other[:-2]:  # of two networks
            continue
        if estimator == "binned":
            x, y = (
                plain.codes(v, *ends(values, edges, place), bins)
                for v, place in ((x, at), (y, other))
            )
            expected = plain.binned(x, y)
        else:
            dx, dy = plain.distances(x), plain.distances(y)
            expected = plain.neighbours(dx, dy, k, mixed=estimator == "mixture")
        near(found[(*at, *other[-2:])], expected if pointwise else expected.mean())


@given(
    layers(), st.sampled_from(KINDS), st.sampled_from([1, 2, 5, 30]), st.sampled_from(RULERS),
    st.integers(1, 6), st.booleans(),
    st.sampled_from(["whole", "text", "bool", "float", "float32"]), st.integers(1, 12),
)  # fmt: skip
def test_a_variable(case, estimator, bins, edges, k, pointwise, kind, n_classes):
    acts, values = activations(case)
    k, n = min(k, case["samples"] - 1), case["samples"]
    rng = np.random.default_rng(case["seed"] + 1)
    classes = rng.integers(n_classes, size=n)
    other = {
        "whole": classes - 3,
        "text": np.array([f"class {c}" for c in classes], object),
        "bool": classes > 0,
        "float": rng.normal(size=n),
        "float32": np.round(rng.normal(size=n), 1).astype("f4"),
    }[kind]
    options = {"bins": bins, "edges": edges} if estimator == "binned" else {"k": k}
    options |= {"estimator": estimator, "pointwise": pointwise, "other": other}
    if estimator == "binned" and too_far_apart(values, edges):
        with pytest.raises(ValueError, match="differences overflow"):
            inb.mutual_information(acts, case["dim"], **options).compute()
        return
    found = in_order(inb.mutual_information(acts, case["dim"], **options), case)
    for at, x in rows(values):
        mixed = estimator == "mixture"
        if estimator == "binned":
            y = other
            if kind.startswith("float"):
                y = plain.codes(other, float(other.min()), float(other.max()), bins)
            elif kind == "text":
                y = classes
            expected = plain.binned(plain.codes(x, *ends(values, edges, at), bins), y)
        elif kind.startswith("float"):
            expected = plain.neighbours(plain.distances(x), plain.distances(other), k, mixed=mixed)
        else:
            expected = plain.ross(x, other, k, mixed=mixed)
        near(found[at], expected if pointwise else expected.mean())


@given(layers(), st.sampled_from(["entropy", *KINDS]), st.booleans(), st.integers(0, 2**32 - 1))
def test_samples_and_neurons_may_change_places(case, estimator, pointwise, seed):
    """Permuting the input permutes the output, to the rounding of sums in another order."""
    case = {**case, "kind": "normal" if case["kind"] == "huge" else case["kind"]}
    acts, _ = activations({**case, "neuron": "places", "sample": "places"})
    rng, dim, k = np.random.default_rng(seed), case["dim"], min(3, case["samples"] - 1)
    # as a whole: of padding only the place is known, which a permutation of neurons would move
    order = {dim: rng.permutation(acts.sizes[dim]), "layer": rng.permutation(acts.sizes["layer"])}
    if len(set(case["widths"])) == 1:
        order["neuron"] = rng.permutation(acts.sizes["neuron"])
    options = {"pointwise": pointwise}
    if estimator == "entropy":
        options |= {"estimator": "knn", "k": k}
        measure = inb.entropy
    else:
        options |= {"estimator": estimator, **({} if estimator == "binned" else {"k": k})}
        measure = inb.mutual_information
    moved = measure(acts.isel(order), dim, **options).compute()
    right = measure(acts, dim, **options).compute()
    twice = {f"other_{d}": o for d, o in order.items() if f"other_{d}" in right.dims}
    right = right.isel({d: o for d, o in order.items() if d in right.dims} | twice)
    near(moved.transpose(*right.dims).values, right.values)
