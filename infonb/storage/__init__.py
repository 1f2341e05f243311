"""Labelled results on disk: zarr stores that open identical to what was saved."""

from __future__ import annotations

from infonb.storage.growing import GrowingStore, sync, write_atomically
from infonb.storage.lock import Held, Lock
from infonb.storage.stores import CHUNK_BYTES, open_dataset, read_note, save_dataset
from infonb.storage.types import check_storable

__all__ = [
    "CHUNK_BYTES",
    "GrowingStore",
    "Held",
    "Lock",
    "check_storable",
    "open_dataset",
    "read_note",
    "save_dataset",
    "sync",
    "write_atomically",
]
