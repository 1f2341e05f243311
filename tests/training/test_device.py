import pytest
import torch

from infonb.training.device import choose_device, is_mixed


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


def test_bfloat16_is_for_processors_that_know_it(monkeypatch):
    """Emulated, a product of bfloat16 takes many times as long as one of float32."""
    cpu = torch.device("cpu")
    for known, expected in (({"avx512_bf16": True}, True), ({"avx512_bf16": False}, False)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda known=known: known, raising=False)
        assert is_mixed("auto", cpu) is expected
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not is_mixed("auto", cpu)
    assert is_mixed("bfloat16", cpu)
    assert not is_mixed("float32", cpu)
    with pytest.raises(ValueError, match="precision must be one of 'auto', 'float32', 'bfloat16'"):
        is_mixed("half", cpu)
