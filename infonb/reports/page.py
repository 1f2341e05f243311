"""The page of a report: one HTML file that opens without a network, a script or a kernel."""

from __future__ import annotations

import base64
import platform
import re
import struct
from datetime import UTC, datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import infonb
from infonb.experiments.parameters import to_text
from infonb.reports.formulas import formula_svg
from infonb.reports.tidy import SHOWN

if TYPE_CHECKING:
    from infonb.reports.plan import ReportPlan

__all__ = ["render_page", "versions"]

_TEMPLATES = Path(infonb.__file__).resolve().parent / "templates"
_PACKAGES = ("numpy", "scipy", "xarray", "zarr", "numba", "torch", "scikit-learn", "matplotlib")
_REMOTE_CSS = re.compile(r"@import[^;]*;|url\(\s*['\"]?(?!data:|#)[^)]*\)", re.IGNORECASE)
_NUMBER = re.compile(r"[-+−]?[\d.,]+(?:[eE][-+]?\d+)?%?|nan|NaN|-?inf|")
_DOTS_PER_INCH = 100  # a figure's inch on the page, in CSS pixels


def render_page(notebook: Any, plan: ReportPlan, *, show_code: bool = True) -> str:
    """
    Return the HTML page of an executed notebook.

    Parameters
    ----------
    notebook
        The executed notebook (an nbformat node), tidied.
    plan
        What was run; gives title and parameters.
    show_code
        Whether code is unfolded when the page is opened.

    Returns
    -------
    str
        HTML that loads nothing: pictures are embedded, formulas are drawn, scripts left out.
    """
    from bs4 import BeautifulSoup

    papermill = notebook.metadata.get("papermill", {})
    facts = {
        "title": plan.title,
        "name": plan.name,
        "parameters": [
            {"info": info, "text": _readable(value), "default": _readable(info.default)}
            for info, value in plan.parameters
        ],
        "command": " ".join(["infonb run", plan.name, *_options(plan)]),
        "show_code": show_code,
        "results": plan.results.name if plan.results.exists() else "",
        "versions": versions(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "duration": round(papermill.get("duration") or 0),
        "css": (_TEMPLATES / "report" / "page.css").read_text(encoding="utf-8"),
        "code_css": _code_css(),
    }
    html, _ = _exporter().from_notebook_node(notebook, resources={"infonb": facts})
    soup = BeautifulSoup(html, "html.parser")
    _move_title(soup)
    _make_contents(soup)
    _cut_network(soup)
    for table in soup.select("main table"):
        _align(table)
        table.wrap(soup.new_tag("div", attrs={"class": "scroll"}))
    return str(soup)


def versions() -> dict[str, str]:
    """Return the versions of infonb, Python and the packages that results depend on."""
    found = {"infonb": infonb.__version__, "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


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
        filters={"markdown2html": markdown, "latex2svg": _latex_output, "png_width": _png_width},
    )


def _latex_output(latex: str) -> str:
    return formula_svg(latex.strip().strip("$"), block=True)


def _png_width(output: Any) -> int | None:
    """Return the width in CSS pixels of a picture: as told, else from its dots per inch."""
    told = output.metadata.get("image/png", {}).get("width") or output.metadata.get("width")
    if told is not None:
        return int(told)
    raw = base64.b64decode(output.data["image/png"])
    place = raw.find(b"pHYs")
    if place < 0:
        return None
    (width,) = struct.unpack(">I", raw[16:20])
    (dots_per_metre,) = struct.unpack(">I", raw[place + 4 : place + 8])
    dots_per_inch = dots_per_metre * 0.0254
    return round(width * _DOTS_PER_INCH / dots_per_inch) if dots_per_inch > _DOTS_PER_INCH else None


def _code_css() -> str:
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"


def _readable(value: Any) -> str:
    return ", ".join(map(to_text, value)) if isinstance(value, list) else to_text(value)


def _options(plan: ReportPlan) -> list[str]:
    import shlex

    return [f"-p {shlex.quote(f'{name}={to_text(value)}')}" for name, value in plan.changed.items()]


def _move_title(soup: Any) -> None:
    """Let the notebook's first heading be the title of the page."""
    heading = soup.select_one("main .jp-MarkdownCell h1")
    if heading is None:
        return
    for anchor in heading.select(".anchor-link"):
        anchor.decompose()
    soup.title.string = heading.get_text().strip()
    soup.select_one("header h1").replace_with(heading.extract())


def _make_contents(soup: Any) -> None:
    """Fill the table of contents with the headings of the second and third level."""
    contents = soup.select_one("nav.contents ul")
    seen: set[str] = set()
    for heading in soup.select("main :is(h1, h2, h3):is([id])"):
        base = heading["id"]
        number = 1
        while heading["id"] in seen:  # two sections of the same name
            number += 1
            heading["id"] = f"{base}-{number}"
        seen.add(heading["id"])
        for anchor in heading.select(".anchor-link"):
            anchor["href"] = f"#{heading['id']}"
            anchor["aria-label"] = "Link to this section"
        item = soup.new_tag("li", attrs={"class": f"level-{heading.name}"})
        link = soup.new_tag("a", href=f"#{heading['id']}")
        for child in heading.contents:
            if "anchor-link" not in (getattr(child, "attrs", None) or {}).get("class", []):
                link.append(child.__copy__())
        item.append(link)
        contents.append(item)
    if not seen:
        soup.select_one("nav.contents").decompose()


def _align(table: Any) -> None:
    """Set the columns of words in a data frame flush left; numbers stay flush right."""
    if "dataframe" not in table.get("class", []) or table.select_one("[colspan], [rowspan]"):
        return
    rows = [row.find_all(["td", "th"]) for row in table.select("tr")]
    for column in zip(*rows, strict=False):
        body = [cell for cell in column if cell.name == "td"]
        if body and not all(_NUMBER.fullmatch(cell.get_text().strip()) for cell in body):
            for cell in column:
                cell["class"] = [*cell.get("class", []), "words"]


def _cut_network(soup: Any) -> None:
    """Remove whatever would load something: scripts, frames, foreign pictures and styles."""
    for element in soup.select(
        "script, iframe, object, embed, base, link, meta[http-equiv=refresh]"
    ):
        element.decompose()
    for element in soup.find_all(True):
        for attribute in ("src", "srcset", "poster", "data", "background", "xlink:href"):
            value = str(element.get(attribute, "")).strip()
            if value and not value.startswith(("data:", "#")):
                del element[attribute]
                if element.name == "img":
                    element["alt"] = f"{element.get('alt', '')} (not embedded: {escape(value)})"
        if "style" in element.attrs:
            element["style"] = _REMOTE_CSS.sub("", element["style"])
    for style in soup.find_all("style"):
        if style.string:
            style.string = _REMOTE_CSS.sub("", style.string)
