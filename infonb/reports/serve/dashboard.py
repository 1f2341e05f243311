"""A notebook as a dashboard: served by Voilà, code hidden, controls live."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from infonb import experiments
from infonb.parameters import ParameterError, to_text
from infonb.reports.folders import user_folder
from infonb.reports.kernel import transport, write_own_kernelspec
from infonb.reports.notebooks import find_lesson, lesson_name, lessons, notebook_title
from infonb.reports.page.formulas import with_formulas
from infonb.reports.plan import NotebookPlan, plan_experiment
from infonb.reports.scratch import scratch_folder
from infonb.reports.serve.server import run_server, server_command, server_environment
from infonb.validate import did_you_mean

__all__ = [
    "dashboard_command",
    "dashboard_environment",
    "plan_dashboard",
    "start_dashboard",
    "write_dashboard",
]

_TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "dashboard"
_NAME = "infonb"  # of the template, for Voilà
_KERNELS = "infonb.reports.serve.app.kernels.PageKernels"
# cells that are nothing to a reader: installation elsewhere, and room for the reader's own code
_LEFT_OUT = {"colab", "answer"}
_LINK_TO_FILE = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:|#)[^)\s]+\)")
# code is not shown there, and a solution has a heading to click on
_FOLDED_CODE = re.compile(r"\s*Cells that only draw [^.]*three\s+dots[^.]*\.")
_THREE_DOTS = re.compile(r"a click on (?:its|the)\s+three\s+dots\s+opens")
_PLACE_FOR_ANSWERS = re.compile(r"Put your answers in place of [^.]*\.\s+The solution stands[^,]*,")
_NO_PLACE = (
    "A dashboard has no place for your code: answer on paper, or in the notebook of this lesson "
    "(`infonb lab`), where answers are checked. The solution stands below each task,"
)
_KERNEL = {"name": "python3", "display_name": "Python 3 (infonb)", "language": "python"}
_STATUS_LINE = "from infonb.reports.serve.status_line import status_line\n\nstatus_line()"
_INSTRUCTION = "The terminal in which the dashboard was started says why."
_MORE_PORTS = 99  # after the one that was asked for


def plan_dashboard(
    name: str, parameters: Mapping[str, Any] | None = None, *, text: bool = False
) -> NotebookPlan:
    """Check everything that a dashboard of an experiment or a lesson needs; see `plan_report`."""
    if find_spec("voila") is None:
        raise ModuleNotFoundError(
            'a dashboard needs Voilà, which is not installed; pip install "voila>=0.5.8"'
        )
    known = experiments.names()
    if name.replace("-", "_") in known:
        return plan_experiment(name, parameters, text=text)
    path = find_lesson(name)
    if path is None:
        words = {number: lesson_name(path) for number, path in lessons().items()}
        listed = ", ".join(repr(choice) for choice in known)
        numbered = ", ".join(f"{number} ({word})" for number, word in words.items())
        hint = did_you_mean(name.replace("-", "_"), [*known, *words.values()])
        raise ValueError(
            f"no notebook {name!r}; there are the experiments {listed}, and the lessons "
            f"{numbered}.{hint}"
        )
    if parameters:
        first = next(iter(parameters))
        raise ParameterError(f"lesson {name!r} has no parameters; leave {first!r} out.")
    return NotebookPlan(path.stem, notebook_title(path), path, ())


def write_dashboard(plan: NotebookPlan, folder: Path) -> Path:
    """Write the notebook that is served, with its parameters, into a folder in which it runs."""
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    notebook = load_notebook_node(str(plan.source))
    notebook.cells = [cell for cell in notebook.cells if not _LEFT_OUT & set(cell.metadata.tags)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":  # the files that it links to are not served
            text = _FOLDED_CODE.sub("", _LINK_TO_FILE.sub(r"\1", cell.source))
            text = _PLACE_FOR_ANSWERS.sub(_NO_PLACE, text)
            cell.source = with_formulas(_THREE_DOTS.sub("a click opens", text))
    if plan.parameters:
        tagged = ["parameters" in cell.metadata.tags for cell in notebook.cells]
        shown = nbformat.v4.new_markdown_cell(_values(plan), metadata={"tags": []})
        notebook.cells.insert(tagged.index(True) + 1, shown)
    if plan.changed:
        values = experiments.get(plan.name).anchored(plan.changed)
        notebook = parameterize_notebook(notebook, values, kernel_name=_KERNEL["name"],
                                         language=_KERNEL["language"])  # fmt: skip
    line = nbformat.v4.new_code_cell(_STATUS_LINE, metadata={"tags": ["status-line"]})
    notebook.cells.insert(0, line)
    notebook.metadata |= {"title": plan.title, "kernelspec": _KERNEL}
    path = folder / f"{plan.name}.ipynb"
    nbformat.write(notebook, path)
    return path


def dashboard_command(folder: Path, notebook: Path, options: Sequence[str] = ()) -> list[str]:
    """Return the command that serves a notebook; folder is that of `dashboard_environment`."""
    connection = folder / "voila_12345678" / f"kernel-{uuid4()}.json"  # as Voilà will name it
    own = [
        f"--VoilaConfiguration.template={_NAME}",
        # the text at once, each output when it is there
        "--VoilaConfiguration.progressive_rendering=True",
        f"--VoilaConfiguration.multi_kernel_manager_class={_KERNELS}",
        f"--Voila.connection_dir_root={folder}",
        f"--KernelManager.transport={transport(connection)}",
        "--KernelManager.shutdown_wait_time=2",  # of a cell that goes on after Ctrl-C
        f"--VoilaExecutor.cell_error_instruction={_INSTRUCTION}",
        "--Voila.auto_token=True",
        f"--Voila.port_retries={_MORE_PORTS}",
        "--Voila.log_level=ERROR",  # why a cell failed, but not every kernel's start and end
    ]
    return server_command(
        "infonb.reports.serve.app", [str(notebook), *_unless_given(own, options), *options]
    )


def _unless_given(own: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return options of infonb's own but for those that are given, in full or by a short name."""
    given = {option.partition("=")[0].lstrip("-") for option in options}
    names = [option.partition("=")[0].lstrip("-") for option in own]
    return [
        option
        for option, name in zip(own, names, strict=True)
        if not {name, name.partition(".")[2]} & given
    ]


