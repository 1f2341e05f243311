"""
How long each control of an explorer takes to show its pictures: measures, drawing and PNG.

With ``--benchmark-enable`` at full size and with a table printed; otherwise (as in every test run)
a quick check of the same code at small size. See README.md beside this file.
"""

import itertools
import time

import numpy as np
import pytest
import xarray as xr
from benchmarks.clock import fastest
from benchmarks.units import units
from nine_runs import images_of, nine_runs

import infonb as inb
from infonb.claims.sensitivity import sensitivity
from infonb.experiments.nine_rulers.live import (
    explore_networks,
    explore_samples,
    explore_units,
)
from infonb.widgets import (
    explore,
    explore_decision,
    explore_estimators,
    explore_interventions,
    explore_neurons,
    explore_sensitivity,
)

pytestmark = pytest.mark.slow

ROUNDS = 7


def activations(kind, full):
    n_neurons, n_samples = (256, 10_000) if full else (8, 300)
    return inb.from_arrays(
        {f"fc{at}": units(kind, n_neurons, n_samples, at).T for at in (1, 2, 3)},
        coords={"label": np.arange(n_samples) % 10},
    )


def measure(benchmark, capsys, what, make, moves):
    """Move each control to a value that was not shown before; print wall and CPU milliseconds."""
    wall, cpu = {}, {}

    def round_of_moves():
        panel = make()
        for name, move in moves(panel).items():
            start, used = time.perf_counter(), time.process_time()
            move()
            wall.setdefault(name, []).append(time.perf_counter() - start)
            cpu.setdefault(name, []).append(time.process_time() - used)
            assert panel.message.value == ""

    round_of_moves()  # compiles, and fills matplotlib's caches of letters
    wall.clear()
    cpu.clear()
    benchmark.pedantic(round_of_moves, rounds=ROUNDS if benchmark.enabled else 1)
    if benchmark.enabled:
        rows = [
            f"{name}: {1e3 * np.median(wall[name]):.0f} ({1e3 * min(wall[name]):.0f}, "
            f"CPU {1e3 * min(cpu[name]):.0f})"
            for name in wall
        ]
        benchmark.extra_info.update({name: float(np.median(wall[name])) for name in wall})
        with capsys.disabled():
            print(f"\n{what}, ms, median (best, best CPU): {'; '.join(rows)}")


def setting(panel, **values):
    """Return name → what moves a control."""
    return {name: lambda one={name: value}: panel.set(**one) for name, value in values.items()}


@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_explore(benchmark, capsys, kind):
    acts = activations(kind, benchmark.enabled)

    def moves(panel):
        most = panel.value["n_samples"]
        panel.controls["n_samples"].value = most // 2 if benchmark.enabled else 200
        for kept in ("entropy_soon", "matrix", "information", "ends"):
            getattr(panel.measured, kept).cache_clear()
        pairs = panel.beside[1]
        return {
            **setting(panel, n_samples=most, layer="fc1", neuron=3, other=5, bins=50),
            **setting(panel, edges="neuron", k=4, unit="bit"),
            "click": lambda: setattr(panel.images["matrix"], "pointed", [6.0, 2.0, 1.0]),
            "list": lambda: setattr(pairs, "value", pairs.options[2][1]),
        }

    measure(benchmark, capsys, f"explore, {kind}", lambda: explore(acts), moves)


def test_explore_neurons(benchmark, capsys):
    acts = activations("tanh", benchmark.enabled)
    measure(
        benchmark, capsys, "explore_neurons", lambda: explore_neurons(acts),
        lambda panel: setting(panel, layer="fc1", neuron=3, other=5, bins=50, edges="neuron"),
    )  # fmt: skip


def test_explore_sensitivity(benchmark, capsys):
    acts = activations("tanh", full=False).activation.isel(layer=[0, 1])
    both = xr.concat([acts, 2 * acts], dim=xr.Variable("alpha", [0, 1]), coords="minimal")
    options = {"bins": [10, 100], "k": [1, 3], "samples": [200, 300]}
    grid = sensitivity(both, "alpha", 0, 1, **options)
    measure(
        benchmark, capsys, "explore_sensitivity", lambda: explore_sensitivity(grid),
        lambda panel: setting(panel, layer="fc2", edges="neuron", bins=10, k=1, n_samples=200),
    )  # fmt: skip


