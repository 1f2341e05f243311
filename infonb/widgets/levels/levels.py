"""What was measured along a sweep or a training, ready to be drawn at any choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from infonb.dims import UNITS
from infonb.plots.live.levels.frame import Places
from infonb.plots.live.levels.scale import Scale
from infonb.plots.live.names import numbers, shortened
from infonb.plots.style import label_of
from infonb.widgets.levels.quantiles import ALL, choices, neuron_spread, pair_spread
from infonb.widgets.levels.words import Kind

__all__ = ["Course", "how", "scale"]

#: Dimensions that are no setting: what is measured, and the seed.
_INNER = {"seed", "layer", "neuron", "other_layer", "other_neuron"}


@dataclass
class Course:
    """
    Measures along a dimension, with what there is to choose.

    Parameters
    ----------
    over
        The dimension of the x axis.
    levels
        Its labels that can be chosen; the first one is the reference.
    entropy
        Dims (over, *settings, [seed,] layer, neuron), or None.
    information
        Dims (over, *settings, [seed,] layer, neuron, [other_layer,] other_neuron), or None.
    curves
        Quantity → name of a curve → its values, dims (over, *settings, [seed]); along `over` they
        may have more labels than `levels`.
    is_scale
        Whether the levels are points of a scale, such as epochs, and not just in order.
    estimators
        Name of an estimator → mutual information by it, if there are several to choose from, all
        of the form of `information`, which is the first of them.

    Examples
    --------
    See `infonb.widgets.explore_sweep`.
    """

    over: str
    levels: list[Any]
    entropy: xr.DataArray | None
    information: xr.DataArray | None
    curves: Mapping[str, Mapping[str, xr.DataArray]] = field(default_factory=dict)
    is_scale: bool = False
    estimators: Mapping[str, xr.DataArray] = field(default_factory=dict)

    @property
    def measured(self) -> list[xr.DataArray]:
        """Entropy and mutual information, as far as they are there."""
        return [one for one in (self.entropy, self.information) if one is not None]

    @property
    def all_curves(self) -> list[xr.DataArray]:
        """The curves of all quantities."""
        return [curve for named in self.curves.values() for curve in named.values()]

    @cached_property
    def seeds(self) -> list[Any]:
        """The choices of seeds: all, and each, if there are several."""
        return max((choices(one) for one in (*self.measured, *self.all_curves)), key=len)

    @cached_property
    def settings(self) -> dict[str, list[Any]]:
        """The other dimensions to choose from, with their labels."""
        return {
            str(dim): one[dim].values.tolist()
            for one in (*self.measured, *self.all_curves)
            for dim in one.dims
            if dim not in _INNER | {self.over}
        }

    @property
    def has_unit(self) -> bool:
        """Whether nats and bits can be chosen; not so for shares."""
        return any(one.attrs.get("units", "nat") in ("nat", "bit") for one in self.measured)

    @cached_property
    def layers(self) -> list[str]:
        """The layers whose pairs can be chosen, and all together; not one without pairs."""
        if self.information is None:
            return []
        there = self.pairs().quartile.notnull()
        names = there.layer.values.tolist()
        return [name for name in names if bool(there.sel(layer=name).any())]

    @cached_property
    def kind(self) -> Kind:
        """What has mutual information, in words."""
        assert self.information is not None
        return Kind.of(self.information)

    def informed(self, values: Mapping[str, Any]) -> xr.DataArray:
        """Return the mutual information by the chosen estimator."""
        assert self.information is not None
        return self.estimators.get(values.get("estimator", ""), self.information)

    def takes(self, arrays: Iterable[xr.DataArray]) -> list[str]:
        """Return the controls on which a picture of some arrays depends."""
        dims = {str(dim) for one in arrays for dim in one.dims}
        seed = ["seed"] if len(self.seeds) > 1 and "seed" in dims else []
        return [self.over, *seed, *(dim for dim in self.settings if dim in dims)]

    @cached_property
    def neurons(self) -> xr.DataArray:
        """Quartiles of the neurons, as `neuron_spread`."""
        assert self.entropy is not None
        return neuron_spread(self.entropy)

    def pairs(self, estimator: str = "") -> xr.Dataset:
        """Return quartiles and densities of the pairs, as `pair_spread`."""
        estimator = estimator or next(iter(self.estimators), "")
        if estimator not in self._pairs:
            information = self.informed({"estimator": estimator})
            batch = [self.over, *(dim for dim in self.settings if dim in information.dims)]
            self._pairs[estimator] = pair_spread(information, batch)
        return self._pairs[estimator]

    @cached_property
    def _pairs(self) -> dict[str, xr.Dataset]:
        return {}

    @cached_property
    def names(self) -> dict[Any, str]:
        """Level → its label in words."""
        others = [level for level in self.levels if not isinstance(level, str)]
        words = dict(zip(others, numbers(others), strict=True))
        return {level: words.get(level, level) for level in self.levels}

    @cached_property
    def axis(self) -> Scale:
        """The scale along which the levels stand, if they are points of one."""
        reach = [curve[self.over].values for curve in self.all_curves]
        return Scale.of(np.asarray(self.levels, float), np.concatenate([self.levels, *reach]))

    @cached_property
    def places(self) -> Places:
        """The x axis."""
        name = label_of(self.over)
        if self.is_scale:
            x = np.array([self.x(level) for level in self.levels])
            scale, ticks = self.axis, None
            if len(self.levels) == 1 and scale.low == scale.high:
                ticks = dict(zip(x.tolist(), self.names.values(), strict=True))
            elif scale.smallest:
                name, ticks = f"{name} (log scale)", scale.ticks()
            reach = np.array([scale.x(scale.low), scale.x(scale.high)])
            return Places(x, None, name, True, reach, ticks)
        ordered = not any(isinstance(level, str) for level in self.levels)
        names = list(self.names.values())
        return Places(np.arange(len(names), dtype=float), names, name, ordered)

    def at(self, values: Mapping[str, Any], array: Any) -> Any:
        """Return an array at the chosen seed and settings; all levels, and all seeds if asked."""
        array = array.sel({dim: values[dim] for dim in self.settings if dim in array.dims})
        if "seed" not in array.dims:
            return array
        seed = values.get("seed", ALL)
        if ALL in array.seed.values.tolist():  # already summed up over seeds
            return array.sel(seed=seed if array.sizes["seed"] > 1 else ALL)
        return array if seed == ALL else array.sel(seed=seed)

    def key(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what a course depends on, apart from the place that is marked."""
        return tuple(value for name, value in sorted(values.items()) if name != self.over)

    def x(self, level: Any) -> float:
        """Return where a level stands."""
        return self.axis.x(level) if self.is_scale else float(self.levels.index(level))

    def label(self, level: Any) -> str:
        """Return a level in words."""
        if isinstance(level, str):
            return level
        return f"{label_of(self.over)} {'' if self.is_scale else '= '}{self.names[level]}"

    def short(self, level: Any, most: int) -> str:
        """
        Return a level in at most so many letters.

        A number goes without the name of the dimension, which is below the axes too, rather than
        with half of it.
        """
        words = self.label(level)
        if len(words) <= most:
            return words
        return shortened(words, most) if isinstance(level, str) else self.names[level]

    def bare(self, most: int) -> bool:
        """Return whether `short` gives only the number of some level."""
        numbers = [level for level in self.levels if not isinstance(level, str)]
        return any(len(self.label(level)) > most for level in numbers)

    def seed_words(self, values: Mapping[str, Any]) -> str:
        """Return which seeds are shown."""
        if len(self.seeds) == 1:
            return ""
        seed = values.get("seed", ALL)
        return f", {len(self.seeds) - 1} seeds" if seed == ALL else f", seed {seed}"


