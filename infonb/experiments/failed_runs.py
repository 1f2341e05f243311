"""A run that fails is told with its level and seed, whatever has gone wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from infonb.storage import Held

__all__ = ["check_all_made", "named_in_errors"]


@contextmanager
def named_in_errors(run: str) -> Iterator[None]:
    """Let an error say in which run it came about, such as "alpha=1.0, seed=0"."""
    try:
        yield
    except Held:  # nothing failed
        raise
    except Exception as error:
        error.add_note(f"infonb: this is the run {run}.")
        raise


def check_all_made(failed: Mapping[str, Exception], others: str) -> None:
    """
    Raise, unless there is none, the first error of runs (words → error), and name all of them.

    `others` says what has become of the other runs.
    """
    if not failed:
        return
    from distributed import KilledWorker

    died = [run for run, error in failed.items() if isinstance(error, KilledWorker)]
    if len(died) == len(failed):
        raise RuntimeError(
            f"the workers that were to make {'; '.join(died)} died, each time. {others}Too little "
            "memory is the usual reason: give fewer workers, or run it again without."
        ) from failed[died[0]]
    error = next(error for run, error in failed.items() if run not in died)
    error.add_note(f"infonb: {_summary(failed, error)}. {others}".rstrip())
    raise error


def _summary(failed: Mapping[str, Exception], told: Exception) -> str:
    """Return what failed, by its error: "alpha=1, seed=0; alpha=1, seed=1 failed with ..."."""
    runs: dict[str, list[str]] = {_line(told): []}
    for run, error in failed.items():
        runs.setdefault(_line(error), []).append(run)
    return "; ".join(
        f"{'; '.join(names)} failed with {'this error' if line == _line(told) else line}"
        for line, names in runs.items()
    )


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(".: ")
