"""JupyterLab in the browser: open a notebook, run it, look at what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

_OPEN = """async path => {
    const app = window.jupyterapp;
    await app.restored;
    const notebook = await app.commands.execute('docmanager:open', {path});
    await notebook.context.ready;
    await notebook.sessionContext.ready;
}"""

_FOLLOW = """async words => {
    const app = window.jupyterapp;
    await app.restored;
    const guide = await app.commands.execute('docmanager:open', {path: 'README.md'});
    await guide.context.ready;
    const links = () => Array.from(guide.node.querySelectorAll('a'));
    const link = () => links().find(one => one.textContent.startsWith(words));
    while (!link()) await new Promise(later => setTimeout(later, 20));
    link().click();
    const now = () => app.shell.currentWidget;
    while (now() === guide || !now().sessionContext) await new Promise(
        later => setTimeout(later, 20));
    await now().context.ready;
    await now().sessionContext.ready;
    return now().context.path;
}"""

_RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"

_RUN_CELL = """async index => {
    const app = window.jupyterapp;
    const content = app.shell.currentWidget.content;
    content.deselectAll();
    content.activeCellIndex = index;
    await app.commands.execute('notebook:run-cell');
}"""

_OUTPUTS = """index => window.jupyterapp.shell.currentWidget.content
    .widgets[index].model.outputs.toJSON()"""

_SHOW = """async index => {
    const content = window.jupyterapp.shell.currentWidget.content;
    content.activeCellIndex = index;
    content.mode = 'command';
    await content.scrollToItem(index, 'start');
    const cell = content.widgets[index];
    await cell.ready;
    for (const other of document.querySelectorAll('[data-shown]')) delete other.dataset.shown;
    cell.node.dataset.shown = 'yes';
    cell.node.focus();
}"""

_SAVE = "() => window.jupyterapp.shell.currentWidget.context.save()"

#: Pictures drawn for earlier messages have been sent when an empty request is done.
_IDLE = """() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
    .requestExecute({code: '', silent: true}).done.then(() => null)"""

_CLOSE = """async () => {
    const notebook = window.jupyterapp.shell.currentWidget;
    await notebook.context.save();
    await notebook.sessionContext.shutdown();
    notebook.dispose();
}"""


def within(page: Page, seconds: float, script: str, argument: Any = None) -> Any:
    """Return what a function of the page returns; a TimeoutError if it takes longer."""
    race = f"""argument => Promise.race([
        ({script})(argument),
        new Promise((_, refuse) => setTimeout(
            () => refuse(new Error('not done within {seconds} s')), {1000 * seconds})),
    ])"""
    return page.evaluate(race, argument)


class Lab:
    """
    JupyterLab on a page, opened at its guide.

    Parameters
    ----------
    page
        Where it is opened.
    root
        Folder of its notebooks.
    url
        The server's address, with the token: it leads to the first page.
    """

    def __init__(self, page: Page, root: Path, url: str) -> None:
        self.page = page
        self.root = root
        self.path: Path | None = None
        page.goto(url, timeout=60_000)
        # it is there when its first page is: until then that may come in front of another
        page.wait_for_function(
            "window.jupyterapp?.shell?.currentWidget?.context?.path === 'README.md'",
            timeout=60_000,
        )

    def open(self, notebook: nbformat.NotebookNode, name: str) -> None:
        """Write a notebook into the folder and open it; its kernel is ready then."""
        self.path = self.root / name
        nbformat.write(notebook, self.path)
        within(self.page, 60, _OPEN, name)

    def follow(self, words: str) -> None:
        """Click on the link in the guide that begins with some words; it opens a notebook."""
        self.path = self.root / within(self.page, 60, _FOLLOW, words)

    def run_all(self, seconds: float) -> nbformat.NotebookNode:
        """Run all cells; return the notebook as JupyterLab saves it."""
        within(self.page, seconds, _RUN_ALL)
        return self.saved()

    def run_cell(self, index: int, seconds: float = 120) -> None:
        """Run one cell."""
        within(self.page, seconds, _RUN_CELL, index)

    def outputs(self, index: int) -> list[Any]:
        """Return the outputs of a cell."""
        return [nbformat.from_dict(one) for one in within(self.page, 30, _OUTPUTS, index)]

    def saved(self) -> nbformat.NotebookNode:
        """Save the notebook and return it."""
        assert self.path is not None
        within(self.page, 30, _SAVE)
        return nbformat.read(self.path, as_version=4)

    def show(self, index: int) -> Locator:
        """Make a cell the active one, in view and with the focus; return it."""
        within(self.page, 30, _SHOW, index)
        return self.page.locator("[data-shown]")

    def wait_for_kernel(self) -> None:
        """Wait until the kernel has done all that it was asked."""
        within(self.page, 60, _IDLE)

    def set_theme(self, name: str) -> None:
        """Change the theme, and wait until its colours are there."""
        run = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
        within(self.page, 30, run, name)
        light = "false" if "Dark" in name else "true"
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")

    def close(self) -> None:
        """Save and close the notebook, and end its kernel."""
        within(self.page, 30, _CLOSE)
