"""What a watch is given: whether it can be measured at every epoch."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from numbers import Integral
from typing import Any

from infonb.validate import check_choice, check_integer, did_you_mean

__all__ = ["check_edges", "check_epoch", "check_model", "check_readable_again", "check_recording"]

#: What `record` takes that is the affair of the watch.
_OWN = {"model", "data", "layers", "seed", "to", "progress", "attrs"}


def check_edges(edges: Any) -> None:
    """Raise unless the bins are known at each epoch by itself."""
    if isinstance(edges, str) and edges == "shared":
        raise ValueError(
            "edges='shared' is one range for all epochs, known only when they are all there: pass "
            "activations=True, and then infonb.entropy(watch.result, edges='shared')."
        )
    if isinstance(edges, str):
        check_choice("edges", edges, ["common", "neuron"])


def check_epoch(epoch: Any) -> int | str:
    """Return an epoch as int, or "last"; raise for anything else."""
    if isinstance(epoch, str) and epoch == "last":
        return epoch
    if isinstance(epoch, bool) or not isinstance(epoch, Integral):
        error = ValueError if isinstance(epoch, str) else TypeError
        raise error(
            f"epoch must be a whole number, 0 before training, or 'last' at its end; not {epoch!r} "
            f"({type(epoch).__name__})."
        )
    return check_integer("epoch", epoch, 0)


def check_model(model: Any) -> None:
    """Raise unless it is a network."""
    from infonb.activations.modules import unwrapped

    unwrapped(model)


def check_readable_again(sample: Any) -> None:
    """Raise for what can be read only once."""
    if isinstance(sample, Iterator):
        raise TypeError(
            f"sample is a {type(sample).__name__}, which can be read only once, but is needed at "
            "every epoch: pass an array, a data set, a DataLoader, or list(...) of it."
        )


def check_recording(recording: dict[str, Any]) -> None:
    """Raise for what `record` does not take, or what is the affair of the watch."""
    from infonb.activations import record

    known = [name for name in inspect.signature(record).parameters if name not in _OWN]
    for name in recording:
        if name not in known:
            raise TypeError(
                f"Watch has no argument {name!r}; of infonb.record it takes {', '.join(known)}."
                f"{did_you_mean(name, known)}"
            )
