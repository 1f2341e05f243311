"""Kernels of dashboards: no more than a number of them, and none without its page."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer

from infonb.reports.serve.app.pages import Refused

__all__ = ["PageKernels"]

# seconds that a page may take until its scripts ask for its kernel
_UNTIL_CONNECTED = 60.0
# a lost connection is made again at once by a page that is still there
_UNTIL_GONE = 3.0


class PageKernels(AsyncMappingKernelManager):
    """Manager of kernels that end with the pages that they were started for."""

    max_kernels = Integer(
        8, min=1, config=True, help="How many pages may be open at once; each has its own kernel."
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._starting = 0
        self._ending: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        #: Where a page's cells are run, by the kernel.
        self.at_work: dict[str, Any] = {}

    async def start_kernel(self, **options: Any) -> str:  # type: ignore[override]
        """Start a kernel for a page; refused if there are too many."""
        if len(self) - len(self._ending) + self._starting >= self.max_kernels:
            many = "page is" if self.max_kernels == 1 else "pages are"
            raise Refused(
                503,
                "Too many pages are open",
                f"{self.max_kernels} {many} open, as many as this dashboard may have. Close one "
                "and load this page again, or start the dashboard with more: "
                f"infonb dashboard NAME -- --max_kernels={2 * self.max_kernels}",
            )
        self._starting += 1
        try:
            kernel: str = await super().start_kernel(**options)
        finally:
            self._starting -= 1
        self._end_after(_UNTIL_CONNECTED, kernel)
        return kernel

    def notify_connect(self, kernel_id: str) -> None:
        """Note that a page is there."""
        super().notify_connect(kernel_id)
        self._forget(kernel_id)

    def notify_disconnect(self, kernel_id: str) -> None:
        """Note that a page may have gone."""
        super().notify_disconnect(kernel_id)
        if not self._kernel_connections.get(kernel_id):
            self._end_after(_UNTIL_GONE, kernel_id)

    async def shutdown_kernel(  # type: ignore[override]
        self, kernel_id: str, now: bool = False, restart: bool = False
    ) -> None:
        """End a kernel, and the work for its page, without a word about it."""
        if kernel_id in self._ending:
            return
        self._forget(kernel_id)
        work = self.at_work.pop(kernel_id, None)
        if work is not None:
            work.leave()
        self._ending.add(kernel_id)
        try:
            await super().shutdown_kernel(kernel_id, now=now, restart=restart)
        finally:
            self._ending.discard(kernel_id)

    def _end_after(self, seconds: float, kernel_id: str) -> None:
        self._forget(kernel_id)
        loop = asyncio.get_running_loop()
        self._timers[kernel_id] = loop.call_later(seconds, self._end, kernel_id)

    def _forget(self, kernel_id: str) -> None:
        timer = self._timers.pop(kernel_id, None)
        if timer is not None:
            timer.cancel()

    def _end(self, kernel_id: str) -> None:
        if kernel_id not in self or self._kernel_connections.get(kernel_id):
            return
        # a page that is computed before it is sent has no scripts yet
        never = kernel_id not in self.at_work
        if never and getattr(self.get_kernel(kernel_id), "execution_state", "") == "busy":
            self._end_after(_UNTIL_CONNECTED, kernel_id)
            return
        task = asyncio.create_task(self.shutdown_kernel(kernel_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
