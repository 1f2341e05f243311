"""Folders that the user names, and the limits of the system."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from infonb.reports.folders import check_folder, free_name, named, user_folder
from infonb.reports.limits import check_open_files


@pytest.mark.skipif(sys.platform == "win32", reason="the home has another name")
def test_a_tilde_is_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_folder("~") == tmp_path
    assert user_folder("~/out") == tmp_path / "out"
    assert user_folder("./~") == Path("~")
    assert user_folder("a/~") == Path("a/~")
    with pytest.raises(ValueError, match=r"no such home; \./~nobody-here is a folder"):
        user_folder("~nobody-here")


@pytest.mark.parametrize(
    "name", ["run-{alpha}", "{", "-o", "%d", "a b", "ü", "s3:", "new\nline", "$X"]
)
def test_any_other_name_is_itself(name):
    assert user_folder(name) == Path(name)


def test_names_that_are_none_are_one_line(tmp_path):
    with pytest.raises(ValueError, match="character of number 0"):
        user_folder("a\0b")
    with pytest.raises(OSError, match=r"output folder .*xxx.*: File name too long\.$"):
        check_folder(tmp_path / ("x" * 256) / "deeper")
    assert named(Path("new\nline")) == repr("new\nline")
    assert named(os.fsdecode(b"\xff")) == r"'\udcff'"
    assert named("ünï") == "ünï"


def test_a_folder_is_probed_without_a_trace(tmp_path):
    check_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the current folder cannot be removed")
def test_a_removed_current_folder_is_told(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileNotFoundError, match="the current folder has been removed"):
        user_folder(tmp_path)


def test_free_names(tmp_path):
    names = []
    for _ in range(3):
        names.append(free_name(tmp_path / "page.html", "kept"))
        names[-1].touch()
    assert [path.name for path in names] == ["page.kept.html", "page.kept1.html", "page.kept2.html"]


def test_few_open_files_are_told_or_raised(monkeypatch):
    resource = pytest.importorskip("resource")
    limits = {"now": (64, 64)}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda kind, pair: limits.update(now=pair))
    with pytest.raises(OSError, match=r"only 64 files may be open .* needs 160; .*ulimit -n 1024"):
        check_open_files()
    limits["now"] = (64, 4096)
    check_open_files()
    assert limits["now"] == (160, 4096)
