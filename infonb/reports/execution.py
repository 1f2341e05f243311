"""Execute the notebook of a report, through papermill, on a kernel of its own."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from nbclient.exceptions import DeadKernelError
from papermill import execute_notebook
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from infonb.reports.errors import ReportError, message_with_notes
from infonb.reports.kernel import kernel_options, last_words
from infonb.reports.plan import ReportPlan
from infonb.reports.scratch import scratch_folder

__all__ = ["execute"]

_ENGINE = "infonb"

#: Seconds in which the output of a cell that has ended must come. The four of nbclient pass on a
#: machine that is busy with other work; a kernel that has died is noticed at once besides.
_OUTPUT_TIMEOUT = 600


class _Engine(NBClientEngine):
    """papermill's own, which lets the notebook be seen however its execution ends."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, seen: list[Any], **options: Any
    ) -> Any:
        seen.append(nb_man.nb)
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register(_ENGINE, _Engine)
# what it logs of a kernel that does not start is told by the error
logging.getLogger("papermill").addHandler(logging.NullHandler())


def execute(
    plan: ReportPlan, results: Path, seen: list[Any], *, progress: bool, start_timeout: int
) -> Any:
    """
    Return the executed notebook, which saves its results at a path; raise `ReportError`.

    What there is of it is put into the list, also if it fails or is interrupted. No path is given
    to papermill, which would interpret it.
    """
    import nbformat

    bar = {"desc": plan.name, "unit": "cell", "leave": True} if progress else False
    with scratch_folder() as folder:
        try:
            return execute_notebook(
                nbformat.read(plan.source, as_version=4),
                None,
                parameters=plan.injected(results),
                engine_name=_ENGINE,
                kernel_name="python3",
                language="python",
                progress_bar=bar,
                start_timeout=start_timeout,
                seen=seen,
                iopub_timeout=_OUTPUT_TIMEOUT,
                **kernel_options(folder, plan.name),
            )
        except PapermillExecutionError as error:
            said = message_with_notes(error.ename, error.evalue, error.traceback)
            raise ReportError(plan.notebook, error.exec_count, error.ename, said) from None
        except DeadKernelError:
            raise ReportError(
                plan.notebook, None, "DeadKernelError", "it stopped, perhaps for want of memory"
            ) from None
        except RuntimeError as error:  # of the kernel's start: cells raise other errors
            said = last_words(folder)
            more = f" ({said})" if said else ""
            if "respond in" in str(error):  # it may be slow, not broken
                more += "; give it more time (--start-timeout, start_timeout)"
            raise ReportError(plan.notebook, None, "RuntimeError", f"{error}{more}") from None
        finally:
            for notebook in seen:
                _say_where(notebook, plan, results)


def _say_where(notebook: Any, plan: ReportPlan, results: Path) -> None:
    """Let a notebook name its files by their places, not by where they are made: in a folder."""
    made = results.absolute().parent.relative_to(plan.folder.absolute())
    hidden = re.compile("".join(re.escape(part) + r"[\\/]+" for part in made.parts))
    for key, value in _without(hidden, dict(notebook)).items():
        notebook[key] = value
    notebook.metadata.papermill.update(input_path=str(plan.source), output_path=str(plan.notebook))


def _without(pattern: re.Pattern[str], value: Any) -> Any:
    """Return nested dicts and lists without a pattern in their texts."""
    if isinstance(value, dict):
        return type(value)((key, _without(pattern, each)) for key, each in value.items())
    if isinstance(value, list):
        return [_without(pattern, each) for each in value]
    return pattern.sub("", value) if isinstance(value, str) else value
