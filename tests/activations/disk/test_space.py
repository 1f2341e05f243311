"""What a recording needs on disk is said, checked before it runs, and what is written."""

from __future__ import annotations

import os

import pytest
from activations.models import Functional, inputs, quiet
from activations.recordings import Counts
from torch import nn

from infonb.activations import record, saving
from infonb.activations.disk.journal import Journal
from infonb.activations.disk.space import disk_bytes, disk_line


def test_bytes_are_those_of_whole_chunks():
    # neurons in parts of 3, samples in parts of 7
    assert disk_bytes([5, 3], 10, 4, (3, 7)) == (2 + 1) * 2 * (3 * 7 * 4 + 4)
    assert disk_line([256, 256, 10], 10_000, 4, (16, 250_000)) == (
        "3 layers × up to 256 neurons × 10,000 samples: at most 21.1 MB on disk"
    )


@pytest.mark.usefixtures("small_chunks")
def test_full_disk(tmp_path, monkeypatch):
    model, x, path = Functional(), inputs(40, 4), tmp_path / "a.zarr"
    write = Journal.append

    def full(self, rows, line):
        if self.filled == 20:
            write(self, [block[:, :2] for block in rows], line)  # a part of it
            raise OSError(28, "No space left on device")
        write(self, rows, line)

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(OSError, match="No space left") as caught:
        quiet(model, x, batch_size=4, to=path)
    full, kept = caught.value.__notes__[-2:]
    assert "the disk is full" in full
    assert "more are needed" in full
    assert "are free in" in full
    assert "goes on after" in kept


def test_size_is_checked_before_the_start_and_printed(tmp_path, monkeypatch, capsys):
    model, x, path = Functional(), inputs(1000, 4), tmp_path / "a.zarr"
    # 5 neurons are two chunks of 3, and 3 are one: 9 values for each sample
    needs = r"× 1,000 samples: at most 36.0 kB on disk; max_bytes is 35.0 kB. Set another limit"
    with pytest.raises(ValueError, match=needs):
        quiet(model, x, to=path, max_bytes=35_000)
    monkeypatch.setattr("infonb.activations.disk.space.shutil.disk_usage",
                        lambda folder: type("Usage", (), {"free": 68_011})())  # fmt: skip
    with pytest.raises(
        ValueError, match=r"68.0 kB more are needed, but 68.0 kB are free in .*room"
    ):
        quiet(model, x, to=path)
    assert os.listdir(tmp_path) == []
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"512 samples take 18.4 kB on disk, but max_bytes is 18"):
        quiet(model, iter(x.split(256)), to=path, max_bytes=18_000)
    capsys.readouterr()
    record(model, iter(x.split(256)), to=path, max_bytes=36_012, progress="text")
    printed = capsys.readouterr().out
    assert printed.startswith("2 layers × up to 5 neurons: 36 B on disk for each sample, beyond 1,")
    assert "; 512 samples are there" in printed
    assert printed.count("neurons") == 1
    assert (
        on_disk(path) == 36_012
    )  # three of them with a checksum; the chunk is no longer than the data were


def on_disk(path):
    chunks = (path / "activation" / "c").rglob("*")
    return sum(entry.stat().st_size for entry in chunks if entry.is_file())


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("n_samples", [7, 20, 23, 60])
def test_what_is_said_is_what_is_written(tmp_path, monkeypatch, n_samples, known):
    """Narrow and wide layers, so that chunks are padded, and the last one is not filled."""
    monkeypatch.setattr(saving, "CHUNK_BYTES", 20 * 8 * 4)
    widths = [3, 4, 3, 128, 9]
    parts = [nn.Linear(a, b) for a, b in zip([4, *widths], [*widths, 2], strict=True)]
    x, path = inputs(n_samples, 4), tmp_path / "a.zarr"
    n_chunks = (1 + 1 + 1 + 16 + 2) * -(-n_samples // 20)
    needed = n_chunks * (8 * min(n_samples, 20) * 4 + 4)
    with pytest.raises(ValueError, match=r"max_bytes is"):
        quiet(
            nn.Sequential(*parts), x if known else iter(x.split(5)), to=path, max_bytes=needed - 1
        )
    quiet(nn.Sequential(*parts), x if known else iter(x.split(5)), to=path, max_bytes=needed)
    assert on_disk(path) == needed


@pytest.mark.usefixtures("small_chunks")
def test_no_more_is_asked_for_than_what_is_still_to_be_written(tmp_path, monkeypatch):
    model, x, path = Functional(), inputs(70, 4), tmp_path / "a.zarr"
    count = Counts(model, 5)
    with pytest.raises(RuntimeError):
        quiet(model, x, batch_size=6, to=path)
    count.handle.remove()
    # of 30 samples 28 are 4 columns of chunks (9 values each), 2 are rows (8 values each)
    needed = 6 * 3 * (7 * 3 * 4 + 4) + 5 * 8 * 4
    free = [needed - 1]
    monkeypatch.setattr("infonb.activations.disk.space.shutil.disk_usage",
                        lambda folder: type("Usage", (), {"free": free[0]})())  # fmt: skip
    with pytest.raises(ValueError, match=r"1.7 kB more are needed.* is recorded already is kept"):
        quiet(model, x, batch_size=6, to=path)
    free[0] = needed
    quiet(model, x, batch_size=6, to=path)
