"""The sections of a page: what folds them is opened as a reader does."""

from __future__ import annotations

from typing import Any

__all__ = ["open_all"]


def open_all(page: Any) -> None:
    """Open every section by a click on its heading."""
    folded = page.locator("main details.section:not([open]) > summary")
    while folded.count():
        folded.first.click()
