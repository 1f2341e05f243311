import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import infonb
from infonb.measures.kernels.compile import compiled, over_blocks

pytestmark = pytest.mark.slow


def test_a_change_in_another_file_of_kernels_is_noticed(tmp_path):
    # a copy of the package with two kernels, one calling the other from its own file
    package = Path(infonb.__file__).parent
    shutil.copytree(
        package, tmp_path / "infonb", ignore=shutil.ignore_patterns("__pycache__", "*.ipynb")
    )
    kernels = tmp_path / "infonb" / "measures" / "kernels"
    outer = "from infonb.measures.kernels.compile import compiled\n"
    outer += "from infonb.measures.kernels.knn.inner import f\n"
    outer += "@compiled\ndef g(x):\n    return f(x)\n"
    (kernels / "outer.py").write_text(outer)

    def run(constant):
        inner = "from infonb.measures.kernels.compile import compiled\n"
        inner += f"@compiled\ndef f(x):\n    return x + {constant}\n"
        (kernels / "knn" / "inner.py").write_text(inner)
        code = "from infonb.measures.kernels.outer import g\n"
        code += "print(g(1), sum(g.stats.cache_hits.values()))"
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        environment.pop("NUMBA_CACHE_DIR", None)
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=tmp_path, text=True,
            capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.split()

    assert run(1) == ["2", "0"]
    assert run(20) == ["21", "0"]


def test_kept_on_disk():
    from infonb.measures.kernels.counts import _range  # any kernel

    assert _range.stats.cache_path


@pytest.mark.parametrize("threads", [1, 2])
def test_every_item_once_and_errors_come_through(threads):
    before = numba.get_num_threads()
    numba.set_num_threads(min(threads, before))
    try:
        seen = []
        over_blocks(lambda start, stop: seen.extend(range(start, stop)), 23, 5)
        assert sorted(seen) == list(range(23))

        def fail(start, stop):
            raise ValueError(f"block {start}")

        with pytest.raises(ValueError, match="block"):
            over_blocks(fail, 23, 5)
    finally:
        numba.set_num_threads(before)


def test_compiled_releases_the_interpreter():
    @compiled
    def double(x):
        return 2 * x

    assert double(4) == 8
    assert double.targetoptions["nogil"]


def test_measuring_leaves_torch_its_threads():
    code = """
import numpy as np, torch
import infonb as inb
torch.set_num_threads(1)
assert torch.get_num_threads() == 1
acts = inb.from_arrays({"fc1": np.random.default_rng(0).normal(size=(200, 5))})
inb.mutual_information(acts)
inb.entropy(acts)
print(torch.get_num_threads())
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1"]
