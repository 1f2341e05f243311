"""The claims of the concentric circles, and the comparisons that they and the figures make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xarray as xr

from infonb.claims import RULERS, Compare, Row, Trend
from infonb.experiments.concentric_circles.recipes import Recipe, ends_of, select_sweep

__all__ = ["comparisons", "declared_rows", "further_comparisons"]

Comparison = tuple[str, str, int]


def comparisons(recipes: Mapping[str, Recipe]) -> list[Comparison]:
    """Return from, to, and the paper's sign of the change of entropy; MI goes the other way."""
    (baseline, heuristic), (few, memorized) = (ends_of(recipes, s) for s in ("division", "beta"))
    return [
        (baseline, heuristic, -1), (baseline, memorized, 1),
        (f"{few}, long", f"{memorized}, long", 1),
    ]  # fmt: skip


def further_comparisons(recipes: Mapping[str, Recipe]) -> list[Comparison]:
    """Return comparisons that tell whether a difference is one of the length of training."""
    (baseline, heuristic), (_, memorized) = (ends_of(recipes, s) for s in ("division", "beta"))
    return [
        (f"{baseline}, long", f"{heuristic}, long", -1),
        (f"{baseline}, long", f"{memorized}, long", 1),
        (baseline, f"{memorized}, short", 1),
    ]


def declared_rows(
    recipes: Mapping[str, Recipe], *, layers: Sequence[str], edges: str, alignment: str
) -> list[Row]:
    """Return the rows of the table for one kind of points, bins and side of the ReLU."""
    chosen: dict[str, Any] = {"alignment": alignment, "layer": list(layers)}
    values: dict[str, tuple[Callable[[xr.Dataset], xr.DataArray], int]] = {
        "entropy": (lambda runs: _in_rulers(runs.entropy.sel(chosen, drop=True), edges), 1),
        "mutual information": (lambda runs: runs.mutual_information.sel(chosen, drop=True), -1),
    }
    rows: list[Row] = [
        Compare(
            f"median {name} of {{end}} {{above}} {{start}}", value, way, paper=_paper,
            between=comparisons(recipes), mean_of_layers=True, subject=f"median {name}",
        )
        for name, (value, way) in values.items()
    ]  # fmt: skip
    for sweep, sign, symbol in (("division", -1, "division"), ("beta", 1, "β")):
        rows += [
            Trend(
                f"median {name} {{rises}} with {symbol}", _along(value, sweep), sign * way,
                over=sweep,
            )
            for name, (value, way) in values.items()
        ]  # fmt: skip
    return rows + _accuracy_rows(recipes)


def _in_rulers(entropy: xr.DataArray, ruler: str) -> xr.DataArray:
    """Return the entropy in all rulers; the claims are about one of them."""
    return entropy.sel(edges=list(RULERS)).assign_attrs(edges=ruler)


def _paper(where: str, start: str, end: str) -> str:
    return "Fig. 1 (order)" if start == "baseline" else "not in the paper"


def _along(value: Any, sweep: str) -> Any:
    """Return a function of the runs whose values have the levels of a sweep as dimension."""

    def select(runs: xr.Dataset) -> xr.DataArray:
        of = {name: runs[name] for name in ("sweep", "division", "beta")}
        part = value(runs).assign_coords(of).to_dataset(name="values")
        return select_sweep(part, sweep)["values"]

    return select


def _accuracy_rows(recipes: Mapping[str, Recipe]) -> list[Row]:
    """Return the rows that say whether the networks memorized what they should have."""
    (baseline, heuristic), (few, memorized) = (ends_of(recipes, s) for s in ("division", "beta"))

    def lost(runs: xr.Dataset) -> xr.DataArray:
        right = runs.aligned_accuracy
        return right.sel(alignment="bias", drop=True) - right.sel(alignment="anti", drop=True)

    return [
        Compare(
            f"accuracy of {heuristic} falls where c1 disagrees",
            lambda runs: runs.aligned_accuracy.sel(network=heuristic, drop=True), -1,
            each=None, over="alignment", between=("bias", "anti"), paper="section 3", limits=(0, 1),
        ),
        Compare(
            f"{heuristic} loses more there than {baseline} does", lost, 1, each=None,
            between=(baseline, heuristic), paper="section 3", limits=(-1, 1),
        ),
        Compare(
            f"accuracy of {memorized}, long below {few}, long",
            lambda runs: runs.aligned_accuracy.sel(alignment="mixed", drop=True), -1, each=None,
            between=(f"{few}, long", f"{memorized}, long"), paper="section 3", limits=(0, 1),
        ),
    ]  # fmt: skip
