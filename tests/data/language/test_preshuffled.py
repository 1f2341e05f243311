"""Tokens by index from pre-shuffled files: in one, in parts that end anywhere, and cut short."""

from __future__ import annotations

import numpy as np
import pytest

from infonb.data.language import load_preshuffled

ROW, N = 2049, 7


@pytest.fixture
def tokens():
    return np.random.default_rng(0).integers(0, 50_304, (N, ROW)).astype("<u2")


@pytest.fixture
def whole(tmp_path, tokens):
    tokens.tofile(tmp_path / "document.bin")
    return tmp_path


def in_parts(folder, tokens, *cuts, of=None):
    parts = np.split(np.frombuffer(tokens.tobytes(), np.uint8), cuts)
    for number, part in enumerate(parts):
        # as the hub names them: behind "of" stands the number of the last
        part.tofile(folder / f"document-{number:05d}-of-{of or len(parts) - 1:05d}.bin")


def test_sequence_i_begins_at_byte_i_times_2049_times_2(whole, tokens):
    found = load_preshuffled([5, 0, 5], whole)
    assert found.tokens.values.tolist() == tokens[[5, 0, 5], :64].tolist()
    assert found.sample.values.tolist() == [5, 0, 5]
    raw = (whole / "document.bin").read_bytes()[5 * 2049 * 2 :][:4]
    assert found.tokens.values[0, :2].tolist() == [raw[0] + 256 * raw[1], raw[2] + 256 * raw[3]]
    assert found.attrs["n_sequences"] == N


def test_a_file_and_whole_rows(whole, tokens):
    found = load_preshuffled(np.array([6], np.uint8), whole / "document.bin", n_tokens=ROW)
    assert np.array_equal(found.tokens, tokens[[6]])


@pytest.mark.parametrize("cuts", [(9000,), (4098, 8196), (4099, 8198), (8197, 16_394)])
def test_parts_end_anywhere(tmp_path, tokens, cuts):
    in_parts(tmp_path, tokens, *cuts)
    found = load_preshuffled(range(N), tmp_path, n_tokens=ROW)
    assert np.array_equal(found.tokens, tokens)


def test_the_first_parts_are_enough_for_small_indices(tmp_path, tokens):
    in_parts(tmp_path, tokens[:3], 6147, of=20)
    assert np.array_equal(load_preshuffled([2], tmp_path).tokens, tokens[[2], :64])
    with pytest.raises(ValueError, match=r"index 3 lies beyond the end: .* the parts behind it"):
        load_preshuffled([3], tmp_path)


def test_the_step_of_an_index(tmp_path):
    np.zeros((2050, ROW), "<u2").tofile(tmp_path / "document.bin")
    steps = load_preshuffled([0, 1023, 1024, 2048], tmp_path, n_tokens=1).first_seen
    assert steps.values.tolist() == [0, 0, 1, 2]


def test_files_that_are_missing(tmp_path, tokens):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*pile-standard-pythia"):
        load_preshuffled([0], tmp_path / "other")
    (tmp_path / "document.idx").touch()
    with pytest.raises(FileNotFoundError, match=r"neither document.bin nor .* document.idx"):
        load_preshuffled([0], tmp_path)
    in_parts(tmp_path, tokens, 5000, 10_000)
    (tmp_path / "document-00001-of-00002.bin").unlink()
    with pytest.raises(FileNotFoundError, match="lacks part 1 before part 2"):
        load_preshuffled([0], tmp_path)


def test_files_that_are_short(whole, tokens):
    path = whole / "document.bin"
    path.write_bytes(tokens.tobytes()[:-2])
    with pytest.raises(ValueError, match="cut short: with 4,096 bytes behind 6 whole sequences"):
        load_preshuffled([0], whole)
    path.write_text("version https://git-lfs.github.com/spec/v1\nsize 30000\n")
    with pytest.raises(ValueError, match=r"has 54 bytes.* a pointer of Git LFS"):
        load_preshuffled([0], whole)


def test_all_parts_but_the_last_are_no_whole_data_set(tmp_path, tokens):
    in_parts(tmp_path, tokens, 10_000, 20_000)
    (tmp_path / "document-00002-of-00002.bin").unlink()
    assert np.array_equal(load_preshuffled([3], tmp_path).tokens, tokens[[3], :64])
    with pytest.raises(ValueError, match=r"index 4 lies beyond .* the parts behind it are not"):
        load_preshuffled([4], tmp_path)


def test_a_last_part_that_is_cut_short(tmp_path, tokens):
    in_parts(tmp_path, tokens, 10_000, 20_000)
    last = tmp_path / "document-00002-of-00002.bin"
    last.write_bytes(last.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"00002-of-00002.bin is cut short: with 4,096 bytes"):
        load_preshuffled([0], tmp_path)


@pytest.mark.parametrize("of", [None, 20])
def test_a_part_that_is_cut_short_would_shift_all_behind_it(tmp_path, tokens, of):
    in_parts(tmp_path, tokens, 10_000, 20_000, of=of)
    first = next(tmp_path.glob("document-00000-*"))
    first.write_bytes(first.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"00000-of-.* is cut short: it has 9,998 bytes"):
        load_preshuffled([4], tmp_path)


def test_a_part_alone(tmp_path, tokens):
    in_parts(tmp_path, tokens, 10_000, 20_000)
    first, second = (tmp_path / f"document-0000{at}-of-00002.bin" for at in (0, 1))
    assert np.array_equal(load_preshuffled([1], first).tokens, tokens[[1], :64])
    with pytest.raises(ValueError, match=r"begins in the middle of the training: give the folder"):
        load_preshuffled([1], second)


def test_parts_of_two_data_sets(tmp_path, tokens):
    in_parts(tmp_path, tokens, 9000, of=20)
    (tmp_path / "document-00001-of-00020.bin").rename(tmp_path / "document-00001-of-00021.bin")
    with pytest.raises(ValueError, match=r"several data sets: of \[20, 21\]"):
        load_preshuffled([0], tmp_path)


@pytest.mark.parametrize(
    ("indices", "options", "words"),
    [
        ([7], {}, "index 7 lies beyond the end: .* has 7 whole sequences"),
        ([-1], {}, "indices must be at least 0"),
        ([0.5], {}, "indices must be a whole number"),
        ([], {}, "indices is empty"),
        (3, {}, "indices must be a list of whole numbers"),
        ([0], {"n_tokens": 2050}, "n_tokens must be between 1 and 2049"),
    ],
)
def test_what_is_refused(whole, indices, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        load_preshuffled(indices, whole, **options)
