"""A network's activations: neurons, pairs and layers, in pictures that lead to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import UNITS
from infonb.plots.examples import Shown
from infonb.validate import check_choice, check_integer
from infonb.widgets.explorer.choice import Choice
from infonb.widgets.explorer.controls import (
    SIZES,
    activation_controls,
    keep_in_layer,
    settings_controls,
)
from infonb.widgets.explorer.exciting import ExcitingExamples
from infonb.widgets.explorer.measured import Measured
from infonb.widgets.explorer.neuron_lists import NeuronLists
from infonb.widgets.explorer.views import Views
from infonb.widgets.panel.controls import choice
from infonb.widgets.panel.panel import Panel

__all__ = ["Explorer", "explore"]


class Explorer(Panel):
    """The panel of `explore`; ``samples`` says which samples it shows."""

    measured: Measured
    _lists: NeuronLists | None = None

    def connect(self, measured: Measured, lists: NeuronLists) -> None:
        """Take what is shown, and the lists that follow the choice from now on."""
        self.measured, self._lists = measured, lists
        lists.connect(self)
        self._look_ahead()

    def _forget(self, why: str) -> None:
        super()._forget(why)
        self._lists = None
        self.measured.close()

    def _update(self, change: Any = None) -> None:
        if self._held or self._lists is None:
            return
        # beside the matrix, which takes the rest of the time
        self.measured.entropy_soon(self.measured.choice(self.value))
        super()._update(change)
        self._lists.update(self.value)
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Let what a single step of a control would show be measured while the reader looks."""
        if self.interactive:
            self.measured.expect(self._steps(self.measured.choice(self.value)))

    def _steps(self, now: Choice) -> list[Choice]:
        """Return the choices that are a single step of a control away."""
        measured = self.measured
        sizes = [size for _, size in self.controls["n_samples"].options]
        edges = [kind for kind in measured.kinds_of_edges if kind != now.edges]
        found = [replace(now, edges=kind) for kind in edges]
        found += [replace(now, n_samples=n) for n in _beside(sizes, sizes.index(now.n_samples), 1)]
        found += [
            replace(now, layer=at) for at in _beside(range(len(measured.layers)), now.layer, 3)
        ]
        for place, labels in enumerate(measured.levels.values()):
            for at in _beside(range(len(labels)), now.level[place], 1):
                level = (*now.level[:place], at, *now.level[place + 1 :])
                found.append(replace(now, level=level))
        return found

    @property
    def selection(self) -> dict[str, Any]:
        """The chosen levels, layer and pair, for ``activations.sel(panel.selection)``."""
        value, measured = self.value, self.measured
        chosen: dict[str, Any] = {dim: value[name] for name, dim in measured.dims.items()}
        if measured.has_layer:
            chosen["layer"] = measured.layer_labels[measured.layers.index(value["layer"])]
        return {**chosen, "neuron": [value["neuron"], value["other"]]}

    @property
    def samples(self) -> np.ndarray:
        """Positions of the samples on show, shape (sample,): ``activations.isel(sample=...)``."""
        return self.measured.samples(self.controls["n_samples"].value)


def _beside(values: Sequence[Any], at: int, reach: int) -> list[Any]:
    """Return the values around a place, the nearest first."""
    steps = [sign * step for step in range(1, reach + 1) for sign in (1, -1)]
    return [values[at + step] for step in steps if 0 <= at + step < len(values)]


