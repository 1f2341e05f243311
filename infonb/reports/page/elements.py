"""Small things that the parts of a page ask of its HTML (BeautifulSoup tags)."""

from __future__ import annotations

from typing import Any

__all__ = ["has_class", "is_anchor", "new", "tagged", "words"]


def new(soup: Any, name: str, classes: str = "", **attributes: str) -> Any:
    """Return a new element."""
    return soup.new_tag(name, attrs=({"class": classes} if classes else {}) | attributes)


def has_class(element: Any, name: str) -> bool:
    """Whether a node is an element of this class."""
    return name in (getattr(element, "attrs", None) or {}).get("class", [])


def tagged(element: Any, tag: str) -> bool:
    """Whether a node is a cell with this tag; of Markdown, its text has it."""
    name = f"celltag_{tag}"
    return has_class(element, name) or (
        has_class(element, "jp-MarkdownCell") and element.find(class_=name) is not None
    )


def words(heading: Any) -> str:
    """Return a heading as text, without the sign of its link."""
    texts = [child.get_text() for child in heading.contents if not is_anchor(child)]
    return " ".join("".join(texts).split())


def is_anchor(child: Any) -> bool:
    """Whether a node is the sign of a heading's link."""
    return has_class(child, "anchor-link")
