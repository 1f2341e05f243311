"""The files of a report: made in a hidden folder beside their places, and moved there whole."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from infonb.reports.folders import free_name, named
from infonb.reports.page.recorded import NAME, PAGE
from infonb.reports.plan import ReportPlan
from infonb.reports.seals import checksum, is_sealed, seal_notebook, seal_page, unchanged
from infonb.storage import Held, Lock, sync

__all__ = ["Outcome", "prepare_outcome", "tell"]

_PREFIX, _LOCK = ".infonb-report-", ".infonb-report.lock"
#: Folders within the hidden one: what infonb writes, and what the notebook does.
_OWN, _MADE = "own", "made"


def tell(line: str) -> None:
    """Say something of a report that is not its result."""
    print(line, file=sys.stderr)


class Outcome:
    """
    The files of one report, while they are made.

    Only what an earlier report left, and nobody has changed, is replaced. Anything else that stands
    in their way is kept under a new name, and told.
    """

    def __init__(self, plan: ReportPlan, work: Path, say: Callable[[str], None]) -> None:
        self._plan, self._work, self._say = plan, work, say

    @property
    def results(self) -> Path:
        """Where the notebook saves the results; what it writes beside them comes along."""
        return self._work / _MADE / self._plan.results.name

    def remove_earlier(self) -> None:
        """Remove an earlier report, so that nothing stale can pass for this one's work."""
        plan = self._plan
        own = unchanged(plan.name, plan.notebook, plan.page)
        # the notebook last: it tells what is infonb's, should this be cut short
        others = own - {plan.page, plan.notebook, plan.results}
        for path in (*others, plan.results, plan.page, plan.notebook):
            if path in own:
                os.rename(path, self._work / _OWN / f"earlier-{path.name}")
            else:
                self._keep(path)

    def publish(self, notebook: Any, page: str | None = None) -> None:
        """Move the notebook, what it has made, and its page to their places, each when written."""
        plan, own = self._plan, self._work / _OWN
        # what is hidden there is half of a store
        made = [path for path in (self._work / _MADE).iterdir() if not path.name.startswith(".")]
        checksums = {path.name: checksum(path) for path in made}
        self._write(own / plan.notebook.name, seal_notebook(notebook, plan.name, checksums))
        for path in made:
            self._place(path)
        if page is not None:  # if there is no room for it, the rest is in its place
            self._write(own / plan.page.name, seal_page(page, plan.name))

    def put_beside(self, page: str) -> None:
        """Put the page of the recorded runs beside; that of another report may be there."""
        earlier = self._plan.folder / PAGE
        if is_sealed(earlier, NAME):
            os.rename(earlier, self._work / _OWN / f"earlier-{PAGE}")
        self._write(self._work / _OWN / PAGE, seal_page(page, NAME))

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.write_bytes(content)
            sync(path)
        except OSError as error:
            place = self._plan.folder / path.name
            raise OSError(f"{named(place)} could not be written: {error.strerror}.") from None
        self._place(path)

    def _place(self, path: Path) -> None:
        target = self._plan.folder / path.name
        self._keep(target)
        os.rename(path, target)

    def _keep(self, path: Path) -> None:
        """Give what is in the way another name."""
        if os.path.lexists(path):
            beside = free_name(path, "kept")
            os.rename(path, beside)
            self._say(f"kept beside, for it is not as a report left it: {named(beside)}")


@contextmanager
def prepare_outcome(plan: ReportPlan, say: Callable[[str], None] = tell) -> Iterator[Outcome]:
    """
    Make the hidden folder, and remove it at the end; before, those of killed reports.

    Meanwhile no other report writes to the same place.
    """
    with _locked(plan.folder):
        for left in plan.folder.glob(f"{_PREFIX}*"):
            with suppress(OSError):  # another user's, or no folder
                inside = {path.name for path in left.iterdir()}
                if not left.is_symlink() and inside <= {_OWN, _MADE}:
                    shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=plan.folder))
        try:
            (work / _OWN).mkdir()
            (work / _MADE).mkdir()
            yield Outcome(plan, work, say)
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other reports out of a folder, which is made."""
    try:
        lock = Lock(folder, named(folder), name=_LOCK)
    except Held as held:
        raise FileExistsError(
            f"another report is being written to {named(folder)}, by {held.by}; choose another "
            "output folder (both share the runs that they make), or wait."
        ) from None
    try:
        yield
    finally:
        lock.release()
