"""What a network knows of the gender: the online code of its states, and gaps of its guesses."""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr

__all__ = ["accuracy_by_stereotype", "gaps", "readable_gender"]

_STEREOTYPE = xr.Variable("stereotype", np.array(["usual", "opposite"], dtype=object))


def readable_gender(
    recorded: xr.Dataset, *, permutations: int, seed: int
) -> dict[str, xr.DataArray]:
    """
    Return how far the gender compresses, from the states of each block.

    ``compression`` and ``null_compression`` (permutation), permuted genders, of the last block;
    ``compression_of_block`` (layer).
    """
    from infonb.probing import online_code

    gender = recorded["gender"]
    last = online_code(
        recorded["activation"].isel(layer=[-1]), gender, permutations=permutations, seed=seed
    ).isel(layer=0, drop=True)
    found = [last["compression"]]
    if recorded.sizes["layer"] > 1:
        before = recorded["activation"].isel(layer=slice(None, -1))
        found = [online_code(before, gender, seed=seed)["compression"], *found]
    values = np.concatenate([np.atleast_1d(one.values) for one in found])
    result = {
        "compression": last["compression"].reset_coords(drop=True),
        "compression_of_block": xr.DataArray(values, {"layer": recorded["layer"]}, ("layer",)),
    }
    if permutations:
        null = last["null_compression"].reset_coords(drop=True)
        result["null_compression"] = null
    return result


def gaps(recorded: xr.Dataset, *, seed: int) -> dict[str, xr.DataArray]:
    """
    Return the two gaps between genders, summed over occupations, and what chance makes of them.

    ``tpr_gap``, ``tpr_gap_null``, ``sufficiency_gap`` and ``sufficiency_gap_null``, a number each;
    ``tpr_gap_of_class`` (class), the gap of each occupation.
    """
    from infonb.probing import sufficiency_gap, tpr_gap

    told = recorded["prediction"], recorded["label"], recorded["gender"]
    with warnings.catch_warnings():
        # an occupation that is never predicted for one gender has no gap, and counts in no sum
        warnings.filterwarnings("ignore", "no sample of a group has these")
        rates = tpr_gap(*told, draws=200, seed=seed)
        precise = sufficiency_gap(*told, draws=200, seed=seed)
    plain = {
        "tpr_gap": rates["absolute_sum"],
        "tpr_gap_null": rates["absolute_sum_null"],
        "sufficiency_gap": precise["divergence_sum"],
        "sufficiency_gap_null": precise["divergence_sum_null"],
        "tpr_gap_of_class": rates["gap"],
    }
    return {name: value.reset_coords(drop=True) for name, value in plain.items()}


def accuracy_by_stereotype(recorded: xr.Dataset) -> xr.DataArray:
    """Return the accuracy on people of the usual gender of their occupation, and on the others."""
    correct = (recorded["prediction"] == recorded["label"]).values
    usual = recorded["stereotype"].values == 1
    shares = [correct[where].mean() if where.any() else np.nan for where in (usual, ~usual)]
    return xr.DataArray(shares, {"stereotype": _STEREOTYPE}, ("stereotype",))
