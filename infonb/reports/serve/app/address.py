"""Where a server listens, and the address at which it answers."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Sequence
from typing import Any

__all__ = ["bind", "host_in_address", "is_own_host"]

_ANYWHERE = ("", "*", "0.0.0.0", "::")
_HIGHEST = 65535
# seconds until it is asked whether the other end of a connection is still there, and between
# questions; so many without an answer
_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 6}


def bind(ip: str, port: int, more: int) -> list[socket.socket]:
    """Listen on a port, or on the first of so many more that nobody listens to; 0 is any port."""
    last = port if port == 0 else min(port + more, _HIGHEST)
    for number in range(port, last + 1):
        try:
            return _bind(ip, number)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise type(error)(_why_not(ip, number, error)) from None
    span = f"port {port} is taken" if last == port else f"no port is free from {port} to {last}"
    raise OSError(f"{span}; choose another with --port.")


def _bind(ip: str, port: int) -> list[socket.socket]:
    """Listen at all addresses of a name; at none if somebody else listens at one of them."""
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(ip):
            number = sockets[0].getsockname()[1] if sockets else port
            sockets += _listen(family, (address[0], number, *address[2:]))
    except OSError:
        for door in sockets:
            door.close()
        raise
    if not sockets:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return sockets


def _addresses(ip: str) -> list[tuple[int, tuple[Any, ...]]]:
    """Return families and addresses of a name, without ports."""
    if ip == "localhost":  # browsers try both, whatever the system's table of names says
        return [(socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET6, ("::1", 0))]
    name = None if ip in ("", "*") else ip.strip("[]")
    found = socket.getaddrinfo(name, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return sorted({(int(family), address) for family, _, _, _, address in found})


def _listen(family: int, address: tuple[Any, ...]) -> list[socket.socket]:
    """Listen at one address; nowhere if this machine has none of its kind."""
    try:
        door = socket.socket(family)
    except OSError:
        return []
    try:
        if os.name != "nt":
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # the other protocol has a socket of its own
            door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _keep_alive(door)
        door.setblocking(False)
        door.bind(address)
        door.listen(128)
    except OSError as error:
        door.close()
        if error.errno == errno.EADDRNOTAVAIL:
            return []
        raise
    return [door]


def _keep_alive(door: socket.socket) -> None:
    """Let the connections that come by a socket end if the other machine is lost."""
    door.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):
            door.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _why_not(ip: str, port: int, error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} is not open to this account; choose one from 1024 on with --port."
    return f"{ip!r} is no address of this machine: {error.strerror or error}."


def host_in_address(ip: str) -> str:
    """Return what stands for the machine in an address that answers on this machine."""
    if ip in ("", "*"):  # by both protocols
        return "localhost"
    answers = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(ip, ip).strip("[]")
    return f"[{answers.replace('%', '%25')}]" if ":" in answers else answers


def is_own_host(host: str, ip: str, more: Sequence[str] = ()) -> bool:
    """
    Whether a request that names this host was meant for a server that listens at an address.

    A page of others can make a name of its own lead here, and ask in that name; numbers cannot be
    made to lead elsewhere.
    """
    host = host.lower().rstrip(".").strip("[]")
    anywhere = ip in _ANYWHERE
    known = {"localhost", ip.lower().strip("[]"), *(name.lower() for name in more)}
    if anywhere:
        known |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host in known
    return anywhere or number.is_loopback or host in known
