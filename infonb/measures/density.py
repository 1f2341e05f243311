"""The distribution of a measure over neurons or pairs: density of a fitted Gaussian mixture."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import PAIR_DIMS, without_diagonal
from infonb.measures.rows.room import check_room
from infonb.validate import check_dim, check_integer

__all__ = ["mixture_density"]

# A mixture of a few components is settled by far fewer values than 768 x 768 pairs give, above all
# if these are quantiles at equal steps, which have no chance in them.
MAX_FITTED = 4_000

# Least standard deviation of a component, in standard deviations of all values given. Without it a
# component collapses on a few equal values (pairs with a constant neuron have an MI of 0), and its
# peak flattens all other curves of a figure; with it no peak is higher than 4 / deviation.
NARROWEST = 0.1

# Values for each component: with fewer, as in layers of four neurons, each makes its own peak.
PER_COMPONENT = 10


def mixture_density(
    values: xr.DataArray,
    *,
    components: int = 3,
    points: int = 512,
    seed: int = 0,
    dim: Hashable | Iterable[Hashable] | None = None,
    diagonal: bool = False,
) -> xr.DataArray:
    r"""
    Return the density of a Gaussian mixture fitted to the values of a measure.

    Dims (\*batch, \*dim) in, dims (\*batch, value) out: one density for each batch entry, all on
    one grid, so that they can be drawn over each other.

    Parameters
    ----------
    values
        A measure, such as the result of `mutual_information` or `entropy`. Values that are not
        finite are left out: padding, and neurons whose entropy from neighbours is minus infinity.
    components
        Number of Gaussians; fewer where there are fewer distinct values, or fewer than 10 values
        for each. The paper names no number; 3 reproduces the look of its figures.
    points
        Number of points of the grid, at least 3: the curve is 0 at the two ends.
    seed
        Seeds the start of the fit.
    dim
        The dimension or dimensions whose values make up the distribution. Default: those of layer,
        neuron, other_layer and other_neuron that there are.
    diagonal
        Whether the MI of a neuron with itself counts. The paper draws all N x N values, but with
        KSG the diagonal is one and the same number far from all others (about 7 nats at 2,500
        samples), which takes a component of the mixture for itself; so it is left out unless
        asked for.

    Returns
    -------
    xarray.DataArray
        Density, float64, in 1 / unit of the values; NaN for a batch entry without finite values.
        Coordinate ``value`` is the grid, coordinate ``n_values`` the number of values behind each
        density. attrs ``components``, ``narrowest`` (least standard deviation of a component, in
        the unit of the values), ``units``, ``max_fitted``, ``seed``.

    Raises
    ------
    ValueError
        For an unknown dimension, components below 1, points below 3, or no finite value at all.
    TypeError
        For values without labels.

    Notes
    -----
    No component is narrower than 0.1 standard deviations of all values given, those of all batch
    entries together; the 0.5 % at either end count as the quantile there, so that a few far values
    do not widen the rest. Equal values, such as an MI of 0 with constant neurons, thus make a peak
    that is seen beside the other values: no peak is higher than 4 / (standard deviation). Give all
    the curves of a figure in one call to have them treated alike.

    Of more than 4,000 values as many quantiles at equal steps are fitted.

    A point of the grid carries the mean of the density over its cell, so that the curve integrates
    to 1 even where a component is narrower than a cell. Equal values throughout give a single
    Gaussian with a standard deviation of 0.001 times their size (times 1 for sizes below 1).

    References
    ----------
    Bansal, Pruthi, Belinkov, "Measures of Information Reflect Memorization Patterns", NeurIPS 2022,
    figures 1, 3 and 7.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> import infonb as inb
    >>> h = xr.DataArray(np.random.default_rng(0).normal(size=500), dims="neuron")
    >>> density = inb.mixture_density(h, components=1)
    >>> density.dims
    ('value',)
    >>> print(f"{density.integrate('value').item():.3f}")
    1.000
    """
    if not isinstance(values, xr.DataArray):
        raise TypeError(f"values must be an xarray DataArray; not {type(values).__name__}.")
    components = check_integer("components", components, minimum=1)
    points = check_integer("points", points, minimum=3)
    dims = _dims(values, dim)
    batch = tuple(d for d in values.dims if d not in dims)
    n_curves = int(np.prod([values.sizes[d] for d in batch]))
    check_room(
        24 * points * n_curves,
        f"the density of {n_curves:,} distributions at {points:,} points each",
        "Pass fewer points.",
    )
    kept = values if diagonal else without_diagonal(values)
    matrix = kept.transpose(*batch, *dims).values.astype(np.float64)
    matrix = matrix.reshape(n_curves, -1)
    samples = [row[np.isfinite(row)] for row in matrix]
    if not any(len(sample) for sample in samples):
        raise ValueError("values holds no finite value, so there is no density to fit.")

    narrowest = NARROWEST * _spread(np.concatenate(samples))
    from threadpoolctl import threadpool_limits

    # so small that more threads gain nothing, and wait for each other where cores are busy
    with threadpool_limits(1):
        mixtures = [_fit(sample, components, narrowest, seed) for sample in samples]
    grid = _grid(mixtures, points)
    density = np.stack([_cell_means(mixture, grid) for mixture in mixtures])
    shape = tuple(values.sizes[d] for d in batch)
    coords = {n: c for n, c in values.coords.items() if set(c.dims) <= set(batch)}
    unit = values.attrs.get("units", "")
    named = {"long_name": values.attrs.get("long_name", str(values.name or "value")), "units": unit}
    result = xr.DataArray(
        density.reshape(*shape, points), coords=coords, dims=(*batch, "value"), name="density"
    ).assign_coords(
        value=("value", grid, named),
        n_values=(batch, np.array([len(s) for s in samples]).reshape(shape)),
    )
    result.attrs = {
        "long_name": f"density of {named['long_name']}",
        "units": f"1/{unit}" if unit else "1",
        "components": components,
        "narrowest": narrowest,
        "max_fitted": MAX_FITTED,
        "seed": seed,
    }
    return result


def _dims(values: xr.DataArray, dim: Hashable | Iterable[Hashable] | None) -> tuple[Hashable, ...]:
    """Return the dimensions whose values are pooled."""
    if dim is None:
        dims = tuple(d for d in PAIR_DIMS if d in values.dims)
        if not dims:
            raise ValueError(
                f"values has none of the dims {PAIR_DIMS} but {values.dims}; name those to pool, "
                "as in dim='unit'."
            )
        return dims
    named: tuple[Any, ...] = (dim,)
    if isinstance(dim, Iterable) and not isinstance(dim, str):
        named = tuple(dim)
    for name in named:
        check_dim(name, values.dims, "values")
    return named


def _spread(values: np.ndarray) -> float:
    """Return the standard deviation with the 0.5 % at either end drawn in; of all where it is 0."""
    drawn_in = np.clip(values, *np.quantile(values, [0.005, 0.995]))
    return float(drawn_in.std()) or float(values.std())


def _fit(
    sample: np.ndarray, components: int, narrowest: float, seed: int
) -> tuple[np.ndarray, ...] | None:
    """Return weights, means and standard deviations; None without values."""
    if not len(sample):
        return None
    centre, spread = sample.mean(), sample.std()
    size = max(1.0, abs(float(centre)))
    if spread <= 1e-12 * size:
        return np.ones(1), np.array([centre]), np.array([max(narrowest, 1e-3 * size)])
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    if len(sample) > MAX_FITTED:
        at = (np.arange(MAX_FITTED) + 0.5) * (len(sample) / MAX_FITTED)
        sample = np.sort(sample)[at.astype(int)]
    scaled = ((sample - centre) / spread)[:, None]
    # the fit adds this to all variances, so that none collapses; taken off again below
    least = max((narrowest / spread) ** 2, 1e-6)
    components = min(components, len(np.unique(scaled)), max(1, len(sample) // PER_COMPONENT))
    model = GaussianMixture(components, random_state=seed, max_iter=300, reg_covar=least)
    with warnings.catch_warnings():
        # a plateau of the likelihood after 300 steps draws the same curve
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(scaled)
    deviation = np.sqrt(np.maximum(model.covariances_.ravel() - least, least))
    return model.weights_, centre + spread * model.means_.ravel(), spread * deviation


def _grid(mixtures: list[tuple[np.ndarray, ...] | None], points: int) -> np.ndarray:
    """Return equally spaced points that hold all mixtures to 5 deviations, and a margin."""
    fitted = [m for m in mixtures if m is not None]
    low = min(float(np.min(mean - 5 * deviation)) for _, mean, deviation in fitted)
    high = max(float(np.max(mean + 5 * deviation)) for _, mean, deviation in fitted)
    # the margin keeps narrow components out of the two end cells, of which integrals see one half
    margin = (high - low) * max(0.02, 2 / points)
    return np.linspace(low - margin, high + margin, points)


def _cell_means(mixture: tuple[np.ndarray, ...] | None, grid: np.ndarray) -> np.ndarray:
    """Return the mean density of a mixture over the cell around each grid point."""
    if mixture is None:
        return np.full(len(grid), np.nan)
    from scipy.special import ndtr

    step = (grid[-1] - grid[0]) / (len(grid) - 1)
    bounds = np.append(grid - step / 2, grid[-1] + step / 2)
    weight, mean, deviation = mixture
    below = ndtr((bounds[:, None] - mean) / deviation) @ weight
    return np.diff(below) / step