def dashboard_environment(folder: Path, name: str | None = None) -> dict[str, str]:
    """Return `server_environment` of a temporary folder, which gets template and kernel."""
    write_own_kernelspec(folder, name if name in experiments.names() else None)
    environment = server_environment(folder)
    shutil.copytree(_TEMPLATE, folder / "voila" / "templates" / _NAME)
    return environment


def start_dashboard(plan: NotebookPlan, port: int, options: Sequence[str] = ()) -> int:
    """Serve a notebook until it is stopped; return the server's exit code. See `run_server`."""
    user_folder(os.curdir)  # that it is there
    with scratch_folder() as folder:
        environment = dashboard_environment(folder, plan.name)
        (folder / "notebook").mkdir()
        notebook = write_dashboard(plan, folder / "notebook")
        options = [*_unless_given([f"--Voila.port={port}"], options), *options]
        command = dashboard_command(folder, notebook, options)
        return run_server(command, environment, ends_at_interrupt=True)


def _values(plan: NotebookPlan) -> str:
    """Return a folded table of the parameters' values, the changed ones in bold."""
    rows = []
    for info, value in plan.parameters:
        shown = ", ".join(map(to_text, value)) if isinstance(value, list) else to_text(value)
        text = escape(shown) or "(empty)"
        text = f"<strong>{text}</strong>" if info.name in plan.changed else text
        rows.append(f"<tr><td>{info.name}</td><td>{text}</td><td>{escape(info.help)}</td></tr>")
    changed = ", ".join(f"{name} = {to_text(value)}" for name, value in plan.changed.items())
    return (
        f"<details><summary>Values of this run: {escape(changed) or 'the defaults'}</summary>\n"
        "<table><tr><th>parameter</th><th>value</th><th>meaning</th></tr>\n"
        + "\n".join(rows) + "\n</table></details>"
    )  # fmt: skip
