"""One dashboard as it is served: who is let in, how many, and when kernels end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from fakes import NAME, install, write_notebook
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from infonb.reports.serve.dashboard import (
    dashboard_command,
    dashboard_environment,
    plan_dashboard,
    write_dashboard,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("voila") is None, reason='pip install "infonb[dashboard]"'),
    pytest.mark.skipif(sys.platform == "win32", reason="processes"),
]
KERNELS = 2
WAIT = 60  # seconds, on a busy machine


def kernels(process: psutil.Process | subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the kernels of a server."""
    family = psutil.Process(process.pid).children(recursive=True)
    return [one for one in family if is_kernel(one)]


def is_kernel(process: psutil.Process) -> bool:
    try:
        return "ipykernel_launcher" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # it has just ended
        return False


def wait_until(condition: Any) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


class Served:
    """A dashboard in a process of its own."""

    def __init__(self, folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            install(patch, folder / "source")
            # another infonb and another numpy in the current folder are not those of the kernel
            write_notebook(
                folder / "source",
                "import infonb, numpy, os, sys\nprint(infonb.__file__, numpy.__file__)",
                "import time\ntime.sleep(300)",
            )
            plan = plan_dashboard(NAME)
        own, here = folder / "own", folder / "here"
        own.mkdir()
        here.mkdir()
        for name in ("numpy.py", "voila.py", "tornado.py", "infonb.py"):
            (here / name).write_text("raise SystemExit('of the current folder')")
        environment = dashboard_environment(own)
        (own / "notebook").mkdir()
        options = ["--port=0", "--no-browser", f"--max_kernels={KERNELS}", "--base_url=a/b"]
        command = dashboard_command(own, write_dashboard(plan, own / "notebook"), options)
        self.process = subprocess.Popen(
            command, env=environment, text=True, cwd=here, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address, _, words = self.process.stdout.readline().partition(" ")
        assert words == "(Ctrl-C ends it)\n", self.process.stderr
        self.base, _, self.token = self.address.partition("?token=")

    def get(self, address: str, method: str = "GET", **headers: str) -> Any:
        """Return the answer, redirections not followed."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}

        async def fetch() -> Any:
            request = HTTPRequest(
                address, method, fields, follow_redirects=False, request_timeout=WAIT
            )
            return await AsyncHTTPClient().fetch(request, raise_error=False)

        answer = asyncio.run(fetch())
        return SimpleNamespace(
            status=answer.code, text=(answer.body or b"").decode(), headers=answer.headers
        )

    def open_page(self) -> str:
        """Return the number of the kernel of a page that is opened."""
        page = self.get(self.address)
        assert page.status == 200
        found = re.search(r'"kernelId": "([^"]+)"', page.text)
        assert found is not None
        return found[1]

    async def connect(self, kernel: str, token: str = "") -> WebSocketClientConnection:
        where = f"{self.base.replace('http', 'ws')}api/kernels/{kernel}/channels?session_id=a"
        return await websocket_connect(f"{where}&token={token or self.token}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    one = Served(tmp_path_factory.mktemp("served"))
    yield one
    left = kernels(one.process)
    one.process.send_signal(signal.SIGTERM)
    out, err = one.process.communicate(timeout=WAIT)
    assert (one.process.returncode, out, err) == (0, "", "")
    assert psutil.wait_procs(left, timeout=WAIT)[1] == []


@pytest.mark.parametrize(
    "path",
    ["", "voila/static/voila.js", "voila/templates/infonb/static/voila.js", "favicon.ico",
     "voila/files/a.png", "api/kernels/00000000-0000-0000-0000-000000000000",
     "voila/api/themes/a.css", "voila/labextensions/a.js", "?token=wrong", "?token="],
)  # fmt: skip
def test_nothing_is_shown_without_the_token(served: Served, path: str) -> None:
    answer = served.get(served.base + path)
    assert answer.status == 403
    assert "This dashboard asks for its token" in answer.text
    assert served.token not in answer.text
    assert kernels(served.process) == []


def test_no_connection_is_made_without_the_token(served: Served) -> None:
    kernel = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(served.connect(kernel, "wrong"))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8866", "192.0.2.1", "localhost.a"])
def test_no_other_name_is_answered_even_with_the_token(served: Served, host: str) -> None:
    answer = served.get(served.address, Host=host)
    assert answer.status == 403
    assert f"not served under the name {host.partition(':')[0]}" in answer.text
    assert kernels(served.process) == []


def test_who_only_looks_starts_no_kernel(served: Served) -> None:
    assert served.get(served.address, "HEAD").status == 200
    assert served.get(served.address, Sec_Purpose="prefetch;prerender").status == 503
    # what a browser is given is the cookie, and the address without the token
    sent = served.get(f"{served.address}&a=1", Accept="text/html,*/*")
    assert (sent.status, sent.headers["Location"]) == (302, "/a/b/?a=1")
    assert "username-" in sent.headers["Set-Cookie"]
    assert kernels(served.process) == []


def test_a_kernel_ends_with_its_page(served: Served) -> None:
    async def visit() -> None:
        page = await served.connect(kernel)
        run = await websocket_connect(
            f"{served.base.replace('http', 'ws')}voila/execution/{kernel}?token={served.token}"
        )
        order = {"action": "execute", "payload": {"kernel_id": kernel}}
        await run.write_message(json.dumps(order))
        while True:
            message = json.loads(await asyncio.wait_for(run.read_message(), WAIT))
            outputs = message["payload"].get("output_cell", {}).get("outputs", [])
            shown.extend(text for one in outputs if "infonb" in (text := one.get("text", "")))
            if shown:
                break
        assert len(kernels(served.process)) == 1
        for one in (run, page):  # while a cell runs, without waiting for the server
            one.close()
            assert one.stream is not None
            one.stream.close()

    import numpy

    import infonb

    shown: list[str] = []
    kernel = served.open_page()
    asyncio.run(visit())
    assert shown == [f"{infonb.__file__} {numpy.__file__}\n"]
    wait_until(lambda: kernels(served.process) == [])


def test_pages_are_as_many_as_they_may_be(served: Served) -> None:
    pages = [served.open_page() for _ in range(KERNELS)]
    refused = served.get(served.address)
    assert refused.status == 503
    assert "Too many pages are open" in refused.text
    assert "--max_kernels=4" in refused.text
    assert len(kernels(served.process)) == KERNELS
    # as a page does that is left: the request that its browser sends on
    cookie = {"Cookie": "_xsrf=a; a=b"}
    address = f"{served.base}voila/api/shutdown/{pages[0]}"
    request = HTTPRequest(address, "POST", cookie, "_xsrf=a", request_timeout=WAIT)
    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(_fetch(request))
    request.url += f"?token={served.token}"
    assert asyncio.run(_fetch(request)).code == 204
    wait_until(lambda: len(kernels(served.process)) == KERNELS - 1)
    served.open_page()


async def _fetch(request: HTTPRequest) -> Any:
    return await AsyncHTTPClient().fetch(request)


# the end of the command


@pytest.mark.parametrize("end", ["KILL", "HUP", "TERM", "INT"])
def test_a_server_ends_with_its_command(tmp_path: Path, end: str) -> None:
    server = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('ended', flush=True), sys.exit(3)))\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(300)\n"
    )
    (tmp_path / "slow.py").write_text(server)
    code = (
        "import os, sys\n"
        "from infonb.reports.serve.server import run_server, server_command\n"
        "command = server_command('slow', [])\n"
        "sys.exit(run_server(command, dict(os.environ), ends_at_interrupt=True))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    try:
        os.kill(process.pid, getattr(signal, f"SIG{end}"))  # this process alone
        rest, _ = process.communicate(timeout=WAIT)
    except subprocess.TimeoutExpired:  # what is left running would fail a later test, too
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    assert rest == "ended\n"
    assert process.returncode == (-signal.SIGKILL if end == "KILL" else 3)
    assert psutil.wait_procs([child], timeout=WAIT)[1] == []


def test_nohup_is_heeded(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\nprint('there', flush=True)\ntime.sleep(2)\n")
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from infonb.reports.serve.server import run_server, server_command\n"
        "sys.exit(run_server(server_command('slow', []), dict(os.environ)))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGHUP)
    process.communicate(timeout=WAIT)
    assert process.returncode == 0


def test_a_value_that_an_option_cannot_have_is_told_in_one_line(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path, "1")
    command = dashboard_command(tmp_path, notebook, ["--port=0", "--no-browser", "--max_kernels=0"])
    (tmp_path / "own").mkdir()
    environment = dashboard_environment(tmp_path / "own")
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"Error: .*'max_kernels' .* a value of 0 was specified\n", ended.stderr)
