"""Execute the notebook of an experiment and make its page."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from infonb.reports.outcome import Outcome, prepare_outcome, tell
from infonb.reports.plan import START_TIMEOUT, ReportPlan, plan_report
from infonb.reports.signals import Signals
from infonb.validate import check_integer

__all__ = ["Report", "execute_plan", "run_report"]


@dataclass(frozen=True)
class Report:
    """Files of a finished report; `results` is None if the notebook saved none."""

    notebook: Path
    page: Path
    results: Path | None


def run_report(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    output: str | os.PathLike[str] | None = None,
    *,
    show_code: bool = False,
    progress: bool = True,
    start_timeout: int = START_TIMEOUT,
) -> Report:
    """
    Run an experiment's notebook with parameters and write notebook, page and results.

    Everything is checked first; nothing is created or run if a parameter is wrong. The notebook
    runs on this interpreter with this very infonb, in the current folder, from which it imports
    nothing; settings of the user's for IPython and matplotlib are left aside. An earlier report is
    removed before the run begins, so that a page is always that of the last run, and complete;
    what somebody has changed in it is kept beside, under another name. The page of infonb's own
    experiments leads to that of the recorded runs, which is put beside it.

    Parameters
    ----------
    name
        Name of the experiment; hyphens stand for underscores.
    parameters
        Values that differ from the defaults.
    output
        Folder for ``<name>.ipynb``, ``<name>.html``, ``results.zarr`` and ``RESULTS.html``; made
        if missing.
        None stands for ``report/<name>``, ``~`` for the home.
    show_code
        Whether the page shows its code when it is opened; else code is folded behind toggles.
    progress
        Whether to show a bar over the cells.
    start_timeout
        Seconds that the kernel has to start.

    Returns
    -------
    Report
        Paths of the three.

    Raises
    ------
    ValueError, OSError
        As `plan_report`, before anything is created or run; or if the disk is full.
    ReportError
        If a cell fails; the executed notebook is in the output folder.
    SystemExit
        If the process is to end (TERM, HUP): the notebook is there as far as it got, as after
        Ctrl-C.
    """
    check_integer("start_timeout", start_timeout, 1)
    plan = plan_report(name, parameters, output)
    return execute_plan(plan, show_code=show_code, progress=progress, start_timeout=start_timeout)


def execute_plan(
    plan: ReportPlan,
    *,
    show_code: bool = False,
    progress: bool = True,
    start_timeout: int = START_TIMEOUT,
) -> Report:
    """Run a checked report; see `run_report`."""
    # they take seconds, in which an earlier report is still there
    from infonb.reports.execution import execute
    from infonb.reports.page.page import render_page
    from infonb.reports.page.tidy import tidy

    with (
        Signals() as signals,
        signals.held(),  # all that is short: no file is left half there, nothing hidden
        prepare_outcome(plan) as outcome,
    ):
        outcome.remove_earlier()
        seen: list[Any] = []
        try:
            with signals.let_through():
                beside = _Beside(plan.name)
                execute(plan, outcome.results, seen, progress=progress, start_timeout=start_timeout)
                recorded = beside.recorded()
                tidy(seen[0])
                page = render_page(seen[0], plan, show_code=show_code)
        except BaseException as error:
            _publish_unfinished(outcome, seen, error)
            raise
        outcome.publish(seen[0], page)
        if recorded is not None:
            outcome.put_beside(recorded)
    results = plan.results if plan.results.exists() else None
    return Report(plan.notebook, plan.page, results)


class _Beside(Thread):
    """What a page needs besides the run, made while this process would only wait for the kernel."""

    def __init__(self, name: str) -> None:
        super().__init__(daemon=True)
        self._experiment = name
        self._found: list[str | None] = []
        self.start()

    def run(self) -> None:
        with suppress(Exception):  # told where the page is made
            self._found.append(self._made())

    def recorded(self) -> str | None:
        """Return the page of the recorded runs; None for experiments of others."""
        self.join()
        return self._found[0] if self._found else self._made()

    def _made(self) -> str | None:
        from infonb.reports.page.exporter import prepare
        from infonb.reports.page.recorded import has_results, render_results

        prepare()
        return render_results() if has_results(self._experiment) else None


def _publish_unfinished(outcome: Outcome, seen: list[Any], error: BaseException) -> None:
    """Leave the notebook as far as it got; a full disk is told, but hides no interrupt."""
    try:
        if seen:
            outcome.publish(seen[0])
    except OSError as full:
        if isinstance(error, Exception):
            raise full from error
        tell(str(full))
