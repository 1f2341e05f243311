"""The figures of the page: units, networks, and what each ruler costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from infonb.memorization import agreement
from infonb.plots import Picture, palette, subplots
from infonb.plots.labels import add_legend
from infonb.plots.ruler_names import ruler_words

__all__ = ["against_order", "plot_costs", "plot_networks", "plot_units", "tau_of_units"]

_NULL, _FAILS = "#b0b0b0", "#c0392b"
_COLUMNS = 3
#: From this |τ| on there is an order: two of three pairs agree.
_ORDER = 1 / 3 - 1e-9
#: The ruler that the others are held against: of units, of networks, of samples.
UNIT, NETWORK, SAMPLE = "unit_mem", "mean_in_out", "in_out"


def plot_units(runs: xr.Dataset, network: str, *, against: str = UNIT) -> Picture | None:
    """
    Draw each ruler of units against UnitMem, a dot for each unit; None where it was not measured.

    Dims of `runs` as of `NineRulers`; all seeds together, grey: untrained. τ is of each layer
    alone, since layers differ; a question mark: its interval holds 0.
    """
    units, null = (runs[name].sel(network=network) for name in ("unit_score", "unit_null"))
    names = [name for name in _measured(units, "unit_ruler") if name != against]
    if not names or against not in _measured(units, "unit_ruler"):
        return None
    layers = _measured(units, "layer")  # networks differ in how many they have
    tau, chance = tau_of_units(units), tau_of_units(null)
    columns = min(_COLUMNS, len(names))
    picture, axes = subplots(-(-len(names) // columns), columns, size=(10.2 / _COLUMNS, 2.95))
    said, handles = [], {}
    for axis, name in zip(axes.flat, names, strict=False):
        x, y = (null.sel(unit_ruler=one).values.ravel() for one in (against, name))
        (handles["untrained"],) = axis.plot(x, y, "o", ms=3.2, color=_NULL, mew=0)
        for layer, colour in zip(layers, palette(len(layers), "layers"), strict=True):
            here = units.sel(layer=layer)
            x, y = (here.sel(unit_ruler=one).values.ravel() for one in (against, name))
            (handles[layer],) = axis.plot(x, y, "o", ms=4, color=colour, mew=0, alpha=0.75)
        told = _taus(tau, against, name, layers)
        new = _taus(chance, against, name, layers)
        lines = [ruler_words(name), f"τ by layer: {_listed(told)}"]
        lines += [f"untrained: {_listed(new)}"] * any(new.values())
        axis.set_title("\n".join(lines), fontsize=9.5, loc="left", parse_math=False)
        axis.set_xlabel(ruler_words(against), fontsize=9.5)
        axis.tick_params(labelsize=9)
        said.append(f"{ruler_words(name)}: {_named(told)}"
                    + (f", untrained {_named(new)}" if any(new.values()) else ""))  # fmt: skip
    _hide_rest(axes, len(names))
    handles["?: the interval holds 0"] = axes.flat[0].plot([], [], " ")[0]
    add_legend(picture, list(handles.values()), list(handles))
    picture.alt = f"τ with {ruler_words(against)} of the units of {network}. {'; '.join(said)}."
    return picture


def tau_of_units(units: xr.DataArray) -> xr.Dataset:
    """Return τ of each pair of rulers of units, of each layer alone: (layer, reading, other)."""
    if "layer" not in units.dims:
        units = units.expand_dims("layer")
    dim = ("seed", "neuron") if "seed" in units.dims else "neuron"
    return agreement(units.rename(unit_ruler="ruler"), dim=dim)


def plot_networks(runs: xr.Dataset, order: xr.Dataset) -> Picture:
    """
    Draw each ruler of networks, a dot for each, in the order of mean in/out.

    `order` as of `network_order`: ``tau`` (network_ruler) with ``interval``. A red ring: more than
    half of the network's pairs with others go against the order that the ruler has otherwise.
    """
    score, null = (_of_networks(runs[name]) for name in ("network_score", "network_null"))
    names = [name for name in _measured(score, "network_ruler") if name != NETWORK]
    networks = runs.network.values.tolist()
    colours = palette(len(networks), "names")
    columns = min(_COLUMNS, max(len(names), 1))
    picture, axes = subplots(-(-len(names) // columns), columns, size=(10.2 / _COLUMNS, 2.5))
    means = score.mean("seed")
    known = means.sel(network_ruler=NETWORK).values
    x = _ranks(known)
    said, handles = [], {}
    for axis, name in zip(axes.flat, names, strict=False):
        y = means.sel(network_ruler=name).values
        tau = float(order["tau"].sel(network_ruler=name))
        fails = against_order(known, y, tau)
        chance = null.sel(network_ruler=name).mean("seed").values
        (handles["null"],) = axis.plot(x, chance, "_", color=_NULL, ms=11, mew=2)
        for at, (network, colour) in enumerate(zip(networks, colours, strict=True)):
            each = score.sel(network=network, network_ruler=name).values
            axis.plot(np.full(each.size, x[at]), each, ".", color=colour, ms=4, alpha=0.6)
            (handles[network],) = axis.plot(x[at], y[at], "o", color=colour, ms=7)
            if fails[at]:
                axis.plot(x[at], y[at], "o", mfc="none", mec=_FAILS, mew=1.6, ms=13)
        told = _tau_words(order.sel(network_ruler=name))
        axis.set_title(f"{ruler_words(name)}\n{told}", fontsize=9.5, loc="left")
        axis.tick_params(labelsize=9)
        axis.margins(0.08, 0.12)
        lost = [one for one, at in zip(networks, fails, strict=True) if at]
        said.append(f"{ruler_words(name)} {told}"
                    + (f", against its order: {', '.join(lost)}" if lost else ""))  # fmt: skip
        axis.set_xticks(np.sort(x), [_number(value) for value in np.sort(known)])
        axis.tick_params(axis="x", labelsize=8.5)
        axis.set_xlabel(f"{ruler_words(NETWORK)}, in order", fontsize=9.5)
    _hide_rest(axes, len(names))
    add_legend(picture, list(handles.values()), list(handles))
    picture.alt = f"{len(networks)} networks by {ruler_words(NETWORK)}. {'; '.join(said)}."
    return picture


def against_order(first: np.ndarray, second: np.ndarray, tau: float) -> np.ndarray:
    """
    Return which networks (network,) do not follow: most of their pairs go against the sign of τ.

    Pairs with a tie, or with a network that is not known, are not counted. None, where less than
    two of three pairs agree: then there is no order to go against.
    """
    if not abs(tau) >= _ORDER:
        return np.zeros(first.size, bool)
    signs = np.sign(first[:, None] - first) * np.sign(second[:, None] - second)
    counted = np.isfinite(signs) & (signs != 0)
    against = (np.where(counted, signs, 0) == -np.sign(tau)) & counted
    return against.sum(axis=1) > counted.sum(axis=1) / 2


def plot_costs(runs: xr.Dataset, found: xr.Dataset) -> Picture:
    """
    Draw how well each ruler of samples agrees with in/out, beside the trainings and time it takes.

    `found` as of `sample_agreement`: ``tau`` (network, ruler, other_ruler). A small dot for each
    network, a large one for their mean; those that agree best stand on top.
    """
    tau = found["tau"].sel(other_ruler=SAMPLE).transpose("ruler", "network")
    rulers = [name for name in _measured(tau, "ruler") if name != SAMPLE]
    means = tau.sel(ruler=rulers).mean("network").values
    rulers = [rulers[at] for at in np.argsort(-means, kind="stable")] + [SAMPLE]
    rows = np.arange(len(rulers))
    picture, axes = subplots(
        1, 3, size=(10.2 / 3, 0.34 * len(rulers) + 1.0), sharey=True,
        gridspec_kw={"width_ratios": [1.7, 1, 1]},
    )  # fmt: skip
    agreed, trained, timed = axes[0]
    colours = palette(runs.sizes["network"], "names")
    for network, colour in zip(runs.network.values, colours, strict=True):
        values = tau.sel(network=network, ruler=rulers[:-1]).values
        agreed.plot(values, rows[:-1], "o", ms=4.5, color=colour, alpha=0.75, label=str(network))
    means = tau.sel(ruler=rulers[:-1]).mean("network").values
    agreed.plot(means, rows[:-1], "D", ms=7, mfc="white", mec="black", label="mean of networks")
    agreed.axvline(0, color="black", lw=1)
    agreed.set_xlabel(f"τ with {ruler_words(SAMPLE)}")
    trainings = runs["trainings"].sel(ruler=rulers).values
    seconds = runs["seconds"].sel(ruler=rulers).mean(["network", "seed"]).values
    bar = palette(1, "layers")[0]
    trained.barh(rows, trainings, height=0.55, color=bar)
    trained.set_xscale("symlog", linthresh=1)
    trained.set_xlim(0, max(4 * np.nanmax(trainings), 10))
    trained.set_xlabel("trainings")
    least = np.nanmin(seconds[seconds > 0], initial=1.0) / 3
    timed.barh(rows, np.maximum(seconds, least) - least, height=0.55, left=least, color=bar)
    timed.set(xscale="log", xlim=(least, 12 * np.nanmax(seconds, initial=least)))
    timed.set_xlabel("seconds a network")
    for axis, values, words in ((trained, trainings, "{:.0f}"), (timed, seconds, "{:.2g}")):
        for row, value in enumerate(values):
            axis.annotate(words.format(value), (max(value, axis.get_xlim()[0]), row), (4, 0),
                          textcoords="offset points", va="center", fontsize=9)  # fmt: skip
        axis.minorticks_off()
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    agreed.set_yticks(rows, [ruler_words(name) for name in rulers])
    agreed.set_ylim(len(rulers) - 0.5, -0.5)
    for axis in axes.flat:
        axis.tick_params(labelsize=9.5)
        axis.grid(axis="x", color="0.92")
        axis.set_axisbelow(True)
    add_legend(picture, *agreed.get_legend_handles_labels())
    told = "; ".join(
        f"{ruler_words(name)} τ {_number(mean)}, {_counted(n)}, {time:.2g} s"
        for name, mean, n, time in zip(rulers[:-1], means, trainings, seconds, strict=False)
    )
    picture.alt = (
        f"Agreement with in/out, which takes {_counted(trainings[-1])} and {seconds[-1]:.2g} s "
        f"a network, beside costs: {told}."
    )
    return picture


def _counted(n: float) -> str:
    return f"{n:.0f} training{'' if n == 1 else 's'}"


def _measured(values: xr.DataArray, dim: str) -> list[str]:
    """Return the labels of a dim of which something is known."""
    known = values.notnull().any([other for other in values.dims if other != dim])
    return list(values[dim].values[known.values])


def _of_networks(values: xr.DataArray) -> xr.DataArray:
    """Return one value a network: the mean of its layers where each has one."""
    values = values.mean("layer") if "layer" in values.dims else values
    return values.transpose("network_ruler", "network", "seed")


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the place of each value from the lowest: extremes do not hide what differs little."""
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float)


