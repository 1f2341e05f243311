"""What a line of the journal holds comes back exactly."""

from __future__ import annotations

import numpy as np
import pytest

from infonb.activations.disk.journal import count_samples, pack, unpack


def test_arrays_come_back_exactly():
    assert pack(np.array(["a", "b"], dtype=object)) == {"text": ["a", "b"]}
    values = np.array([0.1, np.nan], np.float32)
    found = unpack(pack(values))
    assert found.dtype == values.dtype
    assert found.tobytes() == values.tobytes()
    assert list(unpack(pack(np.array(["ü", "b"], dtype=object)))) == ["ü", "b"]
    assert unpack(pack(None)) is None


def test_other_objects_are_refused():
    with pytest.raises(
        TypeError, match=r"must be numbers or text to be kept on disk; not 3 \(int\)"
    ):
        pack(np.array(["a", 3], dtype=object))


@pytest.mark.parametrize("line", [
    "{}", "[]", "null", '{"size": 3}', '{"size": -1, "rows": [1]}', '{"size": 1e999, "rows": [1]}',
    '{"size": 3, "rows": []}', '{"size":' + "[" * 100_000,
])  # fmt: skip
def test_a_line_that_is_none_is_the_end(tmp_path, line):
    """Also one without a check sum, as older recordings have them."""
    whole = '{"size": 4, "rows": [1]}\n'
    (tmp_path / "batches.jsonl").write_text(f"{whole}{line}\n{whole}")
    assert count_samples(tmp_path) == 4
