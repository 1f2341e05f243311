"""Voilà with a guard: it asks who comes, ends each kernel with its page, and says where it is."""

from __future__ import annotations

import signal
import sys
import threading
import webbrowser
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import tornado.ioloop
from jupyter_core.paths import jupyter_config_path
from tornado.httpserver import HTTPServer
from traitlets import List, Unicode, default, validate
from voila.app import Voila

from infonb.reports.serve.app.address import bind, host_in_address
from infonb.reports.serve.app.handlers import DASHBOARD, Visitors, guarded
from infonb.reports.serve.app.kernels import PageKernels

__all__ = ["Dashboard"]


class Dashboard(Voila):
    """The server of one dashboard."""

    aliases: ClassVar = Voila.aliases | {
        "ip": "Voila.ip",
        "host": "Dashboard.hosts",
        "max_kernels": "PageKernels.max_kernels",
    }
    classes: ClassVar = [*Voila.classes, PageKernels, Visitors]

    hosts = List(
        Unicode(),
        config=True,
        help="Names under which the dashboard may be asked for, beside those of this machine.",
    )

    @default("config_file_paths")
    def _default_config_file_paths(self) -> list[str]:
        # not the folder in which the command was given: code lies there that nobody named
        return list(jupyter_config_path())

    @default("identity_provider_class")
    def _default_identity_provider_class(self) -> type:
        return Visitors

    @validate("base_url", "server_url")
    def _with_slashes(self, proposal: dict[str, Any]) -> str | None:
        value = proposal["value"]
        return value and f"/{value.strip('/')}/".replace("//", "/")

    @property
    def address(self) -> str:
        """Where the dashboard answers, with the token."""
        path = self.server_url or self.base_url
        address = self.custom_display_url or f"http://{host_in_address(self.ip)}:{self.port}{path}"
        token = self.identity_provider.token
        return f"{address}?token={token}" if token else address

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the options; a request to end is heard from here on."""
        self.ioloop = tornado.ioloop.IOLoop.current()
        super().initialize(argv)

    def init_settings(self) -> dict[str, Any]:
        """Return Voilà's settings; who may come in is asked by the guard."""
        settings: dict[str, Any] = super().init_settings()
        return settings | {
            DASHBOARD: self,
            "allow_unauthenticated_access": True,
            "log_function": _say_nothing,
            # a page is not taken for gone because it is busy; see `address`
            "ws_ping_interval": 0,
        }

    def init_handlers(self) -> list[Any]:
        """Return Voilà's handlers, guarded."""
        return [(where, guarded(what), *rest) for where, what, *rest in super().init_handlers()]

    def listen(self) -> None:
        """Serve until it is ended, and say where once it answers there."""
        try:
            sockets = bind(self.ip, self.port, self.port_retries)
        except OSError as error:
            print(f"Error: {error}", file=sys.stderr)
            self.exit(2)
        self.port: int = sockets[0].getsockname()[1]
        HTTPServer(self.app).add_sockets(sockets)
        self.ioloop.add_callback(self._say_where)
        if self.open_browser:
            self.ioloop.add_callback(self.launch_browser)
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # until all kernels have ended
            self.stop()

    def _say_where(self) -> None:
        # to nobody, if nobody reads it
        with suppress(OSError, ValueError, AttributeError):
            sys.stdout.write(f"{self.address} (Ctrl-C ends it)\n")
            sys.stdout.flush()

    def launch_browser(self) -> None:
        """Open the address in a browser, by a file: others could see it among the processes."""
        try:
            browser = webbrowser.get(self.browser or None)
        except webbrowser.Error:
            return
        file = Path(self.connection_dir, "open.html")
        file.touch(0o600)
        file.write_text(f'<meta http-equiv="refresh" content="0; url={escape(self.address)}">')
        options = (file.as_uri(), self.webbrowser_open_new)
        threading.Thread(target=browser.open, args=options, daemon=True).start()


def _say_nothing(handler: Any) -> None:
    """Log no answer: what went wrong is logged where it did."""
