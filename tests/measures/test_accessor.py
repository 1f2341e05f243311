import subprocess
import sys


def test_import_brings_neither_numba_nor_scikit_learn_nor_torch():
    code = (
        "import sys, infonb, infonb.measures; "
        "print([m for m in ('numba', 'sklearn', 'torch', 'scipy.special') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_kernels_work_where_nothing_can_be_cached(tmp_path):
    # as in a read-only installation: no folder for numba's cache at all
    code = (
        "import numba.core.caching as c; c.CacheImpl._locator_classes = []\n"
        "import numpy as np\n"
        "from infonb.measures.kernels.kozachenko_leonenko import differential_entropy as h\n"
        "print(h(np.arange(12.0)[None], 1)[0] > 0)"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert result.stdout.strip() == "True", result.stderr
