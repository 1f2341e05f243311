"""Workers of a cluster on this machine: two processes of one thread each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def two_workers(folder: Path) -> Iterator[Any]:
    """Give a client of two workers, which write to the folder, if anywhere."""
    import distributed

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0",
            local_directory=str(folder),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):  # fmt: skip
        yield client
