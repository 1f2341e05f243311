"""The page of a report: one HTML file that opens without a network, a script or a kernel."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infonb.parameters import to_text
from infonb.reports.page import datasets, figures, markup, origin, recorded, sections
from infonb.reports.page.exporter import export
from infonb.reports.page.paths import hide_paths, without_paths

if TYPE_CHECKING:
    from infonb.reports.plan import ReportPlan

__all__ = ["render_page"]

_LONG = 8  # lists of more values are not told in full in the title


def render_page(notebook: Any, plan: ReportPlan, *, show_code: bool = False) -> str:
    """
    Return the HTML page of an executed notebook (an nbformat node), tidied.

    It loads nothing: pictures are embedded, formulas are drawn, scripts left out; so are folders of
    the machine, but for those that were given as parameters.
    """
    shown = deepcopy(notebook)
    shown.cells = [cell for cell in shown.cells if not _is_of_the_live_notebook(cell)]
    for cell in shown.cells:  # before colours divide the words of the code
        cell.source = without_paths(cell.source, plan.folder)
    soup = export(shown, _facts(notebook, plan) | {"show_code": show_code})
    markup.cut_network(soup)
    hide_paths(soup.main, plan.folder)  # before the parameters come: theirs are told as they are
    sections.divide_cells(soup)
    figures.set_captions(soup)
    figures.set_side_by_side(soup)
    datasets.fold_datasets(soup)
    markup.place_parameters(soup)
    markup.move_title(soup, plan.title)
    answered = sections.arrange(soup, _line_of_parameters(plan))
    figures.number_figures(soup)
    markup.make_contents(soup)
    markup.dress_tables(soup)
    if answered:
        sections.fold(soup)
    if recorded.has_results(plan.name):
        recorded.link_results(soup)
    return str(soup)


def _is_of_the_live_notebook(cell: Any) -> bool:
    """Whether a cell's words tell what only a notebook or a dashboard can do."""
    return cell.cell_type == "markdown" and "live" in cell.metadata.get("tags", [])


def _facts(notebook: Any, plan: ReportPlan) -> dict[str, Any]:
    """Return what the template tells of a report."""
    papermill = notebook.metadata.get("papermill", {})
    return {
        "title": plan.title,
        "name": plan.name,
        "parameters": [
            {
                "info": info,
                "text": _readable(value),
                "default": _readable(info.default),
                "unchanged": value == info.default,
            }
            for info, value in plan.parameters
        ],
        "changed": " ".join(f"{name}={_brief(value)}" for name, value in plan.changed.items()),
        "command": origin.command(plan),
        "seeds": origin.seeds(plan),
        "versions": origin.versions(),
        "code": origin.code(),
        "results": plan.results.name if plan.results.exists() else "",
        "recorded": recorded.PAGE if recorded.has_results(plan.name) else "",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "duration": round(papermill.get("duration") or 0),
    }


def _line_of_parameters(plan: ReportPlan) -> str:
    """Return how many parameters were changed, and which, in one line."""
    line = f"Parameters: {len(plan.changed) or 'none'} of {len(plan.parameters)} changed"
    return f"{line} ({', '.join(plan.changed)})" if plan.changed else line


def _brief(value: Any) -> str:
    """Return a value as text for a title: of a long list the first, and how many there are."""
    if isinstance(value, list) and len(value) > _LONG:
        return f"{to_text(value[:2])},… ({len(value)})"
    return to_text(value)


def _readable(value: Any) -> str:
    return ", ".join(map(to_text, value)) if isinstance(value, list) else to_text(value)
