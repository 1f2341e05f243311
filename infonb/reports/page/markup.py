"""The HTML of a page after nbconvert: title, contents, tables, and nothing that would be loaded."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from infonb.reports.page.elements import is_anchor, words

__all__ = ["cut_network", "dress_tables", "make_contents", "move_title", "place_parameters"]

_REMOTE_CSS = re.compile(r"@import[^;]*;|url\(\s*['\"]?(?!data:|#)[^)]*\)", re.IGNORECASE)
_NUMBER = re.compile(r"[-+−]?[\d.,]+(?:[eE][-+]?\d+)?%?|nan|NaN|-?inf|")
# rows of a table that is printed on one sheet; those of claims are several lines high
_LONGEST_WHOLE, _LONGEST_CLAIMS = 20, 14
_ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row",
          "th": "columnheader", "td": "cell"}  # fmt: skip


def move_title(soup: Any, told: str) -> None:
    """Let the notebook's first heading be the title of the page, in place of the one told."""
    heading = soup.select_one("main .jp-MarkdownCell h1")
    if heading is None:
        return
    for anchor in heading.select(".anchor-link"):
        anchor.decompose()
    soup.title.string = str(soup.title.string).replace(told, heading.get_text().strip())
    soup.select_one("header h1").replace_with(heading.extract())


def place_parameters(soup: Any) -> None:
    """Set the table of parameters where the notebook has them, below their heading; else first."""
    table = soup.select_one("details.parameters").extract()
    cell = soup.select_one("main .celltag_parameters")
    if cell is not None:
        cell.insert_before(table)
    else:
        soup.main.insert(0, table)


def make_contents(soup: Any) -> None:
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
            anchor["aria-label"] = f"Link to the section {words(heading)}"
        item = soup.new_tag("li", attrs={"class": f"level-{heading.name}"})
        link = soup.new_tag("a", href=f"#{heading['id']}")
        for child in heading.contents:
            if not is_anchor(child):
                link.append(child.__copy__())
        item.append(link)
        contents.append(item)
    if not seen:
        soup.select_one("nav.contents").decompose()


def dress_tables(soup: Any) -> None:
    """Let tables be read by eye, ear and keyboard, on any screen; name the verdict at the top."""
    for number, table in enumerate(soup.select("main table"), start=1):
        _align(table)
        for cell in table.find_all("th"):
            if not cell.get_text().strip():
                cell.name = "td"  # a corner names nothing
        box = soup.new_tag("div", attrs={"class": "scroll"})
        classes = table.get("class", [])
        claims = "infonb-claims" in classes
        if len(table.find_all("tr")) <= (_LONGEST_CLAIMS if claims else _LONGEST_WHOLE):
            box["class"] = "scroll whole"
        if claims:
            _make_cards(table)
        # an answer says more than a count of checks that are no claims
        counts = claims and not ("infonb-checks" in classes and soup.select_one("main .answer"))
        if counts or "infonb-verdicts" in classes:
            _point_to(soup, table, box)
        heading = table.find_previous(["h1", "h2", "h3", "h4"])
        label = f"Table {number}" + (f": {words(heading)}" if heading else "")
        # a box that scrolls must be reached by keyboard, and then has to say what it is
        box.attrs |= {"tabindex": "0", "role": "group", "aria-label": label}
        table.wrap(box)


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


def _make_cards(table: Any) -> None:
    """Name each cell by its column, for narrow screens, which show every row as a card."""
    names = [cell.get_text().strip() for cell in table.select("thead th")]
    for row in table.select("tbody tr"):
        for cell, name in zip(row.find_all("td"), names, strict=False):
            cell["data-name"] = name
    # a table that is not laid out as one remains one for who listens to it
    for element in [table, *table.find_all(list(_ROLES))]:
        element["role"] = _ROLES[element.name]


def _point_to(soup: Any, table: Any, box: Any) -> None:
    """Set the count of the verdicts under the title, with a link to the table."""
    count = table.find_next_sibling("p")
    told = count and count.find("strong")
    if told:
        box["id"] = f"claims-{len(soup.select('.verdict')) + 1}"
        line = soup.new_tag("p", attrs={"class": "verdict"}, string=_name_of(soup, table))
        link = soup.new_tag("a", href=f"#{box['id']}")
        link.string = told.get_text()
        line.append(link)
        soup.select_one("header #show-code").insert_before(line)


def _name_of(soup: Any, table: Any) -> str:
    """Return what the count of a table is called: of several, by their headings."""
    heading = table.find_previous(["h2", "h3"])
    if not soup.select(".verdict") or heading is None:
        return "Result: "
    return f"{heading.get_text().strip().rstrip('¶#')}: "


def cut_network(soup: Any) -> None:
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
