"""Choose a sample, a unit or a network: all readings of it, from results that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_networks", "explore_samples", "explore_units"]

#: The network that is shown first, if it is there: most of its samples are known in all rulers.
_FIRST = "noise"
_NUMBER = "sample number"
_TWIN = ", held out"


def explore_samples(runs: xr.Dataset, examples: xr.Dataset, *, interactive: bool = True) -> Panel:
    """
    Choose a network and a sample, by its place in the order of a ruler among those of its kind.

    Dims of `runs` as of `NineRulers`; `examples`: ``input`` (sample, row, column), perhaps with a
    channel. The first seed; nothing is computed anew.
    """
    # here, for they bring matplotlib along
    import ipywidgets as widgets

    from infonb.experiments.nine_rulers.sample_picture import SamplePicture
    from infonb.plots.ruler_names import ruler_words
    from infonb.widgets import Panel

    picture = SamplePicture(runs, examples)
    networks, rulers = (runs[dim].values.tolist() for dim in ("network", "ruler"))
    score = runs["score"].isel(seed=0).transpose("network", "ruler", "sample").values
    kinds = _kinds_of(runs)

    def draw(network: str, kind: str, order: str, place: int) -> Picture:
        among = kinds[kind]
        if order in rulers:
            values = score[networks.index(network), rulers.index(order), among]
            among = among[np.argsort(-values, kind="stable")]
        place = min(place, among.size - 1)
        return picture.draw(network, int(among[place]), order, (place, among.size))

    first = "wrong label" if "wrong label" in kinds else next(iter(kinds))
    orders = [(ruler_words(name), name) for name in rulers] + [(_NUMBER, _NUMBER)]
    controls = {
        "network": _networks(networks),
        "kind": widgets.Dropdown(options=list(kinds), value=first, description="kind"),
        "order": widgets.Dropdown(options=orders, value=rulers[0], description="in the order of"),
        "place": widgets.IntSlider(0, 0, kinds[first].size - 1, description="place"),
    }

    def as_many(change: dict[str, Any]) -> None:
        controls["place"].max = kinds[change["new"]].size - 1

    controls["kind"].observe(as_many, "value")  # every step of the slider is another sample
    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def _kinds_of(runs: xr.Dataset) -> dict[str, np.ndarray]:
    """Return kind → places of its samples, those trained on first; those held out by themselves."""
    kind, is_in = runs["kind"].values, runs["is_in"].values
    names = list(dict.fromkeys(kind.tolist()))
    found = {f"{name}{'' if seen else _TWIN}": np.flatnonzero((kind == name) & (is_in == seen))
             for seen in (True, False) for name in names}  # fmt: skip
    return {name: places for name, places in found.items() if places.size}


def _networks(names: list[str]) -> Any:
    import ipywidgets as widgets

    first = _FIRST if _FIRST in names else names[0]
    return widgets.Dropdown(options=names, value=first, description="network")


def explore_units(
    runs: xr.Dataset, examples: xr.Dataset | None = None, *, interactive: bool = True
) -> Panel:
    """
    Choose a network, a layer and two rulers; a unit by its number, a click or the arrow keys.

    Dims of `runs` as of `NineRulers`; the first seed. With ``top_sample`` (network, seed, layer,
    neuron, top), and `examples` as of `explore_samples`, the images that move the unit most.
    """
    import ipywidgets as widgets

    from infonb.experiments.nine_rulers.unit_picture import UnitPicture, nearest, stepped
    from infonb.plots.ruler_names import ruler_words
    from infonb.widgets import Panel

    picture = UnitPicture(runs, examples)
    rulers = [(ruler_words(name), name) for name in picture.rulers]
    network = _networks(picture.networks)
    layers = picture.layers_of(network.value)
    controls = {
        "network": network,
        "layer": widgets.Dropdown(options=layers, value=layers[-1], description="layer"),
        "x": widgets.Dropdown(options=rulers, value=rulers[0][1], description="to the right"),
        "y": widgets.Dropdown(options=rulers, value=rulers[-1][1], description="upwards"),
        "unit": widgets.IntSlider(0, 0, 1, description="unit"),
    }

    def here() -> tuple[np.ndarray, np.ndarray]:
        return picture.places(*(controls[name].value for name in ("network", "layer", "x", "y")))

    def as_many(change: Any = None) -> None:
        width = picture.width(controls["network"].value, controls["layer"].value)
        controls["unit"].max = max(width - 1, 0)

    def its_layers(change: dict[str, Any]) -> None:
        there, before = picture.layers_of(change["new"]), controls["layer"].value
        with panel.hold():  # one drawing, of all that changes
            if there != list(controls["layer"].options):
                controls["layer"].options = there
                controls["layer"].value = before if before in there else there[-1]
            as_many()

    def on_click(x: float, y: float) -> dict[str, Any]:
        unit = nearest(*here(), (x, y))
        return {} if unit is None else {"unit": unit}

    def on_step(right: int, up: int) -> dict[str, Any]:
        return {"unit": stepped(*here(), controls["unit"].value, right, up)}

    # before the panel looks: it draws what there is
    network.observe(its_layers, "value")
    controls["layer"].observe(as_many, "value")
    as_many()

    def draw(network: str, layer: str, x: str, y: str, unit: int) -> Picture:
        most = max(picture.width(network, layer) - 1, 0)
        return picture.draw(network, layer, x, y, min(unit, most))

    panel = Panel(
        draw, controls, interactive=interactive, on_click={"picture": on_click},
        on_step={"picture": on_step}, owns_controls=True,
    )  # fmt: skip
    return panel


def explore_networks(runs: xr.Dataset, *, interactive: bool = True) -> Panel:
    """
    Choose a ruler of networks, and a seed or their mean: its order beside that of mean in/out.

    Dims of `runs` as of `NineRulers`; with ``layer_score`` and ``layer_null`` (network, seed,
    network_ruler, layer), a layer as well.
    """
    import ipywidgets as widgets

    from infonb.experiments.nine_rulers.figures import NETWORK
    from infonb.experiments.nine_rulers.network_picture import NetworkPicture
    from infonb.plots.ruler_names import ruler_words
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice

    parts = [_by_layer(runs, name) for name in ("score", "null")]
    score, null = (_with_mean(values) for values, _ in parts)
    picture = NetworkPicture(score, null, parts[0][1])
    known = score.notnull().any([dim for dim in score.dims if dim != "network_ruler"])
    rulers = [str(name) for name in score["network_ruler"].values[known.values] if name != NETWORK]
    options = [(ruler_words(name), name) for name in rulers]
    first = "mean_entropy" if "mean_entropy" in rulers else rulers[0]
    controls: dict[str, Any] = {
        "ruler": widgets.Dropdown(options=options, value=first, description="ruler"),
    }
    seeds = score["seed"].values.tolist()
    controls["seed"] = choice([(one, one) for one in seeds], "seed", seeds[0])
    if "layer" in score.dims:
        layers = score["layer"].values.tolist()
        controls["layer"] = choice([(one, one) for one in layers], "layer", layers[0])

    def draw(ruler: str, seed: str, layer: str = "") -> Picture:
        return picture.draw(ruler, seed=seed, layer=layer)

    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def _by_layer(runs: xr.Dataset, name: str) -> tuple[xr.DataArray, list[str]]:
    """
    Return values of networks, and of their layers if there are any, and the rulers without these.

    A ruler that no layer has is that of the network in all of them.
    """
    whole = runs[f"network_{name}"]
    if f"layer_{name}" not in runs:
        return whole, []
    layers = runs[f"layer_{name}"].reindex(network_ruler=whole["network_ruler"])
    there = layers.notnull().any([dim for dim in layers.dims if dim != "network_ruler"])
    joined = xr.concat(
        [whole.expand_dims(layer=np.array(["mean"], object)), layers.where(there, whole)],
        "layer", coords="minimal", compat="override", join="outer",
    )  # fmt: skip
    return joined, [str(one) for one in layers["network_ruler"].values[~there.values]]


def _with_mean(values: xr.DataArray) -> xr.DataArray:
    """Return the mean over seeds, and then the seeds; their labels are words."""
    names = np.array(["mean", *map(str, values["seed"].values.tolist())], object)
    first = values.mean("seed").expand_dims("seed")
    return xr.concat(
        [first, values.drop_vars("seed")], "seed", coords="minimal", compat="override"
    ).assign_coords(seed=names)
