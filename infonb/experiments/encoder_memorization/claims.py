"""The claims on memorization in encoders: whose images, in which layers, in which units."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Rank, Row, Trend, Within, entropy_in_rulers
from infonb.dims import same_neuron

__all__ = ["LABEL_FREE", "information", "rows_of_level", "rows_of_networks"]

#: What the paper is about: trained without labels. Its numbers below are those of ResNet-9 and
#: SimCLR on CIFAR-10 (Tables 1, 3, 6 and 11).
LABEL_FREE = ("contrastive", "simsiam", "masked")

#: Which units are off, in words.
_UNITS = {
    "highest": "units of highest UnitMem", "random": "drawn units",
    "lowest": "units of lowest UnitMem",
}  # fmt: skip

#: Accuracy in the paper's Table 6, by the end of a row that is not the drawn units.
_PRUNING = {"highest": "49.2 % against 56.8 %", "lowest": "56.8 % against 62.6 %"}


def information(runs: xr.Dataset) -> xr.DataArray:
    """Return the mean MI of pairs of units of a layer, in nats: dims (..., layer)."""
    pairs = runs["mutual_information"]
    return pairs.where(~same_neuron(pairs)).mean(["neuron", "other_neuron"])


def rows_of_networks(levels: Sequence[str]) -> list[Row]:
    """Return the rows that compare networks: with an untrained one, and with other objectives."""
    rows: list[Row] = []
    for level in levels:
        if level != "untrained" and "untrained" in levels:
            paper = "UnitMem grows in training (figure)" if level in LABEL_FREE else "not reported"
            rows.append(
                Compare(
                    "UnitMem is {higher} in {end} than in {start} encoders",
                    _last_unit_mem, 1, each=None, between=("untrained", level), where="last layer",
                    paper=paper,
                )
            )  # fmt: skip
    free = [level for level in levels if level in LABEL_FREE]
    if free and "supervised" in levels:
        rows.append(
            Compare(
                "ClassMem is {higher} in {end} than in {start} encoders",
                lambda runs: runs["class_mem"].isel(layer=-1, drop=True).mean("neuron"), 1,
                each=None, between=(free[0], "supervised"), where="last layer",
                paper="higher in late layers (figure)",
            )
        )  # fmt: skip
    return rows


def _last_unit_mem(runs: xr.Dataset) -> xr.DataArray:
    return runs["unit_mem"].isel(layer=-1, drop=True).mean("neuron")


def rows_of_level(runs: xr.Dataset, level: str) -> list[Row]:
    """
    Return the rows on one trained pair, of runs without the dimension of the networks.

    What is published is of encoders that were trained without labels.
    """
    free = level in LABEL_FREE
    return [
        *_rows_of_images(runs, free),
        *_rows_of_layers(runs, free),
        *_rows_of_units(runs, free),
        *_rows_of_information(),
    ]


def _rows_of_images(runs: xr.Dataset, free: bool) -> list[Row]:
    """Return the rows on whose images are kept together: candidates, then E, then I."""
    rows: list[Row] = [
        _within("candidates are memorized more than external images", ("C", "E"),
                "0.308 (layer 8)" if free else ""),
        _within("external images more than independent ones", ("E", "I")),
        Compare(
            "the null, external images, is less than half of the candidates' score",
            _null_and_half, 1, over="quantity", between=("|E|", "C / 2"), each=None,
            where="last layer",
        ),
    ]  # fmt: skip
    if "texture" in runs["kind"].values:
        rows.append(
            Within(
                "planted textures are memorized more than digits", _by_kind, 1, over="network",
                groups=("C texture", "E texture"), null=("C typical", "E typical"),
                role="group_of_image", dim="image",
                paper="atypical images (figures)" if free else "not reported",
            )
        )  # fmt: skip
    return rows


def _within(words: str, groups: tuple[str, str], paper: str = "") -> Row:
    return Within(
        words, lambda runs: runs["ssl_mem"].isel(layer=-1, drop=True).expand_dims(network=1), 1,
        groups=groups, dim="image", over="network", paper=paper or "not reported",
    )  # fmt: skip


def _null_and_half(runs: xr.Dataset) -> xr.DataArray:
    """Return the size of the null's score and half of the candidates': (quantity, seed)."""
    last = runs["group_mem"].isel(layer=-1, drop=True)
    parts = [abs(last.sel(group="E", drop=True)), last.sel(group="C", drop=True) / 2]
    return _stacked(parts, "quantity", ["|E|", "C / 2"])


def _by_kind(runs: xr.Dataset) -> xr.DataArray:
    """Return the scores in the last layer, with role and kind of each image in one word."""
    last = runs["ssl_mem"].isel(layer=-1, drop=True).expand_dims(network=1)
    pairs = zip(last["role"].values.tolist(), last["kind"].values.tolist(), strict=True)
    words = np.array([f"{role} {kind}" for role, kind in pairs], dtype=object)
    return last.assign_coords(group_of_image=("image", words))


def _rows_of_layers(runs: xr.Dataset, free: bool) -> list[Row]:
    """Return the rows on where memory is: deeper, and in which layers the same images."""
    layers = runs["layer"].values.tolist()
    plain = [name for name in layers if not name.startswith("res")]
    sums = [name for name in layers if name.startswith("res")]
    rows: list[Row] = [
        Trend(
            "LayerMem of the candidates {rises} with depth",
            lambda runs: _as_levels(runs["layer_mem"].sel(layer=plain), "depth"), 1, over="depth",
            where="all layers", paper="τ = 1.00 (0.091 → 0.308)" if free else "not reported",
        ),
        Compare(
            "layers next to each other agree more on which images than distant ones", _neighbours,
            1, over="distance", between=("far", "near"), each=None, where="all layers",
            paper="τ = 0.104 (1, 8) → 0.837 (7, 8)" if free else "not reported",
        ),
    ]  # fmt: skip
    if sums:
        rows.append(
            Compare(
                "sums of shortcuts add less to LayerMem than layers do", _steps(plain, sums), 1,
                over="step", between=("sum", "layer"), each=None, where="all layers",
                paper="0.003 → 0.031" if free else "not reported",
            )
        )  # fmt: skip
    return rows


def _neighbours(runs: xr.Dataset) -> xr.DataArray:
    """Return Kendall's τ of distant and of neighbouring layers: (distance, seed)."""
    tau, n = runs["tau"], runs.sizes["layer"]
    near = [tau.isel(layer=i, other_layer=i + 1, drop=True) for i in range(n - 1)]
    far = tau.isel(layer=0, other_layer=n - 1, drop=True)
    return _stacked([far, _stacked(near, "pair", range(n - 1)).mean("pair")], "distance",
                    ["far", "near"])  # fmt: skip


