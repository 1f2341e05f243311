"""One report at a time in a folder, whoever makes it and wherever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import NAME

from infonb.reports import run_report
from infonb.reports.lock import FolderLock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no locks of files")

HOLD = """
import sys
from pathlib import Path
from infonb.reports.lock import FolderLock
with FolderLock(Path(sys.argv[1]), "out"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path):
    """Return a process that holds the lock of `out`, with a temporary folder of its own."""
    (tmp_path / "temporary").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "out")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
    )  # fmt: skip
    with process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_another_process_keeps_reports_out_until_it_ends(small: Path, tmp_path: Path, other):
    with pytest.raises(FileExistsError, match=r"another report is being written to .*out; choose"):
        run_report(NAME, output=tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".infonb-report.lock"]
    other.kill()
    other.wait()
    with FolderLock(tmp_path / "out", "out"):  # what it left is anybody's to take
        pass
    assert list((tmp_path / "out").iterdir()) == []


def test_threads_are_kept_apart_as_well(tmp_path: Path):
    with FolderLock(tmp_path / "out", "out"):
        with pytest.raises(FileExistsError, match="another report"):
            FolderLock(tmp_path / "out", "out").__enter__()
        with FolderLock(tmp_path / "other", "other"):
            pass
        assert (tmp_path / "out" / ".infonb-report.lock").exists()  # who was refused took nothing
    with FolderLock(tmp_path / "out", "out"):
        pass


def test_what_another_user_left_locks_nobody_out(tmp_path: Path):
    previous = os.umask(0o077)
    try:
        with FolderLock(tmp_path, "out"):
            assert (tmp_path / ".infonb-report.lock").stat().st_mode & 0o777 == 0o666
    finally:
        os.umask(previous)


@pytest.mark.parametrize("content", [b"", b"A report"])
def test_one_that_was_cut_is_taken(tmp_path: Path, content: bytes):
    (tmp_path / ".infonb-report.lock").write_bytes(content)
    with FolderLock(tmp_path, "out"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_that_name_that_is_not_infonbs_stays(tmp_path: Path):
    mine = tmp_path / ".infonb-report.lock"
    mine.write_text("mine")
    with pytest.raises(FileExistsError, match="lock is not infonb's; choose another"):
        FolderLock(tmp_path, "out").__enter__()
    assert mine.read_text() == "mine"
    mine.unlink()
    os.mkfifo(mine)
    with pytest.raises(FileExistsError, match="lock is not infonb's"):
        FolderLock(tmp_path, "out").__enter__()
