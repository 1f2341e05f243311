"""From a notebook's cells to HTML: the template, Markdown with drawn formulas, pictures' sizes."""

from __future__ import annotations

import base64
import struct
from functools import cache
from pathlib import Path
from typing import Any

from infonb.reports.page.formulas import formula_svg
from infonb.reports.page.tidy import SHOWN, split_progress

__all__ = ["export", "prepare"]

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_DOTS_PER_INCH = 100  # a figure's inch on the page, in CSS pixels


def export(notebook: Any, facts: dict[str, Any]) -> Any:
    """Return a notebook as HTML to be worked on; `facts` are what the template tells of it."""
    from bs4 import BeautifulSoup

    looks = {
        "css": (_TEMPLATES / "report" / "page.css").read_text(encoding="utf-8"),
        "code_css": _code_css(),
    }
    html, _ = _exporter().from_notebook_node(notebook, resources={"infonb": facts | looks})
    return BeautifulSoup(html, "html.parser")


def prepare() -> None:
    """Import what pages are made with and read the templates, which takes a second or two."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    export(new_notebook(cells=[new_markdown_cell("# A"), new_code_cell("1")]), {"versions": {}})


@cache
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


def _png_size(output: Any) -> tuple[int, int]:
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
    told = float(told or width)
    return round(told), round(height * told / width)


def _code_css() -> str:
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    # styles whose every colour can be read on the ground of code
    light = HtmlFormatter(style="xcode").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"
