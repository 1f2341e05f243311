"""The networks of the concentric circles: what each is called, and what it is trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

__all__ = [
    "ALIGNMENTS",
    "Recipe",
    "ends_of",
    "make_points",
    "make_unseen",
    "networks",
    "select_sweep",
]

#: What c1 says on a set of unseen points: the label, its opposite, nothing, or what it says in the
#: set of the baseline (one label's value as often as the other's, and nothing on a quarter).
ALIGNMENTS = ("bias", "anti", "none", "mixed")

#: The ends of the two sweeps have names of their own.
_NAMES = {
    ("division", 0.5): "baseline",
    ("division", 1.0): "heuristic",
    ("beta", 0.0): "few points",
    ("beta", 1.0): "memorized",
}


#: Division and beta at a level of either sweep.
_POINT: dict[str, Callable[[float], tuple[float, float]]] = {
    "division": lambda level: (level, 0.0),
    "beta": lambda level: (0.5, level),
}


class Recipe(NamedTuple):
    """
    What makes a network.

    Attributes
    ----------
    sweep : str
        ``"division"`` (many points), ``"beta"`` (few points), or ``"check"``: the end of a sweep
        trained otherwise, to see what a conclusion depends on.
    division, beta : float
        How often an artifact agrees with the label, and how many labels are random.
    few : bool
        Whether it is trained on few points.
    length : str
        ``"until learnt"``; ``"long"``: for all epochs, even if the loss on held-out points rises,
        or if all labels of the few points are learnt; ``"short"``: for a tenth of the epochs, on
        few points.
    """

    sweep: str
    division: float = 0.5
    beta: float = 0.0
    few: bool = False
    length: str = "until learnt"

    @property
    def is_end(self) -> bool:
        """Whether it is *heuristic* or *memorized*: a perfect shortcut, or random labels."""
        return self.sweep != "check" and 1.0 in (self.division, self.beta)


def networks(division: Sequence[float], beta: Sequence[float]) -> dict[str, Recipe]:
    """
    Return the recipes of the networks by name, in the order of their levels.

    What they are compared with, division 0.5 and beta 0, is always there.
    """
    found: dict[str, Recipe] = {}
    checks: dict[str, Recipe] = {}
    for sweep, reference, given in (("division", 0.5, division), ("beta", 0.0, beta)):
        few = sweep == "beta"
        levels = sorted({reference, *given})
        for level in levels:
            name = _NAMES.get((sweep, level), f"{sweep} {level:g}")
            found[name] = Recipe(sweep, *_POINT[sweep](level), few)
            last = level == levels[-1]
            # true and random labels need different times: only at the same length they alone differ
            lengths = ("long", "short") if few and last else ("long",)
            if last or level == reference:
                checks |= {
                    f"{name}, {length}": found[name]._replace(sweep="check", length=length)
                    for length in lengths
                }
    return found | checks


def ends_of(recipes: Mapping[str, Recipe], sweep: str) -> tuple[str, str]:
    """Return the names at the lowest and at the highest level of a sweep."""
    names = [name for name, recipe in recipes.items() if recipe.sweep == sweep]
    return names[0], names[-1]


def make_points(recipe: Recipe, *, n_points: int, fraction: float, seed: int) -> xr.Dataset:
    """
    Return the training points of a network: ``input`` (sample, feature=x, y, c1) and ``label``.

    The seed is that of c1 and of the random labels; the circles themselves are always the paper's.
    Few points have the c1 of the baseline. The points of *memorized* and *few points* differ in the
    labels only; their networks also in the length of training, unless both are the ``long`` ones.
    """
    from infonb.data import add_artifact, concentric_circles, shuffled

    points = add_artifact(
        concentric_circles(n_points, seed=42), fraction=fraction, division=recipe.division,
        seed=seed,
    )  # fmt: skip
    return shuffled(points, recipe.beta, n_classes=2, seed=seed) if recipe.few else points


def make_unseen(*, n_points: int, fraction: float, seed: int) -> dict[str, xr.Dataset]:
    """
    Return the same unseen points, with true labels, for each of the `ALIGNMENTS` of c1.

    They are the same for all networks of a seed.
    """
    from infonb.data import add_artifact, align, concentric_circles

    mixed = add_artifact(
        concentric_circles(n_points, seed=21), fraction=fraction, division=0.5,
        seed=seed + 1_000_000,
    )  # fmt: skip
    sets = {
        name: align(mixed, name, seed=seed + 2_000_000) for name in ALIGNMENTS if name != "mixed"
    }
    return sets | {"mixed": mixed}


def select_sweep(runs: xr.Dataset, sweep: str) -> xr.Dataset:
    """
    Return the networks that differ in one thing, with its levels as the dimension.

    Dims (network, ...) → (`sweep`, ...): ``"division"`` on many points, or ``"beta"`` on few.
    """
    from infonb.validate import check_choice

    check_choice("sweep", sweep, ["division", "beta"])
    part = runs.isel(network=np.flatnonzero(runs["sweep"].values == sweep))
    others = [name for name, c in part.coords.items() if c.dims == ("network",) and name != sweep]
    return part.swap_dims(network=sweep).drop_vars(others)
