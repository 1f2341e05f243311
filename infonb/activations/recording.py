"""From a model and its inputs to labelled activations."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
import xarray as xr
from torch import nn

import infonb
from infonb.activations.examples import Batch, Examples, examples
from infonb.activations.labelled import labelled, sample_coordinates
from infonb.activations.layers import Layer, arrange, choose, count_parameters, unwrapped
from infonb.activations.memory import Memory
from infonb.activations.notes import Notes, predictor
from infonb.activations.reduction import Reduce, Reduction, Select
from infonb.activations.watch import Watch, resting
from infonb.progress import progress_bar
from infonb.training.evaluation import home
from infonb.training.state import random_state, seed_random_state
from infonb.validate import check_choice, check_integer, check_number

__all__ = ["record"]


def record(
    model: nn.Module,
    data: Any,
    layers: str | Sequence[str] | Mapping[str, str] | None = None,
    *,
    hook: str = "output",
    reduce: Reduce = "mean",
    select: Select | None = None,
    neuron_dim: int | None = None,
    batch_size: int = 256,
    coords: Mapping[str, Any] | None = None,
    prediction: bool | Callable[[Any], Any] = True,
    dtype: str = "float32",
    max_bytes: float | None = None,
    seed: int | None = None,
    attrs: Mapping[str, Any] | None = None,
    progress: bool | str = True,
) -> xr.Dataset:
    """
    Return the activations of a model's layers on data, as one labelled dataset.

    The model is run in eval mode without gradients and left as it was found, also after an error:
    its hooks removed, every module in its own mode. The size in memory is printed before the run.

    Parameters
    ----------
    model
        Any torch model. The batches are moved to its device, and to its floating type.
    data
        An infonb data set (``input`` (sample, ...), ``label`` and coordinates on ``sample``, which
        are kept); an array or tensor of inputs (sample, ...); a tuple (inputs, labels); a dict of
        tensors, as a tokenizer makes it; a DataLoader or any iterable of batches: inputs, (inputs,
        labels) or dicts. Dicts are passed on as keyword arguments, without their ``label`` or
        ``labels`` if that has one dim: it becomes a coordinate.
    layers
        Names of modules (`list_layers` shows them), or a dict new name -> name. None: all Linear
        and Conv modules that are called, without the last one, the output. A module that is
        called more than once in a forward pass gives a layer for each call: ``"relu:0"``,
        ``"relu:1"``; such a name also selects one. The layers stand in the order in which the
        forward pass reaches them, whatever the order here.
    hook
        ``"output"`` of the module, or its ``"input"`` (the first one): what a functional relu
        before it, which is no module, has put out.
    reduce
        How more dims than (sample, neuron) become neurons. ``"mean"`` over tokens or space, each
        feature or channel a neuron (of dicts with ``attention_mask`` only the tokens that it
        marks); ``"first"``: the first token or position, such as [CLS]; ``"flatten"``: every
        feature at every position a neuron; or a function of the tensor (sample, ...) that returns
        (sample, neuron).
    select
        What to take of outputs that are no tensors: a position, a key, or a function of the
        output. Outputs that are tensors are left alone.
    neuron_dim
        Which dim of the outputs with three dims or more holds the neurons. None: as the type of
        module has it, else the last of three dims (sample, token, feature) and the second of more
        (sample, channel, row, column).
    batch_size
        Samples in a batch. A DataLoader or an iterable uses its own.
    coords
        More that is known about the samples: name -> one value for each, in the order of the data.
    prediction
        True: where the model returns logits (sample, class), or an object that has them as
        ``logits``, the class of the largest is kept as the coordinate ``prediction``; of a single
        logit, 1 where it is positive (above 0.5 if the model ends in a Sigmoid). A function of
        the model's output: use that. False: leave it out.
    dtype
        ``"float32"`` or ``"float64"``, the type of the recorded values.
    max_bytes
        The most memory that the activations may take. None: 80 % of what is free.
    seed
        Seed of torch's global random state during the recording, for models that draw at random
        in eval mode and for shuffled loaders; the state is given back afterwards. None: untouched.
    attrs
        More attributes of the dataset (text and numbers), such as the epoch.
    progress
        True, False or ``"text"``, as in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        ``activation`` with dims (layer, neuron, sample), NaN beyond the coordinate ``width`` of
        the layer; coordinates ``label``, ``prediction`` and others on ``sample``. Attributes:
        ``model``, ``data``, ``modules``, ``hook``, ``reduce``, ``n_parameters``, ``versions``.

    Raises
    ------
    ValueError
        If a layer is not found, never called, gives no tensor or changes its width between
        batches; if data are empty or differ in length; if the result would not fit into memory.
    TypeError
        If the model is no torch module, or the data have none of the forms above.

    Notes
    -----
    The copy is made inside the hook, so that a ReLU that works in place does not change what was
    recorded before it. NaN and infinite activations are kept; the measures refuse them by name.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 3: entropy and mutual information of the neurons
    of an encoder on unlabelled examples.

    Examples
    --------
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks.mlp import MLP
    >>> activations = record(MLP([2, 16, 8, 1]), concentric_circles(100), progress=False)
    >>> activations.activation.dims, activations.activation.shape
    (('layer', 'neuron', 'sample'), (2, 16, 100))
    >>> activations.layer.values, activations.width.values
    (array(['fc1', 'fc2'], dtype=object), array([16,  8]))
    >>> sorted(activations.sample.coords)
    ['label', 'prediction', 'sample']
    """
    check_choice("hook", hook, ["output", "input"])
    check_choice("dtype", dtype, ["float32", "float64"])
    check_choice("progress", progress, [True, False, "text"])
    check_integer("batch_size", batch_size, 1)
    if max_bytes is not None:
        check_number("max_bytes", max_bytes, 1)
    if not callable(prediction):
        check_choice("prediction", prediction, [True, False])
    reduction = Reduction(reduce, select, neuron_dim, getattr(torch, dtype))
    model = unwrapped(model)
    asked = choose(model, layers)
    source = examples(data, batch_size)
    if source.n_samples is not None:
        sample_coordinates({**source.coords, **(coords or {})}, source.n_samples)

    device, _ = home(model)
    memory = Memory(source.n_samples, dtype, max_bytes)
    notes = Notes(predictor(model, prediction))
    with nullcontext() if seed is None else random_state(device):
        if seed is not None:
            seed_random_state(device, check_integer("seed", seed, 0))
        steps = _walk(model, source, asked, hook, reduction, default=layers is None)
        chosen: list[Layer] = []
        bar = None
        try:
            for chosen, rows, batch, output in steps:  # noqa: B007
                if bar is None:
                    line = memory.start([block.shape[1] for block in rows])
                    if progress:
                        print(line)
                    bar = progress_bar(
                        show=progress, total=source.n_samples, desc="record", unit=" samples"
                    )
                memory.append(rows)
                notes.append(batch, output)
                bar.update(batch.size)
        finally:
            steps.close()  # at once, not when the generator is collected: hooks and modes
            if bar is not None:
                bar.close()
    if not chosen:
        raise ValueError(f"data ({source.name}) holds no samples.")
    activation = memory.finish()
    known = {**notes.coords(), **source.coords, **(coords or {})}
    described = {
        "model": type(model).__name__,
        "data": source.name,
        "modules": ", ".join(f"{x.name}: {type(x.module).__name__}" for x in chosen),
        "hook": hook,
        "reduce": _name(reduce),
        **({} if select is None else {"select": _name(select)}),
        **({} if neuron_dim is None else {"neuron_dim": neuron_dim}),
        **({} if seed is None else {"seed": seed}),
        "n_parameters": count_parameters(model),
        "versions": f"infonb {infonb.__version__}, torch {torch.__version__}, "
        f"xarray {xr.__version__}",
        **(attrs or {}),
    }
    names = [layer.name for layer in chosen]
    kept = sample_coordinates(known, activation.shape[2])
    return labelled(activation, names, memory.widths, kept, described)


def _walk(
    model: nn.Module,
    source: Examples,
    asked: Sequence[Layer],
    hook: str,
    reduction: Reduction,
    *,
    default: bool,
) -> Generator[tuple[list[Layer], list[torch.Tensor], Batch, Any]]:
    """Yield for every batch: the layers, their rows (sample, neuron), the batch, the output."""
    chosen: list[Layer] = []
    widths: list[int] = []
    batch = Batch((), {}, None, 0)

    def take(value: Any, name: str, module: nn.Module) -> torch.Tensor:
        mask = batch.kwargs.get("attention_mask")
        return reduction(value, name, module, batch.size, mask)

    modules = {layer.module_name: layer.module for layer in asked}
    place = home(model)
    with resting(model), Watch(modules, hook, take) as watch:
        number = 0
        for batch in source.batches:
            if batch.size == 0:
                continue
            batch = batch.to(*place)
            output = watch.run(model, batch)
            fired = [name for name, _ in watch.fired]
            if not chosen:
                chosen = arrange(asked, fired, default=default)
                watch.only({layer.module_name for layer in chosen})
            calls: dict[tuple[str, int], torch.Tensor] = {}
            for i, (name, rows) in enumerate(watch.fired):
                calls[name, fired[:i].count(name)] = rows
            blocks = []
            for layer in chosen:
                block = calls.get((layer.module_name, layer.call or 0))
                if block is None:
                    raise ValueError(
                        f"layer {layer.name!r} was called in the first batch, but not in batch "
                        f"{number} (counted from 0); record layers that every batch passes."
                    )
                blocks.append(block)
            found = [block.shape[1] for block in blocks]
            widths = widths or found
            for layer, first, now in zip(chosen, widths, found, strict=True):
                if first != now:
                    raise ValueError(
                        f"layer {layer.name!r} has {first} neurons in the first batch, but {now} "
                        f"in batch {number} (counted from 0), called with {batch}. With "
                        "reduce='flatten' all samples need the same number of tokens or pixels: "
                        "use reduce='mean' or 'first', or pad all batches alike."
                    )
            number += 1
            yield chosen, blocks, batch, output


def _name(how: Any) -> str | int:
    return str(getattr(how, "__name__", type(how).__name__)) if callable(how) else how
