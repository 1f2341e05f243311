"""The null of a training: what the same network has before it, on the same examples."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import xarray as xr

from infonb.experiments.cache import checksum
from infonb.storage.atomic import digest

if TYPE_CHECKING:
    from torch import nn

__all__ = ["against_null", "before_training"]

#: What is compared; a variable of the network before its training has this in front.
_NULL, _MEASURED = "null_", ("entropy", "mutual_information")

#: The last that were measured: at all levels of a seed it is one network.
_KNOWN: OrderedDict[str, xr.Dataset] = OrderedDict()
_MOST = 16


def before_training(
    network: nn.Module, examples: xr.Dataset, measure: Callable[[nn.Module], xr.Dataset], how: str
) -> xr.Dataset:
    """
    Return ``null_entropy`` and ``null_mutual_information`` of an untrained network, dims as theirs.

    `how` names all that `measure` depends on besides the network and the examples.
    """
    weights = (part.detach().cpu().numpy().tobytes() for part in network.state_dict().values())
    key = digest(" ".join([*map(digest, weights), checksum(examples), how]).encode())
    if key not in _KNOWN:
        found = measure(network)
        there = [name for name in _MEASURED if name in found]  # shared bins wait for all networks
        # the names of its layers and neurons are those of the trained one; texts go along with it
        bare = found[there].drop_vars([*found[there].coords])
        _KNOWN[key] = bare.rename({name: _NULL + name for name in there})
        while len(_KNOWN) > _MOST:
            _KNOWN.popitem(last=False)
    return _KNOWN[key].copy(deep=True)


def against_null(runs: xr.Dataset, variable: str, **level: object) -> xr.DataArray:
    """Return a variable at a level, dims (training, seed, ...): before training and after it."""
    names = xr.Variable("training", ["before", "after"])
    both = [runs[name].sel(level, drop=True) for name in (_NULL + variable, variable)]
    return xr.concat(both, names).rename(variable)
