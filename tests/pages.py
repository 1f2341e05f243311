"""Pages made without a kernel, and what a browser would find in them."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from typing import Any

import nbformat
from fakes import NAME
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook, new_output

from infonb.reports import plan_report
from infonb.reports.page.page import render_page
from infonb.reports.page.tidy import tidy

LOADING = {"src", "srcset", "poster", "data", "xlink:href", "background", "action"}


class Page(HTMLParser):
    """What a page shows and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.loads: list[str] = []
        self.in_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.in_style = tag == "style"
        self.loads += [str(found[name]) for name in LOADING & found.keys()]
        if tag in ("link", "base"):
            self.loads.append(str(found.get("href")))
        self.handle_css(found.get("style") or "")

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.handle_css(data)

    def handle_css(self, css: str) -> None:
        self.loads += re.findall(r"url\(([^)]*)\)", css)
        self.loads += re.findall(r"@import[^;]*", css)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    def one(self, identifier: str) -> dict[str, str | None]:
        (found,) = [attrs for _, attrs in self.tags if attrs.get("id") == identifier]
        return found


def rendered(
    *cells: nbformat.NotebookNode, parameters: dict[str, Any] | None = None, **options: bool
) -> str:
    """Return the page of a notebook of these cells, a run of the small experiment."""
    notebook = new_notebook(cells=list(cells))
    tidy(notebook)
    return render_page(notebook, plan_report(NAME, parameters), **options)


def shown(data: dict[str, object], **metadata: object) -> nbformat.NotebookNode:
    """Return a cell with an output."""
    output = new_output("display_data", data, metadata=metadata)
    return new_code_cell("show()", outputs=[output])


def printed(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    """Return a cell that has printed something."""
    return new_code_cell("say()", outputs=[new_output("stream", name=name, text=text)])


def soup(text: str) -> Any:
    """Return a page to look things up in."""
    from bs4 import BeautifulSoup

    return BeautifulSoup(text, "html.parser")


def png(dpi: int = 100) -> str:
    buffer = io.BytesIO()
    Figure(figsize=(2, 1)).savefig(buffer, dpi=dpi)
    return base64.b64encode(buffer.getvalue()).decode()
