"""The rows of the table: what planting implies for each ruler, and what H1 and H2 say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from infonb.claims import Compare, Row, Within

__all__ = ["H1", "H2", "rows_of"]

#: The two hypotheses on neurons, Bansal, Pruthi and Belinkov (2022).
H1 = "H1: a shortcut in place of the label: entropy low, MI high"
H2 = "H2: labels learnt by heart: entropy high, MI low"

Values = Callable[[xr.Dataset], xr.DataArray]


def rows_of(networks: Sequence[str]) -> list[Row]:
    """Return the rows of the networks that were made."""
    there = set(networks)
    return [
        *_in_and_out(),
        *_readings(),
        *_membership(),
        *[row for needs, row in _networks() if needs <= there],
    ]


def _score(ruler: str, network: str = "noise") -> Values:
    """Return a ruler of samples that were trained on, with their kind: (network, seed, sample)."""

    def values(runs: xr.Dataset) -> xr.DataArray:
        from infonb.experiments.nine_rulers.analysis import counted

        at = np.flatnonzero(counted(runs, network))
        one = runs["score"].sel(ruler=ruler, drop=True).sel(network=[network]).isel(sample=at)
        return one.assign_coords(role=("sample", one["kind"].values.astype(object)))

    return values


def _with_twins(ruler: str, network: str = "noise") -> Values:
    """Return a ruler of all samples, of which `role` says kind and whether it was trained on."""

    def values(runs: xr.Dataset) -> xr.DataArray:
        one = runs["score"].sel(ruler=ruler, drop=True).sel(network=[network])
        words = [
            f"{kind}, {'trained' if seen else 'twin'}"
            for kind, seen in zip(one["kind"].values, one["is_in"].values, strict=True)
        ]
        return one.assign_coords(role=("sample", np.array(words, dtype=object)))

    return values


def _of(ruler: str) -> Values:
    """Return a ruler of networks, (network, seed)."""
    return lambda runs: runs["network_score"].sel(network_ruler=ruler, drop=True)


def _published(measure: str, images: str) -> Values:
    """Return entropy (edges, network, seed) or MI (network, seed) as the paper measures them."""

    def values(runs: xr.Dataset) -> xr.DataArray:
        one = runs[f"published_{measure}"].sel(images=images, drop=True)
        return one.rename(in_bins="edges") if "in_bins" in one.dims else one

    return values


def _beside_untrained(ruler: str, network: str) -> Values:
    """Return a ruler of a network before and after training: (side, seed)."""

    def values(runs: xr.Dataset) -> xr.DataArray:
        at = {"network_ruler": ruler, "network": network}
        pair = [runs[name].sel(at, drop=True) for name in ("network_null", "network_score")]
        names = np.array(["untrained", "trained"], dtype=object)
        return xr.concat(pair, xr.IndexVariable("side", names), combine_attrs="drop")

    return values


def _memorized(kind: str) -> Values:
    """Return the mean in and out of a kind, trained on: (network, seed)."""

    def values(runs: xr.Dataset) -> xr.DataArray:
        at = np.flatnonzero((runs["kind"].values == kind) & runs["is_in"].values)
        return runs["mem"].isel(sample=at).mean("sample").astype(float)

    return values


def _in_and_out() -> list[Row]:
    """Return the rows of in and out: what was planted to be memorized is, and the rest is not."""
    mem = _score("in_out")
    return [
        Within("in and out: wrong labels are memorized more than typical samples", mem, 1,
               groups=("wrong label", "typical")),
        Within("in and out: outliers are memorized more than typical samples", mem, 1,
               groups=("outlier", "typical")),
        Within("in and out: near-duplicates are memorized less than single outliers", mem, -1,
               groups=("near-duplicate", "outlier")),
        Within("in and out: shortcuts are memorized less than wrong labels", mem, -1,
               groups=("shortcut", "wrong label")),
    ]  # fmt: skip


def _readings() -> list[Row]:
    """Return the rows of the readings that need one training, or none."""
    rows: list[Row] = []
    for ruler, words in {
        "cumulative_loss": "the cumulative loss",
        "area_under_margin": "the area under the margin, turned,",
        "forgetting_events": "the number of forgetting events",
        "loss_curvature": "the curvature of the loss",
        "pointwise_information": "pointwise information, turned,",
        "early_learning": "early disagreement",
    }.items():
        rows.append(
            Within(f"{words} is higher for wrong labels than for typical samples", _score(ruler), 1,
                   groups=("wrong label", "typical"))
        )  # fmt: skip
    return [
        *rows,
        Within("more units answer to an outlier than to a typical sample", _score("units_owned"), 1,
               groups=("outlier", "typical")),
        Within("the density score is higher for outliers than for typical samples",
               _score("density"), 1, groups=("outlier", "typical")),
        Within("the density score is lower for near-duplicates than for single outliers",
               _score("density"), -1, groups=("near-duplicate", "outlier")),
    ]  # fmt: skip


def _membership() -> list[Row]:
    """Return the rows of membership: the loss tells who was there, of what is memorized."""
    loss = _with_twins("membership")
    return [
        Within("membership: the loss of wrong labels is lower where they were trained on", loss, 1,
               groups=("wrong label, trained", "wrong label, twin")),
        Within("membership: and more so for single outliers than for near-duplicates", loss, 1,
               groups=("outlier, trained", "outlier, twin"),
               null=("near-duplicate, trained", "near-duplicate, twin")),
        Within("in and out of twins, which nobody trained on, is below that of wrong labels",
               _with_twins("in_out"), 1,
               groups=("wrong label, trained", "wrong label, twin")),
    ]  # fmt: skip


def _networks() -> list[tuple[set[str], Row]]:
    """Return the rows of networks, each with the networks that it needs."""

    def row(
        words: str, value: Values, direction: int, pair: tuple[str, str],
        paper: str = "not reported",
    ) -> tuple[set[str], Row]:  # fmt: skip
        where = " → ".join(pair)
        made = Compare(words, value, direction, between=pair, each=None, where=where, paper=paper)
        return set(pair), made

    # H1 in images that have a mark, which tells nothing of them, H2 in images without one
    h_marked, h_plain = (_published("entropy", images) for images in ("marked", "plain"))
    mi_marked, mi_plain = (_published("mi", images) for images in ("marked", "plain"))
    noise, heart = ("true labels", "noise"), ("true labels", "random labels")
    rule, built = ("true labels", "shortcut"), ("true labels", "constructed")
    found = [
        row("mean in and out {rises} with wrong labels", _of("mean_in_out"), 1, noise),
        row("and {rises} again if all labels are random", _of("mean_in_out"), 1,
            ("noise", "random labels")),
        row("a mark on every image lets in and out of wrong labels fall",
            _memorized("wrong label"), -1, ("noise", "shortcut")),
        row("fewer wrong labels are memorized with early-learning regularization",
            _of("memorized_share"), -1, ("noise", "regularized")),
        row("a network that is constructed memorizes near-duplicates, too: more than a trained one",
            _memorized("near-duplicate"), 1, ("noise", "constructed")),
        row("entropy {rises} with a mark on every image", h_marked, -1, rule, H1),
        row("MI {rises} with a mark on every image", mi_marked, 1, rule, H1),
        row("entropy {rises} with wrong labels", h_plain, 1, noise, H2),
        row("MI {rises} with wrong labels", mi_plain, -1, noise, H2),
        row("entropy {rises} with random labels", h_plain, 1, heart, H2),
        row("MI {rises} with random labels", mi_plain, -1, heart, H2),
        row("MI by entropy {rises} with wrong labels", _of("mi_over_entropy"), -1, noise),
        row("MI by entropy {rises} in a network that is constructed to memorize",
            _of("mi_over_entropy"), -1, built),
        row("beyond pairs: matrix entropy {rises} with wrong labels", _of("matrix_entropy"), 1,
            noise),
        row("beyond pairs: the imbalance from layer to true class {rises} with wrong labels",
            _of("imbalance_to_label"), 1, noise),
        row("beyond pairs: what a layer tells of the true class {rises} with wrong labels",
            _of("layer_information"), -1, noise),
    ]  # fmt: skip
    for network in ("true labels", "noise"):
        found.append((
            {network},
            Compare("mean UnitMem is {higher} than before training",
                    _beside_untrained("mean_unit_mem", network), 1, over="side", each=None,
                    between=("untrained", "trained"), where=network),
        ))  # fmt: skip
    return found