def scale(array: xr.DataArray, unit: str) -> tuple[float, str]:
    """
    Return what to multiply a measure with, and the unit it then has.

    Examples
    --------
    >>> scale(xr.DataArray(1.0, attrs={"units": "bit"}), "nat")[0].__round__(3)
    0.693
    >>> scale(xr.DataArray(1.0, attrs={"units": "1"}), "bit")
    (1.0, '1')
    """
    units = array.attrs.get("units", "nat")
    if units not in ("nat", "bit"):  # a share, which has no unit to change
        return 1.0, units
    return UNITS[units] / UNITS[unit], unit


def how(array: xr.DataArray) -> str:
    """
    Return how a measure was estimated, in words, as far as its attributes say.

    Examples
    --------
    >>> attrs = {"estimator": "ksg", "k": 3, "n_samples": 100, "drawn_from_samples": 500}
    >>> how(xr.DataArray(0.0, attrs=attrs | {"neurons": 8}))
    'KSG, k = 3, 8 neurons a layer drawn, 100 samples of 500'
    >>> how(xr.DataArray(0.0, attrs={"estimator": "binned", "bins": 10}))
    '10 bins'
    """
    attrs = array.attrs
    estimator = attrs.get("estimator", "")
    words = [{"ksg": "KSG", "binned": ""}.get(estimator, estimator)]
    if "k" in attrs:
        words.append(f"k = {attrs['k']}")
    if "bins" in attrs:
        words.append(f"{attrs['bins']} bins")
    if "neurons" in attrs:
        words.append(f"{attrs['neurons']} neurons a layer drawn")
    if "n_samples" in attrs:
        of = f" of {attrs['drawn_from_samples']}" if "drawn_from_samples" in attrs else ""
        words.append(f"{attrs['n_samples']} samples{of}")
    return ", ".join(word for word in words if word)
