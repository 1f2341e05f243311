from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders

from infonb.reports.serve.app import account
from infonb.reports.serve.app.account import is_own_browser

pytestmark = pytest.mark.skipif(
    not Path("/proc/net/tcp").is_file(), reason="the system does not tell whose a connection is"
)
TYPED = {"Sec-Fetch-Site": "none"}


class Connection:
    """Both ends of a connection, as a request has them."""

    def __init__(self, ip: str) -> None:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self.door = socket.socket(family)
        self.door.bind((ip, 0))
        self.door.listen()
        self.client = socket.create_connection(self.door.getsockname()[:2])
        self.server, _ = self.door.accept()

    def request(self, headers: dict[str, str]) -> Any:
        stream = SimpleNamespace(socket=self.server)
        return SimpleNamespace(
            headers=HTTPHeaders(headers), connection=SimpleNamespace(stream=stream)
        )

    def close(self) -> None:
        for one in (self.client, self.server, self.door):
            one.close()


@pytest.fixture(params=["127.0.0.1", "::1"])
def connection(request: pytest.FixtureRequest) -> Any:
    try:
        made = Connection(request.param)
    except OSError:
        pytest.skip(f"this machine has no {request.param}")
    yield made
    made.close()


def test_an_address_typed_here_by_the_same_account(connection: Connection) -> None:
    assert is_own_browser(connection.request(TYPED))
    assert is_own_browser(connection.request({"sec-fetch-site": "same-origin"}))


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
     TYPED | {"X-Forwarded-For": "192.0.2.1"}, TYPED | {"x-forwarded-host": "a.example"},
     TYPED | {"Forwarded": "for=192.0.2.1"}, TYPED | {"Via": "1.1 a"}, TYPED | {"X-Real-IP": "a"}],
)  # fmt: skip
def test_what_a_page_or_a_proxy_asks_for_is_nobodys(
    connection: Connection, headers: dict[str, str]
) -> None:
    assert not is_own_browser(connection.request(headers))


def test_another_account_is_told_apart(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert not is_own_browser(connection.request(TYPED))


def test_another_machine_is_told_apart(connection: Connection) -> None:
    request = connection.request(TYPED)
    here = connection.server.getsockname()
    request.connection.stream.socket = SimpleNamespace(
        getsockname=lambda: here, getpeername=lambda: ("192.0.2.1", 80)
    )
    assert not is_own_browser(request)


def test_a_system_that_does_not_tell(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(account, "_TABLES", (str(tmp_path / "none"),))
    assert not is_own_browser(connection.request(TYPED))


def test_an_end_as_the_table_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # the notation of proc(5): numbers of four bytes in the order of the machine
    monkeypatch.setattr(sys, "byteorder", "little")
    assert account._entry("127.0.0.1", 8866) == "0100007F:22A2"
    assert account._entry("::1", 80) == f"{'0' * 24}01000000:0050"
    monkeypatch.setattr(sys, "byteorder", "big")
    assert account._entry("127.0.0.1", 8866) == "7F000001:22A2"
