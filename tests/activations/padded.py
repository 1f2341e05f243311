"""Texts padded on either side, and recordings of them beside those of each text alone."""

from __future__ import annotations

import numpy as np
import torch

from infonb.activations import record

GENERATOR = torch.Generator().manual_seed(0)
TEXTS = [torch.randint(5, 50, (n,), generator=GENERATOR) for n in (6, 2, 3, 1, 4)]
OTHERS = [torch.randint(5, 50, (n,), generator=GENERATOR) for n in (2, 5, 4, 7, 3)]
SIDES = ("right", "left")


def padded(texts, side="right", length=8, pad=0):
    """Return texts as one tensor, and their mask."""
    ids = torch.full((len(texts), length), pad)
    mask = torch.zeros(len(texts), length, dtype=torch.long)
    for i, text in enumerate(texts):
        place = slice(len(text)) if side == "right" else slice(length - len(text), None)
        ids[i, place], mask[i, place] = text, 1
    return ids, mask


def alone(text):
    """Return one text as a batch, and its mask."""
    return text[None], torch.ones(1, len(text), dtype=torch.long)


def activations(model, data, reduce, **kwargs):
    found = record(model, data, reduce=reduce, progress=False, prediction=False, **kwargs)
    return found.activation.values


def one_by_one(model, calls, reduce, **kwargs):
    """Return what the single texts give, put together."""
    return np.concatenate([activations(model, call, reduce, **kwargs) for call in calls], axis=-1)
