"""Execute the notebook of an experiment and make its page."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from infonb.reports.plan import ReportPlan, plan_report
from infonb.storage import Lock

__all__ = ["Report", "ReportError", "execute_plan", "run_report"]

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Report:
    """Files of a finished report; `results` is None if the notebook saved none."""

    notebook: Path
    page: Path
    results: Path | None


class ReportError(RuntimeError):
    """
    A cell of a report failed.

    Attributes
    ----------
    notebook : Path
        The executed notebook, with the failing cell marked.
    cell : int or None
        Execution number of the failing cell.
    error : str
        Name of the error in the cell.
    message : str
        Message of the error in the cell.
    """

    def __init__(self, notebook: Path, cell: int | None, error: str, message: str) -> None:
        self.notebook = notebook
        self.cell = cell
        self.error = error
        self.message = _ANSI.sub("", message)
        where = "the kernel" if cell is None else f"cell [{cell}]"
        super().__init__(f"{where} failed with {error}: {self.message}\nSee {notebook}")


def run_report(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    output: str | os.PathLike[str] | None = None,
    *,
    show_code: bool = False,
    progress: bool = True,
) -> Report:
    """
    Run an experiment's notebook with parameters and write notebook, page and results.

    Everything is checked first; nothing is created or run if a parameter is wrong. The notebook
    runs on this interpreter, in the current folder. A page of an earlier run is removed before
    the run begins, so that a page is always that of the last run, and complete.

    Parameters
    ----------
    name
        Name of the experiment; hyphens stand for underscores.
    parameters
        Values that differ from the defaults.
    output
        Folder for ``<name>.ipynb``, ``<name>.html`` and ``results.zarr``; made if missing.
        None stands for ``report/<name>``.
    show_code
        Whether the page shows its code when it is opened; else code is folded behind toggles.
    progress
        Whether to show a bar over the cells.

    Returns
    -------
    Report
        Paths of the three.

    Raises
    ------
    ValueError, OSError
        As `plan_report`, before anything is created or run.
    ReportError
        If a cell fails; the executed notebook is in the output folder.
    """
    plan = plan_report(name, parameters, output)
    return execute_plan(plan, show_code=show_code, progress=progress)


def execute_plan(plan: ReportPlan, *, show_code: bool = False, progress: bool = True) -> Report:
    """Run a checked report; see `run_report`."""
    with _only_one(plan):
        return _execute_alone(plan, show_code=show_code, progress=progress)


@contextmanager
def _only_one(plan: ReportPlan) -> Iterator[None]:
    """Keep other reports out of the folder; the lock lies elsewhere, and nothing is left of it."""
    name = blake2b(str(plan.folder.resolve()).encode(), digest_size=8).hexdigest()
    place = Path(tempfile.gettempdir(), f"infonb-report-{name}")
    try:
        lock = Lock(place, str(plan.folder))
    except RuntimeError:
        raise FileExistsError(
            f"another report is being written to {plan.folder}; choose another output folder "
            "(both share the runs that they make), or wait."
        ) from None
    try:
        yield
    finally:
        # while it is held: who waits at the removed file sees that it is not the one in the folder
        with suppress(OSError):
            (place / "lock").unlink(missing_ok=True)
            place.rmdir()
        lock.release()


def _execute_alone(plan: ReportPlan, *, show_code: bool, progress: bool) -> Report:
    from infonb.reports.page.page import render_page
    from infonb.reports.page.tidy import tidy

    plan.folder.mkdir(parents=True, exist_ok=True)
    plan.partial.touch()  # from here on the folder is known as this experiment's
    _remove_earlier(plan)
    try:
        notebook = _execute(plan, progress)
        tidy(notebook)
        notebook.metadata.papermill.output_path = str(plan.notebook)
        _write(plan.notebook, _notebook_text(notebook))
        _write(plan.page, render_page(notebook, plan, show_code=show_code))
    finally:
        if plan.partial.stat().st_size and not plan.notebook.exists():
            os.replace(plan.partial, plan.notebook)  # failed or interrupted: as far as it got
        plan.partial.unlink(missing_ok=True)
    results = plan.results if plan.results.exists() else None
    return Report(plan.notebook, plan.page, results)


def _remove_earlier(plan: ReportPlan) -> None:
    """Remove what an earlier run left, so that nothing stale can pass for this run's work."""
    for path in (plan.page, plan.notebook):
        path.unlink(missing_ok=True)
    if plan.results.is_symlink() or plan.results.is_file():
        plan.results.unlink()
    elif plan.results.is_dir():
        shutil.rmtree(plan.results)


def _execute(plan: ReportPlan, progress: bool) -> Any:
    from nbclient.exceptions import DeadKernelError
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    from infonb.reports.kernel import kernel_options

    bar = {"desc": plan.name, "unit": "cell", "leave": True} if progress else False
    with tempfile.TemporaryDirectory(prefix="infonb-", ignore_cleanup_errors=True) as folder:
        try:
            return execute_notebook(
                plan.source,
                plan.partial,
                parameters=plan.injected,
                kernel_name="python3",
                language="python",
                progress_bar=bar,
                **kernel_options(Path(folder), plan.source.resolve().parent),
            )
        except PapermillExecutionError as error:
            raise ReportError(plan.notebook, error.exec_count, error.ename, error.evalue) from None
        except DeadKernelError:
            raise ReportError(
                plan.notebook, None, "DeadKernelError", "it stopped, perhaps for want of memory"
            ) from None
        except RuntimeError as error:  # of the kernel's start: cells raise other errors
            raise ReportError(plan.notebook, None, "RuntimeError", str(error)) from None


def _notebook_text(notebook: Any) -> str:
    import nbformat

    text: str = nbformat.writes(notebook)
    return text if text.endswith("\n") else text + "\n"


def _write(path: Path, text: str) -> None:
    """Write a file under another name and move it into place, so that it is never half there."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
