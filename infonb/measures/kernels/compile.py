"""Compile kernels once: numba with a cache on disk, and threads over blocks of work."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import Any

import numba

from infonb.progress import progress_bar

__all__ = ["compiled", "n_threads", "over_blocks", "part_of_kernel"]


def compiled(function: Callable[..., Any]) -> Any:
    """
    Compile a kernel with numba on its first call and keep it on disk, beside the package.

    A change of any file of kernels makes the cache void: numba looks only at that of the outermost.
    The kernel releases the interpreter lock: threads run blocks of work (`over_blocks`), without
    numba's own pool, which some systems allow to be entered by one caller at a time only.
    """
    try:
        kernel = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # "cannot cache function: no locator available"
        return numba.njit(nogil=True, error_model="numpy")(function)
    # numba has no public way to say what a kernel depends on
    with contextlib.suppress(AttributeError):
        kernel._cache._cache_file._source_stamp = _stamp()
    return kernel


def part_of_kernel(function: Callable[..., Any]) -> Any:
    """Compile what only kernels call: with no entry from Python it takes a third less time."""
    return numba.njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)


@cache
def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Return what tells whether a file of kernels has changed."""
    folder = Path(__file__).parent
    files = sorted(folder.rglob("*.py"))
    return tuple(
        (file.relative_to(folder).as_posix(), (s := file.stat()).st_mtime_ns, s.st_size)
        for file in files
    )


def n_threads() -> int:
    """
    Return the number of threads that numba may use, as set by ``numba.set_num_threads``.

    With OpenMP, starting its pool sets the number of the thread that asks, torch's too.
    """
    _start_pool()
    return int(numba.get_num_threads())


@cache
def _start_pool() -> None:
    with ThreadPoolExecutor(1) as other:  # a thread of its own, whose number does not matter
        other.submit(numba.get_num_threads).result()


def over_blocks(
    work: Callable[[int, int], None],
    n_items: int,
    block: int,
    *,
    progress: bool | str = False,
    desc: str | None = None,
    unit: str = "pair",
) -> None:
    """
    Call ``work(start, stop)`` for consecutive blocks of items, on all the cores that numba may use.

    An interrupt takes effect after the blocks at work.
    """
    starts = range(0, n_items, block)
    threads = min(n_threads(), len(starts)) if len(starts) > 1 else 1
    if threads <= 1 and not progress:
        for start in starts:
            work(start, min(start + block, n_items))
        return
    with progress_bar(total=n_items, show=progress, desc=desc, unit=unit) as bar:
        if threads <= 1:
            for start in starts:
                stop = min(start + block, n_items)
                work(start, stop)
                bar.update(stop - start)
            return
        pool = ThreadPoolExecutor(threads, thread_name_prefix="infonb")
        try:
            # few blocks wait at a time: each wait touches all that are submitted
            running: dict[Future[None], int] = {}
            for first in itertools.chain(starts, [None]):
                if first is not None:
                    stop = min(first + block, n_items)
                    running[pool.submit(work, first, stop)] = stop - first
                    if len(running) < 2 * threads:
                        continue
                while running and (first is None or len(running) >= 2 * threads):
                    for done in wait(running, return_when=FIRST_COMPLETED).done:
                        n_done = running.pop(done)
                        done.result()
                        bar.update(n_done)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
