"""What the measures along levels are of and how they were made, in words; numbers in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from infonb.dims import UNITS
from infonb.widgets.levels.quantiles import EVERY_LAYER

__all__ = ["PairKind", "describe_estimator", "format_value", "unit_factor"]


@dataclass(frozen=True)
class PairKind:
    """What has MI: pairs within layers, between two layers, or neurons with a label."""

    many: str = "pairs"
    place: str = "within each layer"
    label: str = ""
    """With what neurons have it, if there is no other neuron."""

    @classmethod
    def of(cls, information: xr.DataArray) -> PairKind:
        """Return the kind of a measure, by its dimensions and coordinates."""
        known = {*information.dims, *information.coords}
        if not known & {"other_neuron", "other_layer"}:
            kind = information.attrs.get("other_kind", "")
            label = "a label" if str(kind).startswith("discrete") else "a given variable"
            return cls("neurons", f"of each layer with {label}", label)
        if "layer" in information.dims:
            return cls()
        layers = [str(information[d].item()) for d in ("layer", "other_layer") if d in known]
        if len(set(layers)) == 2:
            return cls(place=f"between {layers[0]} and {layers[1]}")
        return cls(place=f"within {layers[0]}" if layers else "")

    @property
    def one(self) -> str:
        """What one value is of."""
        return f"a neuron with {self.label}" if self.label else "a pair"

    def title(self, layer: str, short: str = "") -> str:
        """Return what the density of a layer, or of all, is of; `short` replaces its name."""
        if self.label or self.place.startswith("between"):
            where = "of" if self.label else "between"
        else:
            where = "of" if layer == EVERY_LAYER else "within"
        return f"{self.many} {where} {short or layer}"


def format_value(value: float) -> str:
    """Return a number for an alt text."""
    return f"{value:z.2f}" if np.isfinite(value) else "not measured"


def unit_factor(array: xr.DataArray, unit: str) -> tuple[float, str]:
    """Return what to multiply a measure with, and the unit it then has."""
    units = array.attrs.get("units", "nat")
    if units not in ("nat", "bit"):  # a share, which has no unit to change
        return 1.0, units
    return UNITS[units] / UNITS[unit], unit


def describe_estimator(array: xr.DataArray) -> str:
    """Return how a measure was estimated, in words, as far as its attributes say."""
    attrs = array.attrs
    estimator = attrs.get("estimator", "")
    words = [{"ksg": "KSG", "binned": ""}.get(estimator, estimator)]
    if "k" in attrs:
        words.append(f"k = {attrs['k']}")
    if "bins" in attrs:
        words.append(f"{attrs['bins']} bins")
    if "other_neuron" in array.dims:
        words.append(_neurons(array))
    elif "neurons" in attrs:
        words.append(f"{attrs['neurons']} neurons of each layer drawn")
    if "n_samples" in attrs:
        of = f" of {attrs['drawn_from_samples']}" if "drawn_from_samples" in attrs else ""
        words.append(f"{attrs['n_samples']} samples{of}")
    return ", ".join(word for word in words if word)


def _neurons(array: xr.DataArray) -> str:
    """Return between which neurons MI was measured: "all 64 neurons", "32 of 64 neurons drawn"."""
    widths = set(np.ravel(array.coords.get("width", array.sizes["neuron"])).tolist())
    drawn, most = array.attrs.get("neurons"), max(widths)
    if drawn is None or drawn >= most:
        return f"all {most} neurons" if len(widths) == 1 else "all neurons"
    return f"{drawn} of {most} neurons drawn" if len(widths) == 1 else f"{drawn} neurons drawn"