def test_explore_estimators(benchmark, capsys):
    n_samples = 10_000 if benchmark.enabled else 200
    normal = np.random.default_rng(0).normal(size=(3, 5, 2, n_samples))
    rho = xr.DataArray([0.0, 0.5, 0.9], dims="rho")
    pairs = xr.DataArray(normal, {"rho": rho.values}, ("rho", "seed", "neuron", "sample"))
    truth = (0 * rho).assign_coords(rho=rho.values)
    measure(
        benchmark, capsys, "explore_estimators", lambda: explore_estimators(pairs, truth),
        lambda panel: setting(panel, rho=0.9, k=4, bins=20, n_samples=100),
    )  # fmt: skip


def test_explore_decision(benchmark, capsys):
    line, names, c1 = np.linspace(-2, 2, 60), ["a", "b", "c"], np.linspace(-3, 3, 13)
    values = np.random.default_rng(0).random((3, 13, 60, 60))
    probability = xr.DataArray(
        values, {"network": names, "c1": c1, "y": line, "x": line}, ("network", "c1", "y", "x")
    )
    radial = xr.DataArray(
        values[:, 0], {"network": names, "c1_fine": line, "radius": line + 2},
        ("network", "c1_fine", "radius"),
    )  # fmt: skip
    measure(
        benchmark, capsys, "explore_decision", lambda: explore_decision(probability, {}, radial),
        lambda panel: setting(panel, network="b", c1=-3.0),
    )  # fmt: skip


def test_explore_interventions(benchmark, capsys):
    rng, numbers = np.random.default_rng(0), np.arange(11)
    by, sets = ["lowest entropy", "highest entropy", "largest difference"], ["bias", "anti", "none"]
    found = xr.Dataset(
        {"value": (("by", "number", "set"), rng.random((3, 11, 3))),
         "null": (("repeat", "number", "set"), rng.random((40, 11, 3)))},
        {"by": by, "number": numbers, "set": sets},
    )  # fmt: skip
    c1, radius = np.linspace(-3.6, 3.6, 49), np.linspace(0.0, 1.8, 37)
    slope = (1 + numbers)[:, None, None] * (radius - 1) + c1[:, None]
    radial = xr.DataArray(
        np.stack([1 / (1 + np.exp(slope))] * 3),
        {"by": by, "number": numbers, "c1_fine": c1, "radius": radius},
        ("by", "number", "c1_fine", "radius"),
    )  # fmt: skip
    measure(
        benchmark, capsys, "explore_interventions", lambda: explore_interventions(found, radial),
        lambda panel: setting(panel, by="largest difference", number=7, set="none"),
    )  # fmt: skip


RULED = {
    explore_samples: {"network": "constructed", "kind": "shortcut", "order": "density", "place": 2},
    explore_units: {"network": "constructed", "layer": "fc1", "x": "entropy", "unit": 3},
    explore_networks: {"ruler": "matrix_entropy", "seed": "1"},
}


@pytest.mark.parametrize("explore", RULED)
def test_explorers_of_the_nine_rulers(benchmark, capsys, explore):
    runs = nine_runs(layers=(256, 256) if benchmark.enabled else (12, 8), top=6)
    data = (runs,) if explore is explore_networks else (runs, images_of(runs, 28))
    values = RULED[explore]
    measure(
        benchmark, capsys, explore.__name__, lambda: explore(*data),
        lambda panel: setting(panel, **values),
    )  # fmt: skip
    if benchmark.enabled:
        panel, (name, value) = explore(*data), list(values.items())[-1]
        there = itertools.cycle([value, panel.value[name]])
        redraw = fastest(lambda: panel.set(**{name: next(there)}))
        made = fastest(lambda: explore(*data, interactive=False))
        with capsys.disabled():
            print(f"{explore.__name__}: {name} in {redraw / made:.2f} of the first picture")
