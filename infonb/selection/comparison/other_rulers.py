"""What other rulers of memorization say of the models that are compared, beside the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from infonb.memorization.rulers.given import Given, Settings
from infonb.memorization.rulers.registry import RULERS
from infonb.memorization.rulers.ruler import Ruler
from infonb.selection.comparison.measuring import Measuring
from infonb.selection.comparison.models import Models, Network

__all__ = ["OTHERS", "other_rulers"]

#: Rulers of a layer that activations allow, or labels beside them, and that are not the measures
#: that are compared.
OTHERS = ("mi_over_entropy", "mean_unit_mem", "matrix_entropy", "imbalance_to_label",
          "layer_information")  # fmt: skip

#: So few that all models together take a second or two: this is looked at, and judges nothing.
_SAMPLES, _NEIGHBOURS, _NEURONS, _DIVISIONS = 1000, 400, 32, 5

#: Below this nothing is read.
_LEAST = 50

#: What a recording calls the labels of its samples.
_LABEL = "label"

_NO_LABEL = "classes of the samples, several of each: a coordinate label of the recordings"


def other_rulers(
    measuring: Measuring, untrained: Models | None = None, level: float = 0.95
) -> xr.Dataset:
    """Return readings of each layer, with interval and null: (ruler, model, seed, layer)."""
    shape = (len(OTHERS), *measuring.shape)
    tables = {part: np.full(shape, np.nan) for part in ("value", "null", "low", "high")}
    nulls, needs = dict.fromkeys(OTHERS, ""), dict.fromkeys(OTHERS, "")
    if measuring.n_samples < _LEAST:
        few = f"at least {_LEAST} samples; there are {measuring.n_samples}"
        return _labelled(tables, nulls, dict.fromkeys(OTHERS, few), measuring, level)
    new = {} if untrained is None else {(x.model, x.seed): x for x in untrained.networks}
    networks = measuring.models.networks
    # all are of the same samples: what one recording knows of them is true of all
    labels = [one.known[_LABEL] for one in networks if one.known.get(_LABEL) is not None]
    label = labels[0] if labels else None
    for alike in _alike(networks):
        given = _given(alike, label, measuring.settings.seed, level)
        bare = [new.get((one.model, one.seed)) for one in alike]
        whole = [one for one in bare if one is not None]
        beside = None
        if len(whole) == len(bare):
            beside = _given(whole, label, measuring.settings.seed, level)
        for at, name in enumerate(OTHERS):
            ruler = RULERS[name]
            if not set(ruler.needs) <= given.there:
                needs[name] = _NO_LABEL
                continue
            try:
                parts, words = _read(ruler, given, beside)
            except ValueError as error:  # a comparison does not fail by what only stands beside it
                needs[name] = str(error)
                continue
            nulls[name] = words or nulls[name]
            for part, values in parts.items():
                _put(tables[part][at], values, alike, measuring)
    return _labelled(tables, nulls, needs, measuring, level)


def _read(ruler: Ruler, given: Given, beside: Given | None) -> tuple[dict[str, xr.DataArray], str]:
    """Return value, null, low and high (network, layer) of a ruler, and what the null is of."""
    assert ruler.read is not None
    reading = ruler.read(given)
    parts, words = {"value": reading.value}, reading.null_words
    if reading.interval is not None:
        parts |= {end: reading.interval.sel(bound=end, drop=True) for end in ("low", "high")}
    if ruler.null == "untrained" and beside is not None:
        parts["null"], words = ruler.read(beside).value, "the network without training"
    elif reading.null is not None:
        parts["null"] = reading.null
    return parts, words


def _alike(networks: tuple[Network, ...]) -> list[list[Network]]:
    """Return networks by layers and widths: those that are alike are read as one array."""
    groups: dict[Any, list[Network]] = {}
    for one in networks:
        groups.setdefault(tuple(one.widths.items()), []).append(one)
    return list(groups.values())


def _given(networks: list[Network], label: Any, seed: int, level: float) -> Given:
    """Return the activations of networks that are alike, some samples of them, with labels."""
    n = networks[0].values.sizes["sample"]
    some = np.arange(n)
    if n > _SAMPLES:
        some = np.sort(np.random.default_rng(seed).choice(n, _SAMPLES, replace=False))
    parts = [
        one.values.isel(sample=some).drop_vars("sample", errors="ignore").load().astype(float)
        for one in networks
    ]
    settings = Settings(
        neurons=_NEURONS, max_samples=_NEIGHBOURS, divisions=_DIVISIONS, level=level, seed=seed
    )
    whole = xr.concat(parts, "network")
    return Given(settings, recording=whole, label=_classes(label, some), alone=False)


def _classes(label: Any, some: np.ndarray) -> xr.DataArray | None:
    """Return labels of the samples, where they are classes of several samples each."""
    if label is None or label.dtype.kind == "f" or pd.isnull(label).any():
        return None
    codes, classes = pd.factorize(label[some])
    if not 1 < len(classes) <= len(some) // 10:
        return None
    # the nearest of a class is looked for in it
    if np.bincount(codes).min() < 5:
        return None
    return xr.DataArray(codes, dims="sample")


def _put(
    table: np.ndarray, values: xr.DataArray, networks: list[Network], measuring: Measuring
) -> None:
    """Put readings (network, layer) where they belong in a table (model, seed, layer)."""
    array = values.transpose("network", "layer").values
    for one, row in zip(networks, array, strict=True):
        for layer, value in zip(one.layers, row, strict=True):
            table[measuring.at(one, layer)] = value


def _labelled(
    tables: Mapping[str, np.ndarray], nulls: Mapping[str, str], needs: Mapping[str, str],
    measuring: Measuring, level: float,
) -> xr.Dataset:  # fmt: skip
    dims = ("ruler", "model", "seed", "layer")
    ends = np.stack([tables["low"], tables["high"]], axis=-1)
    about = {
        "ruler_memorized": [RULERS[name].memorized for name in OTHERS],
        "ruler_measures": [RULERS[name].measures for name in OTHERS],
        "ruler_null": [nulls[name] for name in OTHERS],
        "ruler_needs": [needs[name] for name in OTHERS],
    }
    coords = {name: ("ruler", np.array(words, dtype=object)) for name, words in about.items()}
    attrs = {"level": level, "n_samples": min(measuring.n_samples, _SAMPLES)}
    return xr.Dataset(
        {
            "other_rulers": (dims, tables["value"], attrs | {"long_name": "reading of the ruler"}),
            "other_rulers_interval": ((*dims, "bound"), ends, attrs),
            "other_rulers_null": (dims, tables["null"], attrs),
        },
        {
            "ruler": np.array(OTHERS, dtype=object), **coords, **measuring.labels,
            "bound": np.array(["low", "high"], dtype=object),
        },
    )  # fmt: skip
