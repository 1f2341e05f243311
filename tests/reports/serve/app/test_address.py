from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

import pytest

from infonb.reports.serve.app.address import bind, host_in_address, is_own_host


def has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as door:
        try:
            door.bind(("::1", 0))
        except OSError:
            return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


@contextlib.contextmanager
def taken(family: socket.AddressFamily, ip: str, port: int = 0) -> Iterator[int]:
    with socket.socket(family) as door:
        door.bind((ip, port))
        door.listen()
        yield door.getsockname()[1]


@contextlib.contextmanager
def bound(ip: str, port: int, more: int = 0) -> Iterator[list[socket.socket]]:
    sockets = bind(ip, port, more)
    try:
        yield sockets
    finally:
        for one in sockets:
            one.close()


def answers(host: str, port: int, sockets: list[socket.socket]) -> bool:
    """Whether what is sent to an address comes to one of the sockets."""
    with socket.create_connection((host, port), timeout=5) as client:
        for one in sockets:
            with contextlib.suppress(BlockingIOError):
                server, peer = one.accept()
                server.close()
                return peer[:2] == client.getsockname()[:2]
    return False


@needs_ipv6
def test_localhost_is_both_protocols_on_one_port() -> None:
    with bound("localhost", 0) as sockets:
        (port,) = {one.getsockname()[1] for one in sockets}
        assert {one.getsockname()[0] for one in sockets} == {"127.0.0.1", "::1"}
        assert answers("127.0.0.1", port, sockets)
        assert answers("::1", port, sockets)


@needs_ipv6
@pytest.mark.parametrize(
    ("family", "ip"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_a_port_that_is_taken_by_either_protocol_is_passed_over(
    family: socket.AddressFamily, ip: str
) -> None:
    with taken(family, ip) as port:
        with bound("localhost", port, 99) as sockets:
            numbers = {one.getsockname()[1] for one in sockets}
            assert len(numbers) == 1
            assert port < min(numbers) <= port + 99
        with pytest.raises(OSError, match=rf"port {port} is taken; choose another with --port\."):
            bind("localhost", port, 0)


@needs_ipv6
@pytest.mark.parametrize("ip", ["", "*", "0.0.0.0", "::", "::1", "[::1]", "127.0.0.1"])
def test_what_is_printed_answers(ip: str) -> None:
    with bound(ip, 0) as sockets:
        port = sockets[0].getsockname()[1]
        assert answers(host_in_address(ip).strip("[]"), port, sockets)


def test_two_that_ask_for_one_port_get_two() -> None:
    with bound("localhost", 0) as first:
        port = first[0].getsockname()[1]
        with bound("localhost", port, 99) as second:
            assert second[0].getsockname()[1] != port


@pytest.mark.parametrize(
    ("ip", "told"),
    [("192.0.2.1", "'192.0.2.1' is no address of this machine: "),
     ("no.such.name.invalid", "'no.such.name.invalid' is no address of this machine: ")],
)  # fmt: skip
def test_what_is_no_address_here_is_told(ip: str, told: str) -> None:
    with pytest.raises(OSError, match=told):
        bind(ip, 0, 99)


def test_a_port_of_the_system_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("infonb.reports.serve.app.address._listen", refuse)
    with pytest.raises(OSError, match="port 80 is not open to this account; choose one from 1024"):
        bind("localhost", 80, 99)


def test_ports_end_at_the_last() -> None:
    with bound("127.0.0.1", 65535, 99), pytest.raises(OSError, match="port 65535 is taken"):
        bind("127.0.0.1", 65535, 99)


@pytest.mark.parametrize(
    ("ip", "shown"),
    [("localhost", "localhost"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("", "localhost"),
     ("fe80::1%eth0", "[fe80::1%25eth0]"), ("192.0.2.7", "192.0.2.7"), ("a.example", "a.example")],
)  # fmt: skip
def test_the_host_as_an_address_has_it(ip: str, shown: str) -> None:
    assert host_in_address(ip) == shown


@pytest.mark.parametrize(
    ("host", "ip", "own"),
    [
        ("localhost", "localhost", True),
        ("LOCALHOST", "localhost", True),
        ("localhost.", "localhost", True),
        ("127.0.0.1", "localhost", True),
        ("127.8.8.8", "localhost", True),
        ("[::1]", "localhost", True),
        ("evil.example", "localhost", False),
        ("localhost.evil.example", "localhost", False),
        ("127.0.0.1.evil.example", "localhost", False),
        ("", "localhost", False),
        ("192.0.2.7", "localhost", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.8", "192.0.2.7", False),
        ("[2001:db8::7]", "2001:db8::7", True),
        ("192.0.2.7", "0.0.0.0", True),
        ("evil.example", "0.0.0.0", False),
        ("evil.example", "", False),
        (socket.gethostname(), "0.0.0.0", True),
        ("Lab.Example", "lab.example", True),
    ],
)
def test_whose_name_it_is(host: str, ip: str, own: bool) -> None:
    assert is_own_host(host, ip) == own


def test_more_names_are_taken_as_given() -> None:
    assert is_own_host("lab.example", "localhost", ["Lab.example"])
    assert not is_own_host("a.lab.example", "localhost", ["lab.example"])


def test_a_connection_whose_other_machine_is_lost_ends() -> None:
    with bound("127.0.0.1", 0) as sockets:
        sockets[0].setblocking(True)
        with socket.create_connection(sockets[0].getsockname()), sockets[0].accept()[0] as server:
            assert server.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
