"""Figures of a page: their captions, numbered as they stand, and those that stand side by side."""

from __future__ import annotations

from typing import Any

from infonb.reports.page.elements import new, tagged

__all__ = ["number_figures", "set_captions", "set_side_by_side"]


def set_captions(soup: Any) -> None:
    """Let the words of a cell tagged `caption` be the caption of what the cell before it shows."""
    for text in soup.select("main > .jp-MarkdownCell .celltag_caption"):
        cell = text.find_parent(class_="jp-MarkdownCell")
        shown = cell.find_previous_sibling()
        if text.find(["h1", "h2", "h3", "h4"]):  # a section that begins in the same cell
            continue
        if shown is None or shown.select_one(".jp-OutputArea figure") is None:
            if shown is not None and shown.select_one(".jp-OutputArea table") is None:
                cell.decompose()  # the figure is not shown with these parameters
            continue
        caption = new(soup, "figcaption", "caption")
        caption.extend(list(text.contents))
        _add_caption(soup, shown.select(".jp-OutputArea figure"), caption)
        cell.decompose()


def set_side_by_side(soup: Any) -> None:
    """Set the pictures of neighbouring cells tagged `side-by-side` into one row."""
    for group in _groups(soup):
        figures = [
            figure
            for cell in group
            for figure in cell.select(".jp-OutputArea figure")
            if figure.figure is None
        ]
        if len(figures) > 1:
            row = new(soup, "div", "side-by-side")
            figures[-1].insert_before(row)  # behind the code of all of them
            row.extend([figure.extract() for figure in figures])
            _share_caption(soup, row, figures)


def number_figures(soup: Any) -> None:
    """Let captions have numbers, and boxes that scroll on small screens names, as they stand."""
    for number, box in enumerate(soup.select("main .picture"), start=1):
        # reached by keyboard, as a table's box is
        box.attrs |= {"tabindex": "0", "role": "group", "aria-label": f"Picture {number}"}
    for number, caption in enumerate(soup.select("main figcaption.caption"), start=1):
        caption.parent["id"] = f"figure-{number}"
        told = new(soup, "strong")
        told.string = f"Figure {number}."
        first = caption.find(True)
        if first is None or first.name != "p":
            first = new(soup, "p")
            caption.insert(0, first)
        first.insert(0, told)
        told.insert_after(" ")


def _add_caption(soup: Any, figures: list[Any], caption: Any) -> None:
    """Give a figure its caption, before what it says by itself; several are one figure then."""
    figure = figures[0]
    if len(figures) > 1:
        outputs = [each.find_parent(class_="jp-OutputArea-child") for each in figures]
        figure = outputs[0].wrap(new(soup, "figure", "together"))
        figure.extend([output.extract() for output in outputs[1:]])
    elif figure.figcaption is not None:
        note = figure.figcaption.extract()
        note.name = "p"
        caption.append(note)
    figure.append(caption)


def _groups(soup: Any) -> list[list[Any]]:
    """Return the runs of neighbouring cells tagged `side-by-side`."""
    groups: list[list[Any]] = []
    for cell in soup.select("main .jp-CodeCell.celltag_side-by-side"):
        before = cell.find_previous_sibling()
        if groups and before is groups[-1][-1] and tagged(before, "side-by-side"):
            groups[-1].append(cell)
        else:
            groups.append([cell])
    return groups


def _share_caption(soup: Any, row: Any, figures: list[Any]) -> None:
    """Let the only caption, of the last figure, be that of the row."""
    captions = row.select("figcaption.caption")
    if len(captions) == 1 and captions[0].parent is figures[-1]:
        whole = row.wrap(new(soup, "figure", "together"))
        whole.append(captions[0].extract())
