"""A real browser, the servers it visits, and what is kept when a test fails."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
import pytest
from browser.lab import Lab
from browser.servers import Server, own_folders
from browser.watch import OPEN, Watch, keep

from infonb.reports import copy_notebooks
from infonb.reports.serve.lab import lab_command, lab_environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: Seconds after which the browser of a test that hangs is ended, so that the suite goes on.
LONGEST = 300

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing(what: str) -> None:
    """Skip the test, or fail where the browser's tests are required (as in ``.ci/run``)."""
    if os.environ.get("INFONB_BROWSER") == "required":
        pytest.fail(f"INFONB_BROWSER=required, but there is {what}", pytrace=False)
    pytest.skip(f"there is {what}")


def need(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        missing(f"no {package} (pip install -e '.[test]')")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End the browser of a test that hangs: what waits for it then fails."""
    timer = threading.Timer(LONGEST, _end_browsers)
    timer.daemon = True
    timer.start()
    try:
        return (yield)
    finally:
        timer.cancel()


def _end_browsers() -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "chrom" in process.name():
                process.kill()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that passes while its page has met an error or asked for a foreign address."""
    result = yield
    troubles = [trouble for watch in OPEN for trouble in watch.take_troubles()]
    assert not troubles, "on the page:\n" + "\n".join(troubles)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[Any]:
    """Keep what there is to see of a test that failed."""
    report = yield
    if report.failed and OPEN and not hasattr(report, "wasxfail"):
        folder = keep(item.nodeid.split("/")[-1])
        report.sections.append(("kept from the browser", str(folder)))
        for watch in OPEN:
            watch.take_troubles()  # they are this test's, not the next one's
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the browser."""
    need("playwright")
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        missing("no chromium (apt-get install chromium)")
    return str(found)


# of a module, not of the session: while it is open, playwright's event loop counts as running in
# this thread, and tests elsewhere start loops of their own
@pytest.fixture(scope="module")
def launch(chromium: str) -> Iterator[Callable[[], Browser]]:
    """Return a function that gives the browser: a new one if the last was ended."""
    from playwright.sync_api import sync_playwright

    options = ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")
    with sync_playwright() as playwright:
        browsers: list[Browser] = []

        def give() -> Browser:
            if not browsers or not browsers[-1].is_connected():
                browsers.append(playwright.chromium.launch(executable_path=chromium, args=options))
            return browsers[-1]

        yield give
        for browser in browsers:
            if browser.is_connected():
                browser.close()


@pytest.fixture(scope="module")
def open_page(launch: Callable[[], Browser]) -> Iterator[Callable[..., Watch]]:
    """Return a function that opens a watched page; all pages are closed at the end."""
    opened: list[Watch] = []

    def give(home: str, log: Path | None = None, **options: Any) -> Watch:
        options = {"viewport": {"width": 1300, "height": 1000}} | options
        context = launch().new_context(**options)
        context.set_default_timeout(30_000)
        opened.append(Watch(context.new_page(), home, log))
        return opened[-1]

    yield give
    for watch in opened:
        watch.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all servers: one cache of finished runs for all."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="session")
def lab_server(chromium: str, folder: Path) -> Iterator[tuple[Server, Path]]:
    """Start JupyterLab, as ``infonb lab`` does; return it and the folder of its notebooks."""
    root, kernels = folder / "lab", folder / "kernels"
    copy_notebooks(root)
    kernels.mkdir()
    environment = lab_environment(kernels) | own_folders(folder / "jupyter", folder / "cache")
    options = [
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port_retries=0",
        "--ServerApp.shutdown_no_activity_timeout=900",  # if this process is killed
        "--IdentityProvider.token=browser",
        "--LabApp.expose_app_in_browser=True",
    ]
    server = Server(
        lambda port: lab_command(root, [*options, f"--ServerApp.port={port}"]),
        environment, folder / "lab.log", "/api",
    )  # fmt: skip
    yield server, root
    server.stop()


@pytest.fixture(scope="session")
def serve(chromium: str, folder: Path) -> Iterator[Callable[[nbformat.NotebookNode], Server]]:
    """Return a function that serves a notebook as ``infonb dashboard`` does."""
    need("voila")
    from infonb.reports.serve import dashboard

    servers: list[Server] = []

    def start(notebook: nbformat.NotebookNode) -> Server:
        own = folder / f"dashboard-{len(servers)}"
        (own / "notebook").mkdir(parents=True)
        path = own / "notebook" / "notebook.ipynb"
        nbformat.write(notebook, path)
        environment = dashboard.dashboard_environment(own)
        options = ["--no-browser", "--ip=127.0.0.1", "--Voila.port_retries=0", "--token="]
        servers.append(
            Server(
                lambda port: dashboard.dashboard_command(own, path, [*options, f"--port={port}"]),
                environment | own_folders(folder / "jupyter", folder / "cache"),
                own / "server.log", "/voila/static/voila.js",
            )
        )  # fmt: skip
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def lab(lab_server: tuple[Server, Path], open_page: Callable[..., Watch]) -> Lab:
    """Return JupyterLab, open in the browser, without what an earlier page had open."""
    server, root = lab_server
    watch = open_page(server.url, server.log)
    # else the layout of the page before is restored: its widgets, whose kernels have ended
    return Lab(watch.page, root, f"{server.url}/lab/tree/README.md?reset&token=browser")
