"""The rows of the tables: what is memorized, what neurons show, what hyperplanes need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from infonb.claims import Compare, Row, Trend, entropy_in_rulers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ERROR", "rows_of", "rows_of_hyperplanes"]

#: What rounding may do to the values that a constructed network has stored.
ERROR = 1e-7
#: By how much mean widths may differ from the published ones.
NEAR = 0.05
#: By how much the share of networks that interpolate may differ, as a mean over hyperplanes.
NEAR_SHARE = 0.15
_BUILT = ("hard tanh", "relu")
_THEOREM = "theorem 3.1: exactly"


def rows_of(networks: Sequence[str], labels: Sequence[str]) -> list[Row]:
    """Return the rows of the kinds of networks and labels that there are."""
    return [
        *_memorized(networks, labels), *_points(), *_neurons(networks, labels),
        *_closed_form(networks), *_near_and_few(),
    ]  # fmt: skip


def beside(
    value: Callable[[xr.Dataset], xr.DataArray], name: str, limit: float
) -> Callable[[xr.Dataset], xr.DataArray]:
    """Return a function runs → a value and a limit that it is compared with, along ``part``."""

    def both(runs: xr.Dataset) -> xr.DataArray:
        found = value(runs).astype(float)
        part = xr.Variable("part", np.array([name, "limit"], object))
        return xr.concat([found, xr.full_like(found, limit)], part)

    return both


def _memorized(networks: Sequence[str], labels: Sequence[str]) -> list[Row]:
    """Return the rows on what is memorized, and what that is good for."""
    rows: list[Row] = []
    if built := [kind for kind in networks if kind in _BUILT]:
        rows.append(Compare(
            f"a built network gives every digit its value, to {ERROR:g} (log10 of the error)",
            beside(lambda runs: _log10(runs.train_error.sel(network=built)), "here",
                   np.log10(ERROR)),
            1, over="part", each=("network", "labels"), between=("here", "limit"), paper=_THEOREM,
        ))  # fmt: skip
    if "trained" in networks:
        rows.append(Compare(
            "the trained network of the same widths memorizes more than 99 % of its labels",
            beside(lambda runs: runs.train_accuracy.sel(network="trained", drop=True), "here",
                   0.99),
            1, over="part", each="labels", between=("limit", "here"), limits=(0, 1), paper="",
        ))  # fmt: skip
    if "trained" in networks and "true" in labels:
        rows += [
            Compare(
                "of digits that it has not seen the trained network with true labels knows more "
                f"than the one built of {kind} units", _true("held_out_accuracy"), 1,
                between=(kind, "trained"), limits=(0, 1), paper="",
            ) for kind in built
        ]  # fmt: skip
    return rows


def _points() -> list[Row]:
    """Return the rows on networks that are built for more and more points."""
    return [
        Compare(
            f"4pq random points are memorized to {ERROR:g} in float64 (log10 of the error)",
            beside(lambda runs: _log10(runs.error), "here", np.log10(ERROR)), 1, over="part",
            each="n_points", between=("here", "limit"), paper=_THEOREM,
        ),
        Trend("the error in float32 {rises} with their number", "error_float32", 1,
              over="n_points", paper=""),
        Compare(
            "on a line with labels in turn it has the N − 1 pieces that are needed, or more",
            beside(lambda runs: (runs.pieces - runs.needed).min("n_points") + 1, "more", 0.0), 1,
            over="part", between=("limit", "more"), where="all N", paper="needed",
        ),
        Compare(
            "and no more than are possible, 2·d1·d2 + d2 + 1",
            beside(lambda runs: (runs.possible - runs.pieces).min("n_points") + 1, "fewer", 0.0),
            1, over="part", between=("limit", "fewer"), where="all N",
            paper="the most there can be",
        ),
    ]  # fmt: skip


def _neurons(networks: Sequence[str], labels: Sequence[str]) -> list[Row]:
    """Return the rows on entropy and MI: built beside trained, and random beside true labels."""
    rows: list[Row] = []
    for kind in (kind for kind in networks if kind in _BUILT and "trained" in networks):
        words = f"of the network built of {kind} units than of the trained one"
        rows += [
            Compare(
                f"the median entropy of neurons is {{higher}} {words}",
                _entropy, -1, over="network", each=("labels", "layer"),
                between=("trained", kind), paper="", subject="median entropy",
            ),
            Compare(
                f"MI of pairs by their entropy is {{higher}} {words}", "ratio", 1, over="network",
                each=("labels", "layer"), between=("trained", kind), paper="",
                subject="MI by entropy",
            ),
        ]  # fmt: skip
    if "trained" in networks and {"true", "random"} <= set(labels):
        rows.append(Compare(
            "of trained networks, MI by entropy is {higher} with random labels than with true ones",
            lambda runs: runs.ratio.sel(network="trained", drop=True), -1, over="labels",
            between=("true", "random"), paper="", subject="MI by entropy",
        ))  # fmt: skip
        rows += [
            Compare(
                f"layer 1 built of {kind} units does not know the labels: its entropy with true "
                "and random ones is the same", beside(partial(_of_labels, kind=kind), "here", 1e-9),
                1, over="part", between=("here", "limit"), paper="",
            ) for kind in networks if kind in _BUILT
        ]  # fmt: skip
    rows.append(Compare(
        "the null: units with shuffled samples share less than 0.01 nats",
        beside(lambda runs: abs(runs.null_information).max(["network", "labels", "layer"]),
               "here", 0.01),
        1, over="part", between=("here", "limit"), where="all networks", paper="",
    ))  # fmt: skip
    return rows


def _closed_form(networks: Sequence[str]) -> list[Row]:
    if "hard tanh" not in networks:
        return []
    return [
        Compare(
            "the entropy of layer 1 on stored digits is its closed form, less 5 % at most",
            beside(lambda runs: _stairs(runs), "here", 0.95), 1, over="part", each="labels",
            between=("limit", "here"), paper="",
        ),
    ]  # fmt: skip


def _near_and_few() -> list[Row]:
    """Return the rows on SGD near a minimum, and on networks that are too small."""
    return [
        Compare(
            "SGD that begins near weights that memorize ends at less than a tenth of the risk "
            "(log10)", beside(lambda runs: _log10(_fall(runs)), "here", -1.0), 1, over="part",
            each="radius", between=("here", "limit"), paper="a nearby point of far smaller risk",
        ),
        Compare(
            "and stays nearer to them than twice the distance at which it begins",
            beside(lambda runs: runs.distance.isel({"pass": -1}, drop=True) / runs.radius, "here",
                   2.0),
            1, over="part", each="radius", between=("here", "limit"), paper="nearby",
        ),
        Compare(
            "widths 1 and 1 do not memorize six points in turn: an error of 0.5 or more is left",
            beside(lambda runs: runs.smallest_error, "here", 0.5), 1, over="part",
            between=("limit", "here"), paper="more than 2·d1·d2 + d2 + 2 = 5 points: impossible",
        ),
    ]  # fmt: skip


def rows_of_hyperplanes(
    numbers: Sequence[int], shares: Sequence[int], published: pd.DataFrame | None
) -> list[Row]:
    """Return the rows on random hyperplanes: along their number, or along the share of images."""
    rows = _by_number(max(numbers)) if len(shares) == 1 else _by_share(numbers, shares)
    return [*rows, *_as_published(published)]


def _by_number(n: int) -> list[Row]:
    """Return the rows along the number of hyperplanes, n at most."""
    return [
        Trend("more hyperplanes classify more images rightly",
              lambda runs: runs.accuracy.isel(share=0, drop=True), 1, over="n_hyperplanes",
              paper="yes"),
        Compare(
            f"of {n:,} hyperplanes more than 99.99 % of the images are classified rightly", beside(
                lambda runs: runs.accuracy.sel(n_hyperplanes=n, drop=True).isel(share=0, drop=True),
                "here", 0.9999),
            1, over="part", between=("limit", "here"), limits=(0, 1), each=None,
            paper="of MNIST all from 180 on", where=f"{n:,} hyperplanes",
        ),
    ]  # fmt: skip


def _by_share(n: Sequence[int], shares: Sequence[int]) -> list[Row]:
    """Return the rows along the share of the images."""

    def width(runs: xr.Dataset, one: int) -> xr.DataArray:
        return runs.width.sel(n_hyperplanes=one, drop=True)

    rows: list[Row] = [
        Trend("the more images, the wider layer 2", partial(width, one=one), 1, over="share",
              where=f"{one:,} hyperplanes", paper="yes") for one in n
    ]  # fmt: skip
    rows.append(Compare(
        "but it grows slower than their number: units by image are fewer of {end} % than of "
        "{start} %", lambda runs: runs.width / runs.n_images, -1, over="share",
        each="n_hyperplanes", between=(min(shares), max(shares)), paper="it levels off",
    ))  # fmt: skip
    if len(n) > 1:
        rows.append(Compare(
            "{end} hyperplanes need fewer units behind them than {start}, of all images",
            lambda runs: runs.width.sel(share=max(shares), drop=True), -1, over="n_hyperplanes",
            each=None, between=(min(n), max(n)), paper="yes",
        ))  # fmt: skip
    return rows


def _as_published(runs: pd.DataFrame | None) -> Sequence[Row]:
    """Return the rows that compare with the published runs; none where these are not here."""
    if runs is None or not (runs.share == 100).any():
        return []
    # which images a smaller share holds is a draw, of which there is one here and one there
    whole = runs[runs.share == 100].groupby("n_hyperplanes")
    mean = whole[["width", "interpolates"]].mean().to_xarray()

    def deviation(found: xr.Dataset, sign: int) -> xr.DataArray:
        width = found.width.sel(share=100, drop=True)
        return sign * (width / mean.width.reindex(n_hyperplanes=width.n_hyperplanes) - 1)

    def fewer(found: xr.Dataset, sign: int) -> xr.DataArray:
        share = found.interpolates.sel(share=100, drop=True)
        there = mean.interpolates.reindex(n_hyperplanes=share.n_hyperplanes)
        return sign * (share - there).mean("n_hyperplanes")

    return [
        Compare(f"the share of networks that interpolate is less than {NEAR_SHARE:g} {words} than "
                "that of the published runs", beside(partial(fewer, sign=sign), "here",
                -NEAR_SHARE), 1, over="part", each=None, between=("limit", "here"),
                where="mean over n", paper="its runs are read")
        for words, sign in {"lower": 1, "higher": -1}.items()
    ] + [
        Compare(f"layer 2 is less than {100 * NEAR:g} % {words} than the mean of the published "
                "runs", beside(partial(deviation, sign=sign), "here", -NEAR), 1, over="part",
                each="n_hyperplanes", between=("limit", "here"),
                paper="its runs are read")
        for words, sign in {"narrower": 1, "wider": -1}.items()
    ]  # fmt: skip


def _true(name: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda runs: runs[name].sel(labels="true", drop=True)


def _entropy(runs: xr.Dataset) -> xr.DataArray:
    return entropy_in_rulers(runs[["entropy", "activation"]].rename(image="sample"))


def _of_labels(runs: xr.Dataset, kind: str) -> xr.DataArray:
    """Return by how much the entropy of units of layer 1 differs with the labels, at most."""
    one = runs.entropy.sel(network=kind, layer="hidden1", drop=True)
    differs = one.sel(labels="true", drop=True) - one.sel(labels="random", drop=True)
    return abs(differs).max("neuron")


def _log10(values: xr.DataArray) -> xr.DataArray:
    found: xr.DataArray = xr.apply_ufunc(np.log10, values)
    return found


def _fall(runs: xr.Dataset) -> xr.DataArray:
    """Return the risk after the last pass, by that before the first."""
    risk = runs.risk
    return risk.isel({"pass": -1}, drop=True) / risk.isel({"pass": 0}, drop=True)


def _stairs(runs: xr.Dataset) -> xr.DataArray:
    one = runs.sel(network="hard tanh", drop=True)
    return one.stair_entropy.mean("unit") / one.stair_closed_form.mean("unit")
