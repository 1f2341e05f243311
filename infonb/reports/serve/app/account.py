"""Whether a request comes from a browser of this very account on this machine."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

from tornado.httputil import HTTPServerRequest

__all__ = ["is_own_browser"]

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
# what a proxy or a tunnel adds, behind which anybody may be
_PASSED_ON = ("Forwarded", "Via", "X-Real-Ip")


def is_own_browser(request: HTTPServerRequest) -> bool:
    """
    Whether it is the account that runs the server, in a browser on this machine.

    That account could read the token anyway. A page of others that leads here is told by the
    browser itself, and does not count; nor does what a proxy passes on. False where the system
    does not tell whose a connection is.
    """
    headers = request.headers
    if headers.get("Sec-Fetch-Site") not in ("none", "same-origin"):
        return False
    if any(name in _PASSED_ON or name.startswith("X-Forwarded-") for name in headers):
        return False
    stream = getattr(request.connection, "stream", None)
    if stream is None or stream.socket is None:
        return False
    here, there = stream.socket.getsockname()[:2], stream.socket.getpeername()[:2]
    if not ipaddress.ip_address(there[0]).is_loopback:
        return False
    return _owner(_entry(*there), _entry(*here)) == os.getuid()


def _owner(local: str, remote: str) -> int | None:
    """Return the number of the account that holds a connection, by its two ends."""
    for table in _TABLES:
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[1:3] == [local, remote]:
                return int(fields[7])
    return None


def _entry(ip: str, port: int) -> str:
    """Return an end of a connection as the system's tables have it: words of four bytes each."""
    packed = ipaddress.ip_address(ip).packed
    words = [packed[at : at + 4] for at in range(0, len(packed), 4)]
    if sys.byteorder == "little":
        words = [word[::-1] for word in words]
    return f"{b''.join(words).hex().upper()}:{port:04X}"
