"""The rows of the table: who predicts whom, what copies do, and whether neurons show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Rank, Row, Trend, Within
from infonb.experiments.predictable_memorization.prediction import equal_compute
from infonb.experiments.predictable_memorization.shared import entropy_in_rulers_of
from infonb.experiments.predictable_memorization.sizes import control_of, in_order, largest

__all__ = ["rows_of"]

Value = Callable[[xr.Dataset], xr.DataArray]

#: Why a smaller model is asked, and how it is counted in the paper's figure 2.
_SMALLEST = "precision 0.956, recall 0.197 (Pythia-70M of 12B)"
_SIZES = "0.197 → 0.795 (70M → 6.9B)"
_CHECKPOINTS = "0.500 → 0.916 (12B, 23 M → 126 M sequences)"
_EQUAL = "the smaller model, above about 10 % of the compute"


def rows_of(
    sizes: Sequence[str], *, costly: Sequence[str] = (), has_medians: bool = True
) -> list[Row]:
    """
    Return the rows of the sizes that were trained; with or without the entropy on the way.

    Costly are those above a tenth of the largest model's compute, which the paper speaks of.
    """
    most, control = largest(sizes), control_of(sizes)
    rows = [*_prediction(in_order(sizes), most, costly), *_memory(most, control)]
    return [*rows, *_neurons(most, control, has_medians=has_medians)]


def _finished(name: str, size: str) -> Value:
    """Return a function runs → a variable of a finished model."""

    def value(runs: xr.Dataset) -> xr.DataArray:
        one = runs[name].sel(size=size, drop=True)
        return one.isel(checkpoint=-1, drop=True) if "checkpoint" in one.dims else one

    return value


def _prediction(sizes: list[str], most: str, costly: Sequence[str]) -> list[Row]:
    """Return the rows of precision and recall, along sizes and along checkpoints."""
    smaller = sizes[:-1]

    def of_smallest(runs: xr.Dataset) -> xr.DataArray:
        found = [_finished(name, sizes[0])(runs) for name in ("recall", "precision")]
        # what a guess among the planted ones would be right in
        found.append(runs.share_of_largest.isel(checkpoint=-1, drop=True))
        names = np.array(["recall", "precision", "guess"], object)
        return xr.concat(found, xr.Variable("share", names), coords="minimal", compat="override")

    def along_sizes(runs: xr.Dataset) -> xr.DataArray:
        # the truth itself, recall 1, is left out
        return runs.recall.sel(size=smaller).isel(checkpoint=-1, drop=True)

    def along_checkpoints(runs: xr.Dataset) -> xr.DataArray:
        return runs.recall_seen.sel(size=most, drop=True).isel(checkpoint=slice(None, -1))

    def at_equal_compute(size: str) -> Value:
        return lambda runs: equal_compute(runs).sel(size=size, drop=True)

    rows: list[Row] = []
    if smaller:
        rows += [
            Compare(
                f"the smallest model (width {sizes[0]}) predicts more precisely than a guess among "
                "the planted sequences", of_smallest, 1, each=None, over="share",
                between=("guess", "precision"), limits=(0, 1),
            ),
            Compare(
                f"the smallest model (width {sizes[0]}) misses more than it claims wrongly: recall "
                "below precision", of_smallest, 1, each=None, over="share",
                between=("recall", "precision"), limits=(0, 1), paper=_SMALLEST,
            ),
            Compare(
                "the recall of a smaller model {rises} with its size (width {start} to {end})",
                along_sizes, 1, each=None, between=(smaller[0], smaller[-1]), limits=(0, 1),
                paper=_SIZES,
            ),
        ]  # fmt: skip
    rows.append(Trend(
        "the recall of earlier checkpoints rises with the training", along_checkpoints, 1,
        over="checkpoint", paper=_CHECKPOINTS,
    ))  # fmt: skip
    rows += [
        Compare(
            f"for as much compute the finished model of width {size} recalls more than an early "
            "checkpoint of the largest", at_equal_compute(size), 1, each=None, over="way",
            between=("largest, early", "smaller, finished"), limits=(0, 1),
            paper=_EQUAL if size in costly else "not reported",
        ) for size in smaller
    ]  # fmt: skip
    return rows


def _memory(most: str, control: str | None) -> list[Row]:
    """Return the rows of what is memorized: copies, the null, the control, bits."""

    def share(runs: xr.Dataset) -> xr.DataArray:
        return runs.share.sel(size=most, drop=True).isel(checkpoint=-1, drop=True)

    def bits(runs: xr.Dataset) -> xr.DataArray:
        return _level(runs.bits, most)

    def scores(runs: xr.Dataset) -> xr.DataArray:
        return _level(runs.score, most)

    rows: list[Row] = [
        Trend("more copies of a sequence, more of them memorized", share, 1, over="copies"),
        Within(
            "planted sequences score higher than held-out ones, by more than background than new",
            scores, 1, groups=("planted", "held_out"), null=("background", "new"),
        ),
        Within(
            "the largest model holds more bits of planted sequences than of held-out ones", bits, 1,
            groups=("planted", "held_out"), null=("background", "new"),
        ),
    ]  # fmt: skip
    if control is not None:
        rows.append(Compare(
            "without copies fewer of the same sequences are memorized",
            lambda runs: runs.share.mean("copies").isel(checkpoint=-1, drop=True), -1, each=None,
            between=(most, control), limits=(0, 1),
            paper="deduplicated models memorize slightly less",
        ))  # fmt: skip
    return rows


def _level(values: xr.DataArray, size: str) -> xr.DataArray:
    """Return a variable of one finished model, which stays a level of its own."""
    one = values.sel(size=[size]).isel(checkpoint=-1, drop=True)
    return one.assign_coords(size=np.array([f"width {size}"], object))


def _neurons(most: str, control: str | None, *, has_medians: bool) -> list[Row]:
    """Return whether entropy and MI tell planted sequences from held-out ones, beside the null."""

    def entropy(runs: xr.Dataset) -> xr.DataArray:
        return entropy_in_rulers_of(runs, most)

    def information(size: str) -> Value:
        return lambda runs: runs.mutual_information.sel(size=size, drop=True)

    rows: list[Row] = []
    groups = {"planted": "planted sequences", "background": "background"}
    for group, words in groups.items():
        null = "held_out" if group == "planted" else "new"
        among = "held-out ones" if group == "planted" else "new windows"
        rows += [
            Compare(f"the entropy is {{higher}} on {words} than on {among}", entropy, 1,
                    over="group", between=(null, group)),
            Compare(f"MI is {{higher}} on {words} than on {among}", information(most), -1,
                    over="group", between=(null, group)),
        ]  # fmt: skip
    if control is not None:
        rows += [
            Compare("without copies: the entropy is {higher} on planted than on held-out ones",
                    _finished("entropy", control), 1, over="group",
                    between=("held_out", "planted")),
            Compare("without copies: MI is {higher} on planted than on held-out ones",
                    information(control), -1, over="group", between=("held_out", "planted")),
            Compare("trained on copies the entropy is {higher} than without, on held-out ones",
                    _of_group("entropy", "held_out"), 1, between=(control, most)),
            Compare("trained on copies MI is {higher} than without, on held-out ones",
                    _of_group("mutual_information", "held_out"), -1, between=(control, most)),
        ]  # fmt: skip
    along = [("median_entropy", "entropy", 1)] if has_medians else []
    for name, what, sign in [*along, ("median_mi", "MI", -1)]:
        rows.append(Rank(
            f"the {{higher}} {what} on planted than on held-out ones, the more is memorized, along "
            "the training", _along(name, most), sign, over="checkpoint", against="share_of_largest",
        ))  # fmt: skip
    return rows


def _of_group(name: str, group: str) -> Value:
    """Return a function runs → a variable on one group of sequences, of all sizes."""
    return lambda runs: runs[name].sel(group=group, drop=True)


def _along(name: str, size: str) -> Value:
    """Return a function runs → how far medians are apart along the training, mean of layers."""

    def value(runs: xr.Dataset) -> xr.DataArray:
        one = runs[name].sel(size=size, drop=True).mean("layer")
        return one.sel(group="planted", drop=True) - one.sel(group="held_out", drop=True)

    return value