def explore(
    activations: xr.DataArray | xr.Dataset,
    *,
    by: str | None = None,
    bins: int = 100,
    edges: str = "common",
    k: int = 3,
    unit: str = "nat",
    colour_by: str | None = None,
    examples: Shown | None = None,
    max_samples: int = 10_000,
    max_neurons: int = 256,
    seed: int = 0,
    interactive: bool = True,
) -> Explorer:
    """
    Explore activations: a neuron's entropy, a pair's MI, all pairs of a layer, all layers.

    Pictures lead to each other: a pair is chosen by sliders, from the list of the highest MI, or in
    the matrix with a click or the arrow keys (with shift: by ten), and all pictures follow.

    Parameters
    ----------
    activations
        What `record`, `from_arrays` or `open_activations` returned: dims (layer, neuron, sample),
        and perhaps dimensions of levels, such as alpha, epoch or seed, with a control each; layer
        may be absent. Of an array on disk the chosen samples are read, once.
    by
        The dimension of the control ``level``; None: the first of them, but for seed. The controls
        of the others have the names of their dimensions.
    bins, edges, k, unit
        Where the controls start: bins of the entropy (as in `entropy`), whose edges are
        ``"common"`` to the neurons of a network, ``"shared"`` by all networks that are explored,
        or set for each ``"neuron"``; the neighbour of KSG; ``"nat"`` or ``"bit"``.
    colour_by
        Coordinate on ``sample`` that colours the scatter; None: the label if it is known, else the
        prediction, else one colour.
    examples
        What was shown to the network, to see below the histogram which of the samples excite the
        chosen neuron most: images (sample, row, column) or (sample, channel, row, column), texts
        (sample), or rows of numbers (sample, feature); as array, list, DataArray, or Dataset with
        ``input``. Where it has labels of ``sample``, samples are found by these, else by their
        places. None: no such picture.
    max_samples
        At most so many samples, a random choice; the pictures say so.
    max_neurons
        At most so many neurons of a layer are in the matrix, a random choice; its title says so.
    seed
        Of both choices.
    interactive
        False: only the pictures, for reports.

    Returns
    -------
    Explorer
        Its ``value`` is the choice: levels (if there are some), layer, neuron, other, bins, edges,
        k, n_samples, unit. ``activations.sel(panel.selection)`` are the chosen two neurons; its
        ``samples`` are the positions of the samples on show.

    Raises
    ------
    ValueError
        For values, dimensions or settings that cannot be measured, as in `entropy`.
    TypeError
        For an array without labels, or for `examples` that are none.

    Notes
    -----
    The matrix is of binned MI, corrected after Miller and Madow, in 10 bins of the chosen edges:
    all pairs of 256 neurons take 50 ms, where KSG would take half a minute. Of the chosen pair both
    are shown. KSG is replaced by the mixture estimator where ties forbid it (units after a ReLU).
    Neurons are ordered by hierarchical clustering (average linkage) of their MI.

    References
    ----------
    Bansal, Pruthi and Belinkov (2022), sections 2 and 3.

    Examples
    --------
    >>> import infonb as inb
    >>> values = {"fc1": np.random.default_rng(0).normal(size=(50, 3))}
    >>> panel = explore(inb.from_arrays(values), bins=10)
    >>> panel.controls["other"].value = 2
    >>> panel.value
    {'layer': 'fc1', 'neuron': 0, 'other': 2, 'bins': 10, 'edges': 'common', 'k': 3,
    'n_samples': 50, 'unit': 'nat'}
    >>> panel.selection
    {'layer': 'fc1', 'neuron': [0, 2]}
    """
    import ipywidgets as widgets

    check_choice("unit", unit, UNITS)
    measured = Measured(
        activations, by=by, max_samples=max_samples, max_neurons=max_neurons, seed=seed
    )
    most = measured.n_samples
    if not isinstance(edges, str):
        raise TypeError(
            "edges must be 'common', 'shared' or 'neuron'; to give edges, use infonb.entropy."
        )
    if k > most - 1:
        raise ValueError(f"k must be less than the number of samples, {most}; not {k}.")
    check_integer("k", k, 1)
    exciting = None if examples is None else ExcitingExamples(examples, measured)
    names = ["matrix", "scatter", "histogram", "boxes", *(["examples"] if exciting else [])]
    views = Views(measured, colour_by, examples=exciting).functions(*names)
    controls: dict[str, Any] = activation_controls(measured)
    controls |= settings_controls(measured, bins=bins, edges=edges)
    controls["k"] = widgets.IntSlider(k, 1, min(max(30, k), most - 1), description="k (neighbours)")
    sizes = [(f"{size:,}", size) for size in (*(s for s in SIZES if s < most), most)]
    controls["n_samples"] = choice(sizes, "samples", most)
    controls["unit"] = widgets.Dropdown(options=["nat", "bit"], value=unit, description="unit")

    def choose(x: float, y: float) -> dict[str, int]:
        matrix = measured.matrix(measured.choice(panel.value))
        first, second = (
            measured.labels[matrix.neurons[np.clip(round(at), 0, len(matrix.neurons) - 1)]]
            for at in (y, x)
        )
        return {"neuron": first, "other": second}

    keep_in_layer(controls, measured, lambda: panel.hold())
    lists = NeuronLists(measured)
    panel = Explorer(
        views, controls, interactive=interactive, on_click={"matrix": choose},
        beside=lists.widgets, owns_controls=True,
    )  # fmt: skip
    panel.connect(measured, lists)
    return panel
