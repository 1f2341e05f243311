"""
The numbers are those of the code before the experiments became classes.

``old_numbers.npz`` was made with commit ac49608: torch on one thread, ``module.run(
module.Parameters(cache="none", **parameters))`` of each of the four experiments with the parameters
that stand in the file, all variables but ``median_entropy`` of the contexts (which is gone), of
``activation`` the first 20 samples of the first seed, and the rows of the closing tables. Of each
variable it has the dims, the shape, a digest of all values, and every `stride`-th value; and with
which libraries and on what processor it was made. There the numbers are the same bit for bit;
elsewhere they differ by what rounding does to a few steps of training, which is far less than a
changed formula would.

The small networks were trained one by one, and are so here where bits are compared. In groups, as
they are trained by now, sums are rounded otherwise: those numbers are compared as on another
machine.

The bins of the circles that are now ``shared`` were called ``fixed``.
"""

from __future__ import annotations

import json
import platform
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
import torch

from infonb import experiments
from infonb.training.group import size
from infonb.training.threads import torch_threads

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::infonb.measures.TiesWarning", "ignore::infonb.measures.ScaleWarning"
    ),
]

PATH = Path(__file__).with_name("old_numbers.npz")

#: How far values may lie apart on another machine. A sample that crosses the edge of a bin moves an
#: entropy by about log(n) / n, an accuracy moves in steps of 1 / n.
TOLERANCE = {"entropy": 0.05, "accuracy": 0.02, "loss": 0.01, "information": 0.01}


def about():
    with np.load(PATH) as file:
        return json.loads(str(file["about"]))


def processor():
    found: dict[str, str] = {}
    path = Path("/proc/cpuinfo")
    for line in path.read_text().splitlines() if path.is_file() else []:
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    return " ".join(found.get(name, "") for name in ("model name", "cpu family", "model"))


def here():
    return {
        "torch": torch.__version__, "numpy": np.__version__, "machine": platform.machine(),
        "processor": processor(), "capability": torch.backends.cpu.get_cpu_capability(),
    }  # fmt: skip


def digest(values):
    values = np.ascontiguousarray(values)
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.array(np.nan, values.dtype), values)
    return blake2b(values.tobytes(), digest_size=8).hexdigest()


def close(name, found, expected):
    """Nearly all values agree as far as rounding lets them, and none is far off."""
    kind = next((kind for kind in TOLERANCE if kind in name), None)
    same = np.isclose(found, expected, rtol=1e-3, atol=TOLERANCE.get(kind, 2e-3), equal_nan=True)
    scale = np.nanstd(expected) + 1e-3
    apart = np.nanmax(np.abs(found - expected), initial=0.0)
    return same.mean() > 0.95 and apart < max(scale, 0.1)


def values_of(runs, name, dims):
    values = runs[name]
    if name == "activation":
        values = values.isel(seed=0, sample=slice(20))
    if "edges" in dims:
        values = values.sel(edges=["common", "neuron", "shared"])
    return values.transpose(*dims).values


#: Experiments whose networks train in groups by now.
GROUPED = ["colored_digits", "shuffled_digits", "concentric_circles"]
CASES = [(name, False) for name in about()["parameters"]] + [(name, True) for name in GROUPED]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0] + ", grouped" * case[1])
def made(request):
    """Return one experiment, its runs, and whether they are the old ones bit for bit."""
    name, is_grouped = request.param
    experiment = experiments.get(name)(cache="none", **about()["parameters"][name])
    with torch_threads(1), pytest.MonkeyPatch.context() as patch:
        if not is_grouped:
            patch.setattr(size, "_LARGEST", 0)
        exact = about()["made"] == here() and not is_grouped
        return experiment, experiment.run(progress=False), exact


def test_values(made):
    experiment, runs, exact = made
    known = about()
    with np.load(PATH) as file:
        old = {key: file[key] for key in file.files if key.startswith(f"{experiment.name}/")}
    assert len(old) >= 12
    wrong = []
    for key, expected in old.items():
        name, there = key.partition("/")[2], known["variables"][key]
        values = values_of(runs, name, there["dims"])
        assert list(values.shape) == there["shape"], key
        assert values.dtype == expected.dtype, key
        part = values.ravel()[:: there["stride"]]
        if exact:
            same = np.array_equal(part, expected, equal_nan=values.dtype.kind == "f")
            same &= digest(values) == there["digest"]
        else:
            same = close(name, part.astype(float), expected.astype(float))
        if not same:
            wrong.append(f"{name}: up to {np.nanmax(np.abs(part - expected)):.3g} apart")
    assert not wrong


def test_claims(made):
    experiment, runs, exact = made
    known = about()
    old = {(row[0], row[1]): row for row in known["claims"][experiment.name]}
    new = {(claim.statement, claim.where): claim for claim in experiment.claims(runs).claims}
    assert new.keys() == old.keys()
    for row, claim in new.items():
        _, _, words, effect, bootstrap, verdict = old[row]
        if exact:
            found = claim.here, list(claim.effect), list(claim.bootstrap), claim.verdict
            assert found == (words, effect, bootstrap, verdict), row
        elif "τ" not in words:  # which jumps where two networks are nearly alike
            np.testing.assert_allclose(claim.effect, effect, atol=0.1)


@pytest.mark.parametrize("factor", [0.97, 1.03])
def test_a_changed_formula_would_be_seen_on_any_machine(factor):
    # an entropy of 3 nats that is 3 % off, an MI that is 0.02 nats off
    with np.load(PATH) as file:
        entropy = file["colored_digits/entropy"]
        information = file["colored_digits/mutual_information"]
    assert close("entropy", entropy, entropy)
    assert not close("entropy", factor * entropy, entropy)
    assert not close("mutual_information", information + factor * 0.02, information)
