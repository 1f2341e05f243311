"""How long the way of one call is: files, functions and depth of infonb's own stack it enters."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import infonb as inb

HOME = str(Path(inb.__file__).parent)

#: Call → the most files, functions and depth that its way may have.
MOST = {"entropy": (10, 47, 8), "mutual_information": (17, 83, 10)}


def way(call):
    """Return how many files and functions of infonb a call enters, and how deep they stand."""
    call(), call()  # compiled, and what is imported late is there
    files, functions, depth = set(), set(), [0]

    def look(frame, event, _argument):
        if event != "call" or not frame.f_code.co_filename.startswith(HOME):
            return
        files.add(frame.f_code.co_filename)
        functions.add(frame.f_code)
        deep = 0
        while frame is not None:
            deep += frame.f_code.co_filename.startswith(HOME)
            frame = frame.f_back
        depth[0] = max(depth[0], deep)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(before)
    return len(files), len(functions), depth[0]


@pytest.mark.parametrize("measure", MOST)
def test_the_way_of_a_call_is_short(measure):
    rng = np.random.default_rng(0)
    acts = inb.from_arrays({"fc1": rng.normal(size=(200, 8)), "fc2": rng.normal(size=(200, 5))})
    found = way(lambda: getattr(inb, measure)(acts))
    print(f"{measure}: {found[0]} files, {found[1]} functions, {found[2]} deep")
    assert (np.array(found) <= MOST[measure]).all()
