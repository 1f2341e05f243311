"""The order of a page: the answer first, then what it rests on, folded section by section.

Only a page with a section *The answer* is arranged so; any other stays as its notebook is.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import Any

from infonb.reports.page.elements import has_class, is_anchor, new, tagged, words

__all__ = ["ANSWER", "arrange", "divide_cells", "fold"]

#: The heading, of the second level, of the section that a page begins with.
ANSWER = "The answer"


@dataclass
class _Section:
    """A heading of the second level, if there is one, and what stands from there to the next."""

    heading: Any = None
    elements: list[Any] = field(default_factory=list)

    @property
    def box(self) -> Any:
        """The element that holds the section, once it is arranged."""
        return self.elements[0].parent


def divide_cells(soup: Any) -> None:
    """Divide cells of words in which a section begins after something else: it begins a cell."""
    for heading in soup.select("main > .jp-MarkdownCell .jp-RenderedMarkdown > h2"):
        earlier = [each for each in heading.previous_siblings if str(each).strip()]
        if earlier:
            cell = heading.find_parent(class_="jp-MarkdownCell")
            before = copy(cell)
            del before["id"]
            text = before.select_one(".jp-RenderedMarkdown")
            text.clear()
            text.extend([each.extract() for each in reversed(earlier)])
            cell.insert_before(before)


def arrange(soup: Any, parameters: str) -> bool:
    """Set the answer first, then the contents; say whether there is one. `parameters`: a line."""
    sections = _sections(soup)
    answers = [each for each in sections[1:] if words(each.heading) == ANSWER]
    if not answers:
        return False
    for section in sections:
        name = (
            "answer" if section is answers[0] else "section" if section.heading else "introduction"
        )
        _put_into(soup, new(soup, "section", name), section)
    answer = answers[0].box
    soup.main.insert(0, answer)
    _set_code_last(soup, answer)
    answer.insert_after(soup.select_one("nav.contents").extract())
    if introduction := soup.select_one("main > .introduction"):
        introduction["aria-label"] = "Introduction"
    table = soup.select_one("details.parameters")
    del table["open"]
    table.summary.string = parameters
    return True


def fold(soup: Any) -> None:
    """Fold the sections behind the answer, each behind its heading; but for those tagged open."""
    for box in soup.select("main > section.section"):
        heading = box.h2
        cell = heading.find_parent(class_="jp-MarkdownCell")
        body = new(soup, "div", "body", id=heading.attrs.pop("id"))  # where a link leads, and opens
        _show_parameters(box, heading)
        for anchor in filter(is_anchor, list(heading.contents)):
            anchor.decompose()  # no link within what is pressed
        summary = new(soup, "summary")
        summary.append(heading.extract())
        if not cell.get_text().strip() and not cell.find(["img", "svg"]):
            cell.extract()
        body.extend(list(box.contents))
        box.name, box["class"] = "details", ["section"]
        if tagged(cell, "open"):
            box["open"] = ""
        box.extend([summary, body])


def _sections(soup: Any) -> list[_Section]:
    """Return the sections of a page, in the notebook's order; the first has no heading."""
    found = [_Section()]
    for element in list(soup.main.children):
        if has_class(element, "jp-MarkdownCell"):
            heading = element.select_one(".jp-RenderedMarkdown > h2:first-child")
            if heading is not None:
                found.append(_Section(heading))
        found[-1].elements.append(element)
    return found


def _set_code_last(soup: Any, answer: Any) -> None:
    """Set the code of the answer, folded, behind all that it shows: in one line."""
    box = new(soup, "div", "made-by")
    for part in answer.select(".jp-CodeCell > .fold, .jp-CodeCell > .code"):
        box.append(part.extract())
    answer.append(box)


def _put_into(soup: Any, box: Any, section: _Section) -> None:
    """Put a section's elements into a box, which stands where they stood."""
    if any(str(element).strip() for element in section.elements):
        section.elements[0].insert_before(box)
        box.extend([element.extract() for element in section.elements])


def _show_parameters(box: Any, heading: Any) -> None:
    """Let the section of the parameters be folded once, behind the line that counts them."""
    table = box.select_one("details.parameters")
    if table is not None:
        heading.string = table.summary.extract().get_text()
        table.name = "div"
