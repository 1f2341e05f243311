"""The page of a report: one HTML file that opens without a network, a script or a kernel."""

from __future__ import annotations

import base64
import struct
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infonb.parameters import to_text
from infonb.reports.page import markup, origin
from infonb.reports.page.formulas import formula_svg
from infonb.reports.page.paths import hide_paths, without_paths
from infonb.reports.page.tidy import SHOWN, split_progress

if TYPE_CHECKING:
    from infonb.reports.plan import ReportPlan

__all__ = ["render_page"]

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_LONG = 8  # lists of more values are not told in full in the title
_DOTS_PER_INCH = 100  # a figure's inch on the page, in CSS pixels


def render_page(notebook: Any, plan: ReportPlan, *, show_code: bool = False) -> str:
    """
    Return the HTML page of an executed notebook (an nbformat node), tidied.

    It loads nothing: pictures are embedded, formulas are drawn, scripts left out; so are folders of
    the machine, but for those that were given as parameters.
    """
    from bs4 import BeautifulSoup

    papermill = notebook.metadata.get("papermill", {})
    facts = {
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
        "show_code": show_code,
        "results": plan.results.name if plan.results.exists() else "",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "duration": round(papermill.get("duration") or 0),
        "css": (_TEMPLATES / "report" / "page.css").read_text(encoding="utf-8"),
        "code_css": _code_css(),
    }
    shown = deepcopy(notebook)
    for cell in shown.cells:  # before colours divide the words of the code
        cell.source = without_paths(cell.source, plan.folder)
    html, _ = _exporter().from_notebook_node(shown, resources={"infonb": facts})
    soup = BeautifulSoup(html, "html.parser")
    markup.cut_network(soup)
    hide_paths(soup.main, plan.folder)  # before the parameters come: theirs are told as they are
    markup.place_parameters(soup)
    markup.move_title(soup, plan.title)
    markup.make_contents(soup)
    markup.dress_tables(soup)
    return str(soup)


def _exporter() -> Any:
    from jinja2 import pass_context
    from nbconvert import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
    from traitlets.config import Config

    class Renderer(IPythonRenderer):
        """Markdown with drawn formulas."""

        def inline_math(self, body: str) -> str:
            return formula_svg(body)

        def block_math(self, body: str) -> str:
            return formula_svg(body, block=True)

        def latex_environment(self, name: str, body: str) -> str:
            body = (
                body if name.startswith("equation") else f"\\begin{{{name}}}{body}\\end{{{name}}}"
            )
            return formula_svg(body, block=True)

    @pass_context
    def markdown(context: Any, source: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = Renderer(escape=False, attachments=attachments, anchor_link_text="#")
        html: str = MarkdownWithMath(renderer=renderer).render(source)
        return html

    return HTMLExporter(
        config=Config(NbConvertBase={"display_data_priority": SHOWN}),
        extra_template_basedirs=[str(_TEMPLATES)],
        template_name="report",
        filters={
            "markdown2html": markdown,
            "latex2svg": _latex_output,
            "png_size": _png_size,
            "split_progress": split_progress,
        },
    )


def _latex_output(latex: str) -> str:
    return formula_svg(latex.strip().strip("$"), block=True)


def _png_size(output: Any) -> tuple[int, int] | None:
    """Return width and height in CSS pixels of a picture: as told, else from its dots per inch."""
    told = output.metadata.get("image/png", {}).get("width") or output.metadata.get("width")
    raw = base64.b64decode(output.data["image/png"])
    width, height = struct.unpack(">II", raw[16:24])
    place = raw.find(b"pHYs")
    if told is None and place >= 0:
        (dots_per_metre,) = struct.unpack(">I", raw[place + 4 : place + 8])
        dots_per_inch = dots_per_metre * 0.0254
        if dots_per_inch > _DOTS_PER_INCH:
            told = width * _DOTS_PER_INCH / dots_per_inch
    return None if told is None else (round(float(told)), round(height * float(told) / width))


def _code_css() -> str:
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    # styles whose every colour can be read on the ground of code
    light = HtmlFormatter(style="xcode").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"


def _brief(value: Any) -> str:
    """Return a value as text for a title: of a long list the first, and how many there are."""
    if isinstance(value, list) and len(value) > _LONG:
        return f"{to_text(value[:2])},… ({len(value)})"
    return to_text(value)


def _readable(value: Any) -> str:
    return ", ".join(map(to_text, value)) if isinstance(value, list) else to_text(value)
