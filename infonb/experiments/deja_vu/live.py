"""Single pairs and their neighbours; choose k, what sorts, how many, a set and a treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.experiments.deja_vu.measures import KEYS, embeddings
from infonb.experiments.deja_vu.treatments import DEFAULT
from infonb.memorization import nearest_public

if TYPE_CHECKING:
    from infonb.experiments.deja_vu.experiment import DejaVu
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["Recalled", "explore_deja_vu", "plot_choice", "recalled"]

_GREY = "#8a8a8a"
_GAINS = {"ppg_at": "PPG", "prg_at": "PRG", "aucg_at": "AUCG"}


class Recalled(NamedTuple):
    """Pairs, what each model finds for their captions, which objects are named, and titles."""

    rows: dict[str, xr.Dataset]
    named: list[list[int]]
    titles: list[str]


def recalled(experiment: DejaVu, level: str = DEFAULT, role: str = "A", n: int = 5) -> Recalled:
    """
    Return pairs of a role with the nearest public image of target and reference.

    The pairs whose nearest image is the nearest of all to the target: not chosen by what is found.
    """
    one = experiment.one(level, experiment.seed[0])
    pairs, public = one.data[role].isel(sample=slice(experiment.n_scored)), one.data["public"]
    near = {
        name: nearest_public(
            embeddings(one.model[name], pairs, "text"),
            embeddings(one.model[name], public, "image").rename(sample="public"), 1,
        ) for name in ("target", "reference")
    }  # fmt: skip
    first = np.argsort(near["target"].distance.values[:, 0], kind="stable")[:n]
    rows = {"its own image": pairs.isel(sample=first)}
    for name, found in near.items():
        rows[f"nearest to the {name}"] = public.isel(sample=found.place.values[first, 0])
    tokens = pairs.caption.values[first]
    n_objects = pairs.sizes["object"]
    named = [[token for token in row if token < n_objects] for row in tokens.tolist()]
    titles = [
        f"objects {', '.join(map(str, own))};\nwords "
        + ", ".join(str(token - n_objects) for token in row if token >= n_objects)
        for own, row in zip(named, tokens.tolist(), strict=True)
    ]
    return Recalled(rows, named, titles)


def plot_choice(
    runs: xr.Dataset, treatment: str, n_neighbors: int, key: str, top: float, group: str
) -> Picture:
    """Draw the gains of all pairs of a set, and the gaps on those a key puts first, beside C."""
    from infonb.plots import subplots  # here, for it brings matplotlib along

    one = runs.sel(treatment=treatment, n_neighbors=n_neighbors)
    picture, axes = subplots(1, 2, size=(4.4, 3.1))
    groups = [group] if group == "C" else [group, "C"]
    whole = {words: one[name] for name, words in _GAINS.items()}
    first = {
        words: one[name].sel(key=key, top=top)
        for name, words in {"top_precision_gap": "precision", "top_recall_gap": "recall"}.items()
    }
    _bars(axes[0, 0], whole, groups)
    _bars(axes[0, 1], first, groups)
    axes[0, 0].set_title(f"{treatment}, k = {n_neighbors}: all pairs", fontsize=10, loc="left")
    axes[0, 1].set_title(f"gaps on the first {100 * top:g} % by {key}", fontsize=10, loc="left")
    axes[0, 1].legend(frameon=False, fontsize=9)
    told = {**whole, **{f"gap of {words}": values for words, values in first.items()}}
    said = "; ".join(
        f"{words} " + ", ".join(f"{g} {float(v.sel(group=g).mean()):+.2f}" for g in groups)
        for words, v in told.items()
    )
    picture.alt = (
        f"{treatment}, k = {n_neighbors}, first {100 * top:g} % by {key}: {said}.".replace("-", "−")
    )
    return picture


def _bars(axis: Any, values: dict[str, xr.DataArray], groups: list[str]) -> None:
    from infonb.plots import palette

    axis.axhline(0, color="black", lw=1)
    for at, group in enumerate(groups):
        x = np.arange(len(values)) + (at - (len(groups) - 1) / 2) * 0.36
        means = [float(one.sel(group=group).mean()) for one in values.values()]
        colour = _GREY if group == "C" else palette(1, "layers")[0]
        label = "C: held out (null)" if group == "C" else group
        axis.bar(x, means, 0.32, color=colour, alpha=0.75, label=label)
        for place, one in zip(x, values.values(), strict=True):
            dots = np.atleast_1d(one.sel(group=group).values)
            axis.plot(np.full(dots.size, place), dots, "o", ms=3.5, color="black")
    axis.set_xticks(range(len(values)), list(values))
    axis.set_ylim(-1, 1)


def explore_deja_vu(runs: xr.Dataset, *, interactive: bool = True) -> Panel:
    """
    Choose a treatment, the number of neighbours, a sort key, how many pairs and which set.

    Dims of `runs` as of `DejaVu`: all is measured already, and only looked up.
    """
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice, named

    kept = runs[[*_GAINS, "top_precision_gap", "top_recall_gap"]].load()

    def draw(treatment: str, n_neighbors: int, key: str, top: float, group: str) -> Picture:
        return plot_choice(kept, treatment, n_neighbors, key, top, group)

    tops = kept.top.values.tolist()
    controls = {
        "treatment": choice(named(kept.treatment.values.tolist()), "treatment", DEFAULT),
        "n_neighbors": choice(named(kept.n_neighbors.values.tolist()), "k (images)",
                              int(runs.attrs["neighbors"])),
        "key": choice([(one, one) for one in KEYS], "sorted by", KEYS[0]),
        "top": choice([(f"{100 * one:g} %", one) for one in tops], "first L", tops[-1]),
        "group": choice([(one, one) for one in kept.group.values.tolist()], "set", "A"),
    }  # fmt: skip
    return Panel(draw, controls, interactive=interactive, owns_controls=True)
