"""Work that is killed, starved or interrupted at each of its file-system operations in turn.

A server process imports what the work needs and runs none of it; each attempt is a fork of it (a
fork of a process that has used zarr or threads would hang), in which an audit hook counts what
changes files below a folder.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["FaultServer", "Outcome", "at_every_operation"]

# audit events that change files, and where their paths stand among the arguments (path, dir_fd)
_CHANGES = {
    "os.rename": [(0, 2), (1, 3)], "os.link": [(0, 2), (1, 3)], "os.symlink": [(0, 2), (1, 2)],
    "os.mkdir": [(0, 2)], "os.rmdir": [(0, 1)], "os.remove": [(0, 1)], "os.truncate": [(0, None)],
}  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Outcome:
    """One attempt: the operation at which it met its fault, and how it ended."""

    step: int  # number of the operation, from 0; -1 for an attempt without a fault
    n_operations: int  # operations that were counted until the end
    operation: str  # event and path at which the fault came
    code: int | None  # exit code, minus the signal; None if it hung and was ended
    errors: str  # what it wrote to standard error


class FaultServer:
    """
    Runs one piece of work again and again, each time in a fresh process.

    `work` is Python source that finds the folder as `folder` (a `Path`, also the current folder);
    `imports` is source that runs once, before all: imports only.
    """

    def __init__(
        self, work: str, folder: Path, imports: str = "import infonb", timeout: float = 120
    ) -> None:
        self.folder, self._timeout = folder.resolve(), timeout
        self._server = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self._ask({"imports": imports, "work": work, "folder": str(self.folder)})

    def __enter__(self) -> FaultServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.kill()
        self._server.wait()

    def run(self, step: int = -1, fault: str = "kill") -> Outcome:
        """
        Do the work, with a fault just before operation number `step` (-1: none).

        fault: "kill" (SIGKILL), "full" (from then on no file or folder can be made: ENOSPC),
        "interrupt" (KeyboardInterrupt in the main thread) or "term" (SIGTERM).
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        answer = self._ask({"step": step, "fault": fault, "timeout": self._timeout})
        return Outcome(step=step, **answer)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        answer = self._server.stdout.readline()
        if not answer:
            raise RuntimeError("the server of the faults has ended; see its errors above")
        return json.loads(answer)


def at_every_operation(
    server: FaultServer,
    prepare: Callable[[Path], object] | None = None,
    *,
    fault: str = "kill",
    most: int | None = None,
) -> Iterator[Outcome]:
    """
    Yield after a fault at each operation of the work, each from an empty (and prepared) folder.

    What is left is in `server.folder`; `server.run()` then does the work again. With `most` not
    every operation is taken but so many, evenly spread over all.
    """
    _fresh(server.folder, prepare)
    whole = server.run()
    assert whole.code == 0, whole.errors
    steps: list[int] = list(range(whole.n_operations))
    if most is not None and len(steps) > most:
        steps = sorted({round(i * (len(steps) - 1) / (most - 1)) for i in range(most)})
    for step in steps:
        _fresh(server.folder, prepare)
        yield server.run(step, fault)


def _fresh(folder: Path, prepare: Callable[[Path], object] | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if prepare is not None:
        prepare(folder)


# --- the server, and the fork that does the work


def _serve() -> None:
    about = json.loads(sys.stdin.readline())
    exec(compile(about["imports"], "<imports>", "exec"), {"__name__": "__imports__"})
    work = compile(about["work"], "<work>", "exec")
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
            code = _fork(work, about["folder"], request, Path(scratch))
            count, operation = _read(Path(scratch, "count")), _read(Path(scratch, "operation"))
            errors = Path(scratch, "errors").read_text(errors="replace")
        answer = {"n_operations": int(count or 0), "operation": operation, "code": code}
        print(json.dumps({**answer, "errors": errors}), flush=True)


def _fork(work: Any, folder: str, request: dict[str, Any], scratch: Path) -> int | None:
    child = os.fork()
    if child == 0:
        _work(work, folder, request, scratch)
    end = time.monotonic() + request["timeout"]
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _work(work: Any, folder: str, request: dict[str, Any], scratch: Path) -> None:
    os.setsid()
    errors = os.open(scratch / "errors", os.O_WRONLY | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDWR)
    for old, new in ((0, nothing), (1, nothing), (2, errors)):
        os.dup2(new, old)
    count = os.open(scratch / "count", os.O_RDWR | os.O_CREAT)
    operation = os.open(scratch / "operation", os.O_WRONLY | os.O_CREAT)
    os.chdir(folder)
    _count_operations(folder, request["step"], request["fault"], count, operation)
    code = 1
    try:
        exec(work, {"__name__": "__work__", "folder": Path(folder)})
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _count_operations(folder: str, step: int, fault: str, count: int, operation: int) -> None:
    done = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal done
        if not _changes_below(folder, event, args):
            return
        number, done = done, done + 1
        os.pwrite(count, f"{done}".encode(), 0)
        if step < 0 or number < step:
            return
        if number == step:
            os.write(operation, f"{event} {args[0]}".encode(errors="replace"))
        if fault == "full":
            if event in ("open", "os.mkdir", "os.symlink"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))
        elif number == step:
            if fault == "interrupt":
                import _thread

                _thread.interrupt_main()
            else:
                os.kill(os.getpid(), signal.SIGKILL if fault == "kill" else signal.SIGTERM)

    sys.addaudithook(hook)


def _changes_below(folder: str, event: str, args: tuple[Any, ...]) -> bool:
    if event == "open":
        path, _, flags = args
        return isinstance(flags, int) and bool(flags & _WRITING) and _below(folder, path, None)
    return any(
        _below(folder, args[i], args[j] if j is not None and j < len(args) else None)
        for i, j in _CHANGES.get(event, ())
    )


def _below(folder: str, path: Any, dir_fd: Any) -> bool:
    """Whether a path, perhaps relative to an open folder, lies below the folder."""
    if isinstance(path, int) and not isinstance(path, bool):
        return False
    try:
        text = os.fsdecode(path)
        if not os.path.isabs(text):
            above = (
                os.readlink(f"/proc/self/fd/{dir_fd}")
                if isinstance(dir_fd, int) and dir_fd >= 0
                else os.getcwd()
            )
            text = os.path.join(above, text)
    except (OSError, TypeError):
        return False
    text = os.path.normpath(text)
    return text == folder or text.startswith(folder + os.sep)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    _serve()
