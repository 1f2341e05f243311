"""Short words for the tests of recordings on disk."""

from __future__ import annotations

from pathlib import Path

import xarray as xr
from activations.models import before_each_call


def assert_same(opened, expected):
    """Stricter than identical: also the types, and the order of the variables."""
    opened = opened.load()
    xr.testing.assert_identical(opened, expected)
    assert list(opened.variables) == list(expected.variables)
    for name in expected.variables:
        assert opened[name].dtype == expected[name].dtype, name


def contents(folder):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Counts:
    """Counts the samples on which a model is run; fails or stops at one of its batches."""

    def __init__(self, model, at=None, error=RuntimeError):
        self.samples, self.calls, self.at, self.error = 0, 0, at, error
        self.handle = before_each_call(model, self)

    def __call__(self, module, args):
        if self.calls == self.at:
            raise self.error("in the middle")
        self.calls += 1
        self.samples += len(args[0])
