"""Execute the notebook of a report, through papermill, on a kernel of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbclient.exceptions import DeadKernelError
from papermill import execute_notebook
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.translators import PythonTranslator

from infonb.reports.errors import ReportError
from infonb.reports.kernel import kernel_options, last_words
from infonb.reports.plan import ReportPlan
from infonb.reports.scratch import scratch_folder

__all__ = ["execute"]

_ENGINE = "infonb"


class _Engine(NBClientEngine):
    """papermill's own, which lets the notebook be seen however its execution ends."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, seen: list[Any], **options: Any
    ) -> Any:
        seen.append(nb_man.nb)
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register(_ENGINE, _Engine)


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
                **kernel_options(folder, plan.name),
            )
        except PapermillExecutionError as error:
            raise ReportError(plan.notebook, error.exec_count, error.ename, error.evalue) from None
        except DeadKernelError:
            raise ReportError(
                plan.notebook, None, "DeadKernelError", "it stopped, perhaps for want of memory"
            ) from None
        except RuntimeError as error:  # of the kernel's start: cells raise other errors
            said = last_words(folder)
            raise ReportError(
                plan.notebook, None, "RuntimeError", f"{error}{f' ({said})' if said else ''}"
            ) from None
        finally:
            for notebook in seen:
                _say_where(notebook, plan, results)


def _say_where(notebook: Any, plan: ReportPlan, results: Path) -> None:
    """Let a notebook name its files by their places, not by where they were made."""
    made, place = str(results.absolute()), str(plan.results.absolute())
    literal = PythonTranslator.translate(place)
    if place.isprintable():  # else in escapes, as papermill writes it
        literal = json.dumps(place, ensure_ascii=False)
    words = {PythonTranslator.translate(made): literal, made: place}
    for key, value in _replaced(dict(notebook), words).items():
        notebook[key] = value
    notebook.metadata.papermill.update(input_path=str(plan.source), output_path=str(plan.notebook))


def _replaced(value: Any, words: dict[str, str]) -> Any:
    """Return nested dicts and lists with words replaced in all text."""
    if isinstance(value, dict):
        return type(value)((key, _replaced(each, words)) for key, each in value.items())
    if isinstance(value, list):
        return [_replaced(each, words) for each in value]
    if isinstance(value, str):
        for old, new in words.items():
            value = value.replace(old, new)
    return value
