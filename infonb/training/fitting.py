"""The one training loop for all networks: seeded, stoppable and resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from infonb.data.batches import Batches
from infonb.data.tensor_batches import TensorBatches
from infonb.networks.checkpoint import TrainingCheckpoint, shapes
from infonb.networks.state import (
    device_and_dtype,
    modes_restored,
    random_state,
    seed_random_state,
)
from infonb.progress import progress_bar
from infonb.training.callbacks import Callbacks
from infonb.training.epoch import train_epoch
from infonb.training.evaluation import count_outputs
from infonb.training.losses import (
    Loss,
    MakeOptimizer,
    check_table,
    choose_loss,
    choose_optimizer,
    takes_index,
)
from infonb.training.objective import (
    Objective,
    check_objective,
    objective_epoch,
    settings_words,
)
from infonb.training.regularizer import Regularizer, check_regularizer
from infonb.training.state import Run, Saver
from infonb.validate import check_choice, check_integer, check_number

__all__ = ["fit"]

_MONITORS = ["validation_accuracy", "validation_loss", "train_accuracy", "train_loss"]


def fit(
    model: nn.Module,
    train: Any,
    validation: Any = None,
    *,
    objective: Objective | None = None,
    loss: str | Loss = "auto",
    optimizer: str | MakeOptimizer = "adam",
    learning_rate: float = 1e-3,
    penalty: float = 0.0,
    regularizer: Regularizer | None = None,
    batch_size: int = 512,
    epochs: int = 100,
    patience: int | None = None,
    patience_below: float | None = None,
    monitor: str | None = "auto",
    stop_at: float | None = None,
    keep: str = "best",
    seed: int = 0,
    checkpoint: str | Path | None = None,
    save_every: int = 1,
    resume: bool = True,
    callback: Callable[[int, dict[str, float]], object] | None = None,
    callbacks: Iterable[Any] = (),
    progress: bool | str = True,
    desc: str | None = None,
) -> xr.Dataset:
    r"""
    Train a network in place and return the history of its losses and accuracies.

    A classifier learns labels; with an `objective` any network is trained without them.

    Parameters
    ----------
    model
        Any network that maps inputs (sample, ...) to logits (sample, output) or (sample); with an
        `objective` whatever that wants.
    train, validation
        An `xarray.Dataset` with ``input`` (sample, ...) and ``label`` (sample), a tuple (inputs,
        labels) of arrays or tensors, or a DataLoader that yields such tuples. Data in memory are
        moved to the network's device as a whole. Labels are whole numbers from 0. With an
        `objective` labels are not needed: a dataset or dict with its variables, an array, a tuple
        whose first parts are these variables, or a DataLoader that yields one of these.
    objective
        What is minimised in place of a loss of logits and labels:
        `infonb.training.Contrastive`, ``SimSiam``, ``MaskedReconstruction``,
        ``ImageText``, or any object that is called as (model, \*tensors) → mean loss and whose
        ``variables`` names the variables (sample, ...) of the data that it is given. What it draws
        it draws from torch's global random state, which is seeded, given back and kept in the
        checkpoint. Its repr is among the settings of a checkpoint.
    loss
        ``"binary_cross_entropy"`` (one logit), ``"cross_entropy"``, ``"auto"`` (the one of the
        two that suits the number of outputs), or a function (logits, labels) → mean loss. One with
        the attribute ``takes_index = True`` is called as (logits, labels, index), where the index
        of a sample is its place in the data set, whatever the order of the batches (a DataLoader
        yields it as a third part). If it is a module, such as `infonb.training.ELRLoss`, its
        buffers are moved to the network's device and are part of the checkpoint.
    optimizer
        ``"adam"``, or a function that is given the list of parameters and returns an optimiser
        (`learning_rate` is not used then).
    learning_rate
        Of Adam.
    penalty
        Weight λ of the squared norm of all parameters that are trained, added to the loss.
    regularizer
        What else is added to the loss of a batch, from the activations of layers:
        `infonb.training.SoftEntropy`, or any object whose ``attached(model)`` is a context that
        yields a function, which is called after each forward pass and returns the term.
    batch_size
        Examples in a step. A DataLoader uses its own.
    epochs
        The largest number of passes over the training examples.
    patience
        Stop after so many epochs in a row without improvement of the monitored quantity.
    patience_below
        Epochs count for `patience` from the first one on whose training loss is below this, in
        nats; None: from the first.
    monitor
        ``"validation_accuracy"``, ``"validation_loss"``, ``"train_accuracy"``,
        ``"train_loss"``, or None. ``"auto"``: the validation accuracy (of an objective the loss) if
        there is validation.
    stop_at
        Stop as soon as the accuracy on the training examples is at least this (1.0: until
        everything is memorised).
    keep
        ``"best"``: end with the weights of the epoch that was best in the monitored quantity
        (the first one of equals; the last epoch if nothing is monitored). ``"last"``: end with
        the weights of the last epoch.
    seed
        Seed of the order of the examples and of dropout. The global random state of torch is
        left as it was.
    checkpoint
        Folder for ``last.safetensors`` (the state of the training), ``best.safetensors`` (the
        weights of the best epoch) and ``history.json``.
    save_every
        Write the checkpoint every so many epochs (more than 1 if they are very short). It is also
        written at the end, when training is interrupted or fails, and ten seconds after it was
        written before, so that whoever is killed loses no more than these.
    resume
        Continue from what is in `checkpoint`: the result is equal, bit for bit, to that of a
        training that was not interrupted (with a DataLoader: unless it has its own generator).
        `epochs` may be raised. False: start over.
    callback
        Called after every epoch with its number (from 1) and a dict of its quantities.
    callbacks
        Objects with ``step(model, epoch)``, such as `infonb.Watch`, called in order after every
        epoch and after `callback`. If they have ``start(model, epoch)``, it is called before the
        first epoch with the number of epochs that are done: 0, or what a checkpoint has reached;
        ``finish(model)`` once training has ended, before the best weights are put back. Modes and
        torch's random state are given back after each call: the weights are the same with and
        without them. An error ends the training; its checkpoint is written.
    progress
        True, False, ``"text"`` or ``"transient"``, as in `infonb.progress.progress_bar`.
    desc
        The words before the progress bar.

    Returns
    -------
    xarray.Dataset
        ``train_loss``, ``train_accuracy`` and, with validation, ``validation_loss``,
        ``validation_accuracy``, all (epoch), epochs counted from 1; losses in nats per example,
        without penalty and regularizer. Attributes: ``best_epoch``, ``stopped`` (``"patience"``,
        ``"stop_at"`` or ``"epochs"``), ``monitor``, ``keep``, ``train_metrics`` and the settings.
        With a loss that takes an index ``validation_loss`` is the cross-entropy: samples that are
        not trained on have no place in its table. With an objective there are losses only; that of
        the validation is measured in eval mode, in batches of `batch_size`, with the same draws in
        each epoch.

    Raises
    ------
    ValueError
        If data, labels and network do not fit together, if the loss becomes NaN or infinite, or
        if the checkpoint is damaged (it has a checksum) or belongs to other settings.

    Notes
    -----
    The loss is that of the batch plus λ·Σw². Loss and accuracy in training are running means
    over the batches of an epoch, while the network learns (``train_metrics`` = ``"running"``).
    If `stop_at` or `monitor` needs them, they are instead measured after each epoch on all
    training examples, in eval mode (``"exact"``), for about a third more time.

    A network that relies on a perfect shortcut has the same validation accuracy from its first
    epochs on, so that ``keep="best"`` returns it as it was then, hardly trained. To measure what
    training made of it, take ``keep="last"``.

    On a busy machine of few cores torch is several times faster with one thread
    (``torch.set_num_threads(1)``), or with ``OMP_WAIT_POLICY=PASSIVE`` in the environment before
    torch is imported: threads that wait for each other otherwise keep the cores busy.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), sections 3 to 5 (Adam, squared-norm penalty, the weights
    with the best validation accuracy).

    Examples
    --------
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks import MLP
    >>> model = MLP([2, 16, 16, 1])
    >>> history = fit(model, concentric_circles(200), learning_rate=0.01, epochs=50, progress=False)
    >>> history.sizes["epoch"], history.stopped
    (50, 'epochs')
    >>> from infonb.training import accuracy
    >>> accuracy(model, concentric_circles(200, seed=21)) > 0.9
    True
    """
    if objective is not None:
        check_objective(objective, loss, stop_at, monitor)
    monitor = check_monitor(monitor, patience, validation is not None, objective is None)
    settings = checked_settings(
        learning_rate=learning_rate, penalty=penalty, batch_size=batch_size, patience=patience,
        patience_below=patience_below, monitor=monitor, stop_at=stop_at, keep=keep, seed=seed,
    )  # fmt: skip
    check_regularizer(regularizer)
    if regularizer is not None:  # a training without one is the same as before there was one
        settings["regularizer"] = settings_words(regularizer)
    check_integer("epochs", epochs, 1)
    check_integer("save_every", save_every, 1)
    is_exact = stop_at is not None or (monitor or "").startswith("train")
    device, dtype = device_and_dtype(model)
    watching = Callbacks(callbacks, model, device)
    make: Callable[..., Any] = Batches
    if objective is not None:
        make = partial(TensorBatches, variables=tuple(objective.variables))
    parts = {"train": make(train, device=device, dtype=dtype, name="train")}
    if validation is not None:
        parts["validation"] = make(validation, device=device, dtype=dtype, name="validation")

    with modes_restored(model), random_state(device):
        with_buffers = None
        one_epoch: Callable[..., dict[str, float]] = objective_epoch
        minimised: Loss | Objective | None = objective
        if objective is None:
            n_outputs = count_outputs(model, parts["train"])
            settings["loss"], minimised = choose_loss(loss, n_outputs)
            check_table(minimised, parts["train"].shape)
            if takes_index(minimised) and isinstance(minimised, nn.Module):
                with_buffers = minimised.to(device)
            for batches in parts.values():
                batches.check_labels(max(n_outputs, 2))
            one_epoch = train_epoch
        else:
            settings["objective"] = settings_words(objective)
        parameters = [p for p in model.parameters() if p.requires_grad]
        if not parameters:
            raise ValueError("the model has no parameters to train (requires_grad).")
        settings["optimizer"], opt = choose_optimizer(optimizer, parameters, learning_rate)
        order_seed, torch_seed = np.random.SeedSequence(seed).generate_state(2).tolist()
        seed_random_state(device, torch_seed)
        order = torch.Generator().manual_seed(order_seed)
        run = Run(model, opt, order, monitor, loss=with_buffers)
        saver = None
        if checkpoint is not None:
            same: dict[str, Any] = {
                f"shape of {name}": size for name, size in shapes(model).items()
            }
            same |= {f"{name} data": batches.fingerprint() for name, batches in parts.items()}
            saver = Saver(TrainingCheckpoint(checkpoint, settings | same), run, save_every)
            if resume:
                saver.load(epochs)

        bar = progress_bar(show=progress, total=epochs, desc=desc or "training", unit="epoch")
        try:
            bar.update(run.epoch)
            watching.start(run.epoch)
            while not run.stopped:
                values = one_epoch(
                    run, parts, minimised, parameters, settings, regularizer, is_exact
                )
                run.finish_epoch(
                    values, patience=patience, patience_below=patience_below, stop_at=stop_at,
                    epochs=epochs,
                )  # fmt: skip
                if saver is not None:
                    saver.end_of_epoch()
                bar.set_postfix(_postfix(values), refresh=False)
                bar.update(1)
                if callback is not None:
                    callback(run.epoch, values)
                watching.step(run.epoch)
            watching.finish()
        finally:
            bar.close()
            opt.zero_grad(set_to_none=True)
            if saver is not None:
                saver.flush()
        if keep == "best" and monitor is not None:
            model.load_state_dict(run.best_weights)
    return history_of(run, settings, is_exact)


def checked_settings(
    *, learning_rate: float, penalty: float, batch_size: int, patience: int | None,
    monitor: str | None, stop_at: float | None, keep: str, seed: int,
    patience_below: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the settings of a training that decide its weights, or raise for what is wrong."""
    check_choice("keep", keep, ["best", "last"])
    # named only where it is given: a training without it is the same as before there was one
    below = {}
    if patience_below is not None:
        if patience is None:
            raise ValueError("patience_below needs patience, the number of epochs that count.")
        below = {"patience_below": check_number("patience_below", patience_below, 0.0)}
    return below | {
        "learning_rate": check_number("learning_rate", learning_rate, 0.0),
        "penalty": check_number("penalty", penalty, 0.0),
        "batch_size": check_integer("batch_size", batch_size, 1),
        "patience": patience if patience is None else check_integer("patience", patience, 1),
        "monitor": monitor,
        "stop_at": stop_at if stop_at is None else check_number("stop_at", stop_at, 0.0, 1.0),
        "keep": keep,
        "seed": check_integer("seed", seed, 0),
    }


