"""The rows of the table: the paper's claims on wrong labels, and checks of its words and ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Row, entropy_in_rulers
from infonb.dims import same_neuron, within_layers
from infonb.experiments.early_learning.levels import CE, CLEAN, first_of
from infonb.experiments.early_learning.suspicions import COURSE, LAST, NULLS

__all__ = ["at_the_end", "fall", "information", "memorized", "peak_and_end", "rows_of"]

#: In the paper: ResNet-34 on CIFAR-10 with 40 % symmetric noise, read off Figure 1, and Table 1.
_FIGURE, _TABLE = "about 0.87 → 0.03 (CIFAR-10)", "81.9 % → 89.2 % (CIFAR-10)"


def memorized(runs: xr.Dataset) -> xr.DataArray:
    """Return the share of wrong labels that are predicted as they are, at the end."""
    return runs.final_fraction.sel(group="wrong", outcome="noisy", drop=True)


def peak_and_end(curve: xr.DataArray, dim: str) -> xr.DataArray:
    """Return the largest value of a curve and its last: dims (..., stage)."""
    stage = xr.Variable("stage", np.array(["peak", "end"], object))
    found = [curve.max(dim), curve.isel({dim: -1}, drop=True)]
    return xr.concat(found, stage).transpose("stage", ...)


def fall(runs: xr.Dataset) -> xr.DataArray:
    """Return by how much the accuracy on wrong labels falls from its peak to the end."""
    curve = runs.fraction.sel(group="wrong", outcome="true", drop=True)
    return curve.max("epoch") - curve.isel(epoch=-1, drop=True)


def at_the_end(runs: xr.Dataset) -> xr.Dataset:
    """Return the runs with neurons as they were after the last epoch."""
    return runs.isel(checkpoint=-1, drop=True)


def information(runs: xr.Dataset) -> xr.DataArray:
    """
    Return the mean MI of pairs within each layer less its null, in nats: dims (..., layer).

    The mean, not the median: after a ReLU so many pairs may have a neuron that is off, and no MI,
    that the median tells how many neurons are off.
    """
    pairs = within_layers(runs.corrected_information)
    mean = pairs.where(~same_neuron(pairs)).mean(["neuron", "other_neuron"])
    return mean.assign_attrs(runs.corrected_information.attrs)


def rows_of(levels: Sequence[str]) -> list[Row]:
    """Return the rows of the losses that were tried: of the paper first, then further checks."""
    elr, kl = first_of("elr", levels), first_of("kl", levels)
    rows: list[Row] = [_peaks_and_falls()]
    if elr:
        rows += _elr_rows(elr)
    if elr and kl:
        rows.append(
            Compare(
                "more wrong labels are memorized with {end} than with {start}", memorized, 1,
                each=None, between=(elr, kl), limits=(0, 1), paper="KL fails (appendix C)",
            )
        )  # fmt: skip
    return [
        *rows, *_linear_rows(elr), *_layer_rows(elr), *_detector_rows(elr), *_information_rows(),
    ]  # fmt: skip


def _peaks_and_falls() -> Row:
    return Compare(
        "with cross-entropy the accuracy on wrong labels peaks, then falls",
        lambda runs: peak_and_end(
            runs.fraction.sel(loss=CE, group="wrong", outcome="true", drop=True), "epoch"
        ),
        -1, each=None, over="stage", between=("peak", "end"), limits=(0, 1),
        paper="about 0.77 → 0.07 (CIFAR-10)",
    )  # fmt: skip


def _elr_rows(elr: str) -> list[Row]:
    pair = (CE, elr)
    return [
        Compare(
            "fewer wrong labels are memorized with {end} than with {start}", memorized, -1,
            each=None, between=pair, limits=(0, 1), paper=_FIGURE,
        ),
        Compare(
            "the accuracy on wrong labels falls less from its peak with {end}", fall, -1,
            each=None, between=pair, limits=(0, 1), paper="about 0.70 → 0 (CIFAR-10)",
        ),
        Compare(
            "accuracy on other images is {higher} with {end}", "final_validation_accuracy", 1,
            each=None, between=pair, limits=(0, 1), paper=_TABLE,
        ),
    ]  # fmt: skip


def _linear_rows(elr: str | None) -> list[Row]:
    """Return the rows of the theorem on the linear model, and of ELR on it."""

    def right(runs: xr.Dataset) -> xr.DataArray:
        curve = runs.linear_right.sel(loss=CE, group="wrong", drop=True)
        return peak_and_end(curve, "linear_step")

    rows: list[Row] = [
        Compare(
            "linear model: the accuracy on wrong labels peaks, then falls", right, -1, each=None,
            over="stage", between=("peak", "end"), limits=(0, 1), paper="1 → 0 (Theorem 1)",
            where="linear model",
        )
    ]  # fmt: skip
    for group, direction in (("clean", -1), ("wrong", 1)):
        rows.append(
            Compare(
                f"linear model: |p − y| {{rises}} to that peak on {group} labels",
                _error_at_peak(group), direction, each=None, over="stage",
                between=("start", "peak"), limits=(0, 1), paper="Theorem 1", where="linear model",
            )
        )  # fmt: skip
    if elr:
        rows.append(
            Compare(
                "linear model: the accuracy on wrong labels is {higher} with {end} at the end",
                lambda runs: runs.linear_right.isel(linear_step=-1).sel(group="wrong", drop=True),
                1, each=None, between=(CE, elr), limits=(0, 1), where="linear model",
            )
        )  # fmt: skip
    return rows


def _error_at_peak(group: str) -> Callable[[xr.Dataset], xr.DataArray]:
    """Return a function runs → mean |p − y| at the start and at the peak: dims (stage, seed)."""

    def value(runs: xr.Dataset) -> xr.DataArray:
        runs = runs.sel(loss=CE, drop=True)
        peak = runs.linear_right.sel(group="wrong").argmax("linear_step")
        error = runs.linear_error.sel(group=group, drop=True)
        stage = xr.Variable("stage", np.array(["start", "peak"], object))
        found = [error.isel(linear_step=0, drop=True), error.isel(linear_step=peak).drop_vars(
            "linear_step")]  # fmt: skip
        return xr.concat(found, stage, coords="minimal", compat="override")

    return value


def _layer_rows(elr: str | None) -> list[Row]:
    """Return the rows of what neurons say: from clean to noisy labels, and back with ELR."""
    pairs = [(CLEAN, CE, 1)] + ([(CE, elr, -1)] if elr else [])
    return [
        Compare(
            f"mean MI less its null falls from epoch {{start}} to epoch {{end}} with {CE}",
            lambda runs: information(runs).sel(loss=CE, drop=True), -1, over="checkpoint",
            between=lambda runs: [tuple(runs.checkpoint.values[[0, -1]].tolist())],
        ),
        Compare(
            "mean MI less its null {rises} from {start} to {end}",
            lambda runs: information(at_the_end(runs)), -1, between=pairs,
            subject="mean mutual information less its null",
        ),
        Compare(
            "median entropy {rises} from {start} to {end}",
            lambda runs: entropy_in_rulers(at_the_end(runs)), 1, between=pairs,
            subject="median entropy",
        ),
    ]  # fmt: skip


def _detector_rows(elr: str | None) -> list[Row]:
    if elr is None:
        return []
    return [
        Compare(
            "wrong labels are found better with the table of {end} than with that of {start}",
            "auroc", 1, each=None, between=(CE, elr), limits=(0, 1), where="detector",
        ),
        Compare(
            f"more labels are judged rightly by the table of {elr} than by confident learning",
            lambda runs: runs.detector_accuracy.sel(loss=elr, drop=True), 1, each=None,
            over="detector", between=("confident learning", "table"), limits=(0, 1),
            where="detector",
        ),
        Compare(
            f"wrong labels are ranked above right ones better by the table of {elr} than by "
            "confident learning",
            _area_with(elr), 1, each=None, over="detector",
            between=("confident learning", "table"), limits=(0, 1), where="detector",
        ),
        Compare(
            f"wrong labels are ranked above right ones better by the cumulative loss of {elr} than "
            "by confident learning",
            _area_with(elr), 1, each=None, over="detector",
            between=("confident learning", COURSE[0]), limits=(0, 1), where="detector",
        ),
    ]  # fmt: skip


def _information_rows() -> list[Row]:
    """Return the rows of what a layer says of single images, beside two readings of no training."""
    return [
        Compare(
            f"pointwise information with the label finds wrong labels better in the last "
            f"hidden layer of {CE} than {words}",
            _area_with(CE), 1, each=None, over="detector", between=(null, LAST), limits=(0, 1),
            where="detector",
        )
        for null, words in zip(NULLS, ("before training", "in the pixels"), strict=True)
    ]  # fmt: skip


def _area_with(level: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda runs: runs.detector_auroc.sel(loss=level, drop=True)