def _hide_rest(axes: np.ndarray, n: int) -> None:
    for axis in axes.flat[n:]:
        axis.set_visible(False)


def _taus(found: xr.Dataset, first: str, second: str, layers: list[Any]) -> dict[Any, str]:
    """Return layer → τ in words, "" where it is not defined; "?" where its interval holds 0."""
    one = found.sel(reading=first, other_reading=second)
    words = {}
    for layer in layers:
        here = one.sel(layer=layer)
        tau, (low, high) = float(here["tau"]), here["interval"].sel(bound=["low", "high"]).values
        unsure = "" if low > 0 or high < 0 else "?"
        words[layer] = f"{_number(tau)}{unsure}" if np.isfinite(tau) else ""
    return words


def _listed(told: dict[Any, str]) -> str:
    """Return τ of the layers in their order, which is that of the legend."""
    return ", ".join(words or "–" for words in told.values())


def _named(told: dict[Any, str]) -> str:
    return ", ".join(f"{layer} {words}" for layer, words in told.items() if words) or "undefined"


def _tau_words(one: xr.Dataset) -> str:
    """Return τ and its interval in words."""
    tau = float(one["tau"])
    if not np.isfinite(tau):
        return "τ is undefined"
    ends = [float(one["interval"].sel(bound=end)) for end in ("low", "high")]
    within = f" ({_number(ends[0])} … {_number(ends[1])})" if np.isfinite(ends).all() else ""
    return f"τ = {_number(tau)}{within}"


def _number(value: float) -> str:
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")
