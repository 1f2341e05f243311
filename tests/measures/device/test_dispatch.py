import subprocess
import sys

import pytest
import torch

from infonb.measures.device.dispatch import check_device
from infonb.measures.device.memory import block_bytes, blocks


@pytest.mark.parametrize("device", [None, "cpu", torch.device("cpu")])
def test_the_cpu_is_measured_by_compiled_kernels(device):
    assert check_device(device) is None


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:one", "cuda0", "xpu", 0, "CPU", ""])
def test_other_words_are_refused(device):
    with pytest.raises(ValueError, match=f"None, 'cpu', 'cuda' .* not {device!r}. Leave it out"):
        check_device(device)


@pytest.mark.parametrize("device", ["mps", "mps:0", torch.device("mps")])
def test_mps_is_refused_for_its_precision(device):
    with pytest.raises(ValueError, match="no float64"):
        check_device(device)


def test_no_cuda_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"'cuda:0': torch .* no CUDA device\. Leave device out"):
        check_device("cuda:0")


def test_number_of_the_cuda_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert check_device("cuda") == "cuda"
    assert check_device(torch.device("cuda", 1)) == "cuda:1"
    with pytest.raises(ValueError, match="'cuda:2' not found; torch finds 'cuda:0', 'cuda:1'"):
        check_device("cuda:2")


def test_half_of_the_free_memory_at_most(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 4000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 300)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 100)
    assert block_bytes(torch.device("cuda"), None) == 600
    assert block_bytes(torch.device("cuda"), 7) == 7
    assert block_bytes(torch.device("cpu"), None) == 2**28


@pytest.mark.parametrize("size", [0, 1, 3, 5, 6])
def test_blocks_hold_every_item_once(size):
    assert [i for block in blocks(5, size) for i in range(5)[block]] == [0, 1, 2, 3, 4]
    assert list(blocks(0, size)) == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device: the kernels "
                    "for CUDA are tested with torch on the CPU only")  # fmt: skip
def test_cuda_is_there():
    assert check_device("cuda") == "cuda"


def test_torch_is_imported_when_a_kernel_runs():
    code = (
        "import sys, infonb.measures.device.dispatch as device; device.check_device('cpu'); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
