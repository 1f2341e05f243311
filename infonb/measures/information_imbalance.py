"""Information imbalance: whether near in one layer is near in another, or has the same label."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.measures.layers import BOUND, generator, take_layers
from infonb.measures.rows.room import check_room
from infonb.measures.sides import Sides, sides_of
from infonb.validate import check_integer, check_level

__all__ = ["information_imbalance"]


def information_imbalance(
    first: xr.DataArray | xr.Dataset,
    second: str | xr.DataArray | xr.Dataset | np.ndarray | None = None,
    *,
    k: int = 1,
    max_samples: int | None = 1000,
    level: float = 0.95,
    draws: int = 50,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how much of the neighbourhoods in one layer is unknown to another, or to the label.

    Dims (\*batch, layer, neuron, sample) in; (\*batch, layer, other_layer) out between the layers
    of one network, (\*batch, layer) to and from a label or another representation.

    Parameters
    ----------
    first
        Activations, or a data set of them; layer may be absent. Padding beyond ``width`` is left
        out.
    second
        None: from each layer to each other of the same network. A label of the samples: the name
        of a coordinate, or one value each (whole numbers, text, bool). Or activations of the same
        samples, which have the dim neuron, and perhaps layer, which then is ``other_layer``.
    k
        How many nearest neighbours are looked at.
    max_samples
        At most so many samples, drawn without replacement; None: all. Time and memory grow with
        their square.
    level
        Probability that an interval covers.
    draws
        How many halves of the samples the interval is from, and how many permutations the null.
    seed
        Of the draws.

    Returns
    -------
    xarray.Dataset
        ``imbalance``, from a layer to the other: 0 where it knows all, 1 where it knows nothing,
        and ``interval`` (..., bound); ``null``, the mean with the samples of one side permuted, and
        ``null_interval``, which holds that share of the permutations. With `second` also ``back``,
        from it to the layer, and ``back_interval``. Attributes ``units`` ("1"), ``k``,
        ``n_samples``, ``level``, ``draws``.

    Raises
    ------
    TypeError, ValueError
        If the two are not of the same samples, a label is continuous, an activation is not finite,
        or there are no more than k samples or so many that the memory does not suffice.

    Notes
    -----
    Of each sample the nearest neighbour in A is found, and its rank r among all neighbours in B:
    :math:`\Delta(A \to B) = \frac{2}{n} \langle r^B \mid r^A = 1 \rangle`, with the mean over k
    neighbours (Glielmo et al.). It is not symmetric: a layer that has more than another knows it,
    and is not known. Euclidean distances; it knows no scale, no rotation and no shift.

    *Ties are exact*: equally far points share the mean of their ranks, and of equally near
    neighbours each counts by its share, as if all ways to break ties were averaged. What is left
    when B itself chooses the neighbours, :math:`\Delta(B \to B)`, is taken off:
    :math:`(\Delta(A \to B) - \Delta(B \to B)) / (1 - \Delta(B \to B))`. Of points without ties that
    is 2 / n, hardly a change. For a **label**, in which all samples of a class are at one place, it
    makes the imbalance *the share of samples whose nearest neighbour has another label, over the
    share expected by chance*.

    In the limit of many samples the neighbour in A lies where the sample lies, and
    :math:`\Delta(A \to B)` is twice the probability that a value of B drawn at random is nearer to
    b than another value of B given the same a. For two Gaussian variables of correlation
    :math:`\rho` this is :math:`\frac{2}{\pi} \arccos \frac{\rho^2}{\sqrt{3 - 2 \rho^2}}`. With few
    samples in many dims the nearest neighbour is far, and the imbalance higher than that.

    The interval is the value plus and minus z deviations of the values of random halves of the
    samples (the jackknife that deletes half), and so is about new samples, not about new networks.
    Halves drawn with replacement would make every sample its own neighbour.

    It is a distance of neighbourhoods and no number of nats; high imbalance to the label does not
    say that the label cannot be read out, only that it does not decide which samples are near.

    References
    ----------
    Glielmo, Zeni, Cheng, Csanyi, Laio, PNAS Nexus 1, pgac039 (2022); for layers under label noise,
    Umar, Tezoh, Barbier, Acevedo, Laio, arXiv 2510.06401 (2025). Interval: Shao and Wu, Ann. Stat.
    17, 1176 (1989).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> more = rng.normal(size=(2, 300))
    >>> less = np.stack([more[0], np.zeros(300)])
    >>> acts = xr.DataArray(
    ...     [more, less], {"layer": ["more", "less"]}, ("layer", "neuron", "sample")
    ... )
    >>> found = information_imbalance(acts, draws=20)
    >>> bool(found.imbalance.sel(layer="more", other_layer="less") < 0.15)
    True
    >>> bool(found.imbalance.sel(layer="less", other_layer="more") > 0.3)
    True
    """
    check_level(level)
    draws = check_integer("draws", draws, 2)
    layers = take_layers(first, max_samples, seed)
    n = layers.n_samples
    if check_integer("k", k, 1) >= n - 1 or k >= n // 2:
        raise ValueError(f"k={k} needs at least {2 * k + 2} samples; there are {n}.")
    sides, dims, coords, name = sides_of(layers, second)
    n_sides = len(sides.clouds)
    check_room(16 * n_sides * n**2, f"the ranks of {n:,} samples", "Lower max_samples.")
    found = _measured(sides, n, k, draws, level, seed)
    attrs = {
        "units": "1", "k": k, "n_samples": n, "level": level, "draws": draws, "seed": seed,
        "measure": "information imbalance",
        "second": name, "formula": "(D(A, B) - D(B, B)) / (1 - D(B, B)), D = 2 / n <rank in B>",
    }  # fmt: skip
    own: dict[Any, Any] = {**layers.template.coords, **coords, "bound": BOUND}
    result = xr.Dataset(coords=own, attrs=attrs)
    for variable, values in found.items():
        if second is None and variable.startswith("back"):
            continue
        bound = ("bound",) if variable.endswith("interval") else ()
        shape = (*layers.template.shape, *dims.values())
        array = np.reshape(values, (*shape, 2) if bound else shape)
        result[variable] = xr.Variable(
            (*layers.template.dims, *dims, *bound), array, {"units": "1"}
        )
    return result


