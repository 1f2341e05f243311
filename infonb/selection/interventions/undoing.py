"""Whether switching neurons off undoes a shortcut, more than switching off drawn ones does."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr

from infonb.claims.bootstrap import bootstrap_interval
from infonb.claims.verdict import FAILS, HOLDS, UNCLEAR, Claim, interval
from infonb.claims.words import join
from infonb.dims import group_dim
from infonb.validate import check_choice

__all__ = ["describe_undoing", "undoing"]

#: A network whose accuracies on the two sets differ by less than this leans on no shortcut.
_GAP = 0.05


def undoing(found: xr.Dataset, sets: tuple[str, str] = ("bias", "anti")) -> xr.Dataset:
    """
    Return how far switching neurons off closes the gap between two sets, and what it costs.

    A network that leans on a shortcut is right where it agrees with the label (the first set) and
    wrong where it does not (the second). The gap between them also closes if the network is broken:
    so it counts, too, whether the accuracy over both sets, where the shortcut is worth nothing,
    rises. Both are means over the numbers above 0, less the mean of the drawn orders of the same
    network.

    Parameters
    ----------
    found
        What `infonb.intervene` returned, or several along a dimension and ``seed``: ``value``
        (..., by, number, set), ``null`` (..., repeat, number, set).
    sets
        The set on which the shortcut helps, and that on which it misleads.

    Returns
    -------
    xarray.Dataset
        Dims (..., by), without the seed: ``closed`` and ``gained``, means over the seeds, each with
        ``..._interval`` (bound; the wider ends of a bootstrap and Student's t over seeds) and
        ``..._verdict``: whether it is more than for drawn neurons. ``gap`` (...): of the network
        untouched.

    Examples
    --------
    >>> value = xr.DataArray([[[1.0, 0.0], [0.9, 0.8]]], dims=("by", "number", "set"),
    ...     coords={"by": ["lowest entropy"], "number": [0, 1], "set": ["bias", "anti"]})
    >>> null = xr.zeros_like(value).rename(by="repeat").drop_vars("repeat") + [[1, 0], [0.9, 0.0]]
    >>> found = undoing(xr.Dataset({"value": value, "null": null}))
    >>> found.closed.values.round(2), found.gained.values.round(2), found.gap.item()
    (array([0.8]), array([0.4]), 1.0)
    """
    for name in sets:
        check_choice("sets", name, found["set"].values.tolist())
    value, null = found["value"], found["null"].mean("repeat")
    first, second = ({"set": name} for name in sets)
    gaps = [one.sel(first, drop=True) - one.sel(second, drop=True) for one in (null, value)]
    both = [one.sel(set=list(sets)).mean("set") for one in (value, null)]
    off = found["number"].values > 0
    parts = {"closed": gaps[0] - gaps[1], "gained": both[0] - both[1]}
    effects = {name: part.isel(number=off).mean("number") for name, part in parts.items()}
    result = xr.Dataset()
    for name, effect in effects.items():
        effect = effect if "seed" in effect.dims else effect.expand_dims("seed")
        result[name] = effect.mean("seed")
        result[f"{name}_interval"] = xr.apply_ufunc(
            _interval, effect, input_core_dims=[["seed"]], output_core_dims=[["bound"]],
            vectorize=True,
        ).assign_coords(bound=["low", "high"])  # fmt: skip
        result[f"{name}_verdict"] = xr.apply_ufunc(
            _verdict, effect, input_core_dims=[["seed"]], vectorize=True, output_dtypes=[object]
        )
    whole = gaps[1].isel(by=0, number=0, drop=True)
    result["gap"] = whole.mean("seed") if "seed" in whole.dims else whole
    return result.assign_attrs(sets=list(sets), n_seeds=found.sizes.get("seed", 1))


def describe_undoing(found: xr.Dataset, *, sets: tuple[str, str] = ("bias", "anti")) -> list[str]:
    """
    Return in sentences whether switching neurons off weakens a shortcut: a line for each network.

    Parameters
    ----------
    found, sets
        As of `undoing`; along at most one dimension beside the seed.

    Returns
    -------
    list of str
        What each choice does beyond drawn neurons. The shortcut is weakened where the gap closes
        and the accuracy over both sets rises, both clearly; where only the gap closes, the network
        may just as well be broken.
    """
    judged = undoing(found, sets)
    over = group_dim(judged["closed"], None, {"by"})
    if over is None:
        return [_line(judged, "The network", sets)]
    return [
        _line(
            judged.sel({over: label}),
            f"**{label if isinstance(label, str) else f'{over} = {label:g}'}**",
            sets,
        )
        for label in judged[over].values.tolist()
    ]


def _line(judged: xr.Dataset, name: str, sets: Sequence[str]) -> str:
    first, second = sets
    gap = float(judged.gap)
    if gap < _GAP:
        costs = [f"{by} {_number(judged.sel(by=by), 'gained')}" for by in judged.by.values.tolist()]
        return (
            f"{name}: no shortcut to weaken; untouched, the accuracy on {first} is not above that "
            f"on {second} ({_signed(gap)}). Accuracy over both, beyond drawn neurons: "
            f"{'; '.join(costs)}."
        )
    undone: list[str] = []
    broken: list[str] = []
    less: list[str] = []
    rest: list[str] = []
    for by in judged.by.values.tolist():
        one = judged.sel(by=by)
        words = f"{by} (gap {_number(one, 'closed', -1)}, accuracy {_number(one, 'gained')})"
        closed, gained = (str(one[f"{part}_verdict"].values) for part in ("closed", "gained"))
        if closed == HOLDS:
            (undone if gained == HOLDS else broken).append(words)
        else:
            (less if closed == FAILS else rest).append(words)
    told = {
        "The shortcut is weakened more than by drawn neurons with these off:": undone,
        "The gap closes more than with drawn neurons off, but without a clear rise of the accuracy "
        "over both sets, so that the network may just be broken:": broken,
        "The gap closes less than with drawn neurons off:": less,
        "Too close to tell from drawn neurons:": rest,
    }
    lead = f"{name}: untouched, the accuracy on {first} is {gap:.2f} above that on {second}."
    nothing = (
        [] if undone else ["No choice clearly weakens the shortcut more than drawn neurons do."]
    )
    parts = [f"{lead} {join(words)}." for lead, words in told.items() if words]
    return " ".join([lead, *nothing, *parts])


def _number(one: xr.Dataset, part: str, sign: int = 1) -> str:
    low, high = sorted((sign * one[f"{part}_interval"].values).tolist())
    words = f" [{_signed(low)}, {_signed(high)}]" if math.isfinite(low) else ", one seed only"
    return _signed(sign * float(one[part])) + words


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")  # 0.0: no minus before a zero


def _interval(effect: np.ndarray) -> np.ndarray:
    """Return the wider ends of both intervals of a mean over seeds, (seed,) → (bound,)."""
    if not np.isfinite(effect).all():
        return np.full(2, np.nan)
    drawn = Claim("", "", 1, "", "", tuple(effect.tolist())).draws
    assert drawn is not None
    both = np.array([bootstrap_interval(drawn, len(effect)), interval(effect)])
    return np.array([both[:, 0].min(), both[:, 1].max()])


def _verdict(effect: np.ndarray) -> str:
    """Return whether a mean over seeds is clearly above zero, (seed,) → a word of `Claim`."""
    if not np.isfinite(effect).all():
        return UNCLEAR
    return Claim("", "", 1, "", "", tuple(effect.tolist())).verdict
