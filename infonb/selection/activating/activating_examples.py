"""The examples that excite chosen neurons most, or least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import inside_width, take_activation, with_layer
from infonb.measures.rows.layout import check_real, plain, real
from infonb.selection.activating.chosen_neurons import Chosen, choose_neurons
from infonb.validate import check_dim, check_integer

__all__ = ["activating_examples", "highest"]

Neurons = str | Sequence[Any] | np.ndarray


def activating_examples(
    activations: xr.DataArray | xr.Dataset,
    neurons: Neurons | None = None,
    *,
    n: int = 9,
    largest: bool = True,
    each: int = 5,
    entropy: xr.DataArray | None = None,
) -> xr.Dataset:
    """
    Return the examples that excite chosen neurons most, labels unused.

    Dims (layer, neuron, sample) in; dims (neuron, rank) out: one row for each chosen neuron of any
    layer, with its ``layer`` as a coordinate.

    Parameters
    ----------
    activations
        What `record`, `from_arrays` or `open_activations` returned, of one network; ``layer`` may
        be absent. Of an array backed by dask one chunk of samples after the other is read, and of
        it the chosen neurons are kept.
    neurons
        Which neurons: ``"lowest entropy"`` or ``"highest entropy"``, of all layers; labels, which
        are taken in each layer that has them; pairs (layer, label); or a list of any of these.
        None: those of lowest, then those of highest entropy.
    n
        How many examples of each neuron.
    largest
        False: the examples with the lowest activations.
    each
        How many neurons ``"lowest entropy"`` and ``"highest entropy"`` mean.
    entropy
        Of all neurons, dims (layer, neuron), where it is known already; None: it is measured where
        neurons are chosen by it, as `infonb.entropy` does by default.

    Returns
    -------
    xarray.Dataset
        ``value`` (neuron, rank), the activations, the first rank is the most excited; ``sample``
        (neuron, rank), the label of the example, and ``position`` (neuron, rank), its place along
        ``sample``, as in ``inputs[position]``. Equal activations come in the order of the samples.
        What is known of the samples, such as ``label``, has the same dims. Coordinates of
        ``neuron``, whose labels can be there twice: ``layer``; ``chosen``, why it is here; and
        ``entropy``, where neurons are chosen by it. The attribute ``largest`` says which end it is.

    Raises
    ------
    ValueError
        For dims of more than one network, a neuron that is not there, more examples than there are,
        or a chosen neuron with a value that is not finite.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022): their code shows these of the five neurons of lowest and
    highest entropy.

    Examples
    --------
    >>> import infonb as inb
    >>> values = np.array([[0.0, 3.0], [2.0, 1.0], [1.0, 2.0]])  # (sample, neuron)
    >>> acts = inb.from_arrays({"fc1": values}, coords={"label": ["a", "b", "c"]})
    >>> found = activating_examples(acts, neurons=[1], n=2)
    >>> found.value.values.tolist(), found.label.values.tolist()
    ([[3.0, 2.0]], [['a', 'c']])
    """
    values = take_activation(activations)
    check_dim("sample", values.dims, "activations")
    check_real(values.dtype, "activations")
    if "neuron" not in values.dims:
        values = values.drop_vars("neuron", errors="ignore").expand_dims("neuron")
    values = with_layer(values)
    others = [str(dim) for dim in values.dims if dim not in ("layer", "neuron", "sample")]
    if others:
        raise ValueError(
            f"activations has dim {others[0]!r}: examples are those of one network. Choose one: "
            f"activations.sel({others[0]}=...)."
        )
    values = values.transpose("layer", "neuron", "sample")
    n_samples = values.sizes["sample"]
    check_integer("n", n, 1, n_samples)
    check_integer("each", each, 1)
    rows = choose_neurons(values, _inside(values), neurons, each, entropy)
    value, position = _first(values, rows, n, 1 if largest else -1)
    found = _labelled(values, rows, value, position)
    return found.assign_attrs(largest=largest, n_samples=n_samples)


def _inside(values: xr.DataArray) -> np.ndarray:
    """Return which neurons there are, (layer, neuron)."""
    inside = inside_width(values)
    template = values.isel(sample=0, drop=True)
    if inside is None:
        return np.ones(template.shape, bool)
    return inside.broadcast_like(template).transpose("layer", "neuron").values


def _first(values: xr.DataArray, rows: Chosen, n: int, sign: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the n highest values of each row and their places, going through the chunks once."""
    found: np.ndarray = np.empty((len(rows.layer), 0))
    places: np.ndarray = np.empty((len(rows.layer), 0), np.int64)
    for start, block in _blocks(values, rows):
        found = np.concatenate([found, block], axis=1)
        here = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        places = np.concatenate([places, here], axis=1)
        kept = np.stack([highest(sign * row, n) for row in found])
        found = np.take_along_axis(found, kept, axis=1)
        places = np.take_along_axis(places, kept, axis=1)
    return found, places


def _blocks(values: xr.DataArray, rows: Chosen) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the chosen neurons chunk by chunk of the samples: start, and (row, sample)."""
    chunks = values.chunksizes.get("sample", (values.sizes["sample"],))
    start = 0
    for size in chunks:
        part = values.isel(sample=slice(start, start + size))
        block = np.empty((len(rows.layer), size))
        for layer in np.unique(rows.layer):
            of = np.flatnonzero(rows.layer == layer)
            block[of] = real(part.isel(layer=layer, neuron=rows.neuron[of]).values)
        if not np.isfinite(block).all():
            row, at = np.argwhere(~np.isfinite(block))[0]
            labels = (values[dim].values[places[row]] for dim, places in _places(rows))
            layer, neuron = map(plain, labels)
            sample = plain(values["sample"].values[start + at])
            raise ValueError(
                f"activation is {block[row, at]} at layer {layer!r}, neuron {neuron!r}, sample "
                f"{sample!r}; what excites a neuron most can be told of finite values only. Leave "
                f"that one out: activations.drop_sel(sample=[{sample!r}])."
            )
        yield start, block
        start += size


def highest(row: np.ndarray, n: int) -> np.ndarray:
    """Return the places of the n highest values, equal ones in their order."""
    some = np.arange(row.size)
    if row.size > n:  # sorting all of them would take much longer
        some = np.flatnonzero(row >= np.partition(row, row.size - n)[row.size - n])
    return some[np.argsort(-row[some], kind="stable")][:n]


def _places(rows: Chosen) -> tuple[tuple[str, np.ndarray], ...]:
    return ("layer", rows.layer), ("neuron", rows.neuron)


def _labelled(
    values: xr.DataArray, rows: Chosen, value: np.ndarray, position: np.ndarray
) -> xr.Dataset:
    """Return values and places (neuron, rank) with all that is known of neurons and samples."""
    both = ("neuron", "rank")
    coords: dict[str, Any] = {
        dim: ("neuron", values[dim].values[places]) for dim, places in _places(rows)
    }
    coords["chosen"] = ("neuron", np.array(rows.why, dtype=object))
    coords["rank"] = np.arange(1, value.shape[1] + 1)
    if rows.entropy is not None:
        coords["entropy"] = ("neuron", rows.entropy, rows.attrs)
    taken = {*coords, "value", "sample", "position"}
    known = {
        name: (both, coord.values[position])
        for name, coord in values.coords.items()
        if coord.dims == ("sample",) and name not in taken
    }
    return xr.Dataset(
        {
            "value": (both, value, {"long_name": "activation"}),
            "sample": (both, values["sample"].values[position]),
            "position": (both, position),
        },
        coords | known,
    )
