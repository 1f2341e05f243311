"""The explorers, each on small data of its own: code that makes ``panel``."""

from __future__ import annotations

SETUP = """\
import json
import threading

import numpy as np
import xarray as xr
from ipywidgets.widgets.widget import _instances

import infonb as inb
from infonb import widgets

rng = np.random.default_rng(0)


def layers(n_samples=200, widths=(6, 4)):
    shared = rng.normal(size=(n_samples, 1))
    values = {
        f"fc{number + 1}": np.tanh(rng.normal(size=(n_samples, width)) + number * shared)
        for number, width in enumerate(widths)
    }
    return inb.from_arrays(values, coords={"label": np.arange(n_samples) % 2}).activation


def sweep():
    return xr.concat([layers() for _ in range(3)], dim=xr.Variable("alpha", [0.0, 0.5, 1.0]))


networks = sweep()
runs = xr.concat(
    [
        xr.Dataset({
            "entropy": inb.entropy(network, bins=20),
            "mutual_information": inb.mutual_information(network),
            "final_validation_accuracy": ("alpha", rng.uniform(size=3)),
        })
        for network in (networks, sweep())
    ],
    dim=xr.Variable("seed", [0, 1]),
)
"""

#: What a set of activations says of itself.
TABLE = "networks.isel(alpha=0).infonb"

#: What the next cell gets from a panel, and what its controls are called.
CHOICE = """\
print(json.dumps({
    "value": {name: str(value) for name, value in panel.value.items()},
    "labels": {name: control.description for name, control in panel.controls.items()},
    "beside": len(panel.beside),
    "widgets": len(_instances),
    "threads": threading.active_count(),
}))"""

EXPLORERS = {
    "explore": "panel = widgets.explore(networks, bins=20)",
    "explore_sweep": "panel = widgets.explore_sweep(runs)",
    "explore_training": """\
training = runs.rename(alpha="epoch").assign_coords(epoch=[1, 5, 10])
panel = widgets.explore_training(training)""",
    "explore_neurons": "panel = widgets.explore_neurons(networks, bins=20)",
    "explore_sensitivity": """\
from infonb.claims.sensitivity import sensitivity
panel = widgets.explore_sensitivity(sensitivity(
    networks, "alpha", 0.0, 1.0, bins=[5, 10, 20], k=[1, 3, 5], samples=[50, 100, 200]
))""",
    "explore_estimators": """\
rho = xr.DataArray([0.0, 0.5, 0.9], dims="rho", attrs={"long_name": "correlation ρ"})
normal = xr.DataArray(rng.normal(size=(2, 3, 500)), dims=("part", "seed", "sample"))
second = rho * normal[0] + np.sqrt(1 - rho**2) * normal[1]
pairs = xr.concat([normal[0], second], dim="neuron").assign_coords(rho=rho)
pairs = pairs.transpose("rho", "seed", "neuron", "sample")
truth = -0.5 * np.log(1 - pairs.rho**2)
panel = widgets.explore_estimators(pairs, truth)""",
    "explore_decision": """\
line = np.linspace(-1, 1, 12)
planes = xr.DataArray(
    rng.uniform(size=(2, 3, 12, 12)),
    {"network": ["baseline", "memorized"], "c1": [-3.0, 0.0, 3.0], "y": line, "x": line},
    ("network", "c1", "y", "x"),
)
cut = xr.DataArray(
    rng.uniform(size=(2, 5, 6)),
    {"network": ["baseline", "memorized"], "c1_fine": np.linspace(-3, 3, 5),
     "radius": np.linspace(0, 1, 6)},
    ("network", "c1_fine", "radius"),
)
panel = widgets.explore_decision(planes, {}, cut)""",
    "explore_interventions": """\
panel = widgets.explore_interventions(xr.Dataset(
    {"value": (("by", "number", "set"), rng.uniform(size=(2, 4, 2))),
     "null": (("repeat", "number", "set"), rng.uniform(size=(9, 4, 2)))},
    {"by": ["lowest entropy", "highest entropy"], "number": range(4), "set": ["bias", "anti"]},
))""",
}
