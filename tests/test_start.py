"""The command from its first moment on: Ctrl-C, closed and full streams, the current folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import infonb

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and streams of Unix"),
]

# as an installed script does it, which is called infonb
SCRIPT = "import sys\nfrom infonb.cli import main\nsys.exit(main())\n"
# Ctrl-C comes while the package is imported: at the first import of a module of its own
EARLY = """
import os, signal, sys
class Sends:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Sends())
"""


@pytest.fixture
def command(tmp_path: Path):
    """Return a function that runs the command in a folder of its own."""
    script = tmp_path / "bin" / "infonb"
    script.parent.mkdir()
    root = str(Path(infonb.__file__).parents[1])

    def run(*args: str, before: str = "", **options: object) -> subprocess.CompletedProcess[str]:
        script.write_text(before + SCRIPT)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.run(
            [sys.executable, str(script), *args], text=True, check=False, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": root}, **streams,
        )  # fmt: skip

    return run


@pytest.mark.parametrize(
    "name", ["infonb.streams", "infonb.measures", "numpy", "infonb.cli", "infonb.reports.listing"]
)
def test_ctrl_c_while_it_is_imported_is_no_traceback(command, name):
    ended = command("list", before=EARLY.format(name=name))
    assert (ended.returncode, ended.stderr.strip()) == (130, "Interrupted.")


def test_of_several_signals_the_last_has_its_exit_code(command):
    kill = "os.kill(os.getpid(), signal.SIGTERM)"
    both = f"try: {kill}\n            finally: os.kill(os.getpid(), signal.SIGHUP)"
    early = EARLY.format(name="infonb.reports.listing").replace(kill.replace("TERM", "INT"), both)
    ended = command("list", before=early)
    assert (ended.returncode, ended.stderr.strip()) == (128 + signal.SIGHUP, "Interrupted.")


def test_term_has_its_exit_code(command):
    early = EARLY.format(name="infonb.reports.listing").replace("SIGINT", "SIGTERM")
    ended = command("list", before=early)
    assert (ended.returncode, ended.stderr.strip()) == (128 + signal.SIGTERM, "Interrupted.")


def test_other_programs_keep_their_ctrl_c():
    code = "import infonb, signal\nprint(signal.getsignal(signal.SIGINT).__name__)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "default_int_handler\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk: /dev/full")
def test_a_full_disk_is_one_line(command):
    with open("/dev/full", "w") as full:
        ended = command("list", stdout=full)
        assert ended.returncode == 1
        assert ended.stderr == "Error: standard output: No space left on device.\n"
        ended = command("list", "nothing", stderr=full)
        assert (ended.returncode, ended.stdout) == (2, "")


def test_closed_streams_are_no_error(command):
    ended = command("list", preexec_fn=lambda: (os.close(1), os.close(2)))
    assert ended.returncode == 0


def test_letters_that_the_terminal_lacks_are_no_error(command, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    ended = command("list")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_current_folder_has_no_part_in_it(command, tmp_path):
    for name in ("numpy", "xarray", "click", "types"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('mine')")
    assert command("list").returncode == 0
    (tmp_path / "types.py").unlink()  # which Python itself takes from there, with -m
    root = str(Path(infonb.__file__).parents[1])
    ended = subprocess.run(
        [sys.executable, "-m", "infonb", "--version"], capture_output=True, text=True, check=False,
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
