"""What a report will do, checked to the end before anything is created or run."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infonb import experiments
from infonb.experiments.cache import check_cache
from infonb.parameters import (
    ParameterError,
    ParameterInfo,
    assert_same,
    check,
    check_preset,
    describe,
    find,
    parse,
)
from infonb.reports.folders import check_folder
from infonb.reports.notebooks import notebook_path

__all__ = ["RESERVED", "NotebookPlan", "ReportPlan", "plan_experiment", "plan_report"]

# set by every report: pictures instead of live controls, and where the labelled results go
RESERVED = ("interactive", "results")


@dataclass(frozen=True)
class NotebookPlan:
    """A notebook that can be run: its file, and all values of its parameters, checked."""

    name: str
    title: str
    source: Path
    parameters: tuple[tuple[ParameterInfo, Any], ...]

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that differ from their default."""
        return {info.name: value for info, value in self.parameters if value != info.default}


@dataclass(frozen=True)
class ReportPlan(NotebookPlan):
    """A checked report: the notebook, all values of its parameters, and the files it will write."""

    folder: Path

    @property
    def notebook(self) -> Path:
        """Where the executed notebook goes."""
        return self.folder / f"{self.name}.ipynb"

    @property
    def page(self) -> Path:
        """Where the HTML page goes."""
        return self.folder / f"{self.name}.html"

    @property
    def results(self) -> Path:
        """Where the labelled results go."""
        return self.folder / "results.zarr"

    @property
    def partial(self) -> Path:
        """The notebook while it is being executed."""
        return self.folder / f".{self.name}.partial.ipynb"

    @property
    def injected(self) -> dict[str, Any]:
        """What the notebook is given: the changed parameters and those that every report sets."""
        return {**self.changed, "interactive": False, "results": str(self.results.absolute())}


def plan_report(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    output: str | os.PathLike[str] | None = None,
    *,
    text: bool = False,
) -> ReportPlan:
    """
    Check everything that a report needs, its data too; create and run nothing.

    Parameters
    ----------
    name
        Name of the experiment; hyphens stand for underscores.
    parameters
        Values that differ from the defaults.
    output
        Folder for the notebook, the page and the results; ``report/<name>`` if None.
    text
        Whether the values are command-line text, to be parsed.

    Raises
    ------
    ValueError
        If there is no such experiment, or a parameter is unknown, of the wrong type or out of
        range (`ParameterError`), or a file of the data set is damaged.
    OSError
        If the output folder cannot be made or written to, or the notebook or a file of the data
        set is missing and cannot be downloaded.
    """
    plan, checked = _check_values(name, parameters, text)
    folder = Path(output) if output is not None else Path("report", plan.name)
    check_folder(folder)
    report = ReportPlan(plan.name, plan.title, plan.source, plan.parameters, folder)
    _check_results(report)
    _check_data(checked)
    return report


def plan_experiment(
    name: str, parameters: Mapping[str, Any] | None = None, *, text: bool = False
) -> NotebookPlan:
    """Check all that an experiment's notebook needs, its data too; run nothing."""
    plan, checked = _check_values(name, parameters, text)
    _check_data(checked)
    return plan


def _check_values(
    name: str, parameters: Mapping[str, Any] | None, text: bool
) -> tuple[NotebookPlan, experiments.Experiment]:
    """Check the values of an experiment's parameters, alone and together."""
    experiment = experiments.get(name)
    given = dict(parameters or {})
    for reserved in RESERVED:
        if reserved in given:
            raise ParameterError(
                f"parameter {reserved!r} is set by the report itself; leave it out."
            )
    known = {info.name: info for info in describe(experiment) if info.name not in RESERVED}
    for unknown in given:
        find(unknown, known)
    typed = parse(experiment, given) if text else check(experiment, given)
    check_preset(experiment, typed)
    checked = experiment(**typed)  # checks what values do together
    values = dataclasses.asdict(checked)
    source = notebook_path(experiment.name)
    assert_same(source, experiment)
    shown = tuple((info, values[info.name]) for info in known.values())
    return NotebookPlan(experiment.name, experiment.title(), source, shown), checked


def _check_data(checked: experiments.Experiment) -> None:
    """Check that runs can be kept, and fetch the data where they are not there yet."""
    check_cache(checked.cache)
    checked.prepare()


def _check_results(plan: ReportPlan) -> None:
    """Refuse to overwrite what is not the result of an earlier run of the same experiment."""
    for path in (plan.notebook, plan.page):
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder; choose another output folder.")
    if plan.folder.resolve() == plan.source.parent.resolve():
        raise FileExistsError(
            f"{plan.folder} holds the notebooks of infonb themselves; choose another output folder."
        )
    if plan.notebook.exists() and not _is_executed(plan.notebook):
        raise FileExistsError(
            f"{plan.notebook} was not made by a report and would be lost; choose another output "
            "folder."
        )
    own = plan.notebook.exists() or plan.partial.exists()
    if os.path.lexists(plan.results) and not own:
        raise FileExistsError(
            f"{plan.results} belongs to something else than {plan.name}; "
            "choose another output folder."
        )


def _is_executed(notebook: Path) -> bool:
    """Whether a notebook is the outcome of a report, not one that somebody works on."""
    try:
        metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    except (ValueError, KeyError, TypeError):
        return False
    return "papermill" in metadata
