"""From a model and its inputs to labelled activations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import xarray as xr
from torch import nn

from infonb.activations.alignment import align_coords
from infonb.activations.alone import alone
from infonb.activations.disk.identity import model_fingerprint, of_arrays, of_function, of_layers
from infonb.activations.disk.stream import Stream
from infonb.activations.examples import Examples, examples
from infonb.activations.filling import fill
from infonb.activations.forward_pass import ForwardPass
from infonb.activations.labelled import labelled, sample_coordinates
from infonb.activations.layers import Layer, choose, restore_layers
from infonb.activations.memory import Memory
from infonb.activations.modules import count_parameters, own_dtype, unwrapped
from infonb.activations.reduction import Reduce, Reduction, Select
from infonb.activations.sample_notes import SampleNotes, predictor
from infonb.activations.torch_lens import ONE_AT_A_TIME, torch_lens_version
from infonb.activations.views import BLOCK, MemoryOfViews, Views
from infonb.networks.state import random_state, seed_random_state
from infonb.progress import progress_bar
from infonb.storage import check_storable
from infonb.validate import check_choice, check_integer, check_number
from infonb.version import __version__

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
    dtype: str | None = None,
    max_bytes: float | None = None,
    seed: int | None = None,
    attrs: Mapping[str, Any] | None = None,
    to: str | Path | None = None,
    augment: Callable[..., Any] | None = None,
    n_augmentations: int = 10,
    progress: bool | str = True,
) -> xr.Dataset:
    """
    Return the activations of a model's layers on data, as one labelled dataset.

    The model is run in eval mode without gradients and left as it was found, also after an error:
    its hooks removed, every module in its own mode. The size is printed before the run.

    The activations are held in memory, or, with ``to="activations.zarr"``, written to disk as they
    come: then they may be larger than memory, and a run that was interrupted, however that was,
    goes on where it stopped when the same line is run again.

    Parameters
    ----------
    model
        Any torch model, but for those that torch.jit has scripted or traced. The batches are copied
        to its device and to its floating type; where it has several, they keep their own.
    data
        An infonb data set (``input`` (sample, ...), ``label`` and coordinates on ``sample``, which
        are kept); an array or tensor of inputs (sample, ...), also one that lies on disk
        (memory-mapped, dask, zarr: read batch by batch); a tuple (inputs, labels), labels of one
        dim; a dict of tensors, as a tokenizer makes it; a DataLoader or any iterable of batches
        (inputs, (inputs, labels) or dicts), or of pairs (input, label) of single samples. Dicts are
        passed on as keyword arguments, without their ``label`` or ``labels`` if that has one dim:
        it becomes a coordinate. A model whose one argument is a dict takes ``{"name of the
        argument": {...}}``. DataArrays with labels of their samples are put into one order.
    layers
        Names of modules (`list_layers` shows them), or a dict new name -> name. None: all Linear
        Conv and recurrent modules that are called, without the last one, the output. The string
        ``"blocks"``: what suits the architecture, see Notes. A module that
        is called more than once in a forward pass gives a layer for each call: ``"relu:0"``,
        ``"relu:1"``; such a name also selects one. The layers stand in the order in which the
        forward pass reaches them, whatever the order here. Operations that are no modules (a
        functional relu, a residual sum) have names such as ``"relu_1_2"``, given by TorchLens, see
        Notes and ``list_layers(model, data, operations=True)``.
    hook
        ``"output"`` of the module, or its ``"input"`` (``hidden_states``, or the first argument of
        its ``forward`` that is no mask, and no whole numbers beside others): what a functional relu
        before it, which is no module, has put out.
    reduce
        How more dims than (sample, neuron) become neurons. ``"mean"`` over tokens or space, each
        feature or channel a neuron; ``"first"``: the first token or position, such as [CLS];
        ``"flatten"``: every feature at every position a neuron; or a function of the tensor
        (sample, ...) that returns (sample, neuron). Tokens are the real ones only, see Notes. A
        function of two arguments also gets the mask (sample, token), true at real tokens:
        ``lambda x, mask: x[mask]`` makes each of them a sample of its own, with the coordinates of
        its text and its number as ``example`` (in memory only).
    select
        What to take of outputs that are no tensors: a position, a key, or a function of the
        output. Outputs that are tensors are left alone. None: of recurrent modules the hidden
        states of all steps, which `reduce` then averages.
    neuron_dim
        Which dim of the outputs with three dims or more holds the neurons. None: as the type of
        module has it, or those that it holds, else the last of three dims (sample, token, feature)
        and the second of more (sample, channel, row, column).
    batch_size
        Samples in a batch. A DataLoader or an iterable uses its own.
    coords
        More that is known about the samples: name -> one value for each, in the order of the data.
    prediction
        True: where the model returns logits (sample, class), or an object that has them as
        ``logits``, the class of the largest is kept as the coordinate ``prediction``; of a single
        logit, 1 where it is positive (above 0.5 if a sigmoid makes it; left out where values of one
        sign come from something else). A function of the model's output: use that. False: leave it
        out.
    dtype
        ``"float32"`` or ``"float64"``, the type of the recorded values. None: float64 if the model
        has weights of that type. Values that float32 cannot tell apart are refused.
    max_bytes
        The most memory that the activations may take, or the most on disk with `to`, where whole
        chunks count. None: 80 % of the memory that is free, or all that is free on the disk.
    seed
        Seed of torch's global random state during the recording, for models that draw at random
        in eval mode and for shuffled loaders; the state is given back afterwards. None: untouched.
        With `augment` also the seed of the views; None is then 0.
    attrs
        More attributes of the dataset (text and numbers), such as the epoch.
    to
        Folder of the zarr store to write, by custom ``activations.zarr``; None: memory. See Notes.
        Not with `augment`.
    augment
        Random views of the samples, such as `infonb.data.ImageViews`: a function of inputs
        (sample, ...) that returns inputs of that shape; if it takes an argument ``generator``,
        it must draw from that, else from torch's global random state. The views are the same for
        every model, batch size and device. None: the samples as they are. Of one array of inputs
        only, not of texts.
    n_augmentations
        How many views of each sample.
    progress
        True, False or ``"text"``, as in `infonb.progress.progress_bar`.

    Returns
    -------
    xarray.Dataset
        ``activation`` with dims (layer, neuron, sample), NaN beyond the coordinate ``width`` of
        the layer; coordinates ``label``, ``prediction`` and others on ``sample``. Attributes:
        ``model``, ``data``, ``modules``, ``hook``, ``reduce``, ``n_parameters``, ``versions``, and
        ``layers`` if these are blocks.
        With `augment` the dims are (augmentation, layer, neuron, sample), ``prediction`` is one of
        each view, and ``augment`` and ``seed`` are attributes.
        With `to` the same, as dask arrays with the chunks of the store.

    Raises
    ------
    ValueError
        If a layer is not found, never called, called more often in some batches, gives no tensor,
        other rows than its samples, or another width in some batches; if a sample has no real
        token; if data are empty, masked, or differ in the number or labels of their samples; if the
        result would not fit into memory or on the disk; if the store `to` is of another model,
        other layers, other data or options; if data that are to be stored come in an order that is
        drawn anew each time.
    FileExistsError
        If there is something else at `to`.
    RuntimeError
        If another process or thread is writing to `to`.
    TypeError
        If the model is no torch module, or scripted; if the data have none of the forms above.
    ImportError
        If an operation is named and TorchLens is not installed.

    Warns
    -----
    UserWarning
        If padding counts because no mask is known to belong to a layer; if float32 cannot tell
        the inputs apart.

    Notes
    -----
    The copy is made inside the hook, so that a ReLU that works in place does not change what was
    recorded before it; inputs are copied, so that a model may change them. NaN and infinite
    activations are kept; the measures refuse them by name. Parts that are compiled run as they were
    before. Where a dim of a layer is as long as the batch, one sample less is run once, to see
    which dim holds the samples. Threads that record one model do so one after the other.

    ``layers="blocks"`` takes the outputs of the parts that repeat, the outermost ones that hold
    more than one layer: the blocks of a transformer; the stages of a ResNet, which are lists of
    blocks of different width. Of a network in which nothing repeats, it takes the last convolution
    at each resolution, recurrent layers, or linear layers without the output. It is judged by how
    the modules lie in each other and by a forward pass more of the first batch, not by names; of an
    output that is no tensor, the first tensor in it counts. The attribute ``layers`` of the dataset
    says in words what was taken. (A module that has the name ``blocks`` is ``["blocks"]``.)

    Operations are traced by TorchLens in every batch, which takes many times as long as hooks on
    modules; where a module does the same, name the module. Modules and operations may be mixed;
    then each batch is run once for either. The name of an operation is its place in the forward
    pass: batches for which the model computes other operations are refused. Several calls (of a
    recurrent layer, say) are ``"linear_1_2:1"``, ``"linear_1_2:2"``, counted from 1 as there. Dims
    and masks are treated as those of modules; ``hook`` is then the attribute ``"operation"``.

    Real tokens are those that an argument marks whose name ends in ``attention_mask`` (1 at real
    tokens) or ``key_padding_mask`` (true at padding), as (sample, token) or with more dims, as 0
    and 1 or as 0 and -inf. Where a model has an encoder and a decoder, the names of layer and mask
    (``decoder_``, ``tgt_``) must say which of them they belong to. Of one sequence, the mask counts
    that the nearest module around a layer is called with: some models make it themselves, or cut
    the batch. Tokens that a model adds, such as a prompt, count; whether they stand before or
    behind the others is found by running one sample without its padding. A mask that still does not
    fit a layer, or that cannot be read, is not used, and a warning says so.

    With `to`, the store is made in a folder beside its place, ``activations.zarr.partial``, and
    moved there when it is whole. Every batch is on disk when the next one begins: a process that
    was killed at any moment goes on after the last whole batch, and the result is the same as
    without interruption. For that the batches before are read once more, but not run through the
    model. Models that draw at random in eval mode do so only with `seed`, and shuffled loaders need
    `seed` or a generator with the same seed. In memory are one batch and a few chunks of 16 MB.

    Nothing is ever appended to, or replaced by, a recording of something else, and nobody else can
    write to it meanwhile. Compared are: class, modules, weights and buffers of the model, the plain
    values and functions that its modules keep as attributes, forward hooks on it, layers, options,
    the inputs and labels, `coords` and `attrs`. Not compared are: the Python code of the modules;
    what they keep in other objects, lists or tensors that are no buffers (where caches are, too);
    what a function or hook looks up outside itself. If the store is finished and the same, it is
    returned as it is: its data are read once more, the model is not run. (To open it without that,
    use `open_activations`; to record anew, remove it.)

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 3: entropy and mutual information of the neurons
    of an encoder on unlabelled examples.

    Examples
    --------
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks import MLP
    >>> activations = record(MLP([2, 16, 8, 1]), concentric_circles(100), progress=False)
    >>> activations.activation.dims, activations.activation.shape
    (('layer', 'neuron', 'sample'), (2, 16, 100))
    >>> activations.layer.values, activations.width.values
    (array(['fc1', 'fc2'], dtype=object), array([16,  8]))
    >>> sorted(activations.sample.coords)
    ['label', 'prediction', 'sample']

    On disk, to be interrupted and continued at will:

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = f"{folder.name}/activations.zarr"
    >>> stored = record(MLP([2, 16, 8, 1]), concentric_circles(100), to=path, progress=False)
    >>> stored.load().identical(activations)
    True
    >>> folder.cleanup()

    Ten views of each of 50 digits:

    >>> from infonb.data import DigitViews, load_digits
    >>> digits = load_digits().isel(sample=slice(50))
    >>> views = record(MLP([64, 16, 2]), digits, augment=DigitViews(), progress=False)
    >>> dict(views.activation.sizes)
    {'augmentation': 10, 'layer': 1, 'neuron': 16, 'sample': 50}
    """
    check_choice("hook", hook, ["output", "input"])
    check_choice("dtype", dtype, [None, "float32", "float64"])
    check_choice("progress", progress, [True, False, "text"])
    check_integer("batch_size", batch_size, 1)
    if max_bytes is not None:
        check_number("max_bytes", max_bytes, 1)
    if not callable(prediction):
        check_choice("prediction", prediction, [True, False])
    model = unwrapped(model)
    dtype = own_dtype(model) if dtype is None else dtype
    reduction = Reduction(reduce, select, neuron_dim, getattr(torch, dtype))
    asked = choose(model, layers)
    operations = [layer.name for layer in asked.layers if layer.operation]
    if operations and hook == "input":
        raise ValueError(
            f"hook='input' is of modules, but layer {operations[0]!r} is an operation; record what "
            "it gets by the names of the operations before it."
        )
    # a seed is that of the whole process, and so are the functions that TorchLens traces
    draws = seed is not None or augment is not None
    shared = [torch.default_generator] * draws + [ONE_AT_A_TIME] * bool(operations)
    with alone(model, *shared):
        source = examples(data, BLOCK if augment is not None else batch_size)
        views = None
        if augment is not None:
            _check_memory(to)
            views = Views(augment, n_augmentations, seed, source, batch_size, model)
            source = replace(source, batches=views.batches(), views=views.n)
        given = {**source.coords, **align_coords(coords, source.labels)}
        if source.n_samples is not None:
            sample_coordinates(given, source.n_samples)
        options = {
            "hook": hook,
            "reduce": reduce,
            **({} if select is None else {"select": select}),
            **({} if neuron_dim is None else {"neuron_dim": neuron_dim}),
            **({} if seed is None else {"seed": check_integer("seed", seed, 0)}),
            **({} if views is None else {"augment": str(views), "seed": views.seed}),
        }
        forward = ForwardPass(model, asked, hook, reduction)
        notes = SampleNotes(predictor(prediction, forward.last_operation))
        sink: Memory | Stream
        if views is not None:
            sink = MemoryOfViews(views, views.n_samples, dtype, max_bytes)
        elif to is None:
            sink = Memory(source.n_samples, dtype, max_bytes)
        else:
            _check_order(source, seed)
            check_storable(given, attrs or {})
            about = {
                **model_fingerprint(model),
                "layers": of_layers(asked),
                **{name: of_function(value) for name, value in options.items()},
                "prediction": of_function(prediction),
                "data": source.name,
                "coords": of_arrays(given),
                "attrs": json.loads(json.dumps(dict(attrs or {}), default=str)),
            }
            drawing = None if seed is None else forward.device
            sink = Stream(to, about, source.n_samples, dtype, max_bytes, drawing)

        with _closed(sink), _seeded(forward.device, seed):
            forward.layers, forward.widths = restore_layers(model, sink.layers), sink.widths
            notes.parts = sink.recorded
            if isinstance(sink, Stream) and sink.finished:
                with progress_bar(
                    show=progress, total=source.n_samples, desc="compare", unit=" samples"
                ) as bar:
                    return sink.reopened(source, bar.update)
            fill(sink, forward, source, notes, progress)
            described = {**_described(model, source, forward, options), **(attrs or {})}
            return _finished(sink, forward, notes, given, described, views)


def _described(
    model: nn.Module, source: Examples, forward: ForwardPass, options: Mapping[str, Any]
) -> dict[str, Any]:
    why = forward.layers[0].why
    versions = [f"infonb {__version__}", f"torch {torch.__version__}", f"xarray {xr.__version__}"]
    hooks = ["operation" if layer.operation else options["hook"] for layer in forward.layers]
    return {
        "model": type(model).__name__,
        "data": source.name,
        "modules": ", ".join(f"{layer.name}: {_kind(layer)}" for layer in forward.layers),
        **({"layers": why} if why else {}),
        **{name: _name(value) for name, value in options.items()},
        "hook": " and ".join(dict.fromkeys(hooks)),
        "n_parameters": count_parameters(model),
        "versions": ", ".join(
            [*versions, *([torch_lens_version()] if "operation" in hooks else [])]
        ),
    }


def _kind(layer: Layer) -> str:
    return layer.module_name.split("_")[0] if layer.operation else type(layer.module).__name__


def _finished(
    sink: Memory | Stream,
    forward: ForwardPass,
    notes: SampleNotes,
    given: Mapping[str, Any],
    described: Mapping[str, Any],
    views: Views | None,
) -> xr.Dataset:
    """Put names on what was recorded."""
    activation = sink.finish()
    noted, of_views = notes.coords(), {}
    if views is not None:
        noted = views.coords(noted)
        of_views = {name: values for name, values in noted.items() if values.ndim == 2}
        noted = {name: values for name, values in noted.items() if name not in of_views}
    try:
        known = {**noted, **notes.of_rows(given)}
        kept = {**of_views, **sample_coordinates(known, activation.shape[-1])}
    except ValueError:
        sink.reject_coords()
        raise
    names = [layer.name for layer in forward.layers]
    return sink.publish(labelled(activation, names, forward.widths, kept, described))


@contextmanager
def _seeded(device: torch.device, seed: int | None) -> Iterator[None]:
    """Seed torch's global random state, and give it back; leave it alone without a seed."""
    if seed is None:
        yield
        return
    with random_state(device):
        seed_random_state(device, seed)
        yield


@contextmanager
def _closed(sink: Memory | Stream) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        sink.close(error)
        raise
    sink.close()


def _check_memory(to: str | Path | None) -> None:
    if to is not None:
        raise ValueError(
            "to= writes one recording of the samples as they are, not their views; leave out "
            "augment=, or record the views to memory, of fewer layers or samples at a time, and "
            "save them: infonb.save(activations, 'views.zarr')."
        )


def _check_order(source: Examples, seed: int | None) -> None:
    if source.drawn and seed is None:
        raise ValueError(
            "data is a DataLoader that shuffles in another order each time: after an interruption "
            "the rest could not be told from what is recorded already. Pass seed= (the order is "
            "drawn from it), a generator with a seed, or shuffle=False."
        )


def _name(how: Any) -> str | int:
    return str(getattr(how, "__name__", type(how).__name__)) if callable(how) else how
