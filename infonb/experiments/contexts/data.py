"""The pictures of objects in contexts: generated scenes, Waterbirds, or a folder of NICO++."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import xarray as xr

__all__ = ["check_pictures", "load_pictures"]

#: How many objects are drawn on generated scenes, and in how many contexts.
_OBJECTS = 4

#: Bytes of the pictures of a run that are kept in memory, and of how many runs.
_SMALL, _KEPT = 2**24, 8

#: How many pictures of each part; None: all.
Sizes = dict[str, Any]


def check_pictures(dataset: str, folder: str, seeds: Sequence[int], sizes: Sizes) -> int | None:
    """Find and check the files of a data set; return how many evaluation pictures there are."""
    if dataset == "scenes":
        from infonb.data.groups import images_per_group

        for name, size in sizes.items():
            assert size is not None
            images_per_group(name, size, _OBJECTS)
        return sizes["n_evaluation"]
    where = folder or None
    if dataset == "waterbirds":
        from infonb.data.waterbirds import check_waterbirds

        return check_waterbirds(folder=where, **sizes)[1]
    from infonb.data.nico import check_nico

    return check_nico(folder=where, seeds=seeds, **sizes)[1]


def load_pictures(
    dataset: str, setting: str, *, folder: str, size: int, seed: int, sizes: Sizes
) -> tuple[xr.Dataset, xr.Dataset]:
    """Return training and evaluation pictures; the evaluation is balanced over contexts."""
    if dataset == "scenes":
        n_bytes = 12 * size**2 * sum(sizes.values())
        draw = _drawn if n_bytes <= _SMALL else _drawn.__wrapped__
        training, evaluation = draw(setting, size, seed, **sizes)
        return training.copy(deep=True), evaluation.copy(deep=True)
    where = folder or None
    if dataset == "waterbirds":
        from infonb.data import waterbird_images

        return waterbird_images(setting, folder=where, size=size, seed=seed, **sizes)
    from infonb.data import nico_images

    return nico_images(setting, folder=where, size=size, seed=seed, **sizes)


@lru_cache(_KEPT)  # a page asks several times for the pictures of a run
def _drawn(setting: str, size: int, seed: int, **sizes: int) -> tuple[xr.Dataset, xr.Dataset]:
    """Return generated scenes."""
    from infonb.data import context_scenes

    return context_scenes(setting, n_objects=_OBJECTS, size=size, seed=seed, **sizes)
