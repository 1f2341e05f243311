"""Matrix entropy: over how many directions a layer spreads its samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.measures.layers import over_entries, take_layers
from infonb.validate import check_choice, check_number

__all__ = ["matrix_entropy"]


def matrix_entropy(
    activation: xr.DataArray | xr.Dataset,
    *,
    alpha: float = 1.0,
    center: bool = False,
    max_samples: int | None = None,
    seed: int = 0,
) -> xr.DataArray:
    r"""
    Return over how many directions each layer spreads its samples, as an entropy.

    Dims (\*batch, layer, neuron, sample) in; (\*batch, layer) out.

    Parameters
    ----------
    activation
        Activations, or a data set of them; layer may be absent. Padding beyond ``width`` is left
        out.
    alpha
        Order of the entropy, above 0: 1 is Shannon's (von Neumann's), 2 counts strong directions
        more.
    center
        Take the mean of each neuron off first. False: as published. After a ReLU the mean is a
        direction of its own, often the strongest.
    max_samples
        At most so many samples, drawn without replacement; None: all.
    seed
        Of that draw.

    Returns
    -------
    xarray.DataArray
        In nats, from 0 (one direction) to log min(n, width); NaN where all values are 0. Attributes
        ``units``, ``alpha``, ``center``, ``n_samples``, and ``most``: that limit for the widest
        layer.

    Raises
    ------
    TypeError, ValueError
        If alpha is not above 0, or an activation is not finite.

    Notes
    -----
    Of the matrix K of all inner products of the samples, divided by its trace, the eigenvalues
    :math:`\lambda_i` sum to 1: :math:`S_\alpha = \frac{1}{1 - \alpha} \log \sum_i
    \lambda_i^\alpha`, and for alpha = 1 the limit :math:`-\sum_i \lambda_i \log \lambda_i`. Of k
    orthogonal directions of equal strength it is log k. It knows no rotation, no scale of the whole
    layer, and no order of the samples, but the scale of single neurons. It asks no label, and says
    nothing of information in the sense of Shannon: noise in all directions has the most of it.

    With fewer samples than directions it is too low: of n samples it is never above log n.

    References
    ----------
    Skean et al., "Layer by Layer: Uncovering Hidden Representations in Language Models", ICML 2025
    (arXiv 2502.02013), equation 1 and "dataset entropy". Giraldo, Rao, Principe, IEEE Trans. Inf.
    Theory 61, 535 (2015).

    Examples
    --------
    >>> four = xr.DataArray(np.eye(4), dims=("neuron", "sample"))
    >>> print(f"{matrix_entropy(four).item():.4f} = log 4 = {np.log(4):.4f}")
    1.3863 = log 4 = 1.3863
    """
    if check_number("alpha", alpha) <= 0:
        raise ValueError(f"alpha must be above 0; not {alpha!r}.")
    check_choice("center", center, (True, False))
    layers = take_layers(activation, max_samples, seed, at_least=1)
    found = over_entries(layers, lambda at, points: spectral_entropy(points, alpha, center))
    widest = max(points.shape[1] for points in layers.points)
    attrs: dict[str, Any] = {
        "units": "nat", "long_name": "matrix entropy", "measure": "matrix_entropy",
        "formula": "log sum of (eigenvalue / trace)^alpha / (1 - alpha)", "alpha": float(alpha),
        "center": str(center), "n_samples": layers.n_samples,
        "most": float(np.log(min(layers.n_samples, widest))),
    }  # fmt: skip
    variable = layers.labelled(found, **attrs)
    return xr.DataArray(variable, layers.template.coords, name="matrix_entropy")


def spectral_entropy(points: np.ndarray, alpha: float = 1.0, center: bool = False) -> float:
    """Return the entropy of the spectrum of points (n, neuron), in nats."""
    largest = before = np.abs(points).max()
    if center:
        points = points - points.mean(axis=0)
        largest = np.abs(points).max()
    # a constant neuron is not exactly 0 when its mean is taken off
    if largest <= 8 * np.finfo(float).eps * before * center:
        return np.nan
    points = points / largest
    n, width = points.shape
    gram = points @ points.T if n < width else points.T @ points
    share = np.clip(np.linalg.eigvalsh(gram), 0.0, None)
    share = share / share.sum()
    share = share[share > 1e-14]  # what rounding leaves of directions that are not there
    if alpha == 1.0:
        return float(max(0.0, -(share * np.log(share)).sum()))
    return float(max(0.0, np.log((share**alpha).sum()) / (1.0 - alpha)))
