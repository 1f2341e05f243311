"""All networks must tell of the same samples: those in another order are put into that of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from infonb.selection.comparison.models import Network

__all__ = ["same_samples"]

#: What a network tells of a sample by itself, in which networks may differ.
OWN = ("prediction", "role")


def same_samples(networks: Sequence[Network]) -> list[Network]:
    """
    Return the networks with their samples in the order of the first; raise if they differ.

    Of several seeds each may have examples of its own, as many as the others: then those networks
    are compared that have the same seed, or the same place in their list.
    """
    first: dict[Any, Network] = {}
    found = []
    for one in networks:
        _check_number(networks[0], one)
        known = first.setdefault(one.seed, one)
        own = _in_order(known, one)
        _check_known(known, own)
        found.append(own)
    return found


def _check_number(first: Network, one: Network) -> None:
    number, wanted = (network.values.sizes["sample"] for network in (one, first))
    if number != wanted:
        raise ValueError(
            f"{one.place} has {number:,} samples and {first.place} {wanted:,}; record all models "
            "on the same examples, or select those that all have: .sel(sample=labels)."
        )


def _in_order(first: Network, one: Network) -> Network:
    labels, own = (network.values.indexes.get("sample") for network in (first, one))
    if labels is None or own is None or own.equals(labels):
        return one
    order = own.get_indexer(labels) if own.is_unique and labels.is_unique else np.array([-1])
    if (order < 0).any():
        missing = labels[order < 0][:1].tolist() if len(order) == len(labels) else []
        which = f" (no sample {missing[0]!r} in the former)" if missing else ""
        raise ValueError(
            f"{one.place} and {first.place} have other labels of the samples{which}; record all "
            "models on the same examples, or drop the labels if the order is the same: "
            ".drop_vars('sample')."
        )
    known = {name: values[order] for name, values in one.known.items()}
    return replace(one, values=one.values.isel(sample=order), known=known)


def _check_known(first: Network, one: Network) -> None:
    """Raise if networks contradict each other in what identifies a sample."""
    for name, values in one.known.items():
        others = first.known.get(name)
        # measured values (a loss, a confidence) are the network's own
        if others is None or name in OWN or "f" in (values.dtype.kind, others.dtype.kind):
            continue
        different = ~(pd.Series(values) == pd.Series(others)) & ~(pd.isna(values) & pd.isna(others))
        if different.any():
            raise ValueError(
                f"{one.place} and {first.place} have other samples: {name!r} differs for "
                f"{int(different.sum()):,} of {len(values):,}. Record all models on the same "
                f"examples; if {name!r} tells of the model and not of the sample: "
                f".drop_vars({name!r})."
            )
