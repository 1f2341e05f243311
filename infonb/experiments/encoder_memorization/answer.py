"""What the encoders say, in sentences, and in tables of layers, groups and pruning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import xarray as xr

from infonb.claims import Claim, ClaimsTable
from infonb.claims.table import signed
from infonb.claims.verdict import FAILS, HOLDS, UNCLEAR
from infonb.claims.words import join
from infonb.experiments.encoder_memorization.claims import LABEL_FREE, information

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claims_words", "layers_table", "pruning_table", "what_is_memorized"]

#: What units are selective for: single images, and classes.
_OF_UNITS = ("unit_mem", "class_mem")


def claims_words(table: ClaimsTable) -> str:
    """Return what a table of these claims says: what holds, of which networks, and what not."""
    if not table.claims:
        return table.summary
    groups = (("The paper's claims", True), ("Further checks", False))
    parts = [
        _verdicts([claim for claim in table.claims if claim.of_paper == is_papers], words)
        for words, is_papers in groups
    ]
    return " ".join(part for part in parts if part)


def _verdicts(claims: Sequence[Claim], words: str) -> str:
    """Return one sentence: how many hold, and each statement under its outcome."""
    if not claims:
        return ""
    held = sum(claim.outcome == HOLDS for claim in claims)
    found = [f"{words}: **{held} of {len(claims)} hold**"]
    for outcome, said in ((HOLDS, "clear"), (FAILS, "clearly otherwise"), (UNCLEAR, "open")):
        places: dict[str, list[str]] = {}
        for claim in claims:
            if claim.outcome == outcome:
                places.setdefault(claim.statement, []).append(claim.where)
        if places:
            told = [f"{statement} ({'; '.join(where)})" for statement, where in places.items()]
            found.append(f"{said}: {', '.join(told)}")
    return ". ".join(_capital(part) for part in found) + "."


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def what_is_memorized(runs: xr.Dataset) -> str:
    """
    Return whose images each encoder memorizes, where and in which units, with numbers, in Markdown.

    Parameters
    ----------
    runs
        What `EncoderMemorization.run` returned.

    Returns
    -------
    str
        For each trained pair the scores of C, E and I in the last layer, how they grow with depth,
        the accuracy of the probe with units off; what untrained encoders have of it; and what is
        known not to show on digits.

    Examples
    --------
    >>> print(what_is_memorized(runs))  # doctest: +SKIP
    """
    levels = runs["network"].values.tolist()
    parts = [_of_pair(runs.sel(network=one), one) for one in levels if one != "untrained"]
    if "untrained" in levels:
        parts.append(_of_untrained(runs))
    return "\n\n".join([*parts, _of_information(runs), _limits(runs)])


def _of_pair(one: xr.Dataset, level: str) -> str:
    last = one["group_mem"].isel(layer=-1).mean("seed")
    c, e, i = (signed(float(last.sel(group=group)), 3) for group in "CEI")
    depth = one["layer_mem"].mean("seed")
    first = signed(float(depth[0]), 3)
    off = one["probe_accuracy"].sel(scope="all layers").mean("seed")
    shares = {name: 100 * float(off.sel(pruned=name)) for name in off["pruned"].values.tolist()}
    candidates, external = (
        one[name].isel(layer=-1).mean("seed") for name in ("part_unit_mem", "null_part_unit_mem")
    )
    return (
        f"**{_capital(level)}**: LayerMem of the candidates in the last layer is {c}, of external "
        f"images (null) {e}, of independent ones {i}; in the first layer {first}. A linear probe "
        f"is right on {shares['none']:.1f} %, without the tenth of units of highest UnitMem on "
        f"{shares['highest']:.1f} %, without drawn ones on {shares['random']:.1f} %, without those "
        f"of lowest on {shares['lowest']:.1f} %. UnitMem for the most memorized candidates is "
        f"{_ends(candidates, ', for the least')}; for external images of the highest scores, which "
        f"are chance, {_ends(external, ', of the lowest')}."
    )


def _ends(parts: xr.DataArray, words: str) -> str:
    most, least = (float(parts.sel(part=part)) for part in ("most", "least"))
    return f"{most:.2f}{words} {least:.2f}"


def _of_untrained(runs: xr.Dataset) -> str:
    last = runs["unit_mem"].isel(layer=-1)
    mean = last.mean(["seed", "neuron"])
    told = [f"{float(mean.sel(network=one)):.2f} ({one})" for one in mean["network"].values]
    words = f"Mean UnitMem of the last layer: {join(told)}."
    if "texture" not in runs["kind"].values:
        return words
    owned = runs["owned_by_textures"].isel(layer=-1).mean("seed")
    shares = {one: float(owned.sel(network=one)) for one in owned["network"].values.tolist()}
    told = [f"{100 * share:.0f} % ({one})" for one, share in shares.items()]
    words += f" For {join(told)} of the units the image that moves them most is a texture"
    before = shares.pop("untrained")
    if shares and before >= max(shares.values()):
        words += (
            ": **no more than where nothing was learnt**, since textures are bright; that "
            "memorized images own the units does not show here"
        )
    return words + "."


def _of_information(runs: xr.Dataset) -> str:
    """Return how MI goes with depth in each network, and what that does not say."""
    mean = information(runs).mean("seed")
    parts = []
    for one in mean["network"].values.tolist():
        first, last = (float(mean.sel(network=one).isel(layer=i)) for i in (0, -1))
        parts.append(f"from {first:.3f} to {last:.3f} nat ({one})")
    return (
        f"From the first layer to the last mean MI goes {join(parts)}. Where LayerMem rises "
        "with depth, whatever else does so orders the layers alike: that MI or entropy follow it "
        "does not say that they see memory."
    )


def _limits(runs: xr.Dataset) -> str:
    """Return how far the scores are from the paper's, and what of it is not seen in them."""
    levels = [one for one in runs["network"].values.tolist() if one in LABEL_FREE]
    words = "The paper has LayerMem 0.308 in its layer 8"
    if levels:
        last = runs["layer_mem"].isel(layer=-1).mean("seed")
        most = max(float(last.sel(network=one)) for one in levels)
        words += f", encoders without labels {most:.3f} at most here"
    words += ": the shape is to be compared, not the level."
    for one in levels[:1]:
        unit, of_class = (
            float(runs[name].sel(network=one).isel(layer=-1).mean()) for name in _OF_UNITS
        )
        side = "above" if unit > of_class else "not above"
        words += (
            f" In the last layer of the {one} encoder mean UnitMem ({unit:.2f}) is {side} mean "
            f"ClassMem ({of_class:.2f}; in the paper it is above)."
        )
    return words


