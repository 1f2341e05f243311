"""Training of several networks at once, of which each ends as if it had been alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from torch import nn

from infonb.training.group.member import Fit
from infonb.training.group.together import raise_first, train_together
from infonb.training.losses import takes_index

__all__ = ["fit_group"]


def fit_group(
    models: Sequence[nn.Module],
    trains: Sequence[Any],
    validations: Sequence[Any] | None = None,
    *,
    seeds: Sequence[int],
    checkpoints: Sequence[str | Path | None] | None = None,
    callbacks: Sequence[Iterable[Any]] | None = None,
    progress: bool | str = True,
    **options: Any,
) -> list[xr.Dataset]:
    """
    Train several small networks as one, each in place, and return the history of each.

    Each network gets the same weights bit for bit whatever group it is trained in, be it alone: it
    has its own data, order of the examples, labels and end. Networks of one shape share batched
    matrix products: ten small ones take the time of two to five, and the more weights and the
    larger batches they have, the less is gained; one alone takes longer than by `infonb.fit`.

    Parameters
    ----------
    models
        Networks, trained in place. Those are grouped that are chains of Linear, elementwise
        activations and Flatten (`infonb.networks.MLP`, ``Sequential``) of at most 50,000 weights
        (on a GPU of any number), by Adam and one of the two named losses, from data in memory,
        without a regularizer. All others, and those with an objective, are trained by `infonb.fit`,
        one after the other.
    trains, validations
        The examples of each network, as in `infonb.fit`.
    seeds
        Of each network: the order of its examples, the same as in `infonb.fit`.
    checkpoints
        A folder for each network, or None, in the form of `infonb.fit`: what either has begun, the
        other goes on with.
    callbacks
        For each network objects with ``step(model, epoch)``, which look at it; they may write into
        its weights, but neither replace nor freeze them.
    progress
        True, False, ``"text"`` or ``"transient"``, as in `infonb.progress.progress_bar`.
    **options
        All others of `infonb.fit`, the same for all networks.

    Returns
    -------
    list of xarray.Dataset
        The history (epoch) of each network, as `infonb.fit` returns it; losses in nats.

    Raises
    ------
    TypeError, ValueError
        If the lists differ in length, networks share weights, a folder or the table of a loss, an
        option is none of `infonb.fit`, or a training fails (as there): the others end first.

    Notes
    -----
    The last batch of an epoch is filled up with examples of no weight, and so is every tensor, up
    to whole vector registers: the shapes that a network is computed in are then its own alone.
    On a CPU a group is divided among torch's threads, each of which computes its part on one thread
    alone. The results are those of `infonb.fit` but for
    rounding. On a GPU no bits are promised.

    Examples
    --------
    >>> from infonb.data import concentric_circles
    >>> from infonb.networks import MLP
    >>> models = [MLP([2, 16, 16, 1], seed=seed) for seed in range(5)]
    >>> points = [concentric_circles(200, seed=seed) for seed in range(5)]
    >>> histories = fit_group(models, points, seeds=range(5), epochs=50, learning_rate=0.01,
    ...                       progress=False)
    >>> min(float(history.train_accuracy[-1]) for history in histories) > 0.9
    True
    >>> alone = MLP([2, 16, 16, 1], seed=3)
    >>> (history,) = fit_group([alone], [points[3]], seeds=[3], epochs=50, learning_rate=0.01,
    ...                        progress=False)
    >>> history.identical(histories[3])
    True
    """
    lists = {
        "trains": trains, "validations": validations, "seeds": seeds, "checkpoints": checkpoints,
        "callbacks": callbacks,
    }  # fmt: skip
    _check_lists(models, lists, options)
    _check_apart(models, checkpoints, options)
    fits = []
    for i, model in enumerate(models):
        own = {"seed": seeds[i]} | ({} if callbacks is None else {"callbacks": callbacks[i]})
        validation = None if validations is None else validations[i]
        checkpoint = None if checkpoints is None else checkpoints[i]
        fits.append(Fit(model, trains[i], validation, checkpoint, options | own))
    return raise_first(train_together(fits, progress=progress))


def _check_lists(models: Any, lists: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Raise unless each list has an entry for each network, and nothing of theirs is an option."""
    for name, given in {"models": models, **lists}.items():
        if given is None:
            continue
        is_list = hasattr(given, "__len__") and hasattr(given, "__getitem__")
        # a Dataset has a length, too: the number of its variables
        if not is_list or isinstance(given, str | Mapping):
            raise TypeError(
                f"{name} must be a list with an entry for each network; not "
                f"{type(given).__name__}. One for all of them: [it] * len(models)."
            )
        if len(given) != len(models):
            raise ValueError(
                f"{name} has {len(given)} entries for {len(models)} models; give one for each."
            )
    for name in ("seed", "validation", "checkpoint"):
        if name in options:
            raise TypeError(f"each network has a {name} of its own: give a list, {name}s=[...].")


def _check_apart(models: Sequence[Any], checkpoints: Any, options: Mapping[str, Any]) -> None:
    """Raise if two networks would change the same weights, table or folder."""
    owners: dict[int, int] = {}
    for place, model in enumerate(models):
        own = [model, *(model.parameters() if isinstance(model, nn.Module) else ())]
        if any(owners.setdefault(id(one), place) != place for one in own):
            raise ValueError(
                f"a network is given twice in models, or shares weights with another: at place "
                f"{place}. Give a copy (copy.deepcopy)."
            )
    folders = [Path(one).expanduser().absolute() for one in checkpoints or () if one is not None]
    if len(set(folders)) < len(folders):
        twice = next(one for one in folders if folders.count(one) > 1)
        raise ValueError(f"checkpoints has {twice} twice; give each network a folder of its own.")
    loss = options.get("loss")
    if len(models) > 1 and takes_index(loss) and isinstance(loss, nn.Module):
        raise ValueError(
            f"{type(loss).__name__} keeps a table of one training, which {len(models)} networks "
            "cannot share: train each by infonb.fit, with a loss of its own."
        )
