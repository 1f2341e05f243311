"""What the mutual information of a course is of, in words, and its numbers in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from infonb.widgets.levels.quantiles import EVERY_LAYER

__all__ = ["Kind", "told"]


@dataclass(frozen=True)
class Kind:
    """
    What has mutual information: pairs within layers, between two layers, or neurons with a label.

    Examples
    --------
    >>> between = xr.DataArray([[0.1]], {"layer": "fc1", "other_layer": "fc2"},
    ...     ("neuron", "other_neuron"))
    >>> Kind.of(between).title("fc1 and fc2")
    'pairs between fc1 and fc2'
    """

    many: str = "pairs"
    place: str = "within each layer"
    label: str = ""
    """With what neurons have it, if there is no other neuron."""

    @classmethod
    def of(cls, information: xr.DataArray) -> Kind:
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


def told(value: float) -> str:
    """
    Return a number for an alt text.

    Examples
    --------
    >>> told(0.123), told(-0.001), told(float("nan"))
    ('0.12', '0.00', 'not measured')
    """
    return f"{value:z.2f}" if np.isfinite(value) else "not measured"
