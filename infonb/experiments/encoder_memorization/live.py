"""Choose a layer, a role and the variants of the scores: all follow from arrays that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.memorization import unit
from infonb.memorization.layer_mem import scores

if TYPE_CHECKING:
    from infonb.experiments.encoder_memorization.experiment import EncoderMemorization
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_encoders", "kept_arrays", "kept_of"]

_NULL, _INK = "#9a9a9a", "0.55"
_LINE = (0.53, 0.68, 0.85)
_ROLES = {"candidates (C)": "C", "independent (I)": "I", "shared (S)": "S"}
_PAIRS, _NORMALIZE, _REST = ("aug-aug", "clean-aug"), ("sum", "range", "none"), ("mean", "median")


def kept_of(experiment: EncoderMemorization, runs: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """
    Return what `explore_encoders` shows: arrays of the first network and seed, and their images.

    Recorded from the kept encoders; nothing is trained. The other kind of pairs is measured of
    small images only: whole maps of large ones take minutes.
    """
    from infonb.experiments.encoder_memorization.data import joined, some_of_each
    from infonb.experiments.encoder_memorization.measures import in_layers, layer_scores

    seed, names = int(runs.seed.values[0]), runs.network.values.tolist()
    first = next((name for name in names if name != "untrained"), names[0])
    made = experiment.one(first, seed)
    views, scored = experiment.views(), {"n_scored": experiment.n_scored}
    scored["n_augmentations"] = experiment.n_augmentations
    own = runs.alignment.sel(network=first, seed=seed, drop=True).rename(image="sample")
    alignments = {experiment.pairs: own}
    if experiment.dataset == "digits":
        (other,) = {*_PAIRS} - {experiment.pairs}
        found = layer_scores(
            made.model, made.data, views, pairs=other, normalize=experiment.normalize, **scored
        )
        alignments[other] = found.alignment.rename(image="sample")
    images = some_of_each(made.data, experiment.n_scored)
    seen = images.isel(sample=np.isin(images.role.values, ["S", "C"]))
    units = {}
    for name in names:
        target = experiment.one(name, seed).model["target"]
        acts = in_layers(
            target, seen, augment=views, n_augmentations=experiment.n_augmentations, seed=0
        )
        units[name] = acts.activation.mean("augmentation")
    return kept_arrays(alignments, units), joined(made.data, "SCIE")


def kept_arrays(alignments: Mapping[str, xr.DataArray], units: Mapping[str, xr.DataArray]) -> Any:
    """
    Return what every choice is computed from, in one dataset.

    ``alignment`` (pairs, model, layer, sample), of all roles; ``mean`` (network, layer, neuron,
    unit_sample), activations of the target's own images, averaged over views.
    """
    pairs = xr.Variable("pairs", np.array(list(alignments), object))
    parts = [one.drop_vars("width", errors="ignore") for one in alignments.values()]
    alignment = xr.concat(parts, pairs, coords="minimal", compat="override")
    networks = xr.Variable("network", np.array(list(units), object))
    means = [_plain(one).rename(sample="unit_sample") for one in units.values()]
    mean = xr.concat(means, networks, coords="minimal", compat="override")
    return xr.Dataset({"alignment": alignment.drop_attrs(), "mean": mean.drop_attrs()})


def _plain(values: xr.DataArray) -> xr.DataArray:
    """Return activations without what is known of samples: the scores have it of theirs."""
    return values.drop_vars([name for name, one in values.coords.items()
                             if "sample" in one.dims and name != "sample"])  # fmt: skip


def explore_encoders(
    kept: xr.Dataset, images: xr.Dataset, *, interactive: bool = True, n: int = 10
) -> Panel:
    """
    Choose layer, role, normaliser and pairs of LayerMem, and the rest of UnitMem.

    Dims of `kept` as `kept_arrays` returns them; `images`: ``input`` (sample, ...) of the samples
    of ``alignment``. Nothing is recorded or trained anew.
    """
    # here, for they bring matplotlib along
    import ipywidgets as widgets

    from infonb.plots.examples import as_rgb
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import buttons, choice

    layers = [str(layer) for layer in kept.layer.values]
    roles = {words: role for words, role in _ROLES.items() if role in kept.role.values}
    pixels = as_rgb(images.sel(sample=kept.sample.values)["input"].values)
    pairs = [str(one) for one in kept.pairs.values]
    controls = {
        "layer": choice([(name, name) for name in layers], "layer", layers[-1]),
        "role": widgets.Dropdown(options=list(roles.items()), description="role"),
        "normalize": buttons(_NORMALIZE, "normalize", "sum"),
        "pairs": buttons(pairs, "pairs", pairs[0]),
        "rest": buttons(_REST, "rest", "mean"),
    }
    draws: dict[str, Any] = {"scores": _Scores(kept, pixels, n), "units": _Units(kept["mean"])}
    return Panel(draws, controls, interactive=interactive, columns=1, owns_controls=True)


class _Scores:
    """LayerMem of a role by depth, its images in one layer beside the null's, and the first."""

    def __init__(self, kept: xr.Dataset, pixels: np.ndarray, n: int) -> None:
        from infonb.plots import LiveFigure

        self._found = {
            (pairs, normalize): scores(kept.alignment.sel(pairs=pairs), normalize=normalize)
            for pairs in kept.pairs.values.tolist() for normalize in _NORMALIZE
        }  # fmt: skip
        self._pixels, self._n = pixels, n
        self._role = kept.role.values
        self._layers = [str(layer) for layer in kept.layer.values]
        boxes = [(0.7, 0.5, 3.2, 1.75), (4.6, 0.5, 2.0, 1.75), (6.9, 0.5, 3.0, 1.75)]
        self._picture = LiveFigure((10.0, 2.6), boxes)
        self._frame()

    def __call__(self, layer: str, role: str, normalize: str, pairs: str) -> Picture:
        """Return the picture of a choice."""
        found = self._found[pairs, normalize]
        place = self._layers.index(layer)
        mem = found.ssl_mem.values[place]
        self._limit(found, normalize, pairs)
        at = np.flatnonzero(self._role == role)
        order = at[np.argsort(-np.nan_to_num(mem[at], nan=-np.inf), kind="stable")][: self._n]
        with self._picture.content():
            self._draw_depth(found, role, place)
            self._draw_images(mem, role, layer)
            self._draw_first(order, role)
        means = [_mean(mem[self._role == one]) for one in (role, "E")]
        self._picture.alt = (
            f"LayerMem in {layer}: {role} {means[0]:.3f}, null {means[1]:.3f}; by depth, image by "
            f"image, and the {order.size} images of the highest score."
        )
        return self._picture

    def _frame(self) -> None:
        depth, cloud, shown = self._picture.axes
        names, crowded = self._layers, len(self._layers) > 5
        depth.set_xticks(range(len(names)), names, rotation=35 if crowded else 0, fontsize=8)
        depth.set_xlim(-0.3, len(names) - 0.7)
        depth.set_title("LayerMem by depth; grey: null (E)", fontsize=10, loc="left")
        cloud.set(xlim=(-0.6, 1.6), xticks=[])
        shown.set_axis_off()
        shown.set_anchor("NW")
        for axis in (depth, cloud):
            axis.axhline(0, color=_INK, lw=0.8)

    def _limit(self, found: xr.Dataset, normalize: str, pairs: str) -> None:
        """Set the limits that all layers and roles share, so that what is compared stays."""
        depth, cloud, _ = self._picture.axes
        self._picture.frame_depends(normalize, pairs)
        null = found.sel(group="E")
        band = abs(null.group_mem) + 2 * null.group_error
        of_groups = np.concatenate([found.group_mem.values.ravel(), band.values])
        for axis, values in ((depth, of_groups), (cloud, found.ssl_mem.values)):
            most = 1.1 * float(np.nanmax(np.abs(values), initial=1e-9))
            axis.set_ylim(-most, most)

    def _draw_depth(self, found: xr.Dataset, role: str, place: int) -> None:
        axis, x = self._picture.axes[0], np.arange(len(self._layers))
        null, error = (found[name].sel(group="E").values for name in ("group_mem", "group_error"))
        axis.fill_between(x, null - 2 * error, null + 2 * error, color="0.85", lw=0)
        axis.plot(x, null, "o-", color=_NULL, ms=4)
        axis.plot(x, found.group_mem.sel(group=role).values, "o-", color=_colour(), ms=4, lw=2)
        axis.axvline(place, color="0.4", lw=0.8, ls=":")

    def _draw_images(self, mem: np.ndarray, role: str, layer: str) -> None:
        """Draw a dot for each image of the role and of the null, and their means."""
        axis = self._picture.axes[1]
        for x, (name, colour) in enumerate({role: _colour(), "E": _NULL}.items()):
            values = mem[self._role == name]
            values = values[np.isfinite(values)]
            # the same shake each time, so that only what is chosen moves
            shake = np.random.default_rng(0).uniform(-0.25, 0.25, values.size)
            axis.plot(x + shake, values, ".", ms=4, color=colour, alpha=0.6)
            if values.size:
                axis.hlines(values.mean(), x - 0.38, x + 0.38, color="black", lw=1.5)
            axis.text(x, -0.06, name, transform=axis.get_xaxis_transform(), ha="center", va="top",
                      fontsize=9.5)  # fmt: skip
        _title(axis, f"images in {layer}")

    def _draw_first(self, order: np.ndarray, role: str) -> None:
        from infonb.plots.examples import montage

        axis = self._picture.axes[2]
        # images have white edges, too: lines of a colour, also around them
        image = np.pad(montage(self._pixels[order], 5, _LINE), ((1, 1), (1, 1), (0, 0)))
        image[[0, -1]] = image[:, [0, -1]] = _LINE
        axis.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
        axis.imshow(image, interpolation="nearest")
        _title(axis, f"the {order.size} highest of {role}")


