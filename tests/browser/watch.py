"""What goes wrong on a page, noted while it is open, and kept in files when a test fails."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Error, Page

ROOT = Path(__file__).parents[2]

#: The pages that are open; their troubles are looked at after each test.
OPEN: list[Watch] = []


class Watch:
    """
    Notes a page's failed requests, answers of 400 and more, errors, and requests to other places.

    Parameters
    ----------
    page
        A page that has loaded nothing yet.
    home
        How the addresses begin that the page may ask for.
    log
        File of the server's log, to be kept as well.
    """

    def __init__(self, page: Page, home: str, log: Path | None = None) -> None:
        self.page = page
        self.log = log
        self.lines: list[str] = []
        self.requests: list[str] = []
        self._troubles: list[str] = []
        own = (home, home.replace("http://", "ws://"), "data:", "blob:", "about:")

        def asked(url: str) -> None:
            self.requests.append(url)
            if not url.startswith(own):
                self._note(f"asked for a foreign address: {url[:200]}")

        def said(message: object) -> None:
            kind, text = message.type, message.text  # type: ignore[attr-defined]
            self.lines.append(f"{kind}: {text}")
            if kind == "error":
                self._troubles.append(f"console: {text[:500]}")

        def answered(response: object) -> None:
            if response.status >= 400:  # type: ignore[attr-defined]
                self._note(f"answer {response.status} to {response.url}")  # type: ignore[attr-defined]

        def failed(request: object) -> None:
            self._note(f"failed: {request.url[:200]} ({request.failure})")  # type: ignore[attr-defined]

        page.on("request", lambda request: asked(request.url))
        page.on("websocket", lambda socket: asked(socket.url))
        page.on("requestfailed", failed)
        page.on("response", answered)
        page.on("console", said)
        page.on("pageerror", self._thrown)
        page.on("crash", lambda _: self._note("the page crashed"))
        OPEN.append(self)

    def _thrown(self, error: Error) -> None:
        # JupyterLab's own notebook, where the cell that it scrolls away has gone already
        if "removeChild" in str(error) and "/jlab_core." in (error.stack or ""):
            self.lines.append(f"of JupyterLab: {error}")
        else:
            self._note(f"page error: {error}")

    def _note(self, trouble: str) -> None:
        self.lines.append(trouble)
        self._troubles.append(trouble)

    def take_troubles(self) -> list[str]:
        """Return what has gone wrong since the last call."""
        found, self._troubles = self._troubles, []
        return found

    def close(self) -> None:
        """Close the page and its context."""
        if self not in OPEN:
            return
        OPEN.remove(self)
        with suppress(Exception):  # a browser that was killed has closed it already
            self.page.context.close()


def keep(test: str) -> Path:
    """Write a picture, the HTML, the console and the server's log of all pages; return where."""
    base = Path(os.environ.get("INFONB_ARTEFACTS") or ROOT / "test-artefacts")
    folder = base / re.sub(r"[^\w.-]+", "-", test).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    for number, watch in enumerate(OPEN):
        stem = f"page-{number}"
        (folder / f"{stem}-console.txt").write_text("\n".join(watch.lines), encoding="utf-8")
        if watch.log:
            log = watch.log.read_bytes()
            (folder / f"{stem}-server.txt").write_bytes(log)
        with suppress(Exception):  # of a page that hangs, what can be had
            (folder / f"{stem}.html").write_text(watch.page.content(), encoding="utf-8")
        with suppress(Exception):
            watch.page.screenshot(path=folder / f"{stem}.png", timeout=10_000)
    return folder
