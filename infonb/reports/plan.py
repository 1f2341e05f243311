"""What a report will do, checked to the end before anything is created or run."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infonb import experiments
from infonb.experiments.cache import check_cache
from infonb.experiments.cluster import check_reachable
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
from infonb.reports.folders import check_folder, named, user_folder
from infonb.reports.limits import check_open_files
from infonb.reports.notebooks import notebook_path
from infonb.reports.seals import is_outcome, unchanged

__all__ = [
    "RESERVED",
    "START_TIMEOUT",
    "NotebookPlan",
    "ReportPlan",
    "plan_experiment",
    "plan_report",
]

#: Seconds that a kernel has to start: many, for a busy machine and a slow disk.
START_TIMEOUT = 600

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

    def injected(self, results: Path) -> dict[str, Any]:
        """Return what the notebook is given: changed parameters and those every report sets."""
        return {**self.changed, "interactive": False, "results": str(results.absolute())}


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
        Folder for the notebook, the page and the results; ``report/<name>`` if None. ``~`` is the
        home; any other name is taken as it is.
    text
        Whether the values are command-line text, to be parsed.

    Raises
    ------
    ValueError
        If there is no such experiment, or a parameter is unknown, of the wrong type or out of
        range (`ParameterError`), or a file of the data set is damaged.
    OSError
        If the output folder cannot be made or written to, too few files may be open at once, or the
        notebook or a file of the data
        set is missing and cannot be downloaded.
    """
    plan, checked = _check_values(name, parameters, text)
    folder = user_folder(output if output is not None else Path("report", plan.name))
    check_folder(folder)
    check_open_files()
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
    """Check that runs can be kept and made, and fetch the data where they are not there yet."""
    check_cache(checked.cache)
    check_reachable(checked.cluster)
    checked.prepare()


def _check_results(plan: ReportPlan) -> None:
    """Refuse a folder that has something else than an earlier report of the same experiment."""
    for path in (plan.notebook, plan.page):
        if path.is_dir():
            raise IsADirectoryError(f"{named(path)} is a folder; choose another output folder.")
    if plan.folder.resolve() == plan.source.parent.resolve():
        raise FileExistsError(
            f"{named(plan.folder)} holds the notebooks of infonb themselves; choose another output "
            "folder."
        )
    if is_outcome(plan.notebook):
        return
    own = unchanged(plan.name, plan.notebook, plan.page)
    for path in (plan.notebook, plan.page):
        if os.path.lexists(path) and path not in own:
            raise FileExistsError(
                f"{named(path)} was not made by a report and would be lost; choose another output "
                "folder."
            )
    if os.path.lexists(plan.results):
        raise FileExistsError(
            f"{named(plan.results)} belongs to something else than {plan.name}; "
            "choose another output folder."
        )