def _measured(
    sides: Sides, n: int, k: int, draws: int, level: float, seed: int
) -> dict[str, np.ndarray]:
    """Return the values of all pairs, both ways: of all samples, of halves, and permuted."""
    from scipy.stats import norm

    from infonb.measures.kernels.neighbour_ranks import neighbours

    around = [neighbours(points) for points in sides.clouds]
    rng = generator(seed, "imbalance")
    same = np.arange(n)
    shuffles = [rng.permutation(n) for _ in range(draws)]
    whole, null = _of_some(around, sides.pairs, same, k, shuffles)
    halves = [np.sort(rng.choice(n, n // 2, replace=False)) for _ in range(draws)]
    parts = np.array([_of_some(around, sides.pairs, half, k, [])[0] for half in halves])
    z = norm.ppf((1 + level) / 2)
    # deviation of a half, drawn without replacement, is that of all samples: (1/m)(1 - m/n) = 1/n
    spread = z * np.sqrt(((parts - parts.mean(axis=0)) ** 2).sum(axis=0) / (draws - 1))
    spread = spread * np.sqrt((n // 2) / (n - n // 2))
    interval = np.stack([np.maximum(whole - spread, 0.0), whole + spread], axis=-1)
    wide = z * null.std(axis=0, ddof=1)
    middle = null.mean(axis=0)
    return {
        "imbalance": whole[0], "interval": interval[0], "null": middle,
        "null_interval": np.stack([middle - wide, middle + wide], axis=-1),
        "back": whole[1], "back_interval": interval[1],
    }  # fmt: skip


def _of_some(
    around: list[Any], pairs: list[tuple[int, int]], some: np.ndarray, k: int,
    shuffles: list[np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return imbalances (way, pair) among some of the samples, and those of shuffled ones."""
    from infonb.measures.kernels.neighbour_ranks import mean_rank, nearest, ranks_among

    n = len(around[0].order)
    place = np.full(n, n, np.int32)  # n: not one of them
    place[some] = np.arange(len(some))
    ranks = [ranks_among(one.order, one.tie, place) for one in around]
    near = [nearest(one, k) for one in ranks]
    same = np.arange(len(some))
    own = np.array([mean_rank(r, *c, k, same) for r, c in zip(ranks, near, strict=True)])

    def known(source: int, target: int, order: np.ndarray) -> float:
        if own[target] >= 1.0 - 1e-9:  # all of it is at one place: there is nothing to know
            return np.nan
        raw = mean_rank(ranks[target], *near[source], k, order)
        # ranks are float32: what is less than 0 is rounding, as nobody knows more than B itself
        return max(0.0, float((raw - own[target]) / (1.0 - own[target])))

    found = np.array([[known(a, b, same), known(b, a, same)] for a, b in pairs]).T
    null = np.array([[known(a, b, order) for a, b in pairs] for order in shuffles])
    return found, null
