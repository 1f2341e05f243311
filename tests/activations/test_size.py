"""The size of a recording, in words."""

from __future__ import annotations

from infonb.activations.size import check_size, format_bytes, size_line


def test_size_is_said_with_what_padding_adds():
    assert size_line([256, 256, 10], 10_000, 4) == (
        "3 layers × up to 256 neurons × 10,000 samples: 30.7 MB (padding adds 9.8 MB)"
    )
    assert size_line([256], None, 4) == "1 layer × 256 neurons: 1.0 kB for each sample"


def test_bytes_for_people():
    sizes = 30_720_000, 12, 2.5e9, 999, 1000, 3e12
    words = ["30.7 MB", "12 B", "2.5 GB", "999 B", "1.0 kB", "3.0 TB"]
    assert [format_bytes(n) for n in sizes] == words


def test_unknown_memory_refuses_nothing(monkeypatch):
    monkeypatch.setattr("infonb.activations.size.available_memory", lambda: None)
    check_size(10**30, None, "anything")
