"""The entropy in all rulers of the bins, so that a claim on it is judged in each of them."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["RULERS", "entropy_in_rulers"]

#: Range of the bins: common to the neurons of a network, shared by all networks, each neuron's own.
RULERS = ("common", "shared", "neuron")


def entropy_in_rulers(runs: xr.Dataset) -> xr.DataArray:
    r"""
    Return the entropy of runs in the three rulers of the bins, for the rows of a table.

    The ruler in which the runs were measured stays the one that a claim is about; the others say
    whether it holds in that ruler only.

    Parameters
    ----------
    runs
        What an experiment measured: ``entropy`` (\*levels, layer, neuron), with the attributes
        ``edges`` and ``bins`` of `infonb.entropy`, and ``activation`` (\*levels, layer, neuron,
        sample).

    Returns
    -------
    xarray.DataArray
        Dims (edges, \*levels, layer, neuron), in nats; its attribute ``edges`` names the ruler of
        the claim. Without activations the entropy as it is, in its one ruler.

    Examples
    --------
    >>> import infonb as inb
    >>> acts = inb.from_arrays({"fc1": np.random.default_rng(0).normal(size=(50, 4))})
    >>> runs = acts.assign(entropy=inb.entropy(acts, bins=10)).expand_dims(alpha=[0, 1])
    >>> entropy = entropy_in_rulers(runs)
    >>> entropy.edges.values.tolist(), entropy.attrs["edges"]
    (['common', 'shared', 'neuron'], 'common')
    """
    from infonb.measures import entropy

    own = runs["entropy"]
    ruler, bins = own.attrs.get("edges"), own.attrs.get("bins")
    if "activation" not in runs or ruler not in RULERS or not isinstance(bins, int | np.integer):
        return own
    activation = runs["activation"]
    of_samples = [name for name, coord in activation.coords.items() if "sample" in coord.dims]
    activation = activation.drop_vars(of_samples)
    found = [
        own if one == ruler else entropy(activation, bins=int(bins), edges=one) for one in RULERS
    ]
    names = xr.Variable("edges", np.array(RULERS, dtype=object))
    return xr.concat(
        found, names, coords="minimal", compat="override", combine_attrs="override"
    ).assign_attrs(own.attrs)