class _Units:
    """How many units of a layer have which UnitMem, of each network."""

    def __init__(self, mean: xr.DataArray) -> None:
        from infonb.plots import LiveFigure

        rows = mean.rename(unit_sample="sample")
        # beyond the width there are no units, which is another thing than dead ones
        self._there = rows.notnull().any("sample")
        self._found = {rest: unit(rows, rest=rest, negative="rectify").unit_mem for rest in _REST}
        self._edges = np.linspace(0, 1, 41)
        self._picture = LiveFigure((10.0, 2.1), [(0.7, 0.5, 9.05, 1.35)])
        (axis,) = self._picture.axes
        axis.set(xlim=(0, 1))
        axis.set_xlabel("UnitMem", fontsize=10)
        axis.set_ylabel("units", fontsize=10)
        most = max(
            np.histogram(one, self._edges)[0].max()
            for found in self._found.values()
            for one in found.transpose("network", "layer", "neuron").values.reshape(
                -1, found.sizes["neuron"]
            )
        )
        axis.set_ylim(0, 1.05 * max(most, 1))

    def __call__(self, layer: str, rest: str) -> Picture:
        """Return the picture of a choice."""
        from infonb.plots import palette

        (axis,), words = self._picture.axes, []
        found = self._found[rest].sel(layer=layer)
        names = found.network.values.tolist()
        colours = dict(
            zip([one for one in names if one != "untrained"], palette(9, "names"), strict=False)
        )
        with self._picture.content():
            # behind all others
            for row, name in enumerate(sorted(names, key=lambda one: one != "untrained")):
                there = self._there.sel(network=name, layer=layer).values
                values = found.sel(network=name).values[there]
                known = values[np.isfinite(values)]
                counts = np.histogram(known, self._edges)[0]
                colour = colours.get(name, "0.8")
                axis.stairs(counts, self._edges, fill=name == "untrained", lw=1.8, color=colour)
                told = f"{name}: median {_median(known)}"
                told += f", {values.size - known.size} dead" * (known.size < values.size)
                axis.text(0.005, 0.97 - 0.17 * row, told, color=colours.get(name, "0.45"),
                          transform=axis.transAxes, va="top", fontsize=9.5)  # fmt: skip
                words.append(told)
            _title(axis, f"units of {layer}, against the {rest} of the other images")
        self._picture.alt = f"UnitMem of the units of {layer}: {'; '.join(words)}."
        return self._picture


def _title(axis: Any, words: str) -> None:
    """Write a title that is drawn anew with the content."""
    axis.text(0, 1.04, words, transform=axis.transAxes, fontsize=10, va="bottom")


def _colour() -> Any:
    from infonb.plots import palette

    return palette(1, "layers")[0]


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _median(known: np.ndarray) -> str:
    return f"{np.median(known):.2f}" if known.size else "none"
