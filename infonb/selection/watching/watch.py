"""Entropy and mutual information along a training: measured every few epochs on the same sample."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.selection.watching.checks import (
    check_edges,
    check_epoch,
    check_model,
    check_readable_again,
    check_recording,
)
from infonb.selection.watching.watched import check_widths, not_finite, reopened, stacked
from infonb.validate import check_choice, check_integer

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Watch"]

#: Medians over neurons of the same network, measured again, differ by less (nats): by rounding.
_SAME = 0.01


class Watch:
    """
    Measure entropy and mutual information every few epochs of a training, on a fixed sample.

    It belongs into `infonb.fit`, or into any other training loop: a plain object with
    ``step(model, epoch)``. The network is run in eval mode without gradients and left as it was,
    with torch's random state: training goes on to the same weights, bit for bit, as without.

    Parameters
    ----------
    sample
        The examples that the network is shown each time, in any form that `infonb.record` takes;
        labels are not needed. A loader that shuffles comes in the same order each time.
    layers
        As in `infonb.record`; None: its default.
    every
        Measure at every epoch that is a multiple of this, 0 (before training) included.
    bins, edges
        Of the entropy, as in `infonb.entropy`: ``"common"`` is one range for all neurons of the
        network at one epoch, ``"neuron"`` each neuron's own, or an array of edges. ``"shared"``,
        one range for all epochs, is known only when they are all there: see the notes.
    estimator, k, standardize, neurons, max_samples
        Of the mutual information of pairs within a layer, as in `infonb.mutual_information`:
        ``"mixture"``, which is KSG but for ties, ``"ksg"`` or ``"binned"`` (10 bins of the ruler
        `edges`); `neurons` of each layer (None: all; 0: no mutual information), at most
        `max_samples` samples (None: all), the same ones at every epoch.
    activations
        Keep the activations, too: dims (epoch, layer, neuron, sample).
    seed
        Of the drawn neurons and samples, and of a loader that shuffles.
    to
        Folder of a zarr store, by custom ``watched.zarr``, that is written anew after each
        measurement; a training that was killed goes on with what is there. None: memory.
    **recording
        More of `infonb.record`: ``hook``, ``reduce``, ``select``, ``batch_size`` ...

    Attributes
    ----------
    result : xarray.Dataset
        ``entropy`` (epoch, layer, neuron) and ``mutual_information`` (epoch, layer, neuron,
        other_neuron) in nats, perhaps ``activation``: what `infonb.explore_training` shows and
        `infonb.save` keeps.

    Raises
    ------
    TypeError, ValueError
        When it is made: for choices that are none, or a sample that can be read only once. At a
        step: for what is no network, an epoch that is no whole number (or ``"last"``), or does not
        come after the last one, a layer whose width has changed,
        and whatever `infonb.record` and the measures refuse. At the start of a training in
        `infonb.fit`: if it has watched another training.

    Warns
    -----
    UserWarning
        If activations are NaN or infinite, as in a training that diverges: names epoch and layer.
        The measures of that epoch are NaN, and pictures leave it out; training goes on.

    Notes
    -----
    **In fit**, epoch 0 is measured before training and the last epoch at its end, whatever `every`
    says. A training that is resumed from its checkpoint goes on with the same watch, or in another
    process with a new one that has the same `to`: what was watched up to the checkpoint stays,
    later epochs are watched again. A new one without `to` begins at the epoch of the checkpoint.
    With ``keep="best"`` the network ends as it was at ``history.best_epoch``, not at the last.

    **In a loop of one's own**, call ``step(model, 0)`` before training, if that is wanted,
    ``step(model, epoch)`` after each epoch (in Lightning: in ``on_train_epoch_end``, with
    ``self.current_epoch + 1``), and at the end ``step(model, "last")``, which measures the last
    epoch unless it has been. A resumed loop says ``start(model, epoch)`` first.

    **One ruler for all epochs**: keep the activations, then
    ``infonb.entropy(watch.result, edges="shared")``. In common bins the entropy of a layer also
    follows the range of the others, which grow as training goes on.

    A measurement of 3 × 256 neurons on 1,000 samples takes about a fifth of a second.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), section 3, whose measures these are, of trained networks.

    Examples
    --------
    >>> import infonb as inb
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks import MLP
    >>> unseen = concentric_circles(100, seed=1)
    >>> watch = Watch(unseen, layers=["fc1", "fc2"], every=5)
    >>> history = inb.fit(MLP([2, 8, 8, 1]), concentric_circles(200), epochs=12,
    ...     callbacks=[watch], progress=False)
    >>> watch.result.epoch.values
    array([ 0,  5, 10, 12])
    >>> watch.result.entropy.dims, watch.result.mutual_information.dims
    (('epoch', 'layer', 'neuron'), ('epoch', 'layer', 'neuron', 'other_neuron'))
    """

    def __init__(
        self,
        sample: Any,
        layers: Sequence[str] | dict[str, str] | None = None,
        *,
        every: int = 1,
        bins: int = 100,
        edges: str | np.ndarray = "common",
        estimator: str = "mixture",
        k: int = 3,
        standardize: bool = False,
        neurons: int | None = 32,
        max_samples: int | None = 1000,
        activations: bool = False,
        seed: int = 0,
        to: str | Path | None = None,
        **recording: Any,
    ) -> None:
        check_choice("estimator", estimator, ["mixture", "ksg", "binned"])
        check_choice("activations", activations, [True, False])
        check_choice("standardize", standardize, [True, False])
        check_edges(edges)
        if standardize and estimator == "binned":
            raise ValueError("standardize=True is for neighbours; bins: pass edges='neuron'.")
        check_readable_again(sample)
        check_recording(recording)
        self._every = check_integer("every", every, 1)
        self._sample, self._keeps = sample, activations
        self._bins: dict[str, Any] = {"bins": check_integer("bins", bins, 1), "edges": edges}
        self._pairs: dict[str, Any] = {
            "estimator": estimator,
            "neurons": None if neurons is None else check_integer("neurons", neurons, 0),
            "max_samples": max_samples if max_samples is None
            else check_integer("max_samples", max_samples, 1),
            "seed": check_integer("seed", seed, 0),
            "standardize": standardize,
            **({"edges": edges} if estimator == "binned" else {"k": check_integer("k", k, 1)}),
        }  # fmt: skip
        self._recording = {"layers": layers, "seed": seed, **recording}
        self._parts: dict[int, xr.Dataset] = {}
        self._last: int | None = None
        self._to = None if to is None else Path(to).expanduser()
        if self._to is not None and self._to.exists():
            self._parts = reopened(self._to, self._settings)

    @property
    def result(self) -> xr.Dataset:
        """What was watched so far."""
        if not self._parts:
            raise ValueError(
                "nothing was watched yet: pass the Watch to infonb.fit(..., callbacks=[watch]), or "
                "call watch.step(model, epoch) in the training loop."
            )
        return stacked(self._parts).assign_attrs(watch=self._settings)

    def step(self, model: nn.Module, epoch: int | str) -> None:
        """Measure the network if the epoch is one of every `every`; ``"last"``: in any case."""
        check_model(model)
        if check_epoch(epoch) == "last":
            if self._last is not None and self._last not in self._parts:
                self._measure(model, self._last)
            return
        epoch = int(epoch)
        last = max([*self._parts, -1 if self._last is None else self._last])
        if epoch <= last:
            raise ValueError(
                f"epoch {epoch} does not come after epoch {last}, which was here already: each "
                "epoch is watched once, in order. For another training make another Watch; one "
                "that is resumed says watch.start(model, epoch)."
            )
        self._last = epoch
        if epoch % self._every == 0:
            self._measure(model, epoch)

    def start(self, model: nn.Module, epoch: int) -> None:
        """Begin, or go on, with a network of so many epochs; later ones are watched again."""
        check_model(model)
        epoch = check_integer("epoch", epoch, 0)
        if epoch in self._parts:
            self._check_same(model, epoch)
        self._parts = {at: part for at, part in self._parts.items() if at <= epoch}
        self._last = epoch
        if epoch not in self._parts and (epoch % self._every == 0 or not self._parts):
            self._measure(model, epoch)

    def finish(self, model: nn.Module) -> None:
        """Measure the last epoch, unless it has been."""
        self.step(model, "last")

    @property
    def _settings(self) -> str:
        """What another watch must have alike to go on with the epochs of this one."""
        edges = self._bins["edges"]
        values = {
            **self._bins, **self._pairs, **self._recording, "activations": self._keeps,
            "edges": edges if isinstance(edges, str) else np.asarray(edges).tolist(),
        }  # fmt: skip
        return json.dumps(values, default=lambda it: getattr(it, "__qualname__", str(type(it))))

    def _measure(self, model: nn.Module, epoch: int) -> None:
        part = self._measured(model, epoch)
        if self._parts:
            check_widths(next(iter(self._parts.values())), part, epoch)
        self._parts[epoch] = part
        if self._to is not None:
            from infonb.storage import save_dataset

            save_dataset(self.result, self._to, overwrite=True)

    def _measured(self, model: nn.Module, epoch: int) -> xr.Dataset:
        from infonb.activations import record
        from infonb.measures import entropy, mutual_information
        from infonb.networks.state import undisturbed

        with undisturbed(model, self._sample):
            recorded = record(model, self._sample, progress=False, **self._recording)
        activation = recorded.activation
        part = recorded if self._keeps else recorded.drop_dims("sample")
        wrong = not_finite(activation)
        if wrong:
            warnings.warn(
                f"epoch {epoch}: {', '.join(wrong)} has NaN or infinite activations, as in a "
                "training that diverges; the measures of this epoch are NaN.",
                stacklevel=2,
            )
            nothing = xr.full_like(activation.isel(sample=0, drop=True), np.nan, dtype=float)
            return part.assign(entropy=nothing.rename("entropy").drop_attrs())
        part = part.assign(entropy=entropy(activation, **self._bins))
        if self._pairs["neurons"] != 0:
            part["mutual_information"] = mutual_information(
                activation, within="layer", **self._pairs_of(activation)
            )
        return part

    def _pairs_of(self, activation: xr.DataArray) -> dict[str, Any]:
        most = self._pairs["max_samples"]
        samples = None if most is None else min(most, activation.sizes["sample"])
        return self._pairs | {"max_samples": samples}

    def _check_same(self, model: nn.Module, epoch: int) -> None:
        """Raise unless the network is that which was watched at this epoch."""
        there, now = self._parts[epoch].entropy, self._measured(model, epoch).entropy
        same = there.sizes == now.sizes and float(abs(there - now).median()) <= _SAME
        if not same and bool(there.notnull().any()):
            raise ValueError(
                f"this Watch has watched another training, up to epoch {max(self._parts)}: at "
                f"epoch {epoch} its network was not the one given now. Make a new Watch"
                + (f", with another to= than {self._to}." if self._to else ".")
            )
