"""Labelled results on disk: zarr stores that open identical to what was saved."""

from __future__ import annotations

from infonb.storage.atomic import read_checked, sync, write_atomically, write_checked
from infonb.storage.fork import start_anew_in_forks
from infonb.storage.growing import GrowingStore
from infonb.storage.lock import Held, Lock
from infonb.storage.marks import read_note
from infonb.storage.opening import open_dataset
from infonb.storage.stores import CHECKSUM_BYTES, CHUNK_BYTES, save_dataset
from infonb.storage.types import check_storable

__all__ = [
    "CHECKSUM_BYTES",
    "CHUNK_BYTES",
    "GrowingStore",
    "Held",
    "Lock",
    "check_storable",
    "open_dataset",
    "read_checked",
    "read_note",
    "save_dataset",
    "sync",
    "write_atomically",
    "write_checked",
]

start_anew_in_forks()
