"""A network as it was before any training: the same architecture, weights drawn anew."""

from __future__ import annotations

import copy

from torch import nn

from infonb.networks.state import device_and_dtype, random_state, seed_random_state
from infonb.validate import check_integer

__all__ = ["untrained"]


def untrained(model: nn.Module, seed: int = 0) -> nn.Module:
    """
    Return a copy of a network with new weights: what it does without any training.

    Parameters
    ----------
    model
        Any torch module; it is left as it is.
    seed
        Of the weights; torch's global random state is given back.

    Returns
    -------
    torch.nn.Module
        The copy, each of its modules reset by its own ``reset_parameters``, also running means and
        variances. Other ways in which the model's own code begins, such as smaller weights of a
        last layer, are not known.

    Raises
    ------
    ValueError
        If a module has weights of its own and no ``reset_parameters``; it is named.

    Examples
    --------
    >>> from infonb.networks import MLP
    >>> trained = MLP([4, 3, 2], seed=1)
    >>> new = untrained(trained)
    >>> bool((new.fc1.weight == trained.fc1.weight).any())
    False
    """
    check_integer("seed", seed, 0)
    new = copy.deepcopy(model)
    device = device_and_dtype(model)[0]
    with random_state(device):
        seed_random_state(device, seed)
        for name, module in new.named_modules():
            # attention keeps its own under another name
            reset = getattr(module, "reset_parameters", getattr(module, "_reset_parameters", None))
            if callable(reset):
                reset()
            elif any(True for _ in module.parameters(recurse=False)):
                raise ValueError(
                    f"module {name or 'itself'!r} ({type(module).__name__}) has weights of its "
                    "own, but no reset_parameters that draws them anew: make the untrained "
                    "network yourself, as the model was made."
                )
    return new
