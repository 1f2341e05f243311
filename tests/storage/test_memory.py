"""How much memory is free."""

from __future__ import annotations

from pathlib import Path

import pytest

from infonb.storage import memory


def test_free_memory_of_machine_and_container(tmp_path, monkeypatch):
    free = memory.available_memory()
    assert free is None or free > 0
    folder = str(tmp_path)
    assert memory._of_container(folder) is None
    Path(folder, "memory.max").write_text("1000\n")
    Path(folder, "memory.current").write_text("700\n")
    Path(folder, "memory.stat").write_text("anon 500\ninactive_file 150\n")
    assert memory._of_container(folder) == 450
    Path(folder, "memory.max").write_text("max\n")
    assert memory._of_container(folder) is None
    monkeypatch.setattr(memory, "_of_machine", lambda: None)
    monkeypatch.setattr(memory, "_of_container", lambda: None)
    monkeypatch.setattr(memory, "_of_process", lambda: None)
    assert memory.available_memory() is None


def test_the_limit_of_the_process(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (2**50, 2**50))
    left = memory._of_process()
    assert left is None or 2**49 < left < 2**50
    monkeypatch.setattr(memory, "_of_machine", lambda: 2**60)
    monkeypatch.setattr(memory, "_of_container", lambda: None)
    assert memory.available_memory() < (2**60 if left is None else 2**50) + 1
