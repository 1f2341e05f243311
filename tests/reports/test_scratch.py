"""Private temporary folders: none stays for long, also of processes that are killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import pytest

from infonb.reports.scratch import scratch_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no locks of folders")

KILLED = """
import os, signal
from infonb.reports.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "kernel.json").write_text("secret")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_next_removes_what_a_killed_process_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "infonb-mine").mkdir()
    assert subprocess.run([sys.executable, "-c", KILLED], check=False).returncode == -9
    (left,) = tmp_path.glob("infonb-kernel-*")
    with scratch_folder() as folder:
        assert not left.exists()
        assert folder.stat().st_mode & 0o777 == 0o700
        with scratch_folder() as other:  # of one that lives nothing is taken
            assert folder.is_dir()
            assert other != folder
    assert [path.name for path in tmp_path.iterdir()] == ["infonb-mine"]
