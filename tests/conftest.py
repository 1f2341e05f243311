"""What all tests share."""

from __future__ import annotations

import os

# before torch and numba are imported: waiting threads must not keep the few cores busy
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# no test reads or leaves runs in the user's cache
os.environ["INFONB_CACHE"] = "none"

import signal
from pathlib import Path

import hypothesis
import pytest

# another environment that is active is not that of the tests, about which IPython would warn
os.environ.pop("VIRTUAL_ENV", None)
# who runs the tests in the background of a shell ignores Ctrl-C, and so would their processes
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# the same examples each time; how fast they are made says more of the machine, on which tests run
# side by side
hypothesis.settings.register_profile(
    "side by side",
    deadline=None,
    derandomize=True,
    database=None,
    # what fails is shown at once; why, a debugger shows
    phases=set(hypothesis.Phase) - {hypothesis.Phase.explain},
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# pytest --hypothesis-profile=long tests/fuzz
hypothesis.settings.register_profile(
    "long", hypothesis.settings.get_profile("side by side"), max_examples=4000
)
hypothesis.settings.load_profile("side by side")


@pytest.fixture
def data_folder() -> Path:
    """Return the folder with the real data sets, or skip."""
    folder = os.environ.get("INFONB_DATA")
    if not folder:
        pytest.skip("INFONB_DATA not set")
    return Path(folder)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder with the notebook of the small experiment, the current one its parent."""
    from fakes import install, write_notebook

    install(monkeypatch, tmp_path / "source")
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "source", "1 + 1")
    return tmp_path / "source"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes ``-n auto`` means: each collects all tests and takes a gigabyte."""
    return min(os.cpu_count() or 1, 8)
