import pytest
import torch

from infonb.training.device import choose_device


def test_a_gpu_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
    with pytest.raises(ValueError, match="torch sees no GPU here; give cpu, or auto"):
        choose_device("cuda")


def test_a_gpu_that_is_there_is_taken(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"
    assert choose_device("cuda").type == "cuda"
    assert choose_device("cpu").type == "cpu"


def test_other_words_are_refused():
    with pytest.raises(ValueError, match="device must be one of 'cpu', 'cuda', 'auto'"):
        choose_device("gpu")
