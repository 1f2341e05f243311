"""Voilà's answers, given only to those who may have them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import urlencode

from jupyter_core.utils import ensure_async
from jupyter_server.auth.identity import PasswordIdentityProvider, User
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.escape import url_escape
from tornado.web import RequestHandler
from voila.tornado.execution_request_handler import ExecutionRequestHandler
from voila.tornado.handler import TornadoVoilaHandler

from infonb.reports.serve.app.account import is_own_browser
from infonb.reports.serve.app.address import is_own_host
from infonb.reports.serve.app.pages import Refused, page

__all__ = ["DASHBOARD", "Visitors", "guarded"]

DASHBOARD = "infonb_dashboard"  # among the settings: the application

_SILENT = logging.Logger("infonb.silent", logging.CRITICAL + 1)
_FORM = """<form action="{action}" method="post">
{xsrf}
<input type="password" name="password" aria-label="Token" autocomplete="off" autofocus required>
<button>Open</button>
</form>"""


class Visitors(PasswordIdentityProvider):
    """Who comes in: who has the token, or is the account that the server runs under."""

    async def get_user(self, handler: Any) -> User | None:
        """Return the visitor; None if it is not known who that is."""
        found: Any = super().get_user(handler)
        user: User | None = await ensure_async(found)
        if user is None and is_own_browser(handler.request):
            user = self.generate_anonymous_user(handler)
            self.set_login_cookie(handler, user)
        return user


class _Guard(JupyterHandler):
    """Answers only to the server's own names, and to known visitors."""

    open_to_all = False
    _has_gone = False

    def check_host(self) -> bool:
        app = self.settings[DASHBOARD]
        host = self.request.host_name
        if not is_own_host(host, app.ip, app.hosts):
            self.current_user = self._jupyter_current_user = None
            raise Refused(
                403,
                "This name is not the dashboard's",
                f"The dashboard is not served under the name {host}. If it is to be, start it "
                f"with: infonb dashboard NAME -- --host={host}",
            )
        return True

    async def prepare(self) -> None:  # type: ignore[override]
        prepared: Any = super().prepare()
        await ensure_async(prepared)
        if self.current_user is None and not self.open_to_all:
            raise Refused(
                403,
                "This dashboard asks for its token",
                "Open the address that stands in the terminal in which the dashboard was started, "
                "or give its token here.",
                asks=True,
            )

    def write_error(self, status_code: int, **options: Any) -> None:
        error = options.get("exc_info", (None, None))[1]
        if not isinstance(error, Refused):
            text = "The terminal in which the dashboard was started says why."
            text = text if status_code >= 500 else "There is no such page here."
            error = Refused(status_code, f"{status_code}: {self._reason}", text)
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(page(error.title, error.text, self.form() if error.asks else ""))

    def on_connection_close(self) -> None:
        self._has_gone = True
        super().on_connection_close()

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        # that somebody asked for what there is not, or left before the answer, is no news
        is_news = not isinstance(value, Refused) and getattr(value, "status_code", 500) >= 500
        if is_news and not self._has_gone:
            super().log_exception(typ, value, tb)

    def form(self) -> str:
        """Return a form that asks for the token."""
        following = url_escape(self.get_argument("next", self.base_url))
        action = f"{url_path_join(self.base_url, 'login')}?next={following}"
        return _FORM.format(action=action, xsrf=self.xsrf_form_html())


class _Page(_Guard, TornadoVoilaHandler):
    """The dashboard; a kernel is started only for who is going to see it."""

    async def get(self, path: str | None = None) -> None:
        if "prefetch" in self.request.headers.get("Sec-Purpose", ""):
            raise Refused(503, "Not before it is asked for", "A dashboard is computed when opened.")
        if self.token_authenticated and "text/html" in self.request.headers.get("Accept", ""):
            self.redirect(self._without_token())  # it is in the cookie now, and not to be passed on
            return
        _ = self.xsrf_token  # sent as a cookie, by which the page can end its kernel
        shown: Any = super().get(path)
        await shown

    def head(self, path: str | None = None) -> None:
        """Say nothing but that the page is there."""

    def _without_token(self) -> str:
        rest = {name: values for name, values in self.request.arguments.items() if name != "token"}
        query = urlencode(rest, doseq=True)
        return f"{self.request.path}?{query}" if query else self.request.path


class _Execution(_Guard, ExecutionRequestHandler):
    """The run of a page's cells, which goes on in silence to its end if the page has gone."""

    _over = False
    _executor: Any = None
    _work: asyncio.Task[None] | None = None

    @property
    def log(self) -> Any:
        return _SILENT if self._over else super().log

    def leave(self) -> None:
        """Say nothing more: the page has gone, and its kernel goes."""
        self._over = True
        if self._executor is not None:
            self._executor.log = _SILENT

    def on_message(self, message_str: str | bytes) -> None:
        # a task of its own: meanwhile it is noticed if the page has gone
        self.kernel_manager.at_work[self._kernel_id] = self
        self._work = asyncio.create_task(self._run(message_str))

    async def _run(self, message: str | bytes) -> None:
        try:
            await super().on_message(message)
        except Exception:
            if not self._over:
                self.log.exception("The page could not be computed.")
                self.close()

    def on_close(self) -> None:
        self.leave()
        if self._executor is not None:
            super().on_close()


class _Login(_Guard, LoginFormHandler):
    """The form that asks for the token, after a wrong one."""

    open_to_all = True

    def _render(self, message: Any = None) -> None:
        title = "That is not its token" if message else "This dashboard asks for its token"
        text = "It stands in the address in the terminal in which the dashboard was started."
        self.finish(page(title, text, self.form()))


_OWN: dict[type, type] = {
    TornadoVoilaHandler: _Page,
    ExecutionRequestHandler: _Execution,
}


def guarded(handler: type[RequestHandler]) -> type[RequestHandler]:
    """Return a handler that does what another one does, for those who may come in."""
    if handler in _OWN:
        return _OWN[handler]
    if issubclass(handler, LoginFormHandler):
        return _Login
    return type(handler.__name__, (_Guard, handler), {})
