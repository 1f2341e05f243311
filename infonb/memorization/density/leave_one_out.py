"""Exact memorization of density models that can be refitted in closed form, sample by sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization.density import closed_forms
from infonb.memorization.density.nearest import points
from infonb.validate import check_choice, check_integer, check_number

__all__ = ["leave_one_out"]

_MODELS = ["kernel", "gaussian", "mixture", "histogram"]


def leave_one_out(
    data: xr.DataArray,
    *,
    model: str = "kernel",
    width: float = 1.0,
    n_components: int = 2,
    n_symbols: int | None = None,
    refit: bool = False,
    seed: int = 0,
) -> xr.Dataset:
    r"""
    Return how much each sample raises its own log-density: fitted with it, and without it.

    Dims (sample, ...) in; (sample) out.

    Parameters
    ----------
    data
        The training set: numbers, or symbols 0, 1, ... (sample) for a histogram.
    model
        ``"kernel"``: a kernel density of Gaussians; ``"gaussian"``: one with the mean of the data;
        ``"mixture"``: several, each with its share, mean and variance of each feature, fitted by
        EM; ``"histogram"``: counts of symbols, one added to each.
    width
        Standard deviation of the Gaussians of ``"kernel"`` and ``"gaussian"``, which is not fitted,
        in units of the data.
    n_components
        How many a mixture has.
    n_symbols
        How many symbols there are, of which some may not occur; None: up to the largest.
    refit
        Of a mixture: whether EM goes on without the sample until nothing changes (slow: once for
        each sample), or only one M-step is made.
    seed
        Of the start of a mixture.

    Returns
    -------
    xarray.Dataset
        ``U`` (sample): log-density of the sample by the model of all; ``V``: by that of all others;
        ``mem`` = U - V, the score that `in_out` estimates by cross-validation. Units: nat. All
        coordinates of the samples are kept. Attributes ``model``, ``exact``, ``measure``, ``n``.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two samples, values that are not finite, symbols that are none, or
        no more samples, or fewer different ones, than components.

    Notes
    -----
    With n samples, exactly, for every n:

    - kernel: :math:`U_i = \ln \frac1n \sum_j K(x_i - x_j)`, V the same without :math:`j = i` and of
      n - 1;
    - Gaussian of mean m: :math:`\mathrm{mem}_i = \frac{|x_i - m|^2}{2 \sigma^2}
      \left[\left(\frac{n}{n - 1}\right)^2 - 1\right]`;
    - histogram of A symbols: :math:`U_i = \ln \frac{c + 1}{n + A}`,
      :math:`V_i = \ln \frac{c}{n - 1 + A}`, with the count c of the symbol;
    - mixture: without ``refit`` the shares of the other samples in the components stay as they
      were: exact given these. U is of the model after the same step with all samples. With
      ``refit`` EM starts from the fit of all samples and goes to the optimum next to it: exact but
      for the tolerance of EM, and for other optima. Both variances have 10⁻⁶ times the data's
      variance added.

    References
    ----------
    van den Burg and Williams, "On memorization in probabilistic deep generative models", NeurIPS
    2021, section 3, equation 1 (the score); the closed forms are derived here.

    Examples
    --------
    >>> data = xr.DataArray([0.0, 0.0, 3.0], dims="sample")
    >>> leave_one_out(data, model="gaussian").mem.values
    array([0.625, 0.625, 2.5  ])
    >>> symbols = xr.DataArray([0, 0, 1], dims="sample")  # of three, one of which does not occur
    >>> leave_one_out(symbols, model="histogram", n_symbols=3).mem.values.round(4)
    array([0.2231, 0.2231, 0.5108])
    """
    check_choice("model", model, _MODELS)
    check_number("width", width, 0.0)
    if width == 0:
        raise ValueError("width must be above 0; not 0.")
    found = points(data, "data")
    if found.sizes["sample"] < 2:
        raise ValueError("data has 1 sample, without which none is left; give at least 2.")
    x = found.values.reshape(found.sizes["sample"], -1)
    if model == "kernel":
        u, v = closed_forms.kernel(x, width)
    elif model == "gaussian":
        u, v = closed_forms.gaussian(x, width)
    elif model == "histogram":
        u, v = closed_forms.histogram(*_symbols(data, n_symbols))
    else:
        check_integer("n_components", n_components, 1, len(x) - 1)
        check_choice("refit", refit, [True, False])
        if n_components > (different := len(np.unique(x, axis=0))):
            raise ValueError(
                f"n_components must be at most the number of different samples, {different}; not "
                f"{n_components}."
            )
        u, v = closed_forms.mixture(
            x, n_components, refit=refit, seed=check_integer("seed", seed, 0)
        )
    return _labelled(data, u, v, model, refit)


def _symbols(data: xr.DataArray, n_symbols: int | None) -> tuple[np.ndarray, int]:
    """Return whole numbers from 0 and how many there may be; raise for others."""
    if data.dims != ("sample",) or data.dtype.kind not in "iu":
        raise TypeError(
            "a histogram is of symbols, whole numbers (sample); not "
            f"{data.dtype} {tuple(map(str, data.dims))}."
        )
    most = int(data.max()) + 1
    number = most if n_symbols is None else check_integer("n_symbols", n_symbols, 1)
    if int(data.min()) < 0 or most > number:
        wrong = int(data.min()) if int(data.min()) < 0 else most - 1
        raise ValueError(f"symbols must be between 0 and {number - 1}; not {wrong}.")
    return data.values, number


def _labelled(
    data: xr.DataArray, u: np.ndarray, v: np.ndarray, model: str, refit: bool
) -> xr.Dataset:
    approximate = model == "mixture"
    how = "to the tolerance of EM" if refit else "given the shares of the others"
    about: dict[str, Any] = {
        "units": "nat", "measure": "mem = U − V", "model": model, "n": len(u),
        "exact": how if approximate else "yes",
    }  # fmt: skip
    words = {
        "U": "log-density with the sample in the training set",
        "V": "log-density without it",
        "mem": "memorization, U − V",
    }
    values = {"U": u, "V": v, "mem": u - v}
    return xr.Dataset(
        {
            name: ("sample", values[name], {"long_name": said, **about})
            for name, said in words.items()
        },
        {key: coord for key, coord in data.coords.items() if coord.dims == ("sample",)},
    )
