"""Choose bins, edges, k and the number of samples; see what two networks then look like."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.claims.sensitivity import sensitivity
from infonb.claims.sentences import EDGES, SYMBOLS, conclusion
from infonb.measures import mixture_density, take_activation
from infonb.plots.picture import Picture, subplots
from infonb.plots.style import label_of, palette, palette_kind
from infonb.widgets.panel.panel import Panel

__all__ = ["explore_sensitivity"]

_MARGINS = {"right": 0.985, "bottom": 0.22, "top": 0.86, "wspace": 0.07}

#: Where the controls start if the grid has these values: the paper's.
_START = {"bins": 100, "k": 3, "edges": "common"}


def explore_sensitivity(
    activation: xr.DataArray | xr.Dataset,
    over: str = "",
    start: Any = None,
    end: Any = None,
    *,
    interactive: bool = True,
    **options: Any,
) -> Panel:
    """
    Choose the settings of the measures; see both networks' entropies and MI, and the conclusion.

    Everything is measured once, for the whole grid of settings; the controls choose among them.

    Parameters
    ----------
    activation
        Dims (`over`, layer, neuron, sample), and perhaps seed. Or the grid itself, what
        `infonb.claims.sensitivity.sensitivity` returned: then nothing is measured, and
        the next arguments stay away.
    over, start, end
        Dimension of the levels, and the two levels that are compared.
    interactive
        False: only the picture, for reports.
    options
        As in `infonb.claims.sensitivity.sensitivity`.

    Returns
    -------
    Panel
        Its ``value`` is the choice.

    Examples
    --------
    >>> acts = xr.DataArray(
    ...     np.random.default_rng(0).normal(size=(2, 1, 8, 100)),
    ...     {"alpha": [0, 1], "layer": ["fc1"]}, ("alpha", "layer", "neuron", "sample"),
    ... )
    >>> panel = explore_sensitivity(acts, "alpha", 0, 1, bins=[5, 10], k=[1, 3])
    >>> panel.controls["bins"].value = 5
    >>> panel.value
    {'layer': 'fc1', 'edges': 'common', 'bins': 5, 'k': 3, 'n_samples': 100}
    """
    import ipywidgets as widgets

    if isinstance(activation, xr.Dataset):
        if "entropy_change" not in activation:
            raise ValueError(
                "the data set is no grid of settings; give activations (results.activation), or "
                "what sensitivity returned."
            )
        if over or options:
            raise ValueError("the grid is measured already; leave out levels and options.")
        result = activation
    else:
        activation = take_activation(activation)
        if not over or start is None or end is None:
            dims = [d for d in activation.dims if d not in ("layer", "neuron", "sample", "seed")]
            raise ValueError(
                "give the dimension of the levels and the two levels to compare, as in "
                "explore_sensitivity(activation, 'alpha', 0.0, 1.0); activation has "
                f"{dims or 'none'}."
            )
        result = sensitivity(activation, over, start, end, **options)
    layers = [str(layer) for layer in result.layer.values]
    controls: dict[str, Any] = {
        "layer": widgets.Dropdown(options=layers, value=layers[0], description="layer"),
        "edges": widgets.Dropdown(
            options=[(EDGES[value], value) for value in result.edges.values],
            value=_first(result, "edges"),
            description="entropy in",
        ),
    }
    for name, words in (("bins", "bins"), ("k", "MI with k"), ("n_samples", "samples")):
        controls[name] = widgets.SelectionSlider(
            options=result[name].values.tolist(), value=_first(result, name), description=words
        )

    def draw(layer: str, edges: str, bins: int, k: int, n_samples: int) -> Picture:
        return _draw(result, layer, edges, bins, k, n_samples)

    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def _first(result: xr.Dataset, name: str) -> Any:
    """Return the paper's setting if it is in the grid, else the last one: most samples."""
    there = result[name].values.tolist()
    return _START[name] if _START.get(name) in there else there[-1]


def _draw(result: xr.Dataset, layer: str, edges: str, bins: int, k: int, n_samples: int) -> Picture:
    over, ends = result.attrs["over"], [result.attrs[end] for end in ("start", "end")]
    names = [label_of(over, end) for end in ends]
    colours = palette(2, "layers") if palette_kind(ends) == "layers" else palette(3, "levels")[:2]
    common = {"layer": layer, "n_samples": n_samples}
    entropy = result.entropy.sel({**common, "edges": edges, "bins": bins})
    information = result.mutual_information.sel({**common, "k": k})
    room = (0.3 + 0.085 * max(map(len, names))) / 9.2  # for the names, as share of the width
    picture, axes = subplots(1, 2, size=(4.6, 3.2), margins={**_MARGINS, "left": room})
    left, right = axes[0]
    columns = [_finite(entropy.sel({over: end})) for end in ends]
    boxes = left.boxplot(
        columns, orientation="horizontal", widths=0.55, patch_artist=True,
        tick_labels=names, medianprops={"color": "black", "linewidth": 2},
        flierprops={"marker": ".", "markersize": 4, "markeredgecolor": "0.3"},
    )["boxes"]  # fmt: skip
    left.invert_yaxis()
    dims = [dim for dim in information.dims if dim != over]
    for box, name, colour, end in zip(boxes, names, colours, ends, strict=True):
        box.set(facecolor=(*colour[:3], 0.6))
        pairs = information.sel({over: end})
        density = mixture_density(pairs, dim=dims)
        x, y = density.value.values, density.values
        right.fill_between(x, y, alpha=0.25, color=colour, label=name)
        right.plot(x, y, color=colour, linewidth=1.5)
        middle = float(pairs.median(dims).mean())
        right.plot([middle], [0], marker="|", ms=14, mew=2.5, color=colour, clip_on=False)
    low, high = np.nanquantile(information.values, [0.001, 0.995])
    margin = 0.08 * (high - low) + 1e-3
    right.set(xlim=(low - margin, high + margin), yticks=[])
    right.set_ylim(0, None)
    right.legend(frameon=False, fontsize=10)
    said = [
        conclusion(result, "entropy", edges=edges, bins=bins, **common),
        conclusion(result, "mutual_information", k=k, **common),
    ]
    left.set_xlabel(f"entropy of a neuron (nat), {bins} {EDGES[edges]}")
    right.set_xlabel(f"mutual information of a pair (nat), {SYMBOLS['k']} = {k}")
    for axis, words in zip((left, right), said, strict=True):
        axis.set_title(words.replace(": ", ":\n"), fontsize=10.5, loc="left")
    picture.supxlabel(f"{layer}, S = {n_samples} samples", fontsize=10)
    picture.alt = (
        f"{layer}, {' and '.join(names)}, {n_samples} samples, {bins} {EDGES[edges]}, k = {k}. "
        f"Left: boxes of the entropy of neurons; {said[0]}. Right: densities of the mutual "
        f"information of pairs; {said[1]}."
    )
    return picture


def _finite(values: xr.DataArray) -> np.ndarray:
    flat = values.values.ravel()
    return flat[np.isfinite(flat)]
