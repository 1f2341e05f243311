"""axe-core, which looks for what people who see, hear or point otherwise cannot use."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from browser.conftest import missing

__all__ = ["violations"]


def violations(page) -> list[tuple[str, str]]:
    """Return rule and place of all that axe finds on a page that was opened with `bypass_csp`."""
    page.evaluate(_script() + ";0")
    return page.evaluate(
        "async () => (await axe.run(document)).violations.map(one => [one.id, one.nodes[0].html])"
    )


def _script() -> str:
    """Return axe.min.js: ``INFONB_AXE``, or the one in axe-playwright-python."""
    given = os.environ.get("INFONB_AXE")
    found = importlib.util.find_spec("axe_playwright_python")
    if not given and (found is None or not found.submodule_search_locations):
        missing("no axe-core (pip install -e '.[dev]', or INFONB_AXE=axe.min.js)")
    path = Path(given) if given else Path(found.submodule_search_locations[0]) / "axe.min.js"
    return path.read_text(encoding="utf-8")
