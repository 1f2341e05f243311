"""The claims on biographies: the least entropy, and the order by what is known of the gender."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from infonb.claims import Compare, Rank, Row, entropy_in_rulers
from infonb.experiments.published import BIAS_IN_BIOS

__all__ = ["LEVELS", "METRICS", "ROWS", "last_block"]

#: The six training sets, the first one as it comes.
LEVELS = (
    "raw original", "raw subsampled", "raw oversampled",
    "scrubbed original", "scrubbed subsampled", "scrubbed oversampled",
)  # fmt: skip

#: What networks are ranked by besides, and how sentences call it.
METRICS = {
    "compression": "compression of the gender",
    "tpr_gap": "gap of true positive rates",
    "sufficiency_gap": "sufficiency gap",
}


def last_block(values: xr.DataArray) -> xr.DataArray:
    """
    Return the values of the last block, or of pairs within it.

    Dims (..., layer, neuron[, other_layer, other_neuron]) in and out, with one layer.
    """
    places = {dim: [-1] for dim in ("layer", "other_layer") if dim in values.dims}
    return values.isel(places)


def _entropy(runs: xr.Dataset) -> xr.DataArray:
    return last_block(entropy_in_rulers(runs))


def _information(runs: xr.Dataset) -> xr.DataArray:
    return last_block(runs["mutual_information"])


def _others(runs: xr.Dataset) -> list[tuple[str, str]]:
    """Return raw original with each of the other training sets that were run; if none, with one."""
    first, *others = LEVELS
    there = runs["training_set"].values.tolist()
    return [(first, other) for other in others if other in there] or [(first, others[0])]


def _ranks(
    value: Callable[[xr.Dataset], xr.DataArray], direction: int, what: str, taus: tuple
) -> list[Row]:
    return [
        Rank(
            f"{{higher}} mean {what} goes with a higher {words}", value, direction,
            against=metric, paper=f"τ = {tau:.2f}",
        )
        for (metric, words), tau in zip(METRICS.items(), taus, strict=True)
    ]  # fmt: skip


ROWS: tuple[Row, ...] = (
    Compare(
        "median entropy is lower on {start} than on {end}", _entropy, 1, between=_others,
        paper="lowest of the six", subject="median entropy",
    ),
    *_ranks(_information, 1, "mutual information", BIAS_IN_BIOS.tau_information),
    *_ranks(_entropy, -1, "entropy", BIAS_IN_BIOS.tau_entropy),
    Compare(
        "the gender compresses less when scrubbed", "compression", -1, each=None,
        between=[("raw original", "scrubbed original")],
    ),
    Compare(
        "the TPR gap is smaller on {end} than on {start}", "tpr_gap", -1, each=None,
        between=[("raw original", "raw subsampled"), ("raw original", "raw oversampled")],
    ),
)  # fmt: skip
