"""Where a server listens, and the address at which it answers."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Sequence

from tornado.netutil import bind_sockets

__all__ = ["bind", "host_in_address", "is_own_host"]

_ANYWHERE = ("", "*", "0.0.0.0", "::")
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_HIGHEST = 65535


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
    if ip != "localhost":
        return bind_sockets(port, "" if ip == "*" else ip.strip("[]"))
    # browsers try both, whatever the system's table of names says
    first = bind_sockets(port, "127.0.0.1")
    try:
        return first + bind_sockets(first[0].getsockname()[1], "::1")
    except OSError as error:
        if error.errno in _ABSENT:  # no IPv6 here
            return first
        for one in first:
            one.close()
        raise


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
