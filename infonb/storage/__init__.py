"""Labelled results on disk: zarr stores that open identical to what was saved."""

from __future__ import annotations

from infonb.storage.stores import CHUNK_BYTES, open_dataset, save_dataset

__all__ = ["CHUNK_BYTES", "open_dataset", "save_dataset"]