def _steps(plain: list[str], sums: list[str]) -> Callable[[xr.Dataset], xr.DataArray]:
    def value(runs: xr.Dataset) -> xr.DataArray:
        steps = abs(runs["delta_layer_mem"])
        parts = [steps.sel(layer=names).mean("layer") for names in (sums, plain)]
        return _stacked(parts, "step", ["sum", "layer"])

    return value


def _rows_of_units(runs: xr.Dataset, free: bool) -> list[Row]:
    """Return the rows on units: what switching them off costs, and whose they are."""
    rows: list[Row] = []
    for scope in runs["scope"].values.tolist():
        for start, end in (("random", "highest"), ("lowest", "random")):
            published = free and scope == "all layers"
            rows.append(
                Compare(
                    f"the probe is worse without {_UNITS[end]} than without {_UNITS[start]}",
                    _pruned(scope), -1, over="pruned", between=(start, end), each=None,
                    where=f"a tenth of {'all' if scope == 'all layers' else 'each layer'}",
                    limits=(0, 1),
                    paper=_PRUNING["highest" if end == "highest" else "lowest"]
                    if published else "not reported",
                )
            )  # fmt: skip
    rows.append(
        Compare(
            "UnitMem for the most memorized candidates is above that for the least", _of_parts, 1,
            over="part", between=("least", "most"), each=None, where="last layer",
            paper="0.248 → 0.522" if free else "not reported",
        )
    )  # fmt: skip
    rows.append(
        Compare(
            "UnitMem tells most from least memorized further apart among candidates than among "
            "external images (null)",
            _gaps, 1, over="images", between=("E", "C"), each=None, where="last layer",
        )
    )  # fmt: skip
    return rows


def _pruned(scope: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda runs: runs["probe_accuracy"].sel(scope=scope, drop=True)


def _of_parts(runs: xr.Dataset) -> xr.DataArray:
    return runs["part_unit_mem"].isel(layer=-1, drop=True)


def _gaps(runs: xr.Dataset) -> xr.DataArray:
    """Return UnitMem for most less that for least memorized images: (images, seed)."""
    parts = [
        runs[name].isel(layer=-1, drop=True) for name in ("null_part_unit_mem", "part_unit_mem")
    ]
    gaps = [one.sel(part="most", drop=True) - one.sel(part="least", drop=True) for one in parts]
    return _stacked(gaps, "images", ["E", "C"])


def _rows_of_information() -> list[Row]:
    """Return the rows of our own: do entropy and MI of a layer see what LayerMem sees."""
    return [
        Rank(
            "layers of {higher} mean MI have the higher LayerMem",
            lambda runs: _as_levels(information(runs), "depth"), 1,
            against="layer_mem_by_depth", over="depth", where="all layers",
        ),
        Rank(
            "layers of {higher} mean entropy have the higher LayerMem",
            lambda runs: _as_levels(entropy_in_rulers(runs), "depth"), 1,
            against="layer_mem_by_depth", over="depth", where="all layers",
        ),
    ]  # fmt: skip


def _as_levels(values: xr.DataArray, name: str) -> xr.DataArray:
    """Return values whose layers are the levels that are compared, under another name."""
    return values.rename(layer=name).drop_vars("width", errors="ignore")


def _stacked(parts: list[xr.DataArray], name: str, labels: Sequence[object]) -> xr.DataArray:
    plain = [part.drop_vars([c for c in part.coords if c not in part.dims]) for part in parts]
    kind = object if isinstance(labels[0], str) else None
    return xr.concat(plain, xr.Variable(name, np.array(list(labels), dtype=kind)))
