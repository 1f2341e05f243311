"""What runs tasks: the threads of this machine, or the workers of a dask cluster."""

from __future__ import annotations

import os
import sys

__all__ = ["cluster", "on_worker"]

# Tasks of one thread on this machine: each holds a chunk, and two read as fast as a disk gives.
SIDE_BY_SIDE = 2


def cluster() -> tuple[int, int]:
    """Return how many tasks are to run side by side: those of one thread, those of many."""
    if "distributed" in sys.modules:
        import distributed

        try:
            client = distributed.get_client()
        except ValueError:  # no cluster
            pass
        else:
            if not client.asynchronous and (threads := client.nthreads()):
                return sum(threads.values()), len(threads)
    return min(SIDE_BY_SIDE, os.cpu_count() or 1), 1


def on_worker() -> int | None:
    """Return how many threads this worker of a cluster has; None elsewhere."""
    if "distributed" in sys.modules:
        import distributed

        try:
            return int(distributed.get_worker().state.nthreads)
        except ValueError:
            pass
    return None
