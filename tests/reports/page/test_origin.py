"""Where a page says that it comes from, and the folders that it keeps to itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from pages import printed, rendered, soup

import infonb
from infonb.reports import plan_report
from infonb.reports.page import origin
from infonb.reports.page.page import render_page
from infonb.reports.page.paths import without_paths


def foot(text: str) -> dict[str, str]:
    """Return the names and values at the foot of a page."""
    names = soup(text).select("footer dt")
    return {name.get_text(): name.find_next_sibling("dd").get_text() for name in names}


def test_the_foot_says_how_to_make_the_page_again(tmp_path: Path) -> None:
    given = {"seed": [3, 4], "alpha": [0.0, 1.0], "cache": str(tmp_path / "my runs")}
    plan = plan_report("colored-digits", given, tmp_path / "out")
    found = foot(render_page(new_notebook(), plan))
    assert found["Seeds"] == "seed = 3, 4"
    assert found["Command"] == (
        f"infonb run colored_digits -p alpha=0.0,1.0 -p seed=3,4 -p 'cache={tmp_path}/my runs'"
    )
    for package in ("infonb", "Python", "numpy", "torch", "xarray"):
        assert re.search(rf"{package} \d+\.\d+", found["Versions"])
    assert re.match(r"checksum [0-9a-f]{16}", found["Code of infonb"])
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", found["Finished"])
    assert found["Notebook"].startswith("colored_digits.ipynb, beside this page")
    assert "Labelled results" not in found  # none were saved


def test_an_experiment_without_seeds_names_none(small: Path) -> None:
    assert "Seeds" not in foot(rendered())


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    answer = subprocess.run(
        ["git", "-C", folder, *who, *words], check=True, capture_output=True, text=True
    )
    return answer.stdout.strip()


def test_a_checkout_knows_its_commit_and_whether_it_was_changed(tmp_path: Path) -> None:
    (tmp_path / "infonb").mkdir()
    (tmp_path / "infonb" / "a.py").write_text("1")
    (tmp_path / "pyproject.toml").write_text("")
    git(tmp_path, "init", "--quiet")
    assert origin.commit(tmp_path) == ""  # nothing is committed yet
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    found = git(tmp_path, "rev-parse", "HEAD")[:12]
    (tmp_path / "notes.txt").write_text("beside the package")
    assert origin.commit(tmp_path) == found
    (tmp_path / "infonb" / "a.py").write_text("2")
    assert origin.commit(tmp_path) == f"{found} with changes"


@pytest.mark.parametrize(
    ("written", "commit"),
    [
        ('{"vcs_info": {"vcs": "git", "commit_id": "0123456789abcdef"}}', "0123456789ab"),
        ('{"url": "file:///somewhere", "dir_info": {"editable": true}}', ""),
        (None, ""),
    ],
)
def test_an_installation_knows_the_commit_that_it_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str | None, commit: str
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            return written

    monkeypatch.setattr(origin, "distribution", lambda name: Installed())
    assert origin.commit(tmp_path) == commit


def test_without_git_the_commit_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert origin.commit(tmp_path) == ""


PACKAGE = Path(infonb.__file__).parent


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("/data/out/results.zarr and /data/out", "results.zarr and "),
        ("/data/outer/results.zarr", "/data/outer/results.zarr"),
        (f"{Path.home()}/runs", "~/runs"),
        (f"'{PACKAGE}/cli.py'", "'infonb/cli.py'"),
        (f"{sys.prefix}/lib/python3.12/site-packages/numpy/a.py:1: W", "numpy/a.py:1: W"),
        ("/tmp/ipykernel_31/987.py:3: UserWarning: x", "code cell:3: UserWarning: x"),
        ("File <ipykernel_31/987.py>", "File <code cell>"),
        (r"C:\Users\a\venv\Lib\site-packages\numpy\a.py:1", r"numpy\a.py:1"),
        ("3/4 of https://example.org/data/out", "3/4 of https://example.org/data/out"),
        ("1 / 2", "1 / 2"),
    ],
)
def test_folders_of_the_machine_are_left_out(text: str, short: str) -> None:
    assert without_paths(text, Path("/data/out")) == short


def test_the_root_and_what_was_typed_stay(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rendered(new_code_cell(f'open("{tmp_path}/a")'), printed(f"{tmp_path}/b"))
    assert 'open("a")' in soup(text).get_text()
    assert soup(text).select_one(".printed").get_text() == "b"
    monkeypatch.chdir("/")
    assert without_paths("/ 1/2 /etc/hosts", Path("/data/out")) == "/ 1/2 /etc/hosts"
