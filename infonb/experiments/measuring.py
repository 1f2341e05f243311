"""What is measured on a recorded network: the paper's two measures, and which layers."""

from __future__ import annotations

import xarray as xr

__all__ = ["hidden_layers", "information", "information_of_first", "shared_entropy"]


def hidden_layers(depth: int, activations: str) -> list[str]:
    """Return the names of an MLP's layers to record, before (pre) or after (post) the ReLU."""
    stem = {"pre": "fc", "post": "relu"}[activations]
    return [f"{stem}{i}" for i in range(1, depth + 1)]


def information(
    recorded: xr.Dataset, *, bins: int, edges: str, k: int, mi_samples: int = 0, mi_neurons: int = 0
) -> xr.Dataset:
    """
    Return a recording with its entropy (layer, neuron) and KSG mutual information of pairs.

    Of all pairs, or of so many drawn neurons in all. Entropy in bins shared by all networks has to
    wait until they are all there.
    """
    from infonb.measures import entropy, mutual_information
    from infonb.measures.drawn import share_out

    run = recorded.copy()
    if edges != "shared":
        run["entropy"] = entropy(run.activation, bins=bins, edges=edges)
    run["mutual_information"] = mutual_information(
        run.activation, k=k, max_samples=mi_samples or None,
        neurons=share_out(run.activation, mi_neurons) if mi_neurons else None,
    )  # fmt: skip
    return run


def information_of_first(
    recorded: xr.Dataset, n: int, *, bins: int, edges: str, k: int, mi_samples: int = 0
) -> xr.Dataset:
    """
    Return a recording with the entropy of all neurons, and the MI of the first `n` of each layer.

    0, or more than there are: of all. MI has dims (layer, neuron, other_layer, other_neuron), NaN
    in `neuron` beyond the first. Neurons are standardized for it, which leaves MI as it is: in the
    first blocks of an encoder some vary much less than others.
    """
    from infonb.measures import entropy, mutual_information

    run = recorded.copy()
    if edges != "shared":
        run["entropy"] = entropy(run.activation, bins=bins, edges=edges)
    first = run.activation.isel(neuron=slice(n or None))
    run["mutual_information"] = mutual_information(
        first, k=k, max_samples=mi_samples or None, standardize=True
    )
    return run


def shared_entropy(runs: xr.Dataset, *, bins: int, edges: str) -> xr.Dataset:
    """Return the runs with the entropy in bins shared by all of them, if `edges` asks for it."""
    if edges == "shared":
        from infonb.measures import entropy

        activation = runs.activation
        of_samples = [name for name, coord in activation.coords.items() if "sample" in coord.dims]
        runs["entropy"] = entropy(activation.drop_vars(of_samples), bins=bins, edges="shared")
    return runs