def history_of(run: Run, settings: Mapping[str, Any], is_exact: bool) -> xr.Dataset:
    """Return the quantities of all epochs, and how they came about."""
    attrs = {name: value for name, value in settings.items() if value is not None}
    attrs |= {
        "monitor": run.monitor or "none",
        "best_epoch": run.best_epoch,
        "stopped": run.stopped,
        "train_metrics": "exact" if is_exact else "running",
    }
    return xr.Dataset(
        {name: ("epoch", np.array(values)) for name, values in run.history.items()},
        {"epoch": np.arange(1, run.epoch + 1)},
        attrs,
    )


def _postfix(values: Mapping[str, float]) -> dict[str, str]:
    found = {"loss": f"{values['train_loss']:.3g}"}
    shown = values.get("validation_accuracy", values.get("train_accuracy"))
    return found if shown is None else found | {"accuracy": f"{shown:.3f}"}


def check_monitor(
    monitor: str | None, patience: int | None, has_validation: bool, has_labels: bool = True
) -> str | None:
    """Return the quantity that is monitored, or None; raise if there is no such quantity."""
    check_choice("monitor", monitor, [*_MONITORS, "auto", None])
    if monitor == "auto":
        monitor = "validation_accuracy" if has_labels else "validation_loss"
        monitor = monitor if has_validation else None
    if monitor is None and patience is not None:
        raise ValueError(
            "patience needs something to monitor: give validation, or monitor='train_loss'"
            + (" or 'train_accuracy'." if has_labels else ".")
        )
    if monitor is not None and monitor.startswith("validation") and not has_validation:
        raise ValueError(f"monitor={monitor!r} needs validation, which is None.")
    return monitor
