"""One report at a time in a folder, whoever makes it and wherever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import NAME

from infonb.reports import run_report
from infonb.reports.outcome import prepare_outcome
from infonb.reports.plan import plan_report

HOLD = """
import sys
from pathlib import Path
from infonb.reports.outcome import prepare_outcome
from infonb.reports.plan import ReportPlan
with prepare_outcome(ReportPlan("pebbles", "Pebbles", Path("p.ipynb"), (), Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of files")
def test_another_process_keeps_reports_out_until_it_ends(small: Path, tmp_path: Path):
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as other:  # fmt: skip
        assert other.stdout.readline() == b"held\n"
        there = sorted(out.iterdir())
        refused = rf"another report is being written to .*out, by another process \({other.pid} on"
        with pytest.raises(FileExistsError, match=refused):
            run_report(NAME, output=out)
        assert sorted(out.iterdir()) == there
        other.kill()
    # what it left is anybody's to take
    with prepare_outcome(plan_report(NAME, output=out)):
        assert len(list(out.iterdir())) == 2
    assert list(out.iterdir()) == []
