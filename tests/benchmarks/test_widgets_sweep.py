"""
The time in which each control of the panels of a sweep and of a training draws its pictures anew.

With ``--benchmark-enable`` at full size and with a table printed; otherwise (as in every test run)
a quick check of the same code at small size. See README.md beside this file.
"""

import numpy as np
import pytest
import xarray as xr
from benchmarks.clock import seconds_of

from infonb.widgets import explore_sweep, explore_training

pytestmark = pytest.mark.slow

#: Milliseconds that a redraw may take.
AIM = 150


def measured(n_neurons, over, levels, n_seeds=3):
    """Return entropy and MI of 3 layers, for each level and seed, with accuracies."""
    rng = np.random.default_rng(0)
    layers = np.array(["fc1", "fc2", "fc3"], dtype=object)
    neurons = np.arange(n_neurons)
    seeds = np.arange(n_seeds)
    names = (over, "seed", "layer", "neuron")
    shape = (len(levels), n_seeds, 3, n_neurons)
    rise = np.linspace(1, 6, len(levels)).reshape(-1, *[1] * 5)
    curve = rng.uniform(0.5, 1, size=(len(levels), n_seeds))
    return xr.Dataset(
        {
            "entropy": (names, rng.normal(3, 0.4, size=shape)),
            "mutual_information": (
                (*names, "other_layer", "other_neuron"),
                rise * rng.gamma(2, 0.02, size=(*shape, 3, n_neurons)),
            ),
            "final_train_accuracy": ((over, "seed"), curve),
            "final_validation_accuracy": ((over, "seed"), curve / 2),
            "train_loss": ((over, "seed"), curve),
        },
        {
            over: levels, "seed": seeds, "layer": layers, "neuron": neurons,
            "other_layer": layers, "other_neuron": neurons,
        },
    )  # fmt: skip


def redraws(panel, rounds):
    """Return the name of each control → milliseconds of every redraw that it led to."""
    times = {}
    for name, control in panel.controls.items():
        values = [one[1] if isinstance(one, tuple) else one for one in control.options]
        start = control.value
        times[name] = []
        for value in [one for _ in range(rounds) for one in values] + [start]:
            if value == control.value:
                continue
            before = [image.value for image in panel.images.values()]
            seconds, _ = seconds_of(setattr, control, "value", value)
            assert [image.value for image in panel.images.values()] != before
            times[name].append(1e3 * seconds)
    return times


@pytest.mark.parametrize("kind", ["sweep", "training"])
def test_redraw(benchmark, capsys, kind):
    n_neurons = 256 if benchmark.enabled else 8
    if kind == "sweep":
        explore, results = explore_sweep, measured(n_neurons, "alpha", [0.0, 0.25, 0.5, 0.75, 1.0])
    else:
        explore, results = explore_training, measured(n_neurons, "epoch", np.arange(1, 11), 1)
    explore(results.isel(neuron=slice(4), other_neuron=slice(4)))  # imports
    made, panel = seconds_of(explore, results)
    found = {}
    benchmark.pedantic(lambda: found.update(redraws(panel, 3 if benchmark.enabled else 1)))
    assert set(found) >= {"layer", "unit"}
    if benchmark.enabled:
        words = ", ".join(
            f"{name} {np.median(times):.0f} ({max(times):.0f})" for name, times in found.items()
        )
        benchmark.extra_info.update({name: max(times) for name, times in found.items()})
        with capsys.disabled():
            print(
                f"\n{kind}, 3 x {n_neurons} neurons: panel made in {made:.2f} s; "
                f"ms a redraw, median (longest): {words}"
            )
        assert all(np.median(times) < AIM for times in found.values())
