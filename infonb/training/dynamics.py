"""Each example along a training: its loss, margin, prediction, and the probability of its label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from torch import nn
from torch.utils.data import DataLoader, SequentialSampler

from infonb.data.batches import Batches
from infonb.networks.state import device_and_dtype, modes_restored, undisturbed
from infonb.training.epoch_store import EpochMemory, EpochStore
from infonb.training.evaluation import count_outputs
from infonb.training.per_sample import NAMES, of_samples
from infonb.validate import check_integer

__all__ = ["Dynamics", "check_order", "open_dynamics", "sample_coords"]

#: Margins of the same network on the same samples, measured again, differ by less: by rounding.
_SAME = 0.01

_WORDS = {
    "loss": {"units": "nat", "long_name": "cross-entropy of the label"},
    "margin": {"units": "nat", "long_name": "logit of the label minus the largest other"},
    "probability": {"units": "1", "long_name": "probability of the label"},
    "prediction": {"long_name": "most probable class"},
}


class Dynamics:
    r"""
    Record loss, margin, probability and prediction of every sample after every epoch.

    It belongs into ``infonb.fit(..., callbacks=[dynamics])``, or into any other loop: a plain
    object with ``step(model, epoch)``. The network is run in eval mode without gradients and left
    as it was, with torch's random state: training goes on to the same weights, bit for bit.

    Parameters
    ----------
    data
        The samples that are followed, with labels, as in `infonb.fit`: mostly the training
        examples with the labels that are trained on. A DataLoader must not shuffle.
    folder
        Where each epoch is written as it is done; None: memory. An epoch is there whole or not at
        all, whenever the process is killed, and a training that goes on finds what is there.
    batch_size
        Examples in a batch. A DataLoader uses its own.

    Attributes
    ----------
    results : xarray.Dataset
        ``loss`` (nats), ``margin`` (nats), ``probability`` and ``prediction``, all (epoch, sample),
        with the coordinates of the samples and ``label``.

    Raises
    ------
    TypeError, ValueError
        When it is made: for data without labels, a DataLoader that shuffles, a folder of other
        data (NotADirectoryError for a file). At the start or a step: for labels outside the classes
        of the network, an epoch that does not come after the last one, a network that is not the
        one that was recorded.

    Notes
    -----
    With logits :math:`z` of a sample of label :math:`y`, the loss is
    :math:`-\log p_y = \log \sum_c e^{z_c} - z_y` and the margin :math:`z_y - \max_{c \ne y} z_c`,
    above 0 where the network is right. A single logit is that of class 1 against 0 of class 0, so
    that a network of one output and the equal one of two have the same values.

    **In fit**, a training that is resumed goes on with the same object, or in another process with
    a new one of the same `folder`: epochs beyond the checkpoint are dropped and recorded again; one
    that is not resumed begins anew. **In a loop of one's own**, call ``step(model, epoch)`` after
    each epoch, and first ``start(model, epoch)`` where it was resumed after so many epochs.

    It costs one more forward pass an epoch, and 16 bytes a sample and epoch.

    References
    ----------
    Pleiss et al., Identifying mislabeled data using the area under the margin ranking, NeurIPS
    2020, section 3 (margin). Swayamdipta et al., Dataset cartography, EMNLP 2020 (probability of
    the label along a training).

    Examples
    --------
    >>> import infonb as inb
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks import MLP
    >>> points = concentric_circles(60)
    >>> dynamics = inb.training.Dynamics(points)
    >>> history = inb.fit(MLP([2, 8, 1]), points, epochs=4, callbacks=[dynamics], progress=False)
    >>> dict(dynamics.results.sizes), sorted(dynamics.results)
    ({'epoch': 4, 'sample': 60}, ['loss', 'margin', 'prediction', 'probability'])
    """

    def __init__(
        self, data: Any, *, folder: str | Path | None = None, batch_size: int = 1024
    ) -> None:
        self._batch_size = check_integer("batch_size", batch_size, 1)
        check_order(data)
        own = Batches(data, device="cpu", dtype=None, name="data")
        self._data, self._fingerprint = data, own.fingerprint()
        self._batches: tuple[Any, Batches] | None = None
        self._last: int | None = None
        self._kept: EpochStore | EpochMemory = EpochMemory()
        if folder is not None:
            place = Path(folder).expanduser()
            if place.exists() and not place.is_dir():
                raise NotADirectoryError(
                    f"{folder} is a file; folder= must be a folder, made where there is none."
                )
            self._kept = EpochStore(place)
            self._check_folder(folder)

    @property
    def results(self) -> xr.Dataset:
        """What was recorded so far."""
        return _together(self._kept, "call fit(..., callbacks=[dynamics]), or dynamics.step")

    def start(self, model: nn.Module, epoch: int) -> None:
        """Begin, or go on, with a network of so many epochs; later ones are recorded again."""
        epoch = check_integer("epoch", epoch, 0)
        self._prepared(model)
        if epoch in self._kept.epochs():
            self._check_same(model, epoch)
        self._kept.drop_after(epoch)
        self._last = epoch
        if epoch and epoch not in self._kept.epochs():  # killed between checkpoint and record
            self._record(model, epoch)

    def step(self, model: nn.Module, epoch: int) -> None:
        """Record the network after an epoch."""
        epoch = check_integer("epoch", epoch, 0)
        last = max([*self._kept.epochs(), -1 if self._last is None else self._last])
        if epoch <= last:
            raise ValueError(
                f"epoch {epoch} does not come after epoch {last}, which was here already: each "
                "epoch is recorded once, in order. A training that begins anew, or is resumed, "
                "says dynamics.start(model, epochs_done)."
            )
        self._record(model, epoch)
        self._last = epoch

    def _record(self, model: nn.Module, epoch: int) -> None:
        values, labels = self._measured(model)
        variables = {name: ("sample", values[name], _WORDS[name]) for name in NAMES}
        coords = sample_coords(self._data, labels)
        part = xr.Dataset(variables, coords, {"data": self._fingerprint})
        there = self._kept.samples()
        if there is not None and not there.equals(part.drop_vars(list(part.data_vars))):
            raise ValueError(
                "the labels of the samples are not those of the epochs before: give data that is "
                "the same, in the same order, every time."
            )
        self._kept.write(epoch, part)

    def _measured(self, model: nn.Module) -> tuple[dict[str, np.ndarray], np.ndarray]:
        batches = self._prepared(model)
        with undisturbed(model, self._data):
            return of_samples(model, batches, self._batch_size)

    def _prepared(self, model: nn.Module) -> Batches:
        """Return the data where the network is; labels that it has no output for are refused."""
        place = device_and_dtype(model)
        if self._batches is None or self._batches[0] != place:
            batches = Batches(self._data, device=place[0], dtype=place[1], name="data")
            self._batches = place, batches
            with undisturbed(model, self._data), modes_restored(model):
                batches.check_labels(max(count_outputs(model, batches), 2))
        return self._batches[1]

    def _check_folder(self, folder: str | Path) -> None:
        there = self._kept.samples()
        if there is not None and there.attrs["data"] != self._fingerprint:
            raise ValueError(
                f"{folder} has the dynamics of other samples or labels; choose another folder="
            )

    def _check_same(self, model: nn.Module, epoch: int) -> None:
        """Raise unless the network is that which was recorded at this epoch."""
        there = self._kept.read(epoch).margin.values
        now = self._measured(model)[0]["margin"]
        if np.isfinite(there).any() and not float(np.nanmedian(abs(there - now))) <= _SAME:
            raise ValueError(
                f"another training was recorded here: at epoch {epoch} its network was not the one "
                "given now. Make a new Dynamics, with another folder= if it has one."
            )


def open_dynamics(folder: str | Path) -> xr.Dataset:
    """
    Return what a `Dynamics` has written into its folder, also while it is still at it.

    Parameters
    ----------
    folder
        That of the `Dynamics`.

    Returns
    -------
    xarray.Dataset
        As ``Dynamics.results``, (epoch, sample), in memory.

    Raises
    ------
    ValueError
        If no epoch is there.

    Examples
    --------
    >>> import tempfile
    >>> from infonb.networks import MLP
    >>> data = np.zeros((3, 2)), np.array([0, 1, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Dynamics(data, folder=folder).step(MLP([2, 4, 1]), 1)
    ...     results = open_dynamics(folder)
    >>> dict(results.sizes)
    {'epoch': 1, 'sample': 3}
    """
    return _together(EpochStore(Path(folder).expanduser()), f"{folder} has no epoch")


def _together(kept: EpochStore | EpochMemory, remedy: str) -> xr.Dataset:
    samples, epochs = kept.samples(), kept.epochs()
    if samples is None or not epochs:
        raise ValueError(f"nothing was recorded yet: {remedy}.")
    parts = [kept.read(epoch) for epoch in epochs]
    values = {
        name: (("epoch", "sample"), np.stack([part[name].values for part in parts]), words)
        for name, words in _WORDS.items()
    }
    return xr.Dataset(values, {"epoch": epochs, **samples.coords}, samples.attrs)


def sample_coords(data: Any, labels: np.ndarray) -> dict[str, Any]:
    """Return what is known of the samples."""
    coords: dict[str, Any] = {}
    if isinstance(data, xr.Dataset):
        coords = {
            str(name): coord.variable
            for name, coord in data.coords.items()
            if coord.dims == ("sample",)
        }
    return {"sample": np.arange(len(labels)), **coords, "label": ("sample", labels)}


def check_order(data: Any) -> None:
    """Raise for a loader that gives the samples in another order each time."""
    if isinstance(data, DataLoader) and not isinstance(
        getattr(data, "sampler", None), SequentialSampler
    ):
        raise ValueError(
            "data is a DataLoader that does not give its samples in their order: samples are told "
            "apart by their place. Make one with shuffle=False, beside that of the training."
        )
