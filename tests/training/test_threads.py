"""The number of torch's threads: set within a block, and put back however the block ends."""

from __future__ import annotations

import pytest
import torch

from infonb.training.threads import torch_threads


@pytest.fixture(autouse=True)
def _three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("number", "within"), [(1, 1), (2, 2), (None, 3)])
def test_threads_within_and_after(number, within):
    with torch_threads(number):
        assert torch.get_num_threads() == within
    assert torch.get_num_threads() == 3


def test_what_a_block_sets_itself_is_put_back():
    with torch_threads():
        torch.set_num_threads(1)
    assert torch.get_num_threads() == 3


def test_threads_after_an_error():
    with pytest.raises(KeyboardInterrupt), torch_threads(1):
        raise KeyboardInterrupt
    assert torch.get_num_threads() == 3


def test_no_thread_at_all_is_refused():
    with pytest.raises(ValueError, match="number must be at least 1; not 0"), torch_threads(0):
        pass
    assert torch.get_num_threads() == 3
