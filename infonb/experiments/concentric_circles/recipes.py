"""The networks of the concentric circles: what each is called, and what it is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from infonb.experiments.concentric_circles import Parameters

__all__ = [
    "ALIGNMENTS",
    "Recipe",
    "aligned_sets",
    "along",
    "data",
    "main_networks",
    "networks",
    "recipe_of",
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


def networks(parameters: Parameters) -> dict[str, Recipe]:
    """
    Return the networks of the experiment by name, in the order of their levels.

    Parameters
    ----------
    parameters
        Of the experiment; its lists `division` and `beta` say which networks there are. What they
        are compared with, division 0.5 and beta 0, is always there.

    Examples
    --------
    >>> from infonb.experiments.concentric_circles import Parameters
    >>> list(networks(Parameters(division=[0.75, 1.0], beta=1.0)))
    ['baseline', 'division 0.75', 'heuristic', 'few points', 'memorized', 'baseline, long',
    'heuristic, long', 'few points, long', 'memorized, long', 'memorized, short']
    """
    found: dict[str, Recipe] = {}
    checks: dict[str, Recipe] = {}
    for sweep, reference in (("division", 0.5), ("beta", 0.0)):
        few = sweep == "beta"
        levels = sorted({reference, *getattr(parameters, sweep)})
        for level in levels:
            name = _NAMES.get((sweep, level), f"{sweep} {level:g}")
            found[name] = Recipe(sweep, few=few, **{sweep: level})
            last = level == levels[-1]
            # true and random labels need different times: only at the same length they alone differ
            lengths = ("long", "short") if few and last else ("long",)
            if last or level == reference:
                checks |= {
                    f"{name}, {length}": found[name]._replace(sweep="check", length=length)
                    for length in lengths
                }
    return found | checks


def main_networks(parameters: Parameters) -> list[str]:
    """
    Return the networks that the paper's claim is about, and the start of the last's series.

    Examples
    --------
    >>> from infonb.experiments.concentric_circles import Parameters
    >>> main_networks(Parameters(division=[0.5, 0.9]))
    ['division 0.9', 'baseline', 'memorized', 'few points']
    """
    recipes = networks(parameters)
    many = [name for name, recipe in recipes.items() if recipe.sweep == "division"]
    few = [name for name, recipe in recipes.items() if recipe.sweep == "beta"]
    return [many[-1], many[0], few[-1], few[0]]


def data(parameters: Parameters, network: str, seed: int) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return the training points of a network, and unseen points.

    Parameters
    ----------
    parameters
        Of the experiment.
    network
        One of `networks`.
    seed
        Of c1 and of the random labels; the circles themselves are always the paper's.

    Returns
    -------
    points, unseen : xarray.Dataset
        ``input`` (sample, feature=x, y, c1) and ``label`` (sample). The unseen points are the same
        for all networks of a seed, with true labels and a c1 that says nothing (``mixed``).

    Notes
    -----
    Few points have the c1 of the baseline. The points of *memorized* and *few points* differ in the
    labels only; their networks also in the length of training, unless both are the ``long`` ones.

    Examples
    --------
    >>> from infonb.experiments.concentric_circles import Parameters
    >>> points, unseen = data(Parameters(), "memorized", seed=0)
    >>> points.sizes["sample"], unseen.sizes["sample"]
    (60, 2000)
    """
    from infonb.data import add_artifact, concentric_circles, shuffled

    recipe = recipe_of(parameters, network)
    n_points = parameters.n_memorized if recipe.few else parameters.n_points
    points = add_artifact(
        concentric_circles(n_points, seed=42), fraction=parameters.fraction,
        division=recipe.division, seed=seed,
    )  # fmt: skip
    if recipe.few:
        points = shuffled(points, recipe.beta, n_classes=2, seed=seed)
    unseen = concentric_circles(parameters.n_points, seed=21)
    return points, add_artifact(
        unseen, fraction=parameters.fraction, division=0.5, seed=seed + 1_000_000
    )


def recipe_of(parameters: Parameters, network: str) -> Recipe:
    """
    Return what makes a network; raise a ValueError for an unknown name.

    Examples
    --------
    >>> from infonb.experiments.concentric_circles import Parameters
    >>> recipe_of(Parameters(), "memorized").beta
    1.0
    """
    from infonb.validate import check_choice

    known = networks(parameters)
    check_choice("network", network, known)
    return known[network]


def aligned_sets(unseen: xr.Dataset, seed: int) -> dict[str, xr.Dataset]:
    """
    Return the same unseen points with each of the `ALIGNMENTS` of c1.

    Examples
    --------
    >>> from infonb.experiments.concentric_circles import Parameters
    >>> sets = aligned_sets(data(Parameters(), "baseline", seed=0)[1], seed=0)
    >>> bool((sets["bias"].input.sel(feature="x") == sets["anti"].input.sel(feature="x")).all())
    True
    """
    from infonb.data import align

    sets = {
        name: align(unseen, name, seed=seed + 2_000_000) for name in ALIGNMENTS if name != "mixed"
    }
    return sets | {"mixed": unseen}


def along(results: xr.Dataset, sweep: str) -> xr.Dataset:
    """
    Return the networks that differ in one thing, with its levels as the dimension.

    Parameters
    ----------
    results
        What `infonb.experiments.concentric_circles.run` returned, dims (network, ...).
    sweep
        ``"division"`` (trained on many points) or ``"beta"`` (on few).

    Returns
    -------
    xarray.Dataset
        Dims (`sweep`, ...).

    Examples
    --------
    >>> results = xr.Dataset({"entropy": ("network", [2.0, 1.0, 2.5])}, {
    ...     "network": ["baseline", "heuristic", "memorized"],
    ...     "sweep": ("network", ["division", "division", "beta"]),
    ...     "division": ("network", [0.5, 1.0, 0.5]), "beta": ("network", [0.0, 0.0, 1.0])})
    >>> along(results, "division").entropy.to_series().to_dict()
    {0.5: 2.0, 1.0: 1.0}
    """
    from infonb.validate import check_choice

    check_choice("sweep", sweep, ["division", "beta"])
    part = results.isel(network=np.flatnonzero(results["sweep"].values == sweep))
    others = [name for name, c in part.coords.items() if c.dims == ("network",) and name != sweep]
    return part.swap_dims(network=sweep).drop_vars(others)
