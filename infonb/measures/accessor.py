"""The accessor ``.infonb`` of data sets and arrays: the measures as methods."""

from __future__ import annotations

from typing import Any

import xarray as xr

__all__ = ["Measures"]


class Measures:
    """
    Measures of a labelled set of activations, as methods.

    Thin and stateless: each method hands the object to the function of the same name. In a notebook
    it shows a table: of activations their layers, sizes and hook point, of measures their units and
    estimator.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> values = np.random.default_rng(0).normal(size=(4, 500))
    >>> acts = xr.Dataset({"activation": (("neuron", "sample"), values)})
    >>> acts.infonb.entropy(bins=10).dims
    ('neuron',)
    >>> acts.activation.infonb.mutual_information().dims
    ('neuron', 'other_neuron')
    >>> acts.infonb
    Activations (float64, 0.016 MB)
          layer  neurons  samples    MB
    all neurons        4      500 0.016
    """

    def __init__(self, obj: xr.Dataset | xr.DataArray) -> None:
        self._obj = obj

    def __repr__(self) -> str:
        from infonb.measures.summary import to_text

        return to_text(self._obj)

    def _repr_html_(self) -> str:
        from infonb.measures.summary import to_html

        return to_html(self._obj)

    def entropy(self, dim: str = "sample", **options: Any) -> xr.DataArray:
        """
        Return the entropy of every neuron; see :func:`infonb.entropy`.

        Parameters
        ----------
        dim
            The dimension over which the distribution is taken.
        **options
            As in :func:`infonb.entropy`.
        """
        from infonb.measures import entropy

        return entropy(self._obj, dim, **options)

    def mutual_information(self, dim: str = "sample", **options: Any) -> xr.DataArray:
        """
        Return the MI of all pairs of neurons; see :func:`infonb.mutual_information`.

        Parameters
        ----------
        dim
            The dimension over which the distribution is taken.
        **options
            As in :func:`infonb.mutual_information`.
        """
        from infonb.measures import mutual_information

        return mutual_information(self._obj, dim, **options)


for _register in (xr.register_dataset_accessor, xr.register_dataarray_accessor):
    _register("infonb")(Measures)