def layers_table(runs: xr.Dataset, network: str = "contrastive") -> pd.DataFrame:
    """
    Return a row for each layer of a network: LayerMem by role, UnitMem, ClassMem, H and MI.

    Parameters
    ----------
    runs
        What `EncoderMemorization.run` returned.
    network
        Which of the networks.

    Returns
    -------
    pandas.DataFrame
        Means over seeds; entropy and mutual information in nats, of units the means.

    Examples
    --------
    >>> layers_table(runs, "contrastive")  # doctest: +SKIP
    """
    one = runs.sel(network=network, drop=True)
    groups = {f"LayerMem of {group}": one["group_mem"].sel(group=group, drop=True)
              for group in one["group"].values.tolist()}  # fmt: skip
    columns = groups | {
        "delta": one["delta_layer_mem"],
        "UnitMem": one["unit_mem"].mean("neuron"),
        "ClassMem": one["class_mem"].mean("neuron"),
        "silent units": one["unit_mem"].isnull().sum("neuron") - _padding(one),
        "entropy": one["entropy"].mean("neuron") if "entropy" in one else None,
        "mutual information": information(one),
    }
    found = {
        name: value.mean("seed").reset_coords(drop=True)
        for name, value in columns.items() if value is not None
    }  # fmt: skip
    return xr.Dataset(found).to_dataframe()[list(found)].rename_axis(None)


def _padding(one: xr.Dataset) -> xr.DataArray:
    return one.sizes["neuron"] - one["width"]


def pruning_table(runs: xr.Dataset) -> pd.DataFrame:
    """
    Return the accuracy of the linear probe with units off, a row for each network and scope.

    Parameters
    ----------
    runs
        What `EncoderMemorization.run` returned.

    Returns
    -------
    pandas.DataFrame
        Means over seeds in per cent: none off, a tenth of highest UnitMem, drawn, of lowest; and
        the spread of the drawn ones (standard deviation).

    Examples
    --------
    >>> pruning_table(runs).loc[("contrastive", "all layers"), "highest"]  # doctest: +SKIP
    """
    accuracy = 100 * runs["probe_accuracy"].mean("seed")
    table = accuracy.to_series().unstack("pruned")[accuracy["pruned"].values.tolist()]
    spread = (100 * runs["random_accuracy"]).std("draw").mean("seed")
    table["spread of random"] = spread.to_series()
    order = [(one, scope) for one in runs["network"].values for scope in runs["scope"].values]
    return table.loc[order].rename_axis(columns=None)
