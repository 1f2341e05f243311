"""The page of the recorded runs, which every report of infonb's own experiments has beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from infonb import experiments
from infonb.reports import notebooks
from infonb.reports.page import markup, origin
from infonb.reports.page.elements import new, words
from infonb.reports.page.exporter import export

__all__ = ["NAME", "PAGE", "has_results", "link_results", "render_results", "section_name"]

NAME = "RESULTS"
#: The page's file, beside those that link it.
PAGE = f"{NAME}.html"
_SOURCE = f"{NAME}.md"
_TITLE = "Recorded runs"


def has_results(name: str) -> bool:
    """Whether an experiment is infonb's own, and this installation has the recorded runs."""
    own = name in experiments.names() and experiments.notebook(name) is None
    return own and _source().is_file()


def render_results() -> str:
    """Return the recorded runs (`notebooks/RESULTS.md`) as a page that needs nothing else."""
    from nbformat.v4 import new_markdown_cell, new_notebook

    notebook = new_notebook(cells=[new_markdown_cell(_source().read_text(encoding="utf-8"))])
    facts = {"title": _TITLE, "versions": origin.versions()}
    soup = export(notebook, facts)
    markup.cut_network(soup)
    markup.move_title(soup, _TITLE)
    markup.make_contents(soup)
    _lead_to_sections(soup)
    markup.dress_tables(soup)
    for link in soup.select("main a[href]"):
        if not link["href"].startswith(("#", "https://", "http://")):
            link.unwrap()  # a file of the checkout, which a reader of the page does not have
    return str(soup)


def link_results(soup: Any) -> None:
    """Let the words of a page that name the recorded runs lead to their page."""
    for code in soup.select("main .jp-RenderedMarkdown code"):
        if code.get_text() == f"notebooks/{_SOURCE}" and code.find_parent("a") is None:
            code.wrap(new(soup, "a", href=PAGE))


def _lead_to_sections(soup: Any) -> None:
    """Let links within the text, whose targets are named as on GitHub, lead to the page's own."""
    named = {section_name(words(one)): one["id"] for one in soup.select("main :is(h2, h3)[id]")}
    for link in soup.select('main a[href^="#"]'):
        there = named.get(unquote(link["href"][1:]))
        if there is not None:
            link["href"] = f"#{there}"


def section_name(heading: str) -> str:
    """Return what a link calls the section of a heading on GitHub."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _source() -> Path:
    return notebooks.notebook_folder() / _SOURCE
